#pragma once
#include <map>
#include <set>
#include <string>

namespace trivox {

/// What mask values' names must satisfy where they do not, else "": 0 is background and 255 ignore, and
/// scores are told by name. Pure.
inline std::string demand_on_labels(const std::map<int, std::string>& labels) {
  std::set<std::string> names;
  for (const auto& [value, name] : labels) {
    if (value < 1 || value > 254) return "values between 1 and 254";
    if (!names.insert(name).second) return "a name of its own for each value, '" + name + "' is there twice";
  }
  return "";
}

}  // namespace trivox
