#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loader/clinical/headers.h"
#include "loader/clinical/numbers.h"

namespace trivox {

/// A cell as it was understood.
struct TableValue {
  enum class State { kMissing, kParsed, kUnparsed };
  State state = State::kMissing;
  std::string text;  ///< canonical: "male", "T4a", "4a", "positive", "<400"; of a number as it was written
  std::optional<double> number;  ///< in the column's unit; with a relation, the bound
  std::string relation;          ///< "<", "<=", ">", ">=" before the number, or empty
  std::string expected;          ///< of an unparsed cell: what would have been understood
};

/// The cells of one column, and the unit of its numbers.
struct ColumnValues {
  std::vector<TableValue> values;  ///< one a cell
  std::string unit;        ///< "mm3"; "unknown" where nothing names it; "" where there is none to name
  std::string found_unit;  ///< as the header or the cells have it
  std::vector<std::string> notes;
};

/// Reads a column's cells together, since one cell may say what another leaves open: whether a comma
/// or a point is decimal, whether "-" means negative or missing, whether 0 and 1 are numbers or a code. What
/// stays open is unparsed: no unit, code or order of digits is taken from how the numbers look. Empty,
/// "NA", "-", "/", "unknown" and the like are missing. `elsewhere` is what the table's other columns show
/// of decimals, for a column that does not show it itself. Pure, thread safe, never throws for its content.
[[nodiscard]] ColumnValues read_column(const HeaderReading& header, std::span<const std::string> cells,
                                       Decimal elsewhere = Decimal::kUsual);

/// Whether a cell says that there is nothing: empty, NA, N/A, nan, null, -, /, ?, unknown, 未知, ...
[[nodiscard]] bool is_missing(std::string_view cell);

}  // namespace trivox
