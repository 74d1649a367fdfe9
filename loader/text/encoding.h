#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace trivox {

/// A text as UTF-8, without byte order mark, and what it was stored as.
struct DecodedText {
  std::string utf8;
  std::string encoding;  ///< "UTF-8", "UTF-8 with BOM", "UTF-16LE", "UTF-16BE", "GB18030", "Latin-1",
                         ///< "Windows-1252", or the name that was given
  std::string note;      ///< what was weighed, with a cell; empty: nothing
};

/// Turns a text into UTF-8. A byte order mark decides what it is; else what is valid UTF-8 with characters
/// beyond ASCII is that, since a text of another encoding hardly ever is; else `encoding`, a name that iconv
/// knows (utf-16 without a mark is little-endian). With "auto", ASCII is UTF-8; else what is valid
/// GB18030 (which holds GBK and GB2312) and reads as everyday Chinese is that; else a text whose bytes beyond
/// ASCII are signs of units is Latin-1, and one that has them where Western European words have letters is
/// Windows-1252 (loader/text/western.h). What is mostly UTF-8 is neither. Pure and thread safe. Throws Error
/// naming the byte, its offset from 0 and its line from 1, with its cell as the encodings read it that are
/// possible; UsageError where iconv does not know `encoding`.
[[nodiscard]] DecodedText decode_text(std::span<const std::byte> bytes, std::string_view encoding = "auto");

/// What dataset.text_encoding must be where `encoding` is neither "auto" nor a name that iconv knows, with
/// the common names; empty where it is one.
[[nodiscard]] std::string demand_on_encoding(const std::string& encoding);

/// A text in the encoding of that name as UTF-8; nothing where any byte is not valid, or iconv does not know
/// the name.
[[nodiscard]] std::optional<std::string> utf8_of(std::string_view text, const std::string& encoding);

/// What `text` may say: as each encoding reads it that tables and names are often stored in and that
/// `whole`, of which it is a part, is valid in.
struct PossibleReadings {
  std::string quoted;  ///< "\"性別\" as big5, \"©Ê§O\" as windows-1252"
  std::string names;   ///< "big5, windows-1252"
};
/// `is_archived`: a name in an archive, which may be in DOS's code page too (PKWARE APPNOTE, appendix D).
[[nodiscard]] PossibleReadings possible_readings(std::string_view text, std::string_view whole,
                                                 bool is_archived = false);

}  // namespace trivox
