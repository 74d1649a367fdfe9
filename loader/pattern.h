#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace trivox {

/// Patterns of one text, any of which it may match; one that begins with ! it must not. Only such: any other
/// text. None at all: any text.
struct Patterns {
  std::vector<std::string> all;

  Patterns() = default;
  Patterns(std::string one) : all{std::move(one)} {}  // NOLINT: one is what most rules have
  Patterns(const char* one) : all{one} {}             // NOLINT: likewise
  Patterns(std::initializer_list<std::string> several) : all(several) {}
  [[nodiscard]] bool empty() const { return all.empty(); }
};

/// Whether `pattern` (* for any text, ? for any one character) is all of `text`, in either case and however
/// letters with accents are composed (loader/text.h `case_folded`). Thread safe, as all here.
[[nodiscard]] bool matches_pattern(std::string_view pattern, std::string_view text);

/// Whether one of those that do not exclude is all of the text, or there is none.
[[nodiscard]] bool are_met(const Patterns& patterns, std::string_view text);
/// Whether one that excludes is.
[[nodiscard]] bool exclude(const Patterns& patterns, std::string_view text);
/// Met and not excluded.
[[nodiscard]] bool matches(const Patterns& patterns, std::string_view text);

/// `"*t1*" or "*t2*" but not "*ce*"`, for messages.
[[nodiscard]] std::string describe(const Patterns& patterns);

}  // namespace trivox
