#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trivox {

/// A row of a table, with its number as a spreadsheet shows it: the file's first row is 1, empty
/// rows are counted, a line break inside quotes is not.
struct CsvRow {
  size_t number = 0;
  std::vector<std::string> cells;  ///< UTF-8, as they are in the file, quotes removed; header.size() of them
};

/// A table of texts.
struct CsvTable {
  std::string encoding;  ///< as DecodedText's
  char separator = ',';  ///< ',', ';' or tab
  CsvRow header;         ///< the first row that is not empty
  std::vector<CsvRow> rows;
  std::vector<std::string> notes;  ///< what was left out: empty rows, empty columns at the end

  /// `row 3, column 2 "Age"`, for messages; the column counts from 0 here and from 1 there.
  [[nodiscard]] std::string place(const CsvRow& row, size_t column) const;
};

/// RFC 4180 with what spreadsheets write besides: lines end in CR LF, LF or CR; cells are separated
/// by commas, semicolons or tabs, whichever one stands in the header outside quotes (a first line
/// "sep=;" decides before that); the text is decoded by `decode_text`, as `encoding` says. A quote inside an
/// unquoted cell is kept. Rows without any text are left out, and so are columns without header and text at
/// the end. At most 64 MiB and 16,384 columns; memory is bounded by some 40 times the bytes.
///
/// Throws Error without path, by row and column: no header; two separators in the header; a row with
/// more or fewer cells than the header; a quote that is not closed, or closed before the cell ends;
/// rows that filled up to the header would be more cells than bytes (beyond 65,536); a NUL; bytes of no known
/// encoding. Pure and thread safe.
[[nodiscard]] CsvTable parse_csv(std::span<const std::byte> bytes, std::string_view encoding = "auto");

/// The same on a file, with the content of cells such as ="001". Throws Error with path.
[[nodiscard]] CsvTable read_csv(const std::filesystem::path& path, std::string_view encoding = "auto");

/// The column whose header is `name`, letter case (A to Z) and spaces around it aside; nothing where
/// there is none. Throws Error where there are two.
[[nodiscard]] std::optional<size_t> find_column(const CsvTable& table, std::string_view name);

}  // namespace trivox
