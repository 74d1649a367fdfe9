#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

// Numbers as spreadsheets and laboratories write them. All functions are pure and thread safe.
namespace trivox {

/// Which sign stands before decimals; the other one may group thousands. kOpen: nothing tells, so that
/// neither "1,234" nor "1.234" is read; kUsual: nothing tells, and a point is a decimal, as it is in a table
/// that semicolons do not separate; kBoth: the point in one cell, the comma in another.
enum class Decimal { kOpen, kUsual, kPoint, kComma, kBoth };

/// What the cells show: "1,234.5", "1.5" and "1,234,567" are of the one kind, "1.234,5", "1,5" and
/// "1.234.567" of the other, "1,234" and "1.234" of either. Never kUsual.
[[nodiscard]] Decimal decimal_in(std::span<const std::string> cells);

/// Whether a cell's number ("1,234", "7.390") says by itself neither that its sign groups nor that it is
/// a decimal.
[[nodiscard]] bool is_open_number(std::string_view cell);

/// A number with what stands around it.
struct Number {
  double value = 0;
  std::string relation;  ///< "<", "<=", ">", ">=" before it, ">=" for "60+", or empty
  std::string unit;      ///< what follows it
};

/// "<400", ">= 1.2e3 copies/mL", "45岁", "60+", in the spelling of `fold_signs`; nothing where the cell
/// is no number, or where `decimal` leaves open which.
[[nodiscard]] std::optional<Number> read_number(std::string_view folded, Decimal decimal);

[[nodiscard]] std::string without_spaces(std::string_view text);

}  // namespace trivox
