#pragma once
#include <cstddef>
#include <span>
#include <string>

namespace trivox {

/// A text as UTF-8, without byte order mark, and what it was stored as.
struct DecodedText {
  std::string utf8;
  std::string encoding;  ///< "UTF-8", "UTF-8 with BOM", "UTF-16LE", "UTF-16BE", "GB18030", "Latin-1" or
                         ///< "Windows-1252"
  std::string note;      ///< what was weighed, with a cell; empty: nothing
};

/// Finds the encoding of a text and turns it into UTF-8: a byte order mark decides; else what is valid UTF-8
/// is UTF-8; else what is valid GB18030 (which holds GBK and GB2312) and shows Chinese is that; else a text
/// whose bytes beyond ASCII are signs of units is Latin-1, and one that has them where Western European words
/// have letters is Windows-1252 (loader/text_western.h). What begins as UTF-8 and breaks later is not taken
/// for either. Pure and thread safe. Throws Error naming the byte, its offset from 0 and its line from 1, or
/// two readings of one cell where both are likely.
[[nodiscard]] DecodedText decode_text(std::span<const std::byte> bytes);

}  // namespace trivox
