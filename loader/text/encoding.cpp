#include "loader/text/encoding.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "loader/text.h"
#include "loader/text/western.h"
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

/// Whether a text that is not UTF-8 all through is damaged UTF-8: at least as many characters beyond ASCII
/// as bytes that are none. Of Chinese characters of two bytes hardly any passes for one.
bool is_damaged_utf8(std::string_view text) {
  size_t fine = 0, broken = 0;
  bool after_broken = false;  // two bytes of two characters of two bytes pass for UTF-8
  for (size_t i = 0; i < text.size();) {
    const size_t length = utf8_length(text, i);
    after_broken = length == 0 || (after_broken && length > 1);
    fine += length > 1 && !after_broken;
    broken += length == 0;
    i += std::max<size_t>(length, 1);
  }
  return fine >= broken;
}

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

/// A text in the encoding of iconv's name as UTF-8, as far as it is valid; `valid` becomes the number of its
/// bytes that were turned. Nothing where iconv does not know the name.
std::optional<std::string> from_encoding(std::string_view text, const std::string& name, size_t& valid) {
  if (name.empty() || name.find('/') != std::string::npos)
    return {};  // the locale's; options such as //IGNORE
  iconv_t converter = ::iconv_open("UTF-8", name.c_str());
  if (converter == iconv_t(-1)) return {};
  std::string in(text), out(2 * text.size() + 64, '\0');
  char* from = in.data();
  size_t left = in.size(), made = 0;
  for (bool more = true; more;) {
    char* to = out.data() + made;
    size_t room = out.size() - made;
    more = ::iconv(converter, &from, &left, &to, &room) == size_t(-1) && errno == E2BIG;
    made = out.size() - room;
    if (more) out.resize(out.size() + out.size() / 2);
  }
  ::iconv_close(converter);
  valid = text.size() - left;
  out.resize(made);
  return out;
}

std::optional<std::string> wholly_from(std::string_view text, const std::string& name) {
  size_t valid = 0;
  auto turned = from_encoding(text, name, valid);
  return valid == text.size() ? turned : std::nullopt;
}

/// What tables are stored in besides Unicode, as a message offers them.
constexpr std::array<const char*, 5> kCandidates = {"gb18030", "big5", "shift_jis", "euc-kr", "windows-1252"};

/// The cell around a byte, or what of it a message can hold.
std::string_view cell_around(std::string_view text, size_t at) {
  constexpr std::string_view kEnds = ",;\t\r\n\"";
  const size_t before = at == 0 ? std::string_view::npos : text.find_last_of(kEnds, at - 1);
  const size_t begin = before == std::string_view::npos ? 0 : before + 1;
  return text.substr(begin, text.find_first_of(kEnds, at) - begin);
}

std::string quoted(std::string_view utf8) {
  constexpr size_t kMost = 40;
  std::string out(1, '"');
  return out.append(clipped(trimmed(utf8), kMost)).append(1, '"');
}

/// Nothing decides what the text is: the first byte that is no UTF-8, and its cell as each encoding reads it
/// that the whole text may be in.
Error in_doubt(std::string_view text, size_t offset) {
  const PossibleReadings readings = possible_readings(cell_around(text, offset), text);
  std::string found = hex(byte_at(text, offset));
  if (!readings.names.empty()) found.append(": ").append(readings.quoted);
  return Error("byte " + std::to_string(offset) + " (line " + std::to_string(line_of(text, offset)) + ")",
               found,
               "UTF-8, UTF-16 with a byte order mark, or dataset.text_encoding to name another (" +
                   (readings.names.empty() ? "such as gb18030" : readings.names) + ")");
}

bool is_ascii(char c) { return static_cast<uint8_t>(c) < 0x80; }

bool is_latin_sign(char c) {
  const auto byte = static_cast<uint8_t>(c);
  return byte < 0x80 || byte == 0xB0 || byte == 0xB1 || byte == 0xB2 || byte == 0xB3 || byte == 0xB5;
}

/// A text that is no Unicode; `offset` is its first byte that is no UTF-8.
DecodedText decode_bytes(std::string_view text, size_t offset) {
  auto chinese = wholly_from(text, "GB18030");
  const bool is_western = reads_as_western(text);
  const bool is_plainly_western = is_western && (!chinese || chinese_in(text) == ChineseEvidence::kNone);
  if (std::ranges::all_of(text, is_latin_sign) && (!chinese || is_plainly_western))
    if (auto latin = wholly_from(text, "ISO-8859-1")) return {std::move(*latin), "Latin-1", ""};
  if (chinese && !is_western && is_everyday_chinese(*chinese, text))
    return {std::move(*chinese), "GB18030", ""};
  if (is_plainly_western)
    if (auto western = wholly_from(text, "WINDOWS-1252"))
      if (const auto cell = wholly_from(cell_around(text, offset), "WINDOWS-1252"))
        return {std::move(*western), "Windows-1252",
                "no Unicode: taken for Windows-1252 by its letters, such as " + quoted(*cell)};
  throw in_doubt(text, offset);
}

DecodedText decode_as(std::string_view text, const std::string& encoding) {
  const std::string name = lower(encoding);
  // iconv's UTF-16 without a mark is in the order of the machine's bytes, and Windows' is this one.
  const bool is_utf16 = name == "utf-16" || name == "utf16";
  size_t valid = 0;
  auto turned = from_encoding(text, is_utf16 ? "UTF-16LE" : encoding, valid);
  if (!turned) throw UsageError("dataset.text_encoding", encoding, demand_on_encoding(encoding));
  if (valid < text.size()) throw bad_byte(text, valid, encoding + ", as dataset.text_encoding says");
  if (scan_utf8(*turned).valid < turned->size())
    throw Error("encoding", encoding + " with characters that are none", "whole characters");
  return {std::move(*turned), encoding, ""};
}

}  // namespace

std::optional<std::string> utf8_of(std::string_view text, const std::string& encoding) {
  return wholly_from(text, encoding);
}

PossibleReadings possible_readings(std::string_view text, std::string_view whole, bool is_archived) {
  PossibleReadings out;
  std::vector<const char*> candidates(kCandidates.begin(), kCandidates.end());
  if (is_archived) candidates.push_back("cp437");
  for (const char* name : candidates) {
    if (!wholly_from(whole, name)) continue;
    if (const auto read = wholly_from(text, name))
      out.quoted.append(out.names.empty() ? "" : ", ").append(quoted(*read)).append(" as ").append(name);
    out.names.append(out.names.empty() ? "" : ", ").append(name);
  }
  return out;
}

DecodedText decode_text(std::span<const std::byte> bytes, std::string_view encoding) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto starts = [&](std::string_view mark) { return text.substr(0, mark.size()) == mark; };
  using std::string_view_literals::operator""sv;
  if (starts("\xFF\xFE\0\0"sv) || starts("\0\0\xFE\xFF"sv))
    throw Error("encoding", "UTF-32", "UTF-8, or UTF-16 with a byte order mark");
  if (starts("\xFF\xFE"sv)) return {from_utf16(text, false), "UTF-16LE", ""};
  if (starts("\xFE\xFF"sv)) return {from_utf16(text, true), "UTF-16BE", ""};
  if (starts("\xEF\xBB\xBF"sv)) {
    const size_t valid = scan_utf8(text).valid;
    if (valid < text.size()) throw bad_byte(text, valid, "UTF-8, as the byte order mark says");
    return {std::string(text.substr(3)), "UTF-8 with BOM", ""};
  }
  const Utf8 utf8 = scan_utf8(text);
  const bool is_utf8 = utf8.valid == text.size(), is_named = encoding != "auto";
  if (is_named && (!is_utf8 || std::ranges::all_of(text, is_ascii)))
    return decode_as(text, std::string(encoding));
  if (is_utf8) {
    const bool is_other = is_named && lower(encoding) != "utf-8" && lower(encoding) != "utf8";
    return {std::string(text), "UTF-8",
            is_other
                ? "valid UTF-8, and read as that, though dataset.text_encoding is " + std::string(encoding)
                : ""};
  }
  // Three Chinese characters of valid UTF-8 do not come about by chance in GB18030; but the bytes of
  // a damaged UTF-8 text often pass for GB18030.
  if (utf8.triples >= 3 || is_damaged_utf8(text))
    throw bad_byte(text, utf8.valid,
                   "UTF-8, as the rest of the text (dataset.text_encoding names another encoding)");
  return decode_bytes(text, utf8.valid);
}

std::string demand_on_encoding(const std::string& encoding) {
  size_t valid = 0;
  if (encoding == "auto" || from_encoding({}, encoding, valid)) return {};
  std::string known = "auto, utf-8, utf-16";
  for (const char* name : kCandidates) known.append(", ").append(name);
  return known + " or another name that iconv has";
}

}  // namespace trivox
