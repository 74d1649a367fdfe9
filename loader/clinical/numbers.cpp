#include "loader/clinical/numbers.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "loader/clinical/words.h"

namespace trivox {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "1,234,567": digits in groups of three, split by `sign`.
bool groups_of_three(std::string_view text, char sign) {
  const size_t first = text.find(sign);
  if (first == std::string_view::npos || first == 0 || first > 3 || text[0] == '0') return false;
  if (!std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(first), is_digit)) return false;
  for (size_t i = first; i < text.size(); i += 4) {
    if (text[i] != sign || i + 4 > text.size()) return false;
    const auto group = text.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    if (!std::all_of(group, group + 3, is_digit)) return false;
  }
  return true;
}

// What one number (digits, points and commas) shows.
Decimal shown_by(std::string_view number) {
  const size_t comma = number.rfind(','), point = number.rfind('.');
  constexpr size_t kNone = std::string_view::npos;
  if (comma == kNone && point == kNone) return Decimal::kOpen;
  if (comma != kNone && point != kNone) {
    // The last one is the decimal, where those before it group.
    const size_t last = std::max(comma, point);
    const char group = comma < point ? ',' : '.';
    if (!groups_of_three(number.substr(0, last), group)) return Decimal::kOpen;
    return comma < point ? Decimal::kPoint : Decimal::kComma;
  }
  const char sign = comma != kNone ? ',' : '.';
  const Decimal as_decimal = sign == ',' ? Decimal::kComma : Decimal::kPoint;
  const Decimal as_group = sign == ',' ? Decimal::kPoint : Decimal::kComma;
  const bool grouped = groups_of_three(number, sign);
  if (std::count(number.begin(), number.end(), sign) > 1) return grouped ? as_group : Decimal::kOpen;
  return grouped ? Decimal::kOpen : as_decimal;
}

// The number as from_chars takes it; nothing where its points and commas do not fit `decimal`, or where
// either may be meant.
std::optional<std::string> plain_digits(std::string_view number, Decimal decimal) {
  if (number.find_first_of(".,") == std::string_view::npos) return std::string(number);
  Decimal as = shown_by(number);
  const bool has_comma = number.find(',') != std::string_view::npos;
  if (decimal == Decimal::kBoth) {
    if (has_comma) return {};
  } else if (as == Decimal::kOpen) {
    as = decimal == Decimal::kUsual && !has_comma ? Decimal::kPoint : decimal;
  } else if (as != decimal && decimal != Decimal::kOpen && decimal != Decimal::kUsual) {
    return {};
  }
  if (as != Decimal::kPoint && as != Decimal::kComma) return {};
  const char sign = as == Decimal::kPoint ? '.' : ',', group = as == Decimal::kPoint ? ',' : '.';
  const std::string_view whole = number.substr(0, number.find(sign));
  if (std::count(number.begin(), number.end(), sign) > 1) return {};
  if (whole.find(group) != std::string_view::npos && !groups_of_three(whole, group)) return {};
  std::string digits;
  for (const char c : number)
    if (c != group) digits += c == sign ? '.' : c;
  return digits;
}

// The first run of digits, points and commas.
std::string_view number_in(std::string_view cell) {
  size_t begin = 0;
  while (begin < cell.size() && !is_digit(cell[begin])) ++begin;
  // ".5" shows its point
  if (begin > 0 && begin < cell.size() && (cell[begin - 1] == '.' || cell[begin - 1] == ',')) --begin;
  size_t end = begin;
  while (end < cell.size() && (is_digit(cell[end]) || cell[end] == ',' || cell[end] == '.')) ++end;
  if (end > begin && !is_digit(cell[end - 1])) --end;  // "45." ends a sentence
  return cell.substr(begin, end - begin);
}

constexpr std::string_view kPowers[] = {"e", "E", "x10^", "X10^", "*10^"};

bool begins_with_power(std::string_view text) {
  return std::ranges::any_of(kPowers, [text](std::string_view power) {
    if (!text.starts_with(power)) return false;
    size_t k = power.size();
    if (k < text.size() && (text[k] == '-' || text[k] == '+')) ++k;
    return k < text.size() && is_digit(text[k]);
  });
}

// A number before a power of ten: nobody groups its digits, so one sign in it is the decimal.
std::optional<std::string> mantissa(std::string_view number) {
  std::string digits(number);
  if (std::ranges::count_if(digits, [](char c) { return c == '.' || c == ','; }) > 1) return {};
  std::ranges::replace(digits, ',', '.');
  return digits;
}

// A number at the start of the text; `rest` is what follows it.
std::optional<double> number_at_start(std::string_view text, Decimal decimal, std::string_view& rest) {
  size_t end = 0;
  std::string digits;
  if (end < text.size() && (text[end] == '-' || text[end] == '+')) digits += text[end++];
  const size_t first = end;
  while (end < text.size() && (is_digit(text[end]) || text[end] == '.' || text[end] == ',')) ++end;
  const std::string_view number = text.substr(first, end - first);
  const auto plain = begins_with_power(text.substr(end)) ? mantissa(number) : plain_digits(number, decimal);
  if (!plain) return {};
  digits += *plain;
  if (std::none_of(digits.begin(), digits.end(), is_digit)) return {};
  // "1e3", "1x10^3", "1*10^3", "1x103" is left open: 103 may be the power or the factor.
  std::string_view after = text.substr(end);
  for (const std::string_view power : kPowers)
    if (after.starts_with(power)) {
      size_t k = power.size();
      if (k < after.size() && (after[k] == '-' || after[k] == '+')) ++k;
      const size_t start = k;
      while (k < after.size() && is_digit(after[k])) ++k;
      if (k == start || k - start > 3) break;
      digits += "e";
      digits += after.substr(power.size(), k - power.size());
      after.remove_prefix(k);
      break;
    }
  const char* from = digits.data() + (digits[0] == '+' ? 1 : 0);
  const char* to = digits.data() + digits.size();
  if (const size_t e = digits.find("e+"); e != std::string::npos) {
    digits.erase(e + 1, 1);  // from_chars takes no plus
    from = digits.data() + (digits[0] == '+' ? 1 : 0);
    to = digits.data() + digits.size();
  }
  double value = 0;
  const auto result = std::from_chars(from, to, value);
  if (result.ec != std::errc() || result.ptr != to || !std::isfinite(value)) return {};
  rest = after;
  return value;
}

}  // namespace

std::string without_spaces(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') out += c;
  return out;
}

namespace {

/// With nothing but a relation before it and a unit behind: "dead 12.05" and "neg (kit v2.0)" show nothing of
/// the table's decimals.
bool is_number_as_a_whole(const std::string& cell) {
  for (const Decimal decimal : {Decimal::kPoint, Decimal::kComma}) {
    const auto number = read_number(cell, decimal);
    if (!number) continue;
    if (number->unit.empty()) return true;
    for (const Dimension of : {Dimension::kRatio, Dimension::kVolume, Dimension::kArea, Dimension::kLength,
                               Dimension::kAge, Dimension::kTime, Dimension::kCount, Dimension::kField})
      if (unit_named(number->unit, of)) return true;
  }
  return false;
}

}  // namespace

Decimal decimal_in(std::span<const std::string> cells) {
  bool comma = false, point = false;
  for (const std::string& cell : cells) {
    if (!is_number_as_a_whole(cell)) continue;
    const Decimal shown = shown_by(number_in(cell));
    comma |= shown == Decimal::kComma;
    point |= shown == Decimal::kPoint;
  }
  return comma && point ? Decimal::kBoth : comma ? Decimal::kComma : point ? Decimal::kPoint : Decimal::kOpen;
}

bool is_open_number(std::string_view cell) {
  const std::string_view number = number_in(cell);
  const bool grouped = groups_of_three(number, ',') || groups_of_three(number, '.');
  const auto end = static_cast<size_t>(number.data() - cell.data()) + number.size();
  return grouped && shown_by(number) == Decimal::kOpen && !begins_with_power(cell.substr(end));
}

std::optional<Number> read_number(std::string_view folded, Decimal decimal) {
  for (size_t i = 1; i + 1 < folded.size(); ++i)  // "1 234" may be two numbers
    if (folded[i] == ' ' && is_digit(folded[i - 1]) && is_digit(folded[i + 1])) return {};
  const std::string text = without_spaces(folded);
  std::string_view rest = text;
  Number number;
  for (const std::string_view relation : {"<=", ">=", "<", ">"})
    if (rest.starts_with(relation)) {
      number.relation = relation;
      rest.remove_prefix(relation.size());
      break;
    }
  // "10^4": a power without a factor.
  const std::string with_factor = rest.starts_with("10^") ? "1x" + std::string(rest) : "";
  if (!with_factor.empty()) rest = with_factor;
  const auto value = number_at_start(rest, decimal, rest);
  if (!value) return {};
  number.value = *value;
  if (rest == "+" && number.relation.empty()) {
    number.relation = ">=";
    rest = {};
  }
  if (!rest.empty() && (is_digit(rest[0]) || rest[0] == '.' || rest[0] == '-' || rest[0] == ':')) return {};
  number.unit = rest;
  return number;
}

}  // namespace trivox
