#pragma once
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "loader/options.h"
#include "loader/text.h"

namespace trivox {

// Values of the configuration: read from YAML, printed as YAML, their kinds in words, their limits. Used by
// cli/config_fields.cpp and cli/config.cpp alone.

/// Where a value stands, for messages.
struct ConfigPlace {
  std::string file;
  std::string key;  ///< "dataset.series.T2WI"

  [[nodiscard]] ConfigPlace below(const std::string& name) const {
    return {file, key.empty() ? name : key + "." + name};
  }
};

/// The node as one line of YAML, and a text in double quotes.
[[nodiscard]] std::string yaml_text(const YAML::Node& node);
[[nodiscard]] std::string yaml_quoted(const std::string& text);

/// Throws UsageError "FILE:LINE: KEY is VALUE, expected EXPECTED".
[[noreturn]] void refuse_value(const YAML::Node& node, const ConfigPlace& place, const std::string& expected);
/// Throws UsageError for a key that none of `known` is, naming the nearest.
[[noreturn]] void refuse_key(const YAML::Node& name, const std::string& file, const std::string& key,
                             std::span<const std::string> known);

/// Keys of one map, each to be given once.
class ConfigKeys {
 public:
  explicit ConfigKeys(std::string file) : file_(std::move(file)) {}
  /// Throws UsageError for a key that was added before, or that is no word; `prefix` comes before it.
  std::string add(const YAML::Node& name, const std::string& prefix = {});

 private:
  std::string file_;
  std::vector<std::string> seen_;
};

/// The one list of SeriesRule's fields.
struct RuleField {
  const char* name;
  std::variant<Patterns SeriesRule::*, std::optional<Range> SeriesRule::*> member;
};
inline constexpr std::array<RuleField, 9> kRuleFields = {{{"folder", &SeriesRule::folder},
                                                          {"description", &SeriesRule::description},
                                                          {"image_type", &SeriesRule::image_type},
                                                          {"modality", &SeriesRule::modality},
                                                          {"orientation", &SeriesRule::orientation},
                                                          {"part", &SeriesRule::part},
                                                          {"series_uid", &SeriesRule::series_uid},
                                                          {"te_ms", &SeriesRule::te_ms},
                                                          {"tr_ms", &SeriesRule::tr_ms}}};

/// False where the node is of another kind; throws UsageError where a message can be more exact than that:
/// a key given twice, what is wrong within a rule.
bool parse_value(const YAML::Node& node, SeriesRule& rule, const ConfigPlace& place);
/// Likewise; a pattern that is empty or holds a control character, as YAML makes them of a backslash.
bool parse_value(const YAML::Node& node, Patterns& patterns, const ConfigPlace& place);

template <class T>
bool parse_value(const YAML::Node& node, T& value, const ConfigPlace& place) {
  if constexpr (std::is_same_v<T, Range>) {
    std::array<double, 2> pair{};
    if (!parse_value(node, pair, place) || pair[0] > pair[1]) return false;
    value = {pair[0], pair[1]};
    return true;
  } else if constexpr (requires { typename T::mapped_type; }) {
    if (!node.IsMap()) return false;
    T map;
    ConfigKeys keys(place.file);
    for (const auto& entry : node) {
      const std::string name = keys.add(entry.first);
      typename T::key_type k{};
      if (!parse_value(entry.first, k, place) || !parse_value(entry.second, map[k], place.below(name)))
        return false;
    }
    value = std::move(map);
    return true;
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!node.IsScalar()) return false;
    value = node.Scalar();
    return true;
  } else if constexpr (requires { value.push_back(typename T::value_type{}); }) {
    if (!node.IsSequence()) return false;
    T items;
    for (const auto& child : node) {
      typename T::value_type item{};
      if (!parse_value(child, item, place)) return false;
      items.push_back(std::move(item));
    }
    value = std::move(items);
    return true;
  } else if constexpr (requires { std::tuple_size<T>::value; }) {
    if (!node.IsSequence() || node.size() != value.size()) return false;
    for (size_t i = 0; i < value.size(); ++i)
      if (!parse_value(node[i], value[i], place)) return false;
    return true;
  } else {
    try {
      value = node.as<T>();
    } catch (const YAML::Exception&) {
      return false;
    }
    if constexpr (std::is_floating_point_v<T>) return std::isfinite(value);
    return true;
  }
}

/// "{folder, ...: a pattern or a list of them; te_ms, tr_ms: [low, high]}".
[[nodiscard]] std::string rule_kind();

template <class T>
std::string kind_of() {
  if constexpr (std::is_same_v<T, bool>)
    return "true or false";
  else if constexpr (std::is_integral_v<T>)
    return "a whole number";
  else if constexpr (std::is_floating_point_v<T>)
    return "a number";
  else if constexpr (std::is_same_v<T, std::string>)
    return "a text";
  else if constexpr (std::is_same_v<T, Range>)
    return "[low, high] with low <= high";
  else if constexpr (std::is_same_v<T, SeriesRule>)
    return rule_kind();
  else if constexpr (std::is_same_v<T, std::map<std::string, SeriesRule>>)
    return "channel: " + rule_kind();
  else if constexpr (std::is_same_v<T, std::map<std::string, std::map<std::string, SeriesRule>>>)
    return "case: {channel: " + rule_kind() + "}";
  else if constexpr (requires { typename T::mapped_type; })
    return "a map of value: name";
  else if constexpr (requires { std::tuple_size<T>::value; })
    return "a list of " + std::to_string(std::tuple_size_v<T>) + " entries, each " +
           kind_of<typename T::value_type>();
  else
    return "a list, each entry " + kind_of<typename T::value_type>();
}

[[nodiscard]] std::string print_value(const SeriesRule& rule);

template <class T>
std::string print_value(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_arithmetic_v<T>) {
    return number_text(value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return yaml_quoted(value);
  } else if constexpr (std::is_same_v<T, Range>) {
    return print_value(std::array{value.low, value.high});
  } else {
    constexpr bool is_map = requires { typename T::mapped_type; };
    std::string text = is_map ? "{" : "[";
    bool first = true;
    for (const auto& item : value) {
      if (!first) text += ", ";
      first = false;
      if constexpr (is_map)
        text += print_value(item.first) + ": " + print_value(item.second);
      else
        text += print_value(item);
    }
    return text + (is_map ? "}" : "]");
  }
}

}  // namespace trivox
