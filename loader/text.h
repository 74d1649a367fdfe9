#pragma once
#include <string>
#include <vector>

namespace trivox {

/// "T1WI, T2WI", for messages. Thread safe, as all here.
[[nodiscard]] std::string joined(const std::vector<std::string>& names);

/// A cell of a table, quoted where RFC 4180 asks for it.
[[nodiscard]] std::string csv_cell(const std::string& text);

}  // namespace trivox
