#pragma once
#include <set>
#include <string>
#include <string_view>

// Telling Western European texts of one byte a letter from Chinese ones of two, which share bytes. Pure.
namespace trivox {

/// Whether every byte beyond ASCII is, in Windows-1252 (of which Latin-1's letters are a part), a letter of
/// French, German, Spanish, Portuguese, Italian or a Scandinavian language beside a letter of ASCII, a sign
/// of units, or a quotation mark or dash where one can stand. Texts of other code pages hardly ever are.
[[nodiscard]] bool reads_as_western(std::string_view text);

/// How much of a text that is valid GB18030 speaks for Chinese.
enum class ChineseEvidence {
  kNone,
  kSigns,  ///< a common character or sign that stands alone, such as 男
  kWords   ///< two common characters (GB 2312, one of level 1) in a row: no Western word has four such bytes
};
[[nodiscard]] ChineseEvidence chinese_in(std::string_view gb18030);

/// Whether names, each valid GB18030, can hardly be anything but Chinese: all their characters are of GB
/// 2312, none is a kana or unassigned, half of each name's and two thirds of all are common (of level 1), and
/// a fifth begin with the bytes 0xC9 to 0xD7 (pinyin sh to z). There Korean has no syllables, and Big5, as
/// which common characters of Chinese in traditional letters hardly pass elsewhere, rare ones. Nor is it
/// taken for Chinese what may be words of Cyrillic or Greek letters.
[[nodiscard]] bool are_surely_chinese(const std::set<std::string_view>& names);

/// Whether the text reads as Chinese of every day: eight characters in ten beyond ASCII are of GB 2312 or of
/// four bytes, and one in eight at least is among those that tables are full of (年, 男, 分, 期, 、).
/// Traditional Chinese, Japanese and Korean bytes make rare characters. `utf8` is the text `gb18030` as
/// UTF-8.
[[nodiscard]] bool is_everyday_chinese(std::string_view utf8, std::string_view gb18030);

}  // namespace trivox
