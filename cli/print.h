#pragma once
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "loader/dataset.h"
#include "loader/json.h"

namespace trivox {

/// An answer for programs, on standard output; a name that is no UTF-8 has replacement characters.
inline void print_answer(const nlohmann::ordered_json& answer) {
  std::printf("%s\n", json::dump(answer, 1).c_str());
}

/// As the commands' --json has it: [{"id": ..., "reason": ...}], one entry a fault.
inline nlohmann::ordered_json quarantined_json(const std::vector<CaseFailure>& failures) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const CaseFailure& failure : failures)
    all.push_back({{"id", failure.id}, {"reason", failure.fault.message()}});
  return all;
}

}  // namespace trivox
