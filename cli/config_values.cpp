#include "cli/config_values.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>

#include "loader/text.h"
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

/// Beginning and code point of the first character that a terminal does not show and no name has: control
/// characters, U+0085 and the like, line and paragraph separators. Its length in bytes is `length`.
size_t find_control(std::string_view text, size_t from, size_t& length) {
  for (size_t i = from; i < text.size(); i += length) {
    length = std::max<size_t>(utf8_length(text, i), 1);
    const std::string_view one = text.substr(i, length);
    const auto lead = static_cast<unsigned char>(one[0]);
    // U+0080 to U+009F; YAML's \N comes as one byte
    const bool is_c1 = length == 2 ? lead == 0xc2 && static_cast<unsigned char>(one[1]) < 0xa0
                                   : length == 1 && lead >= 0x80 && lead < 0xa0;
    if (lead < 0x20 || lead == 0x7f || is_c1 || one == "\u2028" || one == "\u2029") return i;
  }
  return std::string_view::npos;
}

bool holds_control_character(std::string_view text) {
  size_t length = 0;
  return find_control(text, 0, length) != std::string_view::npos;
}

/// "ORIGINAL<U+2029>RIMARY*"
std::string with_controls_told(std::string_view text) {
  std::string out;
  size_t from = 0, length = 0;
  for (size_t at = 0; (at = find_control(text, from, length)) != std::string_view::npos; from = at + length) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const unsigned code = length == 1   ? lead
                          : length == 2 ? static_cast<unsigned char>(text[at + 1])
                                        : 0x2000U | (static_cast<unsigned char>(text[at + 2]) & 0x3fU);
    std::array<char, 16> told{};
    std::snprintf(told.data(), told.size(), "<U+%04X>", code);
    out.append(text.substr(from, at - from)).append(told.data());
  }
  return out.append(text.substr(from));
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
    if (const auto* const text = std::get_if<Patterns SeriesRule::*>(&field->member)) {
      if (!parse_value(entry.second, rule.**text, inner))
        refuse_value(entry.second, inner, "a pattern or a list of them");
    } else {
      const auto range = std::get<std::optional<Range> SeriesRule::*>(field->member);
      if (!parse_value(entry.second, (rule.*range).emplace(), inner))
        refuse_value(entry.second, inner, kind_of<Range>());
    }
  }
  return true;
}

bool parse_value(const YAML::Node& node, Patterns& patterns, const ConfigPlace& place) {
  std::vector<std::string> all;
  if (node.IsScalar())
    all.push_back(node.Scalar());
  else if (!parse_value(node, all, place) || all.empty())
    return false;
  for (const std::string& pattern : all) {
    if (pattern.empty() || pattern == "!")
      refuse_value(node, place, "a pattern that is not empty, or the key left out");
    if (holds_control_character(pattern))
      throw UsageError(
          Fault{line_of(node, place.file),
                place.key,
                "\"" + with_controls_told(pattern) + "\"",
                "no control characters: YAML makes one of a backslash in double quotes, and none "
                "in single ones, '...\\PRIMARY*'",
                {}});
  }
  patterns.all = std::move(all);
  return true;
}

std::string rule_kind() {
  std::string patterns, ranges;
  for (const RuleField& field : kRuleFields) {
    std::string& list = std::holds_alternative<Patterns SeriesRule::*>(field.member) ? patterns : ranges;
    list.append(list.empty() ? "" : ", ").append(field.name);
  }
  return "{" + patterns + ": a pattern or a list of them; " + ranges + ": [low, high]}";
}

std::string print_value(const SeriesRule& rule) {
  std::string text;
  for (const RuleField& field : kRuleFields) {
    std::string item;
    if (const auto* const of_text = std::get_if<Patterns SeriesRule::*>(&field.member)) {
      const std::vector<std::string>& all = (rule.**of_text).all;
      if (!all.empty()) item = all.size() == 1 ? yaml_quoted(all.front()) : print_value(all);
    } else if (const auto& range = rule.*std::get<std::optional<Range> SeriesRule::*>(field.member)) {
      item = print_value(*range);
    }
    if (!item.empty()) text.append(text.empty() ? "" : ", ").append(field.name).append(": ").append(item);
  }
  return "{" + text + "}";
}

}  // namespace trivox
