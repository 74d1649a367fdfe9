#pragma once
#include <functional>
#include <string>
#include <vector>

#include "cli/config.h"
#include "cli/config_values.h"

namespace trivox {

struct ConfigField {
  std::string key;   ///< "section.name", or a bare name at the top
  std::string what;  ///< its meaning, for --help
  /// Sets the field from a node of a file; throws UsageError.
  std::function<void(const YAML::Node&, const std::string& file)> read;
  std::function<std::string()> print;  ///< its value as YAML
};

/// Every field of the configuration, once: parsing, validation, help and documentation read this. The
/// configuration must outlive the list.
[[nodiscard]] std::vector<ConfigField> config_fields(Config& config);

}  // namespace trivox
