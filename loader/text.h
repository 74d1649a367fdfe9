#pragma once
#include <array>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace trivox {

/// "T1WI, T2WI", for messages. Thread safe, as all here.
[[nodiscard]] std::string joined(const std::vector<std::string>& names, std::string_view separator = ", ");

/// "0.873"; an en dash for NaN.
[[nodiscard]] std::string fixed(double value, int digits);

/// The shortest text that reads back to the same number, in any locale: nothing is lost.
template <class T>
[[nodiscard]] std::string number_text(T value) {
  std::array<char, 64> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

/// "1 pair", "2 pairs".
[[nodiscard]] std::string counted(size_t n, std::string_view one);

/// With control characters and what is no UTF-8 told instead of sent, "\x1b" for ESC: what a stranger's file
/// says must not act on a terminal. Line breaks and tabs stay.
[[nodiscard]] std::string printable(std::string_view text);

/// Bytes of the UTF-8 character that begins at text[i], 1 for one of ASCII; 0 where none does: no overlong
/// form, no surrogate, nothing beyond U+10FFFF counts. i is below text.size(). Source: Unicode 15.0, table
/// 3-7.
[[nodiscard]] size_t utf8_length(std::string_view text, size_t i);

/// Whether all of it is UTF-8.
[[nodiscard]] bool is_utf8(std::string_view text);

/// The text in Unicode's composed form (NFC), in which names are compared: macOS parts letters from their
/// accents in the names of files. What is no UTF-8 stays as it is. Source: Unicode Standard Annex 15.
[[nodiscard]] std::string normalised(std::string_view text);

/// The same without differences of case, in any script; of what is no UTF-8 in A to Z alone. Source: Unicode
/// 15.0, CaseFolding.txt.
[[nodiscard]] std::string case_folded(std::string_view text);

/// A cell of a table, quoted where RFC 4180 asks for it.
[[nodiscard]] std::string csv_cell(const std::string& text);

/// Without the spaces around it: ASCII white space, no-break and full-width space, zero-width space.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// A to Z made small; all else as it is.
[[nodiscard]] std::string lower(std::string_view text);

/// The first `most` bytes, cut between UTF-8 characters.
[[nodiscard]] std::string_view clipped(std::string_view text, size_t most);

}  // namespace trivox
