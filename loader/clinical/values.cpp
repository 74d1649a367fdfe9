#include "loader/clinical/values.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "loader/clinical/numbers.h"
#include "loader/text.h"

namespace trivox {
namespace {

using State = TableValue::State;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& texts) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

TableValue parsed(std::string text) { return {State::kParsed, std::move(text), {}, "", ""}; }
TableValue unparsed(const char* expected) { return {State::kUnparsed, "", {}, "", expected}; }

std::optional<std::string> read_sex(const std::string& word) {
  constexpr std::array<std::string_view, 7> kMale = {"m", "male", "man", "men", "boy", "男", "男性"};
  constexpr std::array<std::string_view, 7> kFemale = {"f", "female", "woman", "women", "girl", "女", "女性"};
  if (is_one_of(word, kMale)) return "male";
  if (is_one_of(word, kFemale)) return "female";
  return {};
}

// "T4a", "cT2", "3", "3.0", "N1期": the letter of the category and one of its digits.
std::optional<std::string> read_category(std::string word, char letter, std::string_view digits,
                                         std::string_view suffixes) {
  for (const std::string_view end : {"分期", "期", ".0"})
    if (word.ends_with(end)) word.resize(word.size() - end.size());
  std::string_view rest = word;
  for (const std::string_view prefix : {"stage", "yp", "yc", "c", "p", "r"})
    if (rest.starts_with(prefix)) {
      if (prefix != "stage" && rest.substr(prefix.size()).substr(0, 1) != std::string_view(&letter, 1))
        continue;
      rest.remove_prefix(prefix.size());
      break;
    }
  if (rest.starts_with(letter)) rest.remove_prefix(1);
  const std::string head(1, static_cast<char>(letter - 'a' + 'A'));
  if (letter == 't' && rest == "is") return "Tis";
  if (rest.empty() || rest.size() > 2 || digits.find(rest[0]) == std::string_view::npos) return {};
  if (rest.size() == 2 && suffixes.find(rest[1]) == std::string_view::npos) return {};
  std::string out = head + std::string(rest);
  if (out[1] == 'x') out[1] = 'X';
  return out;
}

std::optional<std::string> read_t(const std::string& word) {
  return read_category(word, 't', "01234x", "abcd");
}
std::optional<std::string> read_n(const std::string& word) {
  return read_category(word, 'n', "0123x", "abc");
}
std::optional<std::string> read_m(const std::string& word) { return read_category(word, 'm', "01x", "abc"); }

// "III", "IVa", "4a", "stage 2", "Ⅲ期": written with digits, as the paper's Table 4.
std::optional<std::string> read_stage(const std::string& text) {
  std::string word = text;
  for (const std::string_view end : {"分期", "期", ".0"})
    if (word.ends_with(end)) word.resize(word.size() - end.size());
  std::string_view rest = word;
  for (const std::string_view prefix : {"clinicalstage", "stage", "临床"})
    if (rest.starts_with(prefix)) rest.remove_prefix(prefix.size());
  std::string suffix;
  if (rest.size() > 1 && rest.back() >= 'a' && rest.back() <= 'c') {
    suffix = rest.back();
    rest.remove_suffix(1);
    if (rest.ends_with('-')) rest.remove_suffix(1);  // "IV-A"
  }
  constexpr std::array<std::string_view, 5> kRoman = {"0", "i", "ii", "iii", "iv"};
  for (size_t k = 0; k < kRoman.size(); ++k)
    if (rest == kRoman[k] || rest == std::to_string(k)) return std::to_string(k) + suffix;
  return {};
}

// "T3N2M0": all three categories; or a stage, as some tables have under the same header.
std::optional<std::string> read_tnm(const std::string& word) {
  const size_t n = word.find('n'), m = word.find('m');
  if (n == std::string::npos || m == std::string::npos || m < n) return read_stage(word);
  const auto first = read_t(word.substr(0, n)), second = read_n(word.substr(n, m - n)),
             third = read_m(word.substr(m));
  if (!first || !second || !third) return {};
  return *first + " " + *second + " " + *third;
}

std::optional<std::string> read_marker(const std::string& word) {
  constexpr std::array<std::string_view, 13> kPositive = {"+",       "(+)",         "++",   "+++", "++++",
                                                          "pos",     "positive",    "阳性", "阳",  "阳性(+)",
                                                          "(+)阳性", "positive(+)", "+阳性"};
  constexpr std::array<std::string_view, 8> kNegative = {"neg", "negative", "阴性",        "阴",
                                                         "(-)", "阴性(-)",  "negative(-)", "(-)阴性"};
  constexpr std::array<std::string_view, 7> kWeak = {"±",      "+-",   "+/-",         "(±)",
                                                     "弱阳性", "weak", "weakpositive"};
  if (is_one_of(word, kPositive)) return "positive";
  if (is_one_of(word, kNegative)) return "negative";
  if (is_one_of(word, kWeak)) return "weakly positive";
  if (word == "pos." || word == "neg.") return word == "pos." ? "positive" : "negative";
  // A titre: "1:40".
  const size_t colon = word.find(':');
  if (word.starts_with("1:") && word.size() > 2 && word.size() < 9 &&
      std::all_of(word.begin() + static_cast<std::ptrdiff_t>(colon) + 1, word.end(), is_digit))
    return word;
  return {};
}

std::optional<std::string> read_outcome(const std::string& cell) {
  constexpr std::array<std::string_view, 8> kAlive = {"alive", "living", "live", "survived",
                                                      "存活",  "生存",   "健在", "活"};
  constexpr std::array<std::string_view, 8> kDead = {"dead", "died", "death", "deceased",
                                                     "死亡", "已故", "去世",  "死"};
  constexpr std::array<std::string_view, 3> kYes = {"yes", "true", "是"};
  constexpr std::array<std::string_view, 3> kNo = {"no", "false", "否"};
  // "1:DECEASED", as cBioPortal writes it.
  const bool has_code = cell.size() > 2 && is_digit(cell[0]) && cell[1] == ':';
  const std::string word = has_code ? cell.substr(2) : cell;
  if (word == "event" || word == "censored") return word;
  if (is_one_of(word, kAlive)) return "alive";
  if (is_one_of(word, kDead)) return "dead";
  if (is_one_of(word, kYes)) return "yes";
  if (is_one_of(word, kNo)) return "no";
  return {};
}

std::optional<std::string> read_sequence(std::string_view folded) {
  std::vector<std::string> others;
  auto sequence = sequence_in(words_of(folded), others);
  return others.empty() ? sequence : std::nullopt;
}

struct Reader {
  std::optional<std::string> (*read)(const std::string& word);
  const char* expected;
};

Reader reader_of(CellKind kind) {
  switch (kind) {
    case CellKind::kSex:
      return {read_sex, "male or female (m, f, 男, 女), or a header that explains its numbers"};
    case CellKind::kTStage:
      return {read_t, "T0 to T4, with a to d, Tis or TX"};
    case CellKind::kNStage:
      return {read_n, "N0 to N3, with a to c, or NX"};
    case CellKind::kMStage:
      return {read_m, "M0 or M1, with a to c, or MX"};
    case CellKind::kStage:
      return {read_stage, "0 to 4 or I to IV, with a to c"};
    case CellKind::kTnm:
      return {read_tnm, "T, N and M together, or a stage"};
    case CellKind::kMarker:
      return {read_marker, "positive, negative, a titre or a number"};
    case CellKind::kOutcome:
      return {read_outcome, "a number, alive or dead, yes or no"};
    default:
      return {nullptr, ""};
  }
}

// The word of a cell as the readers compare it.
std::string word_in(std::string_view folded) { return lower(without_spaces(folded)); }

bool has_numbers(CellKind kind) {
  return kind == CellKind::kNumber || kind == CellKind::kMarker || kind == CellKind::kOutcome;
}

/// The largest number, in the unit of its column, that a patient or a scanner can have.
std::optional<double> most_of(Dimension dimension) {
  if (dimension == Dimension::kRatio) return 1;
  if (dimension == Dimension::kAge) return 150;
  if (dimension == Dimension::kLength) return 1000;
  if (dimension == Dimension::kField) return 25;
  return {};
}

bool is_year(double value) { return value >= 1900 && value <= 2100 && value == std::floor(value); }

// A column of numbers: cells are read first, then the unit is settled for all of them.
void read_numbers(const HeaderReading& header, const std::vector<std::string>& folded, Decimal elsewhere,
                  ColumnValues& out) {
  const Dimension dimension = header.info->dimension;
  const Decimal own = decimal_in(folded);
  const Decimal decimal = own == Decimal::kOpen && elsewhere != Decimal::kBoth ? elsewhere : own;
  const bool leans = own == Decimal::kOpen && (decimal == Decimal::kPoint || decimal == Decimal::kComma);
  std::vector<std::optional<Number>> numbers(folded.size());
  std::vector<std::optional<Unit>> units(folded.size());
  bool any_unit = false, any_bare = false, beyond_code = false;
  std::string base = header.unit ? header.unit->base : "";
  for (size_t i = 0; i < folded.size(); ++i) {
    if (out.values[i].state != State::kUnparsed) continue;
    numbers[i] = read_number(folded[i], decimal);
    if (!numbers[i] && is_open_number(folded[i]))
      out.values[i] = unparsed("a number elsewhere in the table that shows which sign its decimals have");
    if (!numbers[i]) continue;
    units[i] = unit_named(numbers[i]->unit, dimension);
    if (numbers[i]->unit.empty()) any_bare = true;
    if (units[i]) any_unit = true;  // "45?" has none: it says nothing about the other cells
    if (numbers[i]->value != 0 && numbers[i]->value != 1 && numbers[i]->value != 2) beyond_code = true;
  }
  const bool is_number = header.info->kind == CellKind::kNumber;
  for (size_t i = 0; i < folded.size(); ++i) {
    if (!numbers[i]) continue;
    TableValue& value = out.values[i];
    double factor = header.unit ? header.unit->factor : 1;
    if (!numbers[i]->unit.empty()) {
      if (!units[i] || (!base.empty() && units[i]->base != base)) {
        value = unparsed("a number, with a unit that fits the column or none");
        continue;
      }
      if (base.empty()) base = units[i]->base, out.found_unit = numbers[i]->unit;
      factor = units[i]->factor;
    } else if (any_unit && !header.unit) {
      value = unparsed("a unit, as other cells of the column have one");
      continue;
    } else if (!is_number && !header.code.empty()) {
      value = unparsed("one of the numbers that the header explains");
      continue;
    } else if (!is_number && !header.unit && !beyond_code) {
      value = unparsed("a header that says what 0 and 1 mean");
      continue;
    } else if (header.info->kind == CellKind::kOutcome && !header.unit && is_year(numbers[i]->value)) {
      value = unparsed("a state, or a time and not a date");
      continue;
    }
    if (numbers[i]->value < 0) {
      value = unparsed("a number that is not negative");
      continue;
    }
    if (!std::isfinite(numbers[i]->value * factor)) {
      value = unparsed("a number that a double holds in the column's unit");
      continue;
    }
    if (const auto most = most_of(dimension); most && numbers[i]->value * factor > *most) {
      // "1.000" beside decimal commas is a regularity of 1, or a slip: no patient has one of 1000.
      const bool grouped = numbers[i]->value >= 1000 && is_open_number(folded[i]);
      value = unparsed(grouped ? "a number that fits the column: its sign would group thousands"
                               : "a number that a patient can have");
      continue;
    }
    value = parsed(std::string(trimmed(folded[i])));
    value.number = numbers[i]->value * factor;
    value.relation = numbers[i]->relation;
  }
  if (!header.unit_text.empty()) out.found_unit = header.unit_text;
  const bool any_number = std::any_of(out.values.begin(), out.values.end(),
                                      [](const TableValue& v) { return v.number.has_value(); });
  if (dimension == Dimension::kNone || dimension == Dimension::kRatio)
    out.unit = "";
  else if (!base.empty())
    out.unit = base;
  else if (any_number || (is_number && any_bare))
    out.unit = "unknown";
  if (decimal == Decimal::kBoth)
    out.notes.emplace_back("commas stand for decimals in one cell and points in another");
  const char group = decimal == Decimal::kComma ? '.' : ',';
  if (leans && std::any_of(folded.begin(), folded.end(), [&](const std::string& cell) {
        return is_open_number(cell) && cell.find(group) != std::string::npos;
      }))
    out.notes.push_back(group == '.' ? "points group thousands, as other numbers of the table show"
                                     : "commas group thousands, as other numbers of the table show");
}

}  // namespace

bool is_missing(std::string_view cell) {
  constexpr std::array<std::string_view, 31> kMissing = {
      "",   "na",      "n/a",  "n.a.", "n.a",  "#n/a", "nan",  "null", "none",    "nil",          "-",
      "--", "---",     "/",    "//",   "\\",   "?",    "??",   ".",    "unknown", "notavailable", "missing",
      "nd", "notdone", "未知", "不详", "不明", "缺失", "未查", "未做", "无数据"};
  return is_one_of(word_in(fold_signs(cell)), kMissing);
}

ColumnValues read_column(const HeaderReading& header, std::span<const std::string> cells, Decimal elsewhere) {
  ColumnValues out;
  out.values.resize(cells.size());
  const CellKind kind = header.info->kind;
  std::vector<std::string> folded;
  for (const std::string& cell : cells) folded.push_back(fold_signs(cell));
  if (kind == CellKind::kText) {
    for (size_t i = 0; i < cells.size(); ++i)
      if (!is_missing(cells[i])) out.values[i] = parsed(std::string(trimmed(cells[i])));
    return out;
  }
  if (kind == CellKind::kSequence) {
    for (size_t i = 0; i < cells.size(); ++i) {
      if (is_missing(cells[i])) continue;
      const auto sequence = read_sequence(folded[i]);
      out.values[i] = sequence ? parsed(*sequence) : unparsed("T1WI, T2WI or CE-T1WI");
    }
    return out;
  }
  const Reader reader = reader_of(kind);
  // Where "+" stands in a column of markers, "-" is its opposite; else it may as well mean "none".
  const bool signs =
      kind == CellKind::kMarker && std::any_of(folded.begin(), folded.end(), [](const std::string& f) {
        const std::string word = word_in(f);
        return !word.empty() && word.find_first_not_of('+') == std::string::npos;
      });
  for (size_t i = 0; i < cells.size(); ++i) {
    std::string word = word_in(folded[i]);
    if (kind == CellKind::kMarker && (word == "-" || word == "--")) {
      out.values[i] = signs ? parsed("negative") : unparsed("a word: \"-\" may be negative or missing");
      continue;
    }
    if (is_missing(cells[i])) continue;
    if (const auto code = header.code.find(word.ends_with(".0") ? word.substr(0, word.size() - 2) : word);
        code != header.code.end())
      word = code->second;
    std::optional<std::string> text = reader.read != nullptr ? reader.read(word) : std::nullopt;
    out.values[i] =
        text ? parsed(std::move(*text)) : unparsed(kind == CellKind::kNumber ? "a number" : reader.expected);
  }
  if (has_numbers(kind)) read_numbers(header, folded, elsewhere, out);
  return out;
}

}  // namespace trivox
