#include "loader/text/western.h"

#include <algorithm>
#include <cstdint>

#include "loader/text.h"

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

/// Between words: the end of a cell, a blank, a bracket; an apostrophe where a word of one letter begins.
bool is_gap(uint8_t c) {
  constexpr std::string_view kGaps = " ,;\t\r\n\"'()/";
  return c == 0 || c == 0xA0 || c == 0x92 || kGaps.find(static_cast<char>(c)) != std::string_view::npos;
}

/// French à, Italian è, Portuguese é and ó: words of one letter.
bool is_word(uint8_t c) {
  constexpr std::string_view kWords = "\xC0\xC8\xC9\xE0\xE8\xE9\xEC\xF2\xF3\xF9";
  return kWords.find(static_cast<char>(c)) != std::string_view::npos;
}

bool is_western(std::string_view text, size_t i) {
  const uint8_t c = byte_at(text, i), before = byte_before(text, i), after = byte_at(text, i + 1);
  const bool is_between = is_ascii_letter(before) && is_ascii_letter(after);
  if (is_letter(c)) {
    // Two in a row at most, as in "créée", and a letter of ASCII on one side.
    if (is_word(c) && is_gap(before) && is_gap(after)) return true;
    const bool is_second = is_letter(before), is_first = is_letter(after);
    if (is_second && (is_first || is_letter(byte_before(text, i - 1)))) return false;
    return is_ascii_letter(is_second ? byte_before(text, i - 1) : before) ||
           is_ascii_letter(is_first ? byte_at(text, i + 2) : after);
  }
  const auto is_digit = [](uint8_t d) { return d >= '0' && d <= '9'; };
  switch (c) {
    case 0x80:  // €, •, «, ½
    case 0x95:
    case 0xAB:
    case 0xBD:
      return is_gap(before) || is_digit(before);
    case 0x8C:  // Œ, œ
    case 0x9C:
      return is_ascii_letter(after);
    case 0xA1:  // ¡, ¿
    case 0xBF:
      return is_gap(before) && is_ascii_letter(after);
    case 0xBB:  // »
      return is_gap(after);
    case 0xD7:  // ×
      return (is_gap(before) || is_digit(before)) && (is_gap(after) || is_digit(after));
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
    case 0x85:  // …, quotation marks, dashes
    case 0x91:
    case 0x93:
    case 0x94:
    case 0x96:
    case 0x97:
      return !(is_small(before) && is_small(after));
    default:
      return false;
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

// Signs, headers and cells of clinical tables, and the commonest characters of all.
constexpr std::string_view kEveryday =
    "、。·—～…‘’“”（）：；，！？《》【】≥≤±×℃ⅠⅡⅢⅣ的一是不了在有人大中上下为和以到可与及后前无或者第"
    "编号序列患者病例姓名年龄性别男女岁月日周天期分型类理诊断鼻咽癌非角化未鳞状细胞阳阴淋巴转移远处"
    "体积表面最长短直径规则度总平均值标准差位毫米厘立方数量扫描机器设备厂商场强增加权像轴生存死亡态时间进展"
    "随访结果局治疗放化医院住门检查影备注文件夹原发灶肿瘤临床级高低左右首次";

/// Whether what is beyond ASCII may be words of Cyrillic or Greek letters, a byte each: all of one case but
/// the first. Letters stand from 0xC0 on, some with an accent from 0xB8 on; in KOI8 the small ones come
/// first.
bool may_be_words(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (byte_at(text, i) < 0x80) continue;
    bool has_early = false, has_late = false;
    const size_t begin = i;
    for (; byte_at(text, i) >= 0x80; ++i) {
      const uint8_t c = byte_at(text, i);
      if (c < 0xB8) return false;
      if (i > begin) has_early = has_early || (c >= 0xC0 && c < 0xDC), has_late = has_late || c > 0xDF;
    }
    if (has_early && has_late) return false;
  }
  return true;
}

}  // namespace

bool reads_as_western(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i)
    if (byte_at(text, i) >= 0x80 && !is_western(text, i)) return false;
  return true;
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

bool are_surely_chinese(const std::set<std::string_view>& names) {
  size_t all = 0, common = 0, late = 0;
  bool are_words = true;  // of an alphabet of one byte a letter
  for (const std::string_view name : names) {
    size_t own = 0, own_common = 0;
    for (size_t i = 0; i < name.size(); i += length_at(name, i)) {
      const uint8_t lead = byte_at(name, i), trail = byte_at(name, i + 1);
      if (lead < 0x80) continue;
      const bool is_sign = lead == 0xA1 || lead == 0xA3, is_unassigned = lead == 0xD7 && trail > 0xF9;
      if (!is_gb2312(name, i) || (!is_sign && lead < 0xB0) || is_unassigned) return false;
      if (is_sign) continue;
      ++own;
      own_common += lead <= 0xD7;
      late += lead >= 0xC9 && lead <= 0xD7;
    }
    if (2 * own_common < own) return false;
    all += own;
    common += own_common;
    are_words = are_words && may_be_words(name);
  }
  return !are_words && 3 * common >= 2 * all && 5 * late >= all;
}

bool is_everyday_chinese(std::string_view utf8, std::string_view text) {
  size_t all = 0, common = 0, everyday = 0;
  for (size_t i = 0; i < text.size(); i += length_at(text, i)) {
    if (byte_at(text, i) < 0x80) continue;
    ++all;
    common += is_gb2312(text, i) || length_at(text, i) == 4;
    everyday += byte_at(text, i) == 0xA3 && is_gb2312(text, i);  // full-width digits, letters and signs
  }
  for (size_t i = 0; i < utf8.size();) {
    const size_t length = std::max<size_t>(utf8_length(utf8, i), 1);
    const std::string_view one = utf8.substr(i, length);
    const bool is_full_width = one.starts_with("\xEF\xBC") || one.starts_with("\xEF\xBD");
    everyday += length > 1 && !is_full_width && kEveryday.find(one) != std::string_view::npos;
    i += length;
  }
  return 10 * common >= 8 * all && 8 * everyday >= all;
}

}  // namespace trivox
