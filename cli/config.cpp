#include "cli/config.h"

#include <algorithm>
#include <sstream>

#include "cli/config_fields.h"
#include "cli/config_values.h"
#include "loader/file.h"
#include "loader/text.h"
#include "transforms/error.h"

namespace trivox {
namespace {

std::string section_of(const std::string& key) {
  const size_t dot = key.find('.');
  return dot == std::string::npos ? "" : key.substr(0, dot);
}

bool wanted(const std::string& key, std::span<const std::string_view> sections) {
  if (sections.empty()) return true;
  const std::string section = section_of(key);
  return std::any_of(sections.begin(), sections.end(),
                     [&](std::string_view s) { return s == section || s == key; });
}

using Fields = std::vector<ConfigField>;

[[noreturn]] void refuse_unknown(const YAML::Node& name, const std::string& file, const std::string& key,
                                 const Fields& fields) {
  std::vector<std::string> known;
  for (const ConfigField& field : fields) known.push_back(field.key);
  refuse_key(name, file, key, known);
}

void read_node(const YAML::Node& root, const std::string& file, const Fields& fields) {
  if (root.IsNull()) return;
  if (!root.IsMap()) throw UsageError(Fault{file, "configuration", "not a map", "key: value lines", {}});
  ConfigKeys keys(file);
  const auto read_one = [&](const std::string& key, const YAML::Node& name, const YAML::Node& value) {
    for (const ConfigField& field : fields)
      if (field.key == key) return field.read(value, file);
    refuse_unknown(name, file, key, fields);
  };
  for (const auto& entry : root) {
    const std::string key = keys.add(entry.first);
    const bool section = std::any_of(fields.begin(), fields.end(),
                                     [&](const ConfigField& field) { return section_of(field.key) == key; });
    if (!section) {
      read_one(key, entry.first, entry.second);
    } else if (entry.second.IsMap()) {
      for (const auto& inner : entry.second)
        read_one(keys.add(inner.first, key + "."), inner.first, inner.second);
    } else if (!entry.second.IsNull()) {
      refuse_value(entry.second, {file, "section '" + key + "'"}, "key: value lines below it");
    }
  }
}

YAML::Node parse_yaml(std::string_view yaml, const std::string& file) {
  try {
    std::vector<YAML::Node> documents = YAML::LoadAll(std::string(yaml));
    while (documents.size() > 1 && documents.back().IsNull()) documents.pop_back();  // a mark at the end
    if (documents.size() > 1)
      throw UsageError(Fault{file + ":" + std::to_string(documents[1].Mark().line + 1),
                             "YAML",
                             "a second document, after ---",
                             "one",
                             {}});
    return documents.empty() ? YAML::Node() : documents.front();
  } catch (const YAML::ParserException& problem) {
    const bool is_escape = problem.msg.find("escape character") != std::string::npos;
    throw UsageError(Fault{
        file + ":" + std::to_string(problem.mark.line + 1),
        "YAML",
        problem.msg,
        is_escape ? "valid YAML: a backslash stands for itself in single quotes, '...\\M\\*'" : "valid YAML",
        {}});
  }
}

bool is_yaml(const std::string& text) {
  try {
    (void)YAML::Load(text);
    return true;
  } catch (const YAML::Exception&) {
    return false;
  }
}

// Conditions that hold between fields.
void check_together(const Config& c, const std::string& file, std::span<const std::string> overrides) {
  const bool is_set = std::ranges::any_of(
      overrides, [](const std::string& item) { return item.starts_with("train.fold"); });  // and train.folds

  if (c.train.folds > 1 && c.train.fold >= c.train.folds)
    throw UsageError(Fault{is_set ? "--set" : file,
                           "train.fold",
                           std::to_string(c.train.fold),
                           "< train.folds, which is " + std::to_string(c.train.folds),
                           {}});
}

}  // namespace

Config parse_config(std::string_view yaml, const std::string& file_name,
                    std::span<const std::string> overrides) {
  Config config;
  const Fields fields = config_fields(config);
  read_node(parse_yaml(yaml, file_name), file_name, fields);
  for (const std::string& item : overrides) {
    const size_t equals = item.find('=');
    if (equals == std::string::npos)
      throw UsageError(Fault{"--set", item, "without '='", "section.key=value", {}});
    const std::string key = item.substr(0, equals);
    const YAML::Node value = parse_yaml(item.substr(equals + 1), "--set");
    const auto field =
        std::find_if(fields.begin(), fields.end(), [&](const ConfigField& f) { return f.key == key; });
    if (field == fields.end()) refuse_unknown(value, "--set", key, fields);
    field->read(value, "--set");
  }
  check_together(config, file_name, overrides);
  return config;
}

Config read_config(const std::filesystem::path& file, std::span<const std::string> overrides) {
  if (file.empty()) return parse_config("", "defaults", overrides);
  std::vector<std::byte> bytes;
  try {
    bytes = read_file(file);
  } catch (const Error& error) {
    throw UsageError(error.fault());
  }
  return parse_config({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file.string(), overrides);
}

SeriesRule parse_rule(std::span<const std::string> items, const std::string& option) {
  struct Key {
    std::string name, range;            // of a range the YAML
    std::vector<std::string> patterns;  // else
  };
  std::vector<Key> keys;
  for (const std::string& item : items) {
    const size_t equals = item.find('=');
    if (equals == std::string::npos) throw UsageError(option, "'" + item + "'", "KEY=VALUE");
    const std::string name = item.substr(0, equals), value = item.substr(equals + 1);
    if (value.empty()) throw UsageError(option, "'" + item + "'", "a value");
    const bool is_range = std::ranges::any_of(kRuleFields, [&](const RuleField& field) {
      return field.name == name && std::holds_alternative<std::optional<Range> SeriesRule::*>(field.member);
    });
    const auto known = std::ranges::find(keys, name, &Key::name);
    const bool is_list = value.starts_with('[') && value.ends_with(']');
    if (is_range && (known != keys.end() || !is_yaml(value)))
      throw UsageError(option, "'" + item + "'" + (known != keys.end() ? ", again" : ""),
                       name + "=[low, high], once");
    Key& key = known != keys.end() ? *known : keys.emplace_back(Key{name, {}, {}});
    if (is_range)
      key.range = value;
    else if (std::vector<std::string> list; !is_list)
      key.patterns.push_back(value);
    else if (is_yaml(value) && parse_value(YAML::Load(value), list, {option, name}))
      key.patterns.insert(key.patterns.end(), list.begin(), list.end());
    else
      throw UsageError(option, "'" + item + "'", name + "=[\"PATTERN\", \"PATTERN\"], or each by itself");
  }
  std::string yaml;
  for (const Key& key : keys)
    yaml +=
        yaml_quoted(key.name) + ": " + (key.patterns.empty() ? key.range : print_value(key.patterns)) + "\n";
  SeriesRule rule;
  if (!items.empty()) parse_value(parse_yaml(yaml, option), rule, {option, ""});
  return rule;
}

std::string rule_keys() {
  std::vector<std::string> names;
  for (const RuleField& field : kRuleFields) names.emplace_back(field.name);
  return joined(names);
}

std::string dump_config(const Config& config, std::span<const std::string_view> sections) {
  Config copy = config;
  std::string text, section;
  const Fields fields = config_fields(copy);
  for (const ConfigField& field : fields) {
    if (!wanted(field.key, sections)) continue;
    const std::string in = section_of(field.key);
    if (in != section) text += in + ":\n";
    section = in;
    text += (in.empty() ? field.key : "  " + field.key.substr(in.size() + 1)) + ": " + field.print() + "\n";
  }
  return text;
}

std::string config_help(std::span<const std::string_view> sections) {
  Config defaults;
  std::ostringstream text;
  text << "Configuration keys (in a YAML file, or --set key=value), their defaults and meaning:\n";
  const Fields fields = config_fields(defaults);
  for (const ConfigField& field : fields)
    if (wanted(field.key, sections))
      text << "  " << field.key << " = " << field.print() << "\n      " << field.what << "\n";
  return text.str();
}

}  // namespace trivox
