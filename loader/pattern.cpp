#include "loader/pattern.h"

#include <algorithm>

#include "loader/text.h"

namespace trivox {
namespace {

/// Characters as they are compared; a byte that is no UTF-8 is one by itself.
std::u32string comparable(std::string_view original) {
  const std::string text = case_folded(original);
  constexpr char32_t kNoCharacter = 0x110000;
  std::u32string out;
  for (size_t i = 0; i < text.size();) {
    const size_t length = utf8_length(text, i);
    const auto lead = static_cast<unsigned char>(text[i]);
    char32_t c = length == 0 ? kNoCharacter + lead : length == 1 ? lead : lead & (0x7fU >> length);
    for (size_t k = 1; k < length; ++k) c = c << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3fU);
    out += c;
    i += std::max<size_t>(length, 1);
  }
  return out;
}

bool excludes(const std::string& pattern) { return pattern.starts_with('!'); }

}  // namespace

bool matches_pattern(std::string_view pattern_text, std::string_view whole_text) {
  const std::u32string pattern = comparable(pattern_text), text = comparable(whole_text);
  // The usual two-pointer way: on a mismatch the last star takes one character more.
  constexpr size_t kNone = std::u32string::npos;
  size_t p = 0, t = 0, star = kNone, taken = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p, ++t;
    } else if (star != kNone) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool are_met(const Patterns& patterns, std::string_view text) {
  return std::ranges::all_of(patterns.all, excludes) ||
         std::ranges::any_of(patterns.all, [&](const std::string& pattern) {
           return !excludes(pattern) && matches_pattern(pattern, text);
         });
}

bool exclude(const Patterns& patterns, std::string_view text) {
  return std::ranges::any_of(patterns.all, [&](const std::string& pattern) {
    return excludes(pattern) && matches_pattern(std::string_view(pattern).substr(1), text);
  });
}

bool matches(const Patterns& patterns, std::string_view text) {
  return are_met(patterns, text) && !exclude(patterns, text);
}

std::string describe(const Patterns& patterns) {
  std::string wanted, not_wanted;
  for (const std::string& pattern : patterns.all) {
    std::string& list = excludes(pattern) ? not_wanted : wanted;
    list += list.empty() ? "\"" : " or \"";
    list.append(pattern, excludes(pattern) ? 1 : 0).append("\"");
  }
  if (not_wanted.empty()) return wanted;
  return (wanted.empty() ? "not " : wanted + " but not ") + not_wanted;
}

}  // namespace trivox
