#pragma once
#include <string>

#include "evaluate/inspect.h"

namespace trivox {

/// For a terminal, and for programs.
[[nodiscard]] std::string finding_text(const Finding& finding);
[[nodiscard]] std::string finding_json(const Finding& finding);

}  // namespace trivox
