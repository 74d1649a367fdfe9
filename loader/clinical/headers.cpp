#include "loader/clinical/headers.h"

#include <algorithm>
#include <array>

#include "loader/text.h"

namespace trivox {
namespace {

using M = Meaning;

// Words that leave a column what it is.
constexpr std::array<std::string_view, 31> kFillers = {
    "of",      "the",    "in",       "at",   "a",       "tumor",   "tumour", "tumors",
    "tumours", "lesion", "gtv",      "gtvp", "gtvnx",   "primary", "npc",    "value",
    "values",  "ajcc",   "uicc",     "8th",  "edition", "8",       "s",      "肿瘤",
    "病灶",    "原发灶", "原发肿瘤", "瘤体", "unit",    "单位",    "第八版"};

bool is_measure(const MeaningInfo& info) {
  return info.meaning == M::kVolume || info.meaning == M::kArea || info.meaning == M::kDiameter ||
         info.meaning == M::kRegularity;
}

const MeaningInfo* named(const std::string& name) {
  for (const MeaningInfo& info : meanings())
    if (std::find(info.names.begin(), info.names.end(), name) != info.names.end()) return &info;
  return nullptr;
}

/// Without those that begin a word of Chinese, which has no spaces: 体积 of 肿瘤体积.
std::string without_fillers_before(std::string_view word) {
  for (bool more = true; more;) {
    more = false;
    for (const std::string_view filler : kFillers)
      if (static_cast<unsigned char>(filler[0]) >= 0x80 && word.size() > filler.size() &&
          word.starts_with(filler)) {
        word.remove_prefix(filler.size());
        more = true;
      }
  }
  return std::string(word);
}

std::vector<std::string> without_fillers(std::vector<std::string> words) {
  for (std::string& word : words) word = without_fillers_before(word);
  std::erase_if(words, [](const std::string& w) {
    return std::find(kFillers.begin(), kFillers.end(), w) != kFillers.end();
  });
  return words;
}

bool has_chinese(const std::vector<std::string>& words) {
  return std::ranges::any_of(words, [](const std::string& word) {
    return std::ranges::any_of(word, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  });
}

// The meaning of a text without unit; `sequence` where it names one besides a measure.
const MeaningInfo* match(const std::vector<std::string>& words, std::string& sequence) {
  sequence.clear();
  if (const MeaningInfo* info = named(squashed(words))) return info;
  const std::vector<std::string> core = without_fillers(words);
  if (const MeaningInfo* info = named(squashed(core))) return info;
  std::vector<std::string> others;
  if (const auto found = sequence_in(core, others))
    if (const MeaningInfo* info = named(squashed(others)); info != nullptr && is_measure(*info)) {
      sequence = *found;
      return info;
    }
  return nullptr;
}

// "编号 ID": both languages say the same.
const MeaningInfo* match(std::string_view folded, std::string& sequence) {
  const std::vector<std::string> words = words_of(folded);
  if (const MeaningInfo* info = match(words, sequence)) return info;
  for (size_t k = 1; k < words.size(); ++k) {
    const auto middle = words.begin() + static_cast<std::ptrdiff_t>(k);
    const std::vector<std::string> first(words.begin(), middle), second(middle, words.end());
    if (has_chinese(first) == has_chinese(second)) continue;
    std::string other;
    const MeaningInfo* info = match(first, sequence);
    if (info == nullptr || match(second, other) != info) continue;
    if (!sequence.empty() && !other.empty() && sequence != other) continue;
    if (sequence.empty()) sequence = other;
    return info;
  }
  sequence.clear();
  return nullptr;
}

struct Parts {
  std::string outer;                  // without what is in brackets
  std::vector<std::string> brackets;  // their contents
};

Parts split_brackets(std::string_view text) {
  Parts parts;
  int depth = 0;
  for (const char c : text) {
    if (c == '(' || c == '[' || c == '{') {
      if (depth++ == 0) {
        parts.brackets.emplace_back();
        parts.outer += ' ';
        continue;
      }
    } else if ((c == ')' || c == ']' || c == '}') && depth > 0) {
      if (--depth == 0) continue;
    }
    (depth > 0 ? parts.brackets.back() : parts.outer) += c;
  }
  return parts;
}

// "1=male, 2=female", "男1女2", "M:1 F:0": numbers to words; empty where the text is no such list.
std::map<std::string, std::string> code_in(std::string_view text) {
  std::vector<std::string> tokens;
  for (const std::string& word : words_of(text)) {
    // "1男2女" comes as words already; "m1f0" does not.
    size_t start = 0;
    for (size_t i = 1; i <= word.size(); ++i) {
      const auto digit = [&](size_t k) { return word[k] >= '0' && word[k] <= '9'; };
      if (i < word.size() && digit(i) == digit(i - 1)) continue;
      tokens.push_back(word.substr(start, i - start));
      start = i;
    }
  }
  const auto is_number = [](const std::string& t) { return t[0] >= '0' && t[0] <= '9'; };
  std::map<std::string, std::string> code;
  if (tokens.size() < 2 || tokens.size() % 2 != 0) return code;
  const bool number_first = is_number(tokens[0]);
  for (size_t i = 0; i < tokens.size(); i += 2) {
    const std::string& number = tokens[number_first ? i : i + 1];
    const std::string& word = tokens[number_first ? i + 1 : i];
    if (!is_number(number) || is_number(word) || !code.emplace(number, word).second) return {};
  }
  return code;
}

// Where a unit may begin that stands after the name without brackets.
std::vector<size_t> unit_starts(std::string_view text) {
  std::vector<size_t> out;
  for (size_t i = 1; i < text.size(); ++i) {
    const auto before = static_cast<unsigned char>(text[i - 1]), here = static_cast<unsigned char>(text[i]);
    const bool after_mark =
        before < 0x80 && std::string_view(" _/,:;-.").find(text[i - 1]) != std::string_view::npos;
    if (after_mark || (before >= 0x80) != (here >= 0x80)) out.push_back(i);
  }
  return out;
}

bool read_outer(const std::string& outer, HeaderReading& reading) {
  reading.info = match(outer, reading.sequence);
  if (reading.info != nullptr) return true;
  for (const size_t at : unit_starts(outer)) {
    const std::string_view rest = trimmed(std::string_view(outer).substr(at));
    const MeaningInfo* info = match(std::string_view(outer).substr(0, at), reading.sequence);
    if (info == nullptr) continue;
    if (auto unit = unit_named(rest, info->dimension)) {
      reading.info = info;
      reading.unit = std::move(unit);
      reading.unit_text = rest;
      return true;
    }
  }
  return false;
}

/// "Sex (F/M)", "Status (alive/dead)": the bracket only names the cells that stand below.
bool names_cells(const std::vector<std::string>& words, CellKind kind) {
  constexpr std::array<std::string_view, 9> kSex = {"m",     "f",  "male", "female", "man",
                                                    "woman", "男", "女",   "男女"};
  constexpr std::array<std::string_view, 8> kOutcome = {"alive", "dead", "yes",  "no",
                                                        "生存",  "存活", "死亡", "censored"};
  constexpr std::array<std::string_view, 6> kMarker = {"positive", "negative", "pos", "neg", "阳性", "阴性"};
  const auto all_in = [&](const auto& known) {
    return std::ranges::all_of(words, [&](const std::string& word) {
      return word == "or" || std::ranges::find(known, word) != known.end();
    });
  };
  return (kind == CellKind::kSex && all_in(kSex)) || (kind == CellKind::kOutcome && all_in(kOutcome)) ||
         (kind == CellKind::kMarker && all_in(kMarker));
}

/// Inches, a part of something: no words that may be left out.
bool is_strange_unit(std::string_view bracket) {
  const std::string_view alone = trimmed(bracket);
  return alone == "in" || alone == "%";
}

// A bracket that neither names the unit nor explains the numbers must say nothing new.
bool read_bracket(const std::string& text, HeaderReading& reading) {
  if (trimmed(text).empty()) return true;
  if (is_strange_unit(text) && !unit_named(text, reading.info->dimension)) return false;
  if (auto unit = unit_named(text, reading.info->dimension); unit && !reading.unit) {
    reading.unit = std::move(unit);
    reading.unit_text = trimmed(text);
    return true;
  }
  if (reading.info->kind != CellKind::kNumber && reading.info->kind != CellKind::kText)
    if (reading.code = code_in(text); !reading.code.empty()) return true;
  const std::vector<std::string> core = without_fillers(words_of(text));
  if (core.empty() || names_cells(core, reading.info->kind)) return true;
  if (named(squashed(core)) == reading.info) return true;  // "OS (overall survival)"
  std::vector<std::string> others;
  const auto sequence = sequence_in(core, others);
  if (!sequence || !others.empty() || !reading.sequence.empty() || !is_measure(*reading.info)) return false;
  reading.sequence = *sequence;
  return true;
}

/// Name, unit and brackets by themselves; without info where one of them is not understood.
HeaderReading read_parts(const std::string& folded) {
  HeaderReading reading;
  const Parts parts = split_brackets(folded);
  if (!read_outer(parts.outer, reading)) return {};
  for (const std::string& bracket : parts.brackets)
    if (!read_bracket(bracket, reading)) return {};
  return reading;
}

/// "T1 C-" of "T1 C (-)": brackets around a sign hold no unit.
std::string without_brackets_of_signs(std::string_view folded) {
  std::string out;
  for (size_t i = 0; i < folded.size(); ++i) {
    const std::string_view rest = folded.substr(i);
    if (!rest.starts_with("(-)") && !rest.starts_with("(+)") && !rest.starts_with("(*)")) {
      out += folded[i];
      continue;
    }
    while (out.ends_with(' ')) out.pop_back();
    out += rest[1];
    i += 2;
  }
  return out;
}

}  // namespace

HeaderReading read_header(std::string_view header) {
  const std::string folded = without_brackets_of_signs(fold_signs(header));
  HeaderReading by_parts = read_parts(folded);
  if (by_parts.unit) return by_parts;  // whose letters name no sequence: "T1 volume (c.c.)"
  HeaderReading reading;
  // "VCA (IgA)": the bracket belongs to the name.
  if (folded.find('%') == std::string::npos &&
      std::ranges::none_of(split_brackets(folded).brackets, is_strange_unit))
    reading.info = match(folded, reading.sequence);
  return reading.info != nullptr ? reading : by_parts;
}

}  // namespace trivox
