#include "cli/config_values.h"

#include <algorithm>
#include <limits>

#include "transforms/error.h"

namespace trivox {
namespace {

std::string line_of(const YAML::Node& node, const std::string& file) {
  return file + ":" + std::to_string(node.Mark().line + 1);
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above_left = diagonal;
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, above_left + (a[i - 1] == b[j - 1] ? 0 : 1)});
    }
  }
  return row.back();
}

}  // namespace

std::string yaml_text(const YAML::Node& node) {
  YAML::Emitter out;
  out << YAML::Flow << node;
  return out.c_str();
}

std::string yaml_quoted(const std::string& text) {
  YAML::Emitter out;
  out << YAML::DoubleQuoted << text;
  return out.c_str();
}

void refuse_value(const YAML::Node& node, const ConfigPlace& place, const std::string& expected) {
  throw UsageError(Fault{line_of(node, place.file), place.key, yaml_text(node), expected, {}});
}

void refuse_key(const YAML::Node& name, const std::string& file, const std::string& key,
                std::span<const std::string> known) {
  std::string nearest;
  size_t best = std::numeric_limits<size_t>::max();
  for (const std::string& one : known)
    if (const size_t d = edit_distance(key, one); d < best) {
      best = d;
      nearest = one;
    }
  // One that shares little is no slip of the fingers, and to name it would mislead.
  const bool is_near = best <= std::max<size_t>(2, key.size() / 3);
  throw UsageError(
      Fault{line_of(name, file),
            "key",
            "'" + key + "'",
            is_near ? "a known key; the nearest is '" + nearest + "'" : "a known key, as --help lists them",
            {}});
}

std::string ConfigKeys::add(const YAML::Node& name, const std::string& prefix) {
  // YAML also allows lists and maps as keys.
  if (!name.IsScalar()) refuse_value(name, {file_, "key"}, "a word");
  std::string key = prefix + name.Scalar();
  if (std::find(seen_.begin(), seen_.end(), key) != seen_.end())
    throw UsageError(Fault{line_of(name, file_), "key '" + key + "'", "given twice", "once", {}});
  seen_.push_back(key);
  return key;
}

bool parse_value(const YAML::Node& node, SeriesRule& rule, const ConfigPlace& place) {
  if (!node.IsMap()) refuse_value(node, place, rule_kind());
  ConfigKeys keys(place.file);
  for (const auto& entry : node) {
    const std::string name = keys.add(entry.first);
    const auto* const field = std::find_if(kRuleFields.begin(), kRuleFields.end(),
                                           [&](const RuleField& f) { return f.name == name; });
    if (field == kRuleFields.end()) {
      std::vector<std::string> known;
      for (const RuleField& one : kRuleFields) known.push_back(place.below(one.name).key);
      refuse_key(entry.first, place.file, place.below(name).key, known);
    }
    const ConfigPlace inner = place.below(name);
    if (const auto* const text = std::get_if<std::string SeriesRule::*>(&field->member)) {
      if (!parse_value(entry.second, rule.**text, inner))
        refuse_value(entry.second, inner, kind_of<std::string>());
    } else {
      const auto range = std::get<std::optional<Range> SeriesRule::*>(field->member);
      if (!parse_value(entry.second, (rule.*range).emplace(), inner))
        refuse_value(entry.second, inner, kind_of<Range>());
    }
  }
  return true;
}

std::string rule_kind() {
  std::string text;
  for (const RuleField& field : kRuleFields) {
    const bool is_text = std::holds_alternative<std::string SeriesRule::*>(field.member);
    text.append(text.empty() ? "" : ", ").append(field.name).append(is_text ? ": a text" : ": [low, high]");
  }
  return "{" + text + "}";
}

std::string print_value(const SeriesRule& rule) {
  std::string text;
  for (const RuleField& field : kRuleFields) {
    std::string item;
    if (const auto* const of_text = std::get_if<std::string SeriesRule::*>(&field.member)) {
      if (!(rule.**of_text).empty()) item = yaml_quoted(rule.**of_text);
    } else if (const auto& range = rule.*std::get<std::optional<Range> SeriesRule::*>(field.member)) {
      item = print_value(*range);
    }
    if (!item.empty()) text.append(text.empty() ? "" : ", ").append(field.name).append(": ").append(item);
  }
  return "{" + text + "}";
}

}  // namespace trivox
