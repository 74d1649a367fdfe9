#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// How the words of clinical tables are compared. All functions are pure and thread safe.
namespace trivox {

/// What a column's numbers measure; decides which units are known for them.
enum class Dimension { kNone, kRatio, kVolume, kArea, kLength, kAge, kTime, kCount, kField };

/// One spelling for signs that mean the same: full-width letters and brackets, Roman numerals,
/// superscripts, squared units, dashes, no-break spaces. Spaces and apostrophes that group digits by
/// thousands ("1'234") go. UTF-8 in and out; letter case is kept.
[[nodiscard]] std::string fold_signs(std::string_view text);

/// The words of a folded text in small letters: cut at all that is neither letter nor digit, between
/// Chinese and Latin letters, and before a capital inside a word ("PatientID": patient, id).
[[nodiscard]] std::vector<std::string> words_of(std::string_view folded);

/// Words put together without spaces.
[[nodiscard]] std::string squashed(const std::vector<std::string>& words);

/// A unit: `value * factor` is in `base`.
struct Unit {
  std::string base;  ///< mm3, mm2, mm, years, months, T, copies/mL, IU/mL; "" for a ratio
  double factor = 1;
};

/// The unit that a folded text names, where it is one of the dimension's.
[[nodiscard]] std::optional<Unit> unit_named(std::string_view folded, Dimension dimension);

/// T1WI, T2WI or CE-T1WI where the words speak of one sequence and of nothing else but `others`
/// (filled with the words that are left); nothing where they name none, or it cannot be told which.
[[nodiscard]] std::optional<std::string> sequence_in(const std::vector<std::string>& words,
                                                     std::vector<std::string>& others);

}  // namespace trivox
