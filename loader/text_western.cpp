#include "loader/text_western.h"

#include <algorithm>
#include <cstdint>

namespace trivox {
namespace {

uint8_t byte_at(std::string_view text, size_t i) {
  return i < text.size() ? static_cast<uint8_t>(text[i]) : 0;
}
uint8_t byte_before(std::string_view text, size_t i) { return i > 0 ? byte_at(text, i - 1) : 0; }

bool is_small(uint8_t c) { return c >= 'a' && c <= 'z'; }
bool is_ascii_letter(uint8_t c) { return is_small(c) || (c >= 'A' && c <= 'Z'); }

/// Of the languages named: not eth, thorn and y acute, where Turkish code pages have letters of their own.
bool is_letter(uint8_t c) {
  constexpr std::string_view kOther = "\xD0\xD7\xDD\xDE\xF0\xF7\xFD\xFE";
  return c >= 0xC0 && kOther.find(static_cast<char>(c)) == std::string_view::npos;
}

// The signs from 0x80 to 0x9F that are read.
struct Sign {
  uint8_t byte;
  std::string_view utf8;
};
constexpr Sign kSigns[] = {{0x85, "…"}, {0x91, "‘"}, {0x92, "’"}, {0x93, "“"},
                           {0x94, "”"}, {0x96, "–"}, {0x97, "—"}};

bool is_western(std::string_view text, size_t i) {
  const uint8_t c = byte_at(text, i), before = byte_before(text, i), after = byte_at(text, i + 1);
  const bool is_between = is_ascii_letter(before) && is_ascii_letter(after);
  if (is_letter(c)) {
    // Two in a row at most, as in "créée", and a letter of ASCII on one side.
    const bool is_second = is_letter(before), is_first = is_letter(after);
    if (is_second && (is_first || is_letter(byte_before(text, i - 1)))) return false;
    return is_ascii_letter(is_second ? byte_before(text, i - 1) : before) ||
           is_ascii_letter(is_first ? byte_at(text, i + 2) : after);
  }
  switch (c) {
    case 0xB2:  // ², ³, ª, º, ° after what they belong to
    case 0xB3:
    case 0xAA:
    case 0xBA:
    case 0xB0:
    case 0xA0:  // no-break space
      return !is_between;
    case 0xB1:  // ±
      return !is_ascii_letter(before) && !is_ascii_letter(after);
    case 0xB5:  // µ, before a unit
      return !is_ascii_letter(before);
    case 0x92:  // an apostrophe as well
      return !(is_small(before) && is_small(after)) || after == 's' || before == 'l' || before == 'd';
    default:
      return std::ranges::any_of(kSigns, [c](const Sign& sign) { return sign.byte == c; }) &&
             !(is_small(before) && is_small(after));
  }
}

/// Bytes of the character of GB18030 at i.
size_t length_at(std::string_view text, size_t i) {
  const uint8_t next = byte_at(text, i + 1);
  return byte_at(text, i) < 0x80 ? 1 : next >= '0' && next <= '9' ? 4 : 2;
}

bool is_gb2312(std::string_view text, size_t i) {
  const uint8_t lead = byte_at(text, i);
  return lead >= 0xA1 && lead <= 0xF7 && byte_at(text, i + 1) >= 0xA1;
}

void append_letter(std::string& out, uint8_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  for (const Sign& sign : kSigns)
    if (sign.byte == c) {
      out += sign.utf8;
      return;
    }
  out += static_cast<char>(0xC0 | (c >> 6));
  out += static_cast<char>(0x80 | (c & 0x3F));
}

}  // namespace

bool reads_as_western(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i)
    if (byte_at(text, i) >= 0x80 && !is_western(text, i)) return false;
  return true;
}

std::string from_windows_1252(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) append_letter(out, static_cast<uint8_t>(c));
  return out;
}

ChineseEvidence chinese_in(std::string_view text) {
  ChineseEvidence found = ChineseEvidence::kNone;
  size_t begin = 0, run = 0;  // of characters of GB 2312
  bool has_common = false;
  const auto end_run = [&](size_t end) {
    if (run > 0 && has_common) {
      const bool is_within_word =
          is_ascii_letter(byte_before(text, begin)) && is_ascii_letter(byte_at(text, end));
      if (run > 1)
        found = ChineseEvidence::kWords;
      else if (!is_within_word)
        found = std::max(found, ChineseEvidence::kSigns);
    }
    run = 0;
    has_common = false;
  };
  for (size_t i = 0; i < text.size(); i += length_at(text, i)) {
    if (!is_gb2312(text, i)) {
      end_run(i);
      continue;
    }
    const uint8_t lead = byte_at(text, i);
    if (run++ == 0) begin = i;
    has_common = has_common || lead <= 0xA3 || (lead >= 0xB0 && lead <= 0xD7);
  }
  end_run(text.size());
  return found;
}

bool has_rare_chinese(std::string_view text) {
  for (size_t i = 0; i < text.size(); i += length_at(text, i))
    if (byte_at(text, i) >= 0x80 && !is_gb2312(text, i)) return true;
  return false;
}

}  // namespace trivox
