#include "loader/clinical/tables.h"

#include <algorithm>
#include <array>
#include <utility>

#include "loader/clinical/patient_column.h"
#include "loader/text.h"

namespace trivox {
namespace {

using State = TableValue::State;

std::string name_of(const TableColumn& column) {
  return std::to_string(column.index + 1) + " \"" + std::string(clipped(trimmed(column.header), 60)) + "\"";
}

std::vector<std::string> cells_of(const CsvTable& table, size_t column) {
  std::vector<std::string> cells;
  cells.reserve(table.rows.size());
  for (const CsvRow& row : table.rows) cells.push_back(row.cells[column]);
  return cells;
}

bool has_text(const CsvTable& table, size_t column) {
  return std::any_of(table.rows.begin(), table.rows.end(),
                     [&](const CsvRow& row) { return !is_missing(row.cells[column]); });
}

bool is(const HeaderReading& reading, Meaning meaning) {
  return reading.info != nullptr && reading.info->meaning == meaning;
}

std::string name_of(const CsvTable& table, size_t column) {
  return std::to_string(column + 1) + " \"" + std::string(clipped(trimmed(table.header.cells[column]), 60)) +
         "\"";
}

/// 0, 1 and nothing alone: whether something came to pass.
bool holds_events(const CsvTable& table, size_t column) {
  return std::ranges::all_of(table.rows, [&](const CsvRow& row) {
    const std::string cell = fold_signs(trimmed(row.cells[column]));
    return is_missing(cell) || cell == "0" || cell == "1" || cell == "0.0" || cell == "1.0";
  });
}

// "OS" beside "OS.time": the one is whether, the other is when.
void leave_out_events(const CsvTable& table, std::vector<size_t>& columns, std::vector<std::string>& notes) {
  const auto is_event = [&](size_t column) { return holds_events(table, column); };
  if (columns.size() < 2 || std::ranges::all_of(columns, is_event)) return;
  for (const size_t column : columns)
    if (is_event(column))
      notes.push_back("column " + name_of(table, column) +
                      " holds 0 and 1 beside one of times: kept as texts");
  std::erase_if(columns, is_event);
}

// One meaning, one column; measures may come once a sequence. Of several nobody can tell which is meant: none
// is.
void leave_out_doubles(const CsvTable& table, std::vector<HeaderReading>& readings,
                       std::vector<std::string>& notes) {
  std::map<std::pair<Meaning, std::string>, std::vector<size_t>> columns;
  for (size_t c = 0; c < readings.size(); ++c) {
    const HeaderReading& reading = readings[c];
    if (reading.info == nullptr || is(reading, Meaning::kPatient) || is(reading, Meaning::kRowCounter) ||
        is(reading, Meaning::kPersonal))
      continue;
    columns[{reading.info->meaning, reading.sequence}].push_back(c);
  }
  for (auto& [what, all] : columns) {
    if (all.size() < 2) continue;
    std::vector<size_t> rest = all;
    if (readings[all[0]].info->dimension == Dimension::kTime) leave_out_events(table, rest, notes);
    if (rest.size() > 1) {
      std::vector<std::string> names;
      for (const size_t c : rest) names.push_back(name_of(table, c));
      notes.push_back("columns " + joined(names) + " all mean " + readings[rest[0]].info->key +
                      (what.second.empty() ? "" : " on " + what.second) + ": none is taken, kept as texts");
      rest.clear();
    }
    for (const size_t c : all)
      if (std::ranges::find(rest, c) == rest.end()) readings[c] = {};
  }
}

// "TNM" over cells that are stages all through is the clinical stage under another name.
void settle_tnm(const CsvTable& table, std::vector<HeaderReading>& readings,
                std::vector<std::string>& notes) {
  for (size_t c = 0; c < readings.size(); ++c) {
    if (!is(readings[c], Meaning::kTnm)) continue;
    HeaderReading as_stage = readings[c];
    as_stage.info = &info_of(Meaning::kStage);
    const ColumnValues values = read_column(as_stage, cells_of(table, c));
    const bool all = std::none_of(values.values.begin(), values.values.end(),
                                  [](const TableValue& v) { return v.state == State::kUnparsed; });
    const bool other = std::any_of(readings.begin(), readings.end(),
                                   [](const HeaderReading& r) { return is(r, Meaning::kStage); });
    if (!all || other || !has_text(table, c)) continue;
    readings[c] = as_stage;
    notes.push_back("column " + std::to_string(c + 1) +
                    " is headed TNM and holds stages: taken for the clinical stage");
  }
}

void find_double_rows(ClinicalTable& table) {
  std::map<std::pair<std::string, std::string>, TableRecord*> seen;
  for (TableRecord& record : table.records) {
    if (!record.counts) continue;
    if (record.patient.empty()) {
      table.faults.push_back({"", "row " + std::to_string(record.row), "without a patient", "one", {}});
      continue;
    }
    const auto [before, is_new] = seen.try_emplace({record.patient, record.sequence}, &record);
    if (!is_new) {
      before->second->twice = record.twice = true;
      table.faults.push_back(
          {"",
           "patient " + record.patient + (record.sequence.empty() ? "" : " (" + record.sequence + ")"),
           "in rows " + std::to_string(before->second->row) + " and " + std::to_string(record.row),
           "in one row",
           {}});
    }
  }
}

bool has_digit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// "SD-001", "N12": letters and a number are an id, whatever the letters mean besides.
bool is_id_of_letters(std::string_view cell) {
  const size_t digits = cell.find_first_of("0123456789");
  return digits != std::string_view::npos && cell.find_first_of(" ()=:<>*") == std::string_view::npos &&
         cell.find_first_not_of("0123456789", digits) == std::string_view::npos;
}

/// "Total (n=2)", "Mean ± SD", "平均值", "P value", "Note: see below", "* after chemotherapy": what stands
/// under a table, by its first word.
bool begins_as_summary(std::string_view cell) {
  constexpr std::array<std::string_view, 37> kWords = {
      "total",    "totals",       "subtotal",      "sum",     "overall", "all",     "summary", "mean",
      "means",    "average",      "avg",           "median",  "sd",      "std",     "stddev",  "stdev",
      "min",      "minimum",      "max",           "maximum", "range",   "count",   "note",    "notes",
      "n",        "iqr",          "pvalue",        "pvalues", "source",  "sources", "se",      "sem",
      "footnote", "abbreviation", "abbreviations", "remark",  "remarks"};
  constexpr std::array<std::string_view, 17> kChinese = {
      "合计",   "总计",   "小计",   "总和",   "总数", "平均", "均值", "均数", "中位数",
      "标准差", "标准误", "最大值", "最小值", "范围", "备注", "注",   "来源"};
  constexpr std::array<std::string_view, 4> kPairs = {"grandtotal", "subtotal", "pvalue", "p值"};
  const std::string folded = fold_signs(trimmed(cell));
  if (is_id_of_letters(folded)) return false;
  const std::vector<std::string> words = words_of(folded);
  const bool is_marked = folded.starts_with("*") || folded.starts_with("†") || folded.starts_with("‡");
  if (words.empty()) return false;
  if (is_marked && words.size() > 1 && !has_digit(words[0])) return true;
  if (std::ranges::find(kWords, words[0]) != kWords.end()) return true;
  if (std::ranges::any_of(kChinese, [&](std::string_view word) { return words[0].starts_with(word); }))
    return true;
  return words.size() > 1 && std::ranges::find(kPairs, words[0] + words[1]) != kPairs.end();
}

/// Leaves out rows that sum up the others, where most patients are told by numbers: no patients. Such a row
/// begins with a word that says so, in the patient's column or, where that is empty, in another.
void leave_out_summaries(CsvTable& table, size_t patient_column, std::vector<std::string>& notes) {
  const auto heading = [&](const CsvRow& row) -> std::string_view {
    if (!is_missing(row.cells[patient_column])) return trimmed(row.cells[patient_column]);
    const auto first =
        std::ranges::find_if(row.cells, [](const std::string& cell) { return !is_missing(cell); });
    // One word: two may be a person's name, which is not to be quoted.
    const bool is_word = first != row.cells.end() && words_of(fold_signs(*first)).size() == 1;
    return is_word ? trimmed(*first) : std::string_view();
  };
  size_t ids = 0, numbers = 0;
  for (const CsvRow& row : table.rows) {
    const std::string& cell = row.cells[patient_column];
    if (is_missing(cell) || begins_as_summary(cell)) continue;
    ++ids;
    numbers += has_digit(cell);
  }
  if (2 * numbers <= ids) return;
  std::erase_if(table.rows, [&](const CsvRow& row) {
    const std::string_view head = heading(row);
    if (!begins_as_summary(head)) return false;
    notes.push_back("row " + std::to_string(row.number) + " is headed \"" + std::string(clipped(head, 20)) +
                    "\": no patient, left out");
    return true;
  });
}

// One program wrote the file, with one sign for decimals. Semicolons separate where the comma is that sign.
Decimal decimal_of(const CsvTable& table, const std::vector<HeaderReading>& readings) {
  std::vector<std::string> cells;
  for (size_t c = 0; c < readings.size(); ++c) {
    if (readings[c].info == nullptr) continue;
    const CellKind kind = readings[c].info->kind;
    if (kind != CellKind::kNumber && kind != CellKind::kMarker && kind != CellKind::kOutcome) continue;
    for (const std::string& cell : cells_of(table, c)) cells.push_back(fold_signs(cell));
  }
  const Decimal shown = decimal_in(cells);
  // A comma that may be a decimal leaves open what a point beside it is.
  const bool has_open_comma = std::ranges::any_of(cells, [](const std::string& cell) {
    return cell.find(',') != std::string::npos && is_open_number(cell);
  });
  const bool is_usual = table.separator != ';' && !has_open_comma;
  return shown == Decimal::kOpen && is_usual ? Decimal::kUsual : shown;
}

}  // namespace

std::string UnparsedCell::message() const {
  std::string place = "row " + std::to_string(row) + ", column " + std::to_string(column);
  if (!header.empty()) place += " \"" + std::string(clipped(header, 60)) + "\"";
  std::ranges::replace_if(place, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return Fault{"", place, "'" + std::string(clipped(text, 60)) + "'", expected, {}}.message();
}

const TableColumn* ClinicalTable::column(Meaning meaning, std::string_view sequence) const {
  for (const TableColumn& c : columns)
    if (c.info != nullptr && c.info->meaning == meaning && c.sequence == sequence) return &c;
  return nullptr;
}

namespace {

// A row of FLAIR, or without a sequence, would be taken for the patient's own figures. A column that names
// none that is known tells nothing of rows.
void leave_out_other_sequences(ClinicalTable& table) {
  const auto has_none = [](const TableRecord& record) { return record.sequence.empty(); };
  if (!table.sequence_column || std::ranges::all_of(table.records, has_none)) {
    table.sequence_column.reset();
    return;
  }
  std::vector<std::string> rows;
  for (TableRecord& record : table.records)
    if (has_none(record)) {
      record.counts = false;
      rows.push_back(std::to_string(record.row));
    }
  if (!rows.empty())
    table.notes.push_back("rows of none of the known sequences count as nothing: " +
                          std::string(clipped(joined(rows), 60)));
}

ClinicalTable understand(CsvTable csv, std::span<const std::string> case_ids) {
  ClinicalTable table;
  table.encoding = csv.encoding;
  table.separator = csv.separator;
  table.notes = csv.notes;
  std::vector<HeaderReading> readings;
  for (const std::string& header : csv.header.cells) readings.push_back(read_header(header));
  table.patient_column = patient_column(csv, readings, case_ids, table.notes);
  leave_out_summaries(csv, table.patient_column, table.notes);
  leave_out_doubles(csv, readings, table.notes);
  settle_tnm(csv, readings, table.notes);
  const Decimal decimal = decimal_of(csv, readings);
  table.records.resize(csv.rows.size());
  for (size_t r = 0; r < csv.rows.size(); ++r) {
    table.records[r].row = csv.rows[r].number;
    table.records[r].patient = normalised(trimmed(csv.rows[r].cells[table.patient_column]));
    if (is_missing(table.records[r].patient)) table.records[r].patient.clear();
  }
  for (size_t c = 0; c < readings.size(); ++c) {
    HeaderReading& reading = readings[c];
    TableColumn column;
    column.index = c;
    column.header = csv.header.cells[c];
    column.sequence = reading.sequence;
    column.info = reading.info;
    if (c == table.patient_column)
      column.info = &info_of(Meaning::kPatient);
    else if (is(reading, Meaning::kPatient))
      column.info = nullptr;  // empty, or paths, beside the one that is used
    column.hidden = is(reading, Meaning::kPersonal) && c != table.patient_column;
    if (is(reading, Meaning::kSequence)) table.sequence_column = c;
    const std::vector<std::string> cells = cells_of(csv, c);
    if (column.hidden || column.info == nullptr || column.info->kind == CellKind::kText)
      reading.info = &info_of(Meaning::kDiagnosis);  // any text
    ColumnValues values = column.hidden ? ColumnValues{std::vector<TableValue>(cells.size()), "", "", {}}
                                        : read_column(reading, cells, decimal);
    column.unit = std::move(values.unit);
    column.found_unit = std::move(values.found_unit);
    for (std::string& note : values.notes) table.notes.push_back("column " + name_of(column) + ": " + note);
    for (size_t r = 0; r < cells.size(); ++r) {
      TableValue& value = values.values[r];
      if (value.state == State::kUnparsed)
        table.unparsed.push_back(
            {csv.rows[r].number, c + 1, std::string(trimmed(column.header)), cells[r], value.expected});
      if (table.sequence_column == c) table.records[r].sequence = value.text;
      table.records[r].values.push_back(std::move(value));
    }
    table.columns.push_back(std::move(column));
  }
  std::stable_sort(table.unparsed.begin(), table.unparsed.end(),
                   [](const UnparsedCell& a, const UnparsedCell& b) { return a.row < b.row; });
  leave_out_other_sequences(table);
  find_double_rows(table);
  return table;
}

}  // namespace

ClinicalTable understand_table(const CsvTable& table, std::span<const std::string> case_ids) {
  return understand(table, case_ids);
}

ClinicalTable read_clinical_table(const std::filesystem::path& path, std::string_view encoding,
                                  std::span<const std::string> case_ids) {
  ClinicalTable table =
      with_path(path.string(), [&] { return understand(read_csv(path, encoding), case_ids); });
  table.path = path;
  for (Fault& fault : table.faults) fault.path = path.string();
  return table;
}

PatientMatch match_patients(const ClinicalTable& table, std::span<const std::string> case_ids) {
  std::vector<std::string> patients;
  for (const TableRecord& record : table.records)
    if (!record.patient.empty()) patients.push_back(record.patient);
  return match_names(patients, case_ids);
}

}  // namespace trivox
