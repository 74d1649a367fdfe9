#pragma once
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "loader/case_registration.h"
#include "loader/manifest.h"

namespace trivox {

/// How many cases have a warning; one may have several. Those of the tables are no case's.
[[nodiscard]] size_t warned_cases(const std::vector<CaseWarning>& warnings);

/// For people: a line a kind, of at most ten kinds and then how many more there are; first those that concern
/// cases together, then the rarest, which say most. Those of the tables are left out: they were said before
/// the first case was read.
[[nodiscard]] std::vector<std::string> warning_lines(const std::vector<CaseWarning>& warnings);

/// As the commands' --json has it: [{"id": ..., "sequence": ..., "warning": ...}].
[[nodiscard]] nlohmann::ordered_json warnings_json(const std::vector<CaseWarning>& warnings);

/// Prints to stdout "2 with warnings (OUT/warnings.csv)" and "registered: T1WI 38 refined, 2 header; T2WI 40
/// refined (OUT/registration.csv)", each on a line begun by it, each where there is any.
void print_warned_and_registered(const std::vector<CaseWarning>& warnings, const RegistrationCounts& counts,
                                 const std::string& out);

}  // namespace trivox
