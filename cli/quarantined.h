#pragma once
#include <nlohmann/json.hpp>
#include <vector>

#include "loader/dataset.h"

namespace trivox {

/// As the commands' --json has it: [{"id": ..., "reason": ...}], one entry a fault.
inline nlohmann::ordered_json quarantined_json(const std::vector<CaseFailure>& failures) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const CaseFailure& failure : failures)
    all.push_back({{"id", failure.id}, {"reason", failure.fault.message()}});
  return all;
}

}  // namespace trivox
