#include "loader/csv.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "loader/file.h"
#include "loader/text.h"
#include "loader/text/encoding.h"
#include "transforms/error.h"

namespace trivox {
namespace {

constexpr size_t kMostBytes = size_t{64} << 20;
constexpr size_t kMostColumns = 16384;  // a spreadsheet's
constexpr size_t kLeastCells = 65536;   // that any table may have
constexpr std::array<char, 3> kSeparators = {',', ';', '\t'};

const char* name_of(char separator) {
  return separator == ',' ? "comma" : separator == ';' ? "semicolon" : "tab";
}

bool is_separator(char c) {
  return std::find(kSeparators.begin(), kSeparators.end(), c) != kSeparators.end();
}

std::string place_of(size_t row, size_t column) {
  return "row " + std::to_string(row) + ", column " + std::to_string(column + 1);
}

bool is_empty(const std::vector<std::string>& cells) {
  return std::all_of(cells.begin(), cells.end(), [](const std::string& c) { return trimmed(c).empty(); });
}

void refuse_nul(const std::string& cell, size_t row, size_t column) {
  if (cell.find('\0') != std::string::npos)
    throw Error(place_of(row, column), "a NUL byte", "text (UTF-16 needs its byte order mark)");
}

// Where the text is read; `at` runs on, `row` is the number of the record that begins there.
struct Reader {
  std::string_view text;
  size_t at = 0;
  size_t row = 1;

  [[nodiscard]] bool done() const { return at >= text.size(); }
  [[nodiscard]] bool at_line_end() const { return text[at] == '\n' || text[at] == '\r'; }
  void skip_line_end() { at += text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n' ? 2 : 1; }
};

std::string quoted_cell(Reader& in, size_t column, char separator) {
  const size_t row = in.row;
  std::string cell;
  for (++in.at;; in.at += 2) {
    const size_t quote = in.text.find('"', in.at);
    if (quote == std::string_view::npos)
      throw Error(place_of(row, column), "a quoted text without end", "a closing quote");
    cell.append(in.text, in.at, quote - in.at);
    in.at = quote;
    if (quote + 1 >= in.text.size() || in.text[quote + 1] != '"') break;
    cell += '"';
  }
  ++in.at;
  if (!in.done() && !in.at_line_end() && in.text[in.at] != separator)
    throw Error(
        place_of(row, column),
        "followed by '" + std::string(clipped(in.text.substr(in.at), 8)) + "' after its closing quote",
        "a " + std::string(name_of(separator)) + " or the end of the line there");
  return cell;
}

std::string plain_cell(Reader& in, size_t column, char separator) {
  const std::array<char, 3> ends = {separator, '\n', '\r'};
  const std::string_view any_end(ends.data(), ends.size());
  const size_t end = std::min(in.text.find_first_of(any_end, in.at), in.text.size());
  const std::string_view cell = in.text.substr(in.at, end - in.at);
  // Whether the spaces or the quotes are the slip, nobody can say: the separators inside hang on it.
  const size_t first = cell.find_first_not_of(' ');
  if (first != std::string_view::npos && first > 0 && cell[first] == '"')
    throw Error(place_of(in.row, column), "a quote after spaces", "the quote first in the cell");
  in.at = end;
  return std::string(cell);
}

// One record; the reader stands behind its line end then. Cells beyond `most` that hold text are an
// error, those without are counted in `dropped`.
std::vector<std::string> read_row(Reader& in, char separator, size_t most, size_t& dropped) {
  const size_t row = in.row;
  std::vector<std::string> cells;
  for (size_t column = 0;; ++column) {
    std::string cell = !in.done() && in.text[in.at] == '"' ? quoted_cell(in, column, separator)
                                                           : plain_cell(in, column, separator);
    refuse_nul(cell, row, column);
    if (column >= kMostColumns)
      throw Error("row " + std::to_string(row), "longer than " + std::to_string(kMostColumns) + " cells",
                  "a table");
    if (column < most)
      cells.push_back(std::move(cell));
    else if (trimmed(cell).empty())
      ++dropped;
    else
      throw Error(place_of(row, column), "'" + std::string(clipped(cell, 40)) + "'",
                  "nothing: the header has " + std::to_string(most) + (most == 1 ? " column" : " columns"));
    if (in.done() || in.at_line_end()) break;
    ++in.at;
  }
  if (!in.done()) in.skip_line_end();
  ++in.row;
  return cells;
}

// "sep=;", a line that spreadsheets write and obey, or nothing.
std::optional<char> told_separator(Reader& in) {
  const std::string_view rest = in.text.substr(in.at);
  if (rest.size() < 5 || lower(rest.substr(0, 4)) != "sep=") return {};
  const char separator = rest[4];
  if (!is_separator(separator)) return {};
  if (rest.size() > 5 && rest[5] != '\n' && rest[5] != '\r') return {};
  in.at += 5;
  if (!in.done()) in.skip_line_end();
  ++in.row;
  return separator;
}

// Whether all rows that hold text have as many cells, two at least.
bool all_rows_agree(Reader in, char separator) {
  size_t columns = 0, rows = 0, dropped = 0;
  try {
    while (!in.done()) {
      const std::vector<std::string> cells = read_row(in, separator, kMostColumns, dropped);
      if (is_empty(cells)) continue;
      if (rows++ == 0) columns = cells.size();
      if (cells.size() != columns) return false;
    }
  } catch (const Error&) {
    return false;  // a quote that does not end its cell
  }
  return rows > 1 && columns > 1;
}

// The one that stands in the header outside quotes, or of two the one in which all rows agree; a comma for a
// table of one column.
char separator_of(const Reader& in) {
  std::array<size_t, kSeparators.size()> first{};
  first.fill(std::string_view::npos);
  bool quoted = false;
  for (size_t i = in.at; i < in.text.size(); ++i) {
    const char c = in.text[i];
    // As the cells are read: a quote opens a cell, or is one more inside it.
    if (c == '"' && (quoted || i == in.at || in.text[i - 1] == '"' || is_separator(in.text[i - 1])))
      quoted = !quoted;
    if (quoted) continue;
    if (c == '\n' || c == '\r') break;
    for (size_t k = 0; k < kSeparators.size(); ++k)
      if (c == kSeparators[k]) first[k] = std::min(first[k], i);
  }
  std::vector<char> found;
  for (size_t k = 0; k < kSeparators.size(); ++k)
    if (first[k] != std::string_view::npos) found.push_back(kSeparators[k]);
  if (found.empty()) return ',';
  if (found.size() == 1) return found[0];
  // "Sex (M=1; F=0)" in a table of commas: no row but the header has a semicolon.
  std::vector<char> fitting;
  std::ranges::copy_if(found, std::back_inserter(fitting), [&](char one) { return all_rows_agree(in, one); });
  if (fitting.size() == 1) return fitting[0];
  throw Error("separator of the header (row " + std::to_string(in.row) + ")",
              std::string(name_of(found[0])) + " or " + name_of(found[1]),
              "one of them outside quotes, or a first line \"sep=" + std::string(1, found[0]) + "\"");
}

size_t named_columns(const std::vector<std::string>& header) {
  size_t n = header.size();
  while (n > 0 && trimmed(header[n - 1]).empty()) --n;
  return n;
}

// Without the columns at the end that hold neither header nor text.
size_t used_columns(const CsvTable& table) {
  size_t n = named_columns(table.header.cells);
  for (const CsvRow& row : table.rows)
    for (size_t c = row.cells.size(); c > n; --c)
      if (!trimmed(row.cells[c - 1]).empty()) {
        n = c;
        break;
      }
  return n;
}

/// ="001" is how exports keep Excel from taking 001 for a number.
void unprotect(std::string& cell) {
  const bool is_protected = cell.size() > 3 && cell.starts_with("=\"") && cell.ends_with('"') &&
                            cell.find('"', 2) == cell.size() - 1;
  if (is_protected) cell = cell.substr(2, cell.size() - 3);
}

}  // namespace

std::string CsvTable::place(const CsvRow& row, size_t column) const {
  std::string text = place_of(row.number, column);
  if (column < header.cells.size() && !trimmed(header.cells[column]).empty())
    text.append(" \"").append(clipped(trimmed(header.cells[column]), 60)).append("\"");
  return text;
}

CsvTable parse_csv(std::span<const std::byte> bytes, std::string_view encoding) {
  if (bytes.size() > kMostBytes)
    throw Error("table", std::to_string(bytes.size()) + " bytes long",
                "at most " + std::to_string(kMostBytes));
  const DecodedText decoded = decode_text(bytes, encoding);
  CsvTable table;
  table.encoding = decoded.encoding;
  if (!decoded.note.empty()) table.notes.push_back(decoded.note);
  Reader in{decoded.utf8, 0, 1};
  const std::optional<char> told = told_separator(in);
  size_t empty_rows = 0, dropped = 0;
  while (!in.done()) {
    const size_t number = in.row;
    if (table.header.cells.empty()) {
      table.separator = told ? *told : separator_of(in);
      std::vector<std::string> cells = read_row(in, table.separator, kMostColumns, dropped);
      if (is_empty(cells))
        ++empty_rows;
      else
        table.header = {number, std::move(cells)};
      continue;
    }
    const size_t columns = table.header.cells.size();
    std::vector<std::string> cells = read_row(in, table.separator, columns, dropped);
    if (is_empty(cells)) {
      ++empty_rows;
      continue;
    }
    if (cells.size() < named_columns(table.header.cells))
      throw Error("row " + std::to_string(number),
                  "short: it ends after column " + std::to_string(cells.size()),
                  std::to_string(columns) + " cells, as the header has");
    table.rows.push_back({number, std::move(cells)});
  }
  if (table.header.cells.empty())
    throw Error("table", bytes.empty() ? "empty" : "without any text", "a header line");
  if (empty_rows > 0) table.notes.push_back(std::to_string(empty_rows) + " empty rows left out");
  const size_t columns = used_columns(table);
  if (const size_t more = table.header.cells.size() - columns; more > 0 || dropped > 0)
    table.notes.push_back("empty cells at the end of rows left out");
  // Rows may end early where the header ends in blank cells: filled up, few bytes could be many cells.
  if (table.rows.size() > std::max(kLeastCells, bytes.size()) / columns)
    throw Error("table",
                std::to_string(table.rows.size()) + " rows of " + std::to_string(columns) + " columns in " +
                    std::to_string(bytes.size()) + " bytes",
                "no more cells than bytes");
  table.header.cells.resize(columns);
  for (CsvRow& row : table.rows) row.cells.resize(columns);
  return table;
}

CsvTable read_csv(const std::filesystem::path& path, std::string_view encoding) {
  return with_path(path.string(), [&] {
    CsvTable table = parse_csv(read_head(path, kMostBytes + 1), encoding);
    for (CsvRow& row : table.rows) std::ranges::for_each(row.cells, unprotect);
    return table;
  });
}

std::optional<size_t> find_column(const CsvTable& table, std::string_view name) {
  std::optional<size_t> found;
  for (size_t c = 0; c < table.header.cells.size(); ++c) {
    if (lower(trimmed(table.header.cells[c])) != lower(trimmed(name))) continue;
    if (found)
      throw Error("column \"" + std::string(name) + "\"",
                  "there twice: columns " + std::to_string(*found + 1) + " and " + std::to_string(c + 1),
                  "once");
    found = c;
  }
  return found;
}

}  // namespace trivox
