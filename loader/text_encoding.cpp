#include "loader/text_encoding.h"

#include <iconv.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "loader/text.h"
#include "loader/text_western.h"
#include "transforms/error.h"

namespace trivox {
namespace {

uint8_t byte_at(std::string_view text, size_t i) { return static_cast<uint8_t>(text[i]); }

std::string hex(uint8_t byte) {
  char text[8];
  std::snprintf(text, sizeof text, "0x%02X", byte);
  return text;
}

// Lines end in CR LF, LF or CR.
size_t line_of(std::string_view text, size_t offset) {
  size_t line = 1;
  for (size_t i = 0; i < std::min(offset, text.size()); ++i)
    if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))) ++line;
  return line;
}

Error bad_byte(std::string_view text, size_t offset, const std::string& expected) {
  return Error("byte " + std::to_string(offset) + " (line " + std::to_string(line_of(text, offset)) + ")",
               offset < text.size() ? hex(byte_at(text, offset)) : "beyond the end", expected);
}

struct Utf8 {
  size_t valid = 0;    ///< bytes before the first fault; all of them where there is none
  size_t triples = 0;  ///< characters of three bytes among them, as Chinese ones are
};

Utf8 scan_utf8(std::string_view text) {
  Utf8 scan;
  while (scan.valid < text.size()) {
    const size_t length = utf8_length(text, scan.valid);
    if (length == 0) return scan;
    scan.triples += length == 3;
    scan.valid += length;
  }
  return scan;
}

void append_utf8(std::string& out, uint32_t c) {
  const auto add = [&](uint32_t byte) { out += static_cast<char>(static_cast<uint8_t>(byte)); };
  if (c < 0x80) return add(c);
  if (c < 0x800)
    add(0xC0 | (c >> 6));
  else if (c < 0x10000)
    add(0xE0 | (c >> 12)), add(0x80 | ((c >> 6) & 0x3F));
  else
    add(0xF0 | (c >> 18)), add(0x80 | ((c >> 12) & 0x3F)), add(0x80 | ((c >> 6) & 0x3F));
  add(0x80 | (c & 0x3F));
}

std::string from_utf16(std::string_view text, bool big_endian) {
  std::string out;
  out.reserve(text.size());
  const auto wrong = [&](size_t offset, const std::string& found, const char* expected) {
    return Error("UTF-16 at byte " + std::to_string(offset) + " (line " +
                     std::to_string(1 + std::count(out.begin(), out.end(), '\n')) + ")",
                 found, expected);
  };
  if (text.size() % 2 != 0)
    throw Error("UTF-16 text", std::to_string(text.size()) + " bytes long", "an even number of bytes");
  const auto unit = [&](size_t i) -> uint32_t {
    const uint32_t a = byte_at(text, i), b = byte_at(text, i + 1);
    return big_endian ? a << 8 | b : b << 8 | a;
  };
  for (size_t i = 2; i < text.size(); i += 2) {
    uint32_t c = unit(i);
    if (c >= 0xDC00 && c < 0xE000)
      throw wrong(i, "the second half of a surrogate pair", "the first half before it");
    if (c >= 0xD800 && c < 0xDC00) {
      const uint32_t low = i + 4 <= text.size() ? unit(i + 2) : 0;
      if (low < 0xDC00 || low >= 0xE000) throw wrong(i, "half a surrogate pair", "both halves");
      c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
      i += 2;
    }
    append_utf8(out, c);
  }
  return out;
}

// As far as it is valid; `valid` becomes the number of bytes turned.
std::string from_gb18030(std::string_view text, size_t& valid) {
  iconv_t converter = ::iconv_open("UTF-8", "GB18030");
  if (converter == iconv_t(-1))
    throw Error("encoding", "not UTF-8", "UTF-8: the converter for GB18030 is not on this system");
  std::string in(text), out(2 * text.size() + 16, '\0');  // two bytes become three at most, four become four
  char* from = in.data();
  char* to = out.data();
  size_t left = in.size(), room = out.size();
  (void)::iconv(converter, &from, &left, &to, &room);
  ::iconv_close(converter);
  valid = text.size() - left;
  out.resize(out.size() - room);
  return out;
}

bool is_latin_sign(char c) {
  const auto byte = static_cast<uint8_t>(c);
  return byte < 0x80 || byte == 0xB0 || byte == 0xB1 || byte == 0xB2 || byte == 0xB3 || byte == 0xB5;
}

/// The first cell that is not of ASCII, or what of it a message can hold.
std::string odd_cell(std::string_view utf8) {
  constexpr std::string_view kEnds = ",;\t\r\n\"";
  constexpr size_t kMost = 40;
  const auto odd = std::ranges::find_if(utf8, [](char c) { return static_cast<uint8_t>(c) >= 0x80; });
  const auto at = static_cast<size_t>(odd - utf8.begin());
  const size_t before = utf8.find_last_of(kEnds, at);
  const size_t begin = before == std::string_view::npos ? 0 : before + 1;
  const std::string_view cell = utf8.substr(begin, utf8.find_first_of(kEnds, at) - begin);
  std::string quoted(1, '"');
  return quoted.append(clipped(trimmed(cell), kMost)).append(1, '"');
}

/// A text that is no Unicode; `valid` bytes of it are GB18030, which turned into `chinese`. Western letters
/// among ASCII pass for rare Chinese characters.
DecodedText decode_bytes(std::string_view text, std::string chinese, size_t valid) {
  const bool is_gb18030 = valid == text.size();
  if (is_gb18030 && chinese_in(text) == ChineseEvidence::kWords) return {std::move(chinese), "GB18030", ""};
  const bool is_western = reads_as_western(text);
  if (std::ranges::all_of(text, is_latin_sign) &&
      (!is_gb18030 || (is_western && chinese_in(text) == ChineseEvidence::kNone)))
    return {from_windows_1252(text), "Latin-1", ""};
  if (!is_gb18030 && !is_western)
    throw bad_byte(text, valid, "UTF-8, UTF-16 with a byte order mark, or GB18030");
  if (!is_western && (chinese_in(text) != ChineseEvidence::kNone || !has_rare_chinese(text)))
    return {std::move(chinese), "GB18030", ""};
  std::string western = from_windows_1252(text);
  if (is_western && (!is_gb18030 || chinese_in(text) == ChineseEvidence::kNone))
    return {western, "Windows-1252",
            "no Unicode: taken for Windows-1252 by its letters, such as " + odd_cell(western)};
  throw Error("encoding",
              "in doubt: " + odd_cell(chinese) + " as GB18030, " + odd_cell(western) + " as Windows-1252",
              "a table stored as UTF-8");
}

}  // namespace

DecodedText decode_text(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto starts = [&](std::string_view mark) { return text.substr(0, mark.size()) == mark; };
  using std::string_view_literals::operator""sv;
  if (starts("\xFF\xFE\0\0"sv) || starts("\0\0\xFE\xFF"sv))
    throw Error("encoding", "UTF-32", "UTF-8, UTF-16 with a byte order mark, or GB18030");
  if (starts("\xFF\xFE"sv)) return {from_utf16(text, false), "UTF-16LE", ""};
  if (starts("\xFE\xFF"sv)) return {from_utf16(text, true), "UTF-16BE", ""};
  if (starts("\xEF\xBB\xBF"sv)) {
    const size_t valid = scan_utf8(text).valid;
    if (valid < text.size()) throw bad_byte(text, valid, "UTF-8, as the byte order mark says");
    return {std::string(text.substr(3)), "UTF-8 with BOM", ""};
  }
  const Utf8 utf8 = scan_utf8(text);
  if (utf8.valid == text.size()) return {std::string(text), "UTF-8", ""};
  // Three Chinese characters of valid UTF-8 do not come about by chance in GB18030; but the bytes of
  // a damaged UTF-8 text often pass for GB18030.
  if (utf8.triples >= 3) throw bad_byte(text, utf8.valid, "UTF-8, as the text before it");
  size_t valid = 0;
  std::string turned = from_gb18030(text, valid);
  return decode_bytes(text, std::move(turned), valid);
}

}  // namespace trivox
