#include "loader/clinical/words.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "loader/text.h"

namespace trivox {
namespace {

template <size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

struct Sign {
  std::string_view from, to;
};

// Signs beyond the full-width forms of ASCII, which are turned by their code.
constexpr Sign kSigns[] = {{"Ⅰ", "I"},
                           {"Ⅱ", "II"},
                           {"Ⅲ", "III"},
                           {"Ⅳ", "IV"},
                           {"ⅰ", "i"},
                           {"ⅱ", "ii"},
                           {"ⅲ", "iii"},
                           {"ⅳ", "iv"},
                           {"²", "2"},
                           {"³", "3"},
                           {"㎜", "mm"},
                           {"㎝", "cm"},
                           {"㎟", "mm2"},
                           {"㎠", "cm2"},
                           {"㎣", "mm3"},
                           {"㎤", "cm3"},
                           {"㎖", "ml"},
                           {"㏄", "cc"},
                           {"–", "-"},
                           {"—", "-"},
                           {"−", "-"},
                           {"‐", "-"},
                           {"‑", "-"},
                           {"×", "x"},
                           {"≤", "<="},
                           {"≥", ">="},
                           {"≦", "<="},
                           {"≧", ">="},
                           {"【", "["},
                           {"】", "]"},
                           {"、", ","},
                           {"\xC2\xA0", " "},
                           {"\xE3\x80\x80", " "},
                           {"\xE2\x80\xAF", " "},
                           {"\xE2\x80\x89", " "},
                           {"\xE2\x80\x8B", ""},
                           {"\xEF\xBB\xBF", ""},
                           {"⁻", "-"},
                           {"⁰", "0"},
                           {"¹", "1"},
                           {"⁴", "4"},
                           {"⁵", "5"},
                           {"⁶", "6"},
                           {"齡", "龄"},
                           {"別", "别"},
                           {"體", "体"},
                           {"腫", "肿"},
                           {"積", "积"},
                           {"徑", "径"},
                           {"編", "编"},
                           {"號", "号"},
                           {"陽", "阳"},
                           {"陰", "阴"},
                           {"歲", "岁"},
                           {"臨", "临"},
                           {"診", "诊"},
                           {"斷", "断"},
                           {"類", "类"},
                           {"轉", "转"},
                           {"機", "机"},
                           {"廠", "厂"},
                           {"場", "场"},
                           {"強", "强"},
                           {"狀", "状"},
                           {"態", "态"},
                           {"總", "总"},
                           {"無", "无"},
                           {"進", "进"},
                           {"標", "标"},
                           {"準", "准"},
                           {"長", "长"},
                           {"鱗", "鳞"},
                           {"細", "细"},
                           {"隨", "随"},
                           {"訪", "访"},
                           {"時", "时"},
                           {"間", "间"},
                           {"規", "规"},
                           {"則", "则"},
                           {"單", "单"},
                           {"檢", "检"},
                           {"備", "备"},
                           {"註", "注"},
                           {"設", "设"},
                           {"掃", "扫"},
                           {"電", "电"},
                           {"話", "话"},
                           {"證", "证"},
                           {"歷", "历"},
                           {"門", "门"},
                           {"聯", "联"},
                           {"絡", "络"},
                           {"製", "制"},
                           {"業", "业"},
                           {"確", "确"},
                           {"結", "结"},
                           {"數", "数"},
                           {"値", "值"},
                           {"監", "监"},
                           {"軸", "轴"},
                           {"檔", "档"},
                           {"夾", "夹"},
                           {"醫", "医"},
                           {"發", "发"},
                           {"終", "终"},
                           {"獲", "获"},
                           {"療", "疗"},
                           {"圖", "图"},
                           {"幾", "几"},
                           {"觀", "观"}};

constexpr std::array<std::string_view, 8> kSuperscripts = {"⁻", "⁰", "¹", "²", "³", "⁴", "⁵", "⁶"};

// Bytes of the UTF-8 character at `i`; 1 for what is none.
size_t length_at(std::string_view text, size_t i) {
  const auto lead = static_cast<uint8_t>(text[i]);
  const size_t n = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return std::min(n, text.size() - i);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_small(char c) { return c >= 'a' && c <= 'z'; }
bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }

struct NamedUnit {
  std::string_view name;  // squashed, small letters
  Dimension dimension;
  const char* base;
  double factor;
};

constexpr double kDaysAMonth = 365.25 / 12;
constexpr NamedUnit kUnits[] = {{"mm3", Dimension::kVolume, "mm3", 1},
                                {"cubicmm", Dimension::kVolume, "mm3", 1},
                                {"cubicmillimeters", Dimension::kVolume, "mm3", 1},
                                {"cubicmillimetres", Dimension::kVolume, "mm3", 1},
                                {"立方毫米", Dimension::kVolume, "mm3", 1},
                                {"cm3", Dimension::kVolume, "mm3", 1e3},
                                {"cc", Dimension::kVolume, "mm3", 1e3},
                                {"ccm", Dimension::kVolume, "mm3", 1e3},
                                {"ml", Dimension::kVolume, "mm3", 1e3},
                                {"cubiccm", Dimension::kVolume, "mm3", 1e3},
                                {"cubiccentimeters", Dimension::kVolume, "mm3", 1e3},
                                {"cubiccentimetres", Dimension::kVolume, "mm3", 1e3},
                                {"milliliters", Dimension::kVolume, "mm3", 1e3},
                                {"millilitres", Dimension::kVolume, "mm3", 1e3},
                                {"立方厘米", Dimension::kVolume, "mm3", 1e3},
                                {"毫升", Dimension::kVolume, "mm3", 1e3},
                                {"mm2", Dimension::kArea, "mm2", 1},
                                {"sqmm", Dimension::kArea, "mm2", 1},
                                {"squaremm", Dimension::kArea, "mm2", 1},
                                {"squaremillimeters", Dimension::kArea, "mm2", 1},
                                {"squaremillimetres", Dimension::kArea, "mm2", 1},
                                {"平方毫米", Dimension::kArea, "mm2", 1},
                                {"cm2", Dimension::kArea, "mm2", 100},
                                {"sqcm", Dimension::kArea, "mm2", 100},
                                {"squarecm", Dimension::kArea, "mm2", 100},
                                {"squarecentimeters", Dimension::kArea, "mm2", 100},
                                {"squarecentimetres", Dimension::kArea, "mm2", 100},
                                {"平方厘米", Dimension::kArea, "mm2", 100},
                                {"mm", Dimension::kLength, "mm", 1},
                                {"millimeters", Dimension::kLength, "mm", 1},
                                {"millimetres", Dimension::kLength, "mm", 1},
                                {"毫米", Dimension::kLength, "mm", 1},
                                {"cm", Dimension::kLength, "mm", 10},
                                {"centimeters", Dimension::kLength, "mm", 10},
                                {"centimetres", Dimension::kLength, "mm", 10},
                                {"厘米", Dimension::kLength, "mm", 10},
                                {"years", Dimension::kAge, "years", 1},
                                {"year", Dimension::kAge, "years", 1},
                                {"yrs", Dimension::kAge, "years", 1},
                                {"yr", Dimension::kAge, "years", 1},
                                {"y", Dimension::kAge, "years", 1},
                                {"yearsold", Dimension::kAge, "years", 1},
                                {"yo", Dimension::kAge, "years", 1},
                                {"months", Dimension::kAge, "years", 1.0 / 12},
                                {"月", Dimension::kAge, "years", 1.0 / 12},
                                {"岁", Dimension::kAge, "years", 1},
                                {"周岁", Dimension::kAge, "years", 1},
                                {"年", Dimension::kAge, "years", 1},
                                {"months", Dimension::kTime, "months", 1},
                                {"month", Dimension::kTime, "months", 1},
                                {"mo", Dimension::kTime, "months", 1},
                                {"mon", Dimension::kTime, "months", 1},
                                {"mos", Dimension::kTime, "months", 1},
                                {"月", Dimension::kTime, "months", 1},
                                {"个月", Dimension::kTime, "months", 1},
                                {"years", Dimension::kTime, "months", 12},
                                {"year", Dimension::kTime, "months", 12},
                                {"yrs", Dimension::kTime, "months", 12},
                                {"yr", Dimension::kTime, "months", 12},
                                {"y", Dimension::kTime, "months", 12},
                                {"年", Dimension::kTime, "months", 12},
                                {"days", Dimension::kTime, "months", 1 / kDaysAMonth},
                                {"day", Dimension::kTime, "months", 1 / kDaysAMonth},
                                {"d", Dimension::kTime, "months", 1 / kDaysAMonth},
                                {"天", Dimension::kTime, "months", 1 / kDaysAMonth},
                                {"日", Dimension::kTime, "months", 1 / kDaysAMonth},
                                {"weeks", Dimension::kTime, "months", 7 / kDaysAMonth},
                                {"week", Dimension::kTime, "months", 7 / kDaysAMonth},
                                {"周", Dimension::kTime, "months", 7 / kDaysAMonth},
                                {"copies/ml", Dimension::kCount, "copies/mL", 1},
                                {"copy/ml", Dimension::kCount, "copies/mL", 1},
                                {"cp/ml", Dimension::kCount, "copies/mL", 1},
                                {"copiesperml", Dimension::kCount, "copies/mL", 1},
                                {"拷贝/ml", Dimension::kCount, "copies/mL", 1},
                                {"拷贝数/ml", Dimension::kCount, "copies/mL", 1},
                                {"iu/ml", Dimension::kCount, "IU/mL", 1},
                                {"u/ml", Dimension::kCount, "U/mL", 1},
                                {"au/ml", Dimension::kCount, "AU/mL", 1},
                                {"s/co", Dimension::kCount, "S/CO", 1},
                                {"t", Dimension::kField, "T", 1},
                                {"tesla", Dimension::kField, "T", 1},
                                {"mt", Dimension::kField, "T", 1e-3},
                                {"特斯拉", Dimension::kField, "T", 1},
                                {"%", Dimension::kRatio, "", 1e-2}};

constexpr std::array<std::string_view, 8> kT1 = {"t1",     "t1w",   "t1wi", "t1weighted",
                                                 "t1加权", "t1wis", "t1像", "t1s"};
constexpr std::array<std::string_view, 6> kT2 = {"t2", "t2w", "t2wi", "t2weighted", "t2wis", "t2s"};
constexpr std::array<std::string_view, 14> kEnhancedT1 = {"cet1",   "cet1w",  "cet1wi", "t1ce",   "t1c",
                                                          "ct1",    "t1gd",   "gdt1",   "t1wice", "t1wic",
                                                          "t1wigd", "cet1ws", "t1cewi", "t1wce"};
constexpr std::array<std::string_view, 10> kEnhanced = {
    "ce",   "gd",           "contrast",         "enhanced", "enhancement",
    "增强", "postcontrast", "contrastenhanced", "post",     "强化"};
constexpr std::array<std::string_view, 8> kPlain = {"non",         "pre",        "plain",       "平扫",
                                                    "noncontrast", "unenhanced", "precontrast", "native"};
// What may stand beside the name of a sequence without changing which one it is.
constexpr std::array<std::string_view, 15> kBeside = {"weighted", "wi",       "w",     "image", "images",
                                                      "imaging",  "sequence", "mri",   "mr",    "序列",
                                                      "加权",     "加权像",   "axial", "轴位",  "roi"};

// Of other sequences, whatever weighting is named beside them.
constexpr std::array<std::string_view, 9> kOther = {"flair", "stir", "swi", "dwi", "adc",
                                                    "star",  "tof",  "pd",  "pdw"};

// "增强规则度": Chinese words are not set apart by spaces.
std::vector<std::string> split_chinese(const std::vector<std::string>& words) {
  constexpr std::array<std::string_view, 5> kApart = {"增强", "强化", "平扫", "加权像", "加权"};
  std::vector<std::string> out;
  for (std::string word : words) {
    std::string end;
    for (const std::string_view part : kApart) {
      if (word.size() <= part.size()) continue;
      if (word.starts_with(part)) {
        out.emplace_back(part);
        word.erase(0, part.size());
      } else if (end.empty() && word.ends_with(part)) {
        end = part;
        word.resize(word.size() - part.size());
      }
    }
    out.push_back(std::move(word));
    if (!end.empty()) out.push_back(std::move(end));
  }
  return out;
}

// Spaces that do not break a line, thin ones, and apostrophes: what spreadsheets put between thousands.
constexpr std::string_view kGroupSigns[] = {"\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89", "'", "’"};

// Bytes of a sign at `i` that groups the digits before and the three after it; else 0.
size_t group_sign_at(std::string_view text, size_t i) {
  if (i == 0 || !is_digit(text[i - 1])) return 0;
  for (const std::string_view sign : kGroupSigns) {
    if (!text.substr(i).starts_with(sign)) continue;
    const std::string_view after = text.substr(i + sign.size());
    const auto digits = std::find_if_not(after.begin(), after.end(), is_digit) - after.begin();
    return digits == 3 ? sign.size() : 0;
  }
  return 0;
}

}  // namespace

std::string fold_signs(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool raised = false;  // the sign before was a superscript
  for (size_t i = 0; i < text.size();) {
    if (const size_t group = group_sign_at(text, i); group > 0) {
      i += group;
      continue;
    }
    if (static_cast<uint8_t>(text[i]) < 0x80) {
      out += text[i++];
      raised = false;
      continue;
    }
    const std::string_view c = text.substr(i, length_at(text, i));
    i += c.size();
    if (c.size() == 3 && c[0] == '\xEF' && (c[1] == '\xBC' || c[1] == '\xBD')) {
      // U+FF01 to U+FF5E are "!" to "~".
      const int code = ((c[1] & 0x3F) << 6 | (c[2] & 0x3F)) + 0xF000;
      if (code >= 0xFF01 && code <= 0xFF5E) {
        out += static_cast<char>(code - 0xFF01 + '!');
        continue;
      }
    }
    // Raised after a digit it is a power: "10³".
    const bool superscript = is_one_of(c, kSuperscripts);
    if (superscript && !raised && !out.empty() && is_digit(out.back())) out += '^';
    raised = superscript;
    const auto sign =
        std::find_if(std::begin(kSigns), std::end(kSigns), [&](const Sign& s) { return s.from == c; });
    out += sign == std::end(kSigns) ? c : sign->to;
  }
  return out;
}

/// Where a sign is part of a sequence's name: T1 C- has no contrast agent, T2* is a gradient echo's. `gap`:
/// what stands between the word and the sign; in "T1 CE - volume" it is a dash.
bool is_sign_of(const std::string& word, std::string_view gap, char sign, std::string_view rest) {
  if (gap.find_first_not_of(" _") != std::string_view::npos) return false;
  const bool ends =
      rest.empty() || (gap.empty() && std::string_view(" ),_").find(rest[0]) != std::string_view::npos);
  if (sign == '*') return word == "t2" || word == "t2w" || word == "t2wi";
  return sign == '-' && ends &&
         (word == "c" || word == "gd" || word == "ce" || word == "t1c" || word == "t1gd");
}

std::vector<std::string> words_of(std::string_view folded) {
  enum class Kind { kNone, kLatin, kOther };
  std::vector<std::string> words;
  Kind before = Kind::kNone;
  char last = 0;
  size_t end = 0;  // of the last word, where it is Latin
  for (size_t i = 0; i < folded.size();) {
    const std::string_view c = folded.substr(i, length_at(folded, i));
    i += c.size();
    const bool latin = c.size() == 1 && (is_digit(c[0]) || is_small(c[0]) || is_capital(c[0]));
    if (c.size() == 1 && !latin) {
      if (end > 0 && is_sign_of(words.back(), folded.substr(end, i - 1 - end), c[0], folded.substr(i)))
        words.emplace_back(c[0] == '*' ? "star" : "plain");
      before = Kind::kNone;
      continue;
    }
    const Kind kind = latin ? Kind::kLatin : Kind::kOther;
    if (kind != before || (latin && is_capital(c[0]) && is_small(last))) words.emplace_back();
    words.back() += lower(c);
    before = kind;
    last = c[0];
    end = latin ? i : 0;
  }
  return words;
}

std::string squashed(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += word;
  return out;
}

std::optional<Unit> unit_named(std::string_view folded, Dimension dimension) {
  std::string name;
  for (const char c : lower(folded))
    if (c != ' ' && c != '^' && c != '.' && c != '_') name += c;
  for (const NamedUnit& unit : kUnits)
    if (unit.dimension == dimension && unit.name == name) return Unit{unit.base, unit.factor};
  return {};
}

std::optional<std::string> sequence_in(const std::vector<std::string>& words,
                                       std::vector<std::string>& others) {
  others.clear();
  bool t1 = false, t2 = false, enhanced = false, plain = false, lone_c = false;
  for (const std::string& word : split_chinese(words)) {
    if (is_one_of(word, kT1))
      t1 = true;
    else if (is_one_of(word, kT2))
      t2 = true;
    else if (is_one_of(word, kEnhancedT1))
      t1 = enhanced = true;
    else if (word == "c")
      lone_c = true;
    else if (is_one_of(word, kEnhanced))
      enhanced = true;
    else if (is_one_of(word, kPlain))
      plain = true;
    else if (is_one_of(word, kOther))
      return {};
    else if (!is_one_of(word, kBeside))
      others.push_back(word);
  }
  if (lone_c && !t1) return {};  // "T1 + C" alone; elsewhere it may be anything
  enhanced = enhanced || lone_c;
  if (plain) enhanced = false;  // "non-contrast", "pre-contrast"
  if (t1 && t2) return {};
  if (t2) return enhanced ? std::nullopt : std::optional<std::string>("T2WI");
  if (enhanced) return "CE-T1WI";  // the only sequence with a contrast agent
  return t1 ? std::optional<std::string>("T1WI") : std::nullopt;
}

}  // namespace trivox
