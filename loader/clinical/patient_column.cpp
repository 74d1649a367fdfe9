#include "loader/clinical/patient_column.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <optional>
#include <set>

#include "loader/clinical/patients.h"
#include "loader/clinical/values.h"
#include "loader/text.h"
#include "transforms/error.h"

namespace trivox {
namespace {

bool has_text(const CsvTable& table, size_t column) {
  return std::any_of(table.rows.begin(), table.rows.end(),
                     [&](const CsvRow& row) { return !is_missing(row.cells[column]); });
}

bool is(const HeaderReading& reading, Meaning meaning) {
  return reading.info != nullptr && reading.info->meaning == meaning;
}

// A column that names the patient to people: by name, or else by a hospital's number.
bool is_one_of(const std::string& header, std::initializer_list<std::string_view> names) {
  const std::string name = squashed(words_of(fold_signs(header)));
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_person_name(const std::string& header) {
  return is_one_of(
      header, {"name", "patientname", "patientsname", "fullname", "姓名", "患者姓名", "病人姓名", "名字"});
}

bool is_hospital_number(const std::string& header) {
  return is_one_of(
      header, {"mrn", "hospitalid", "hospitalno", "hospitalnumber", "medicalrecordnumber", "medicalrecordno",
               "住院号", "病历号", "病案号", "门诊号", "就诊号", "检查号", "影像号"});
}

std::string name_of(const CsvTable& table, size_t column) {
  return std::to_string(column + 1) + " \"" + std::string(clipped(trimmed(table.header.cells[column]), 60)) +
         "\"";
}

bool holds_paths(const CsvTable& table, size_t column) {
  return std::ranges::all_of(table.rows, [&](const CsvRow& row) {
    return is_missing(row.cells[column]) || row.cells[column].find_first_of("/\\") != std::string::npos;
  });
}

// Beside a column that names the patient, one of paths ("Folder") says where its images lie.
void leave_out_paths(const CsvTable& table, std::vector<size_t>& columns, std::vector<std::string>& notes) {
  const auto is_path = [&](size_t column) { return holds_paths(table, column); };
  if (columns.size() < 2 || std::ranges::all_of(columns, is_path)) return;
  for (const size_t column : columns)
    if (is_path(column))
      notes.push_back("column " + std::to_string(column + 1) + " holds paths: not taken for the patient");
  std::erase_if(columns, is_path);
}

/// "2019-03-04", "4/3/2019", "20190304".
bool is_date(std::string_view cell) {
  if (cell.find_first_not_of("0123456789-/.") != std::string_view::npos)
    return cell.find("年") != std::string_view::npos;
  if (std::ranges::count_if(cell, [](char c) { return c < '0'; }) == 2) return true;
  return cell.size() == 8 && (cell.starts_with("19") || cell.starts_with("20"));
}

/// "NPC-007", "1203", "img_7.nii.gz": what may name somebody; no measure, remark or range.
bool is_code(std::string_view cell) {
  const bool has_digit = cell.find_first_of("0123456789") != std::string_view::npos;
  const bool is_number = cell.find_first_not_of("0123456789.") == std::string_view::npos;
  const size_t point = cell.find('.');
  if (is_number && point != std::string_view::npos)
    return cell.find_first_not_of('0', point + 1) == std::string_view::npos;
  return has_digit && cell.size() <= 80 && cell.find_first_of(" ,;:<>=+%()'\"") == std::string_view::npos;
}

/// A code or number of its own in each row, some aside that have none ("Total").
bool tells_rows(const CsvTable& table, size_t column) {
  std::set<std::string> seen;
  bool all_dates = true;
  for (const CsvRow& row : table.rows) {
    const std::string cell = fold_signs(trimmed(row.cells[column]));
    if (is_missing(cell)) continue;
    if (!is_code(cell) || !seen.insert(cell).second) return false;
    all_dates = all_dates && is_date(cell);
  }
  return !all_dates && 2 * seen.size() > table.rows.size();
}

bool says_the_same(const CsvTable& table, size_t a, size_t b) {
  return std::ranges::all_of(
      table.rows, [&](const CsvRow& row) { return trimmed(row.cells[a]) == trimmed(row.cells[b]); });
}

/// The only one of the columns that has a patient among the cases.
std::optional<size_t> fitting(const CsvTable& table, const std::vector<size_t>& columns,
                              std::span<const std::string> case_ids) {
  std::vector<size_t> found;
  for (const size_t column : columns) {
    std::vector<std::string> names;
    for (const CsvRow& row : table.rows)
      if (!is_missing(row.cells[column])) names.push_back(normalised(trimmed(row.cells[column])));
    if (!match_names(names, case_ids).case_of.empty()) found.push_back(column);
  }
  return found.size() == 1 ? std::optional(found[0]) : std::nullopt;
}

/// The only case whose id stands in the text as a whole: case_003 in data/case_003_T1.nii.gz.
std::optional<std::string> mentioned(std::string_view text, std::span<const std::string> case_ids) {
  constexpr size_t kShortest = 3;  // a number of fewer digits may be anything
  const std::string folded = case_folded(normalised(text));
  const auto is_part = [&](size_t i) { return std::isalnum(static_cast<unsigned char>(folded[i])) != 0; };
  std::optional<std::string> found;
  for (const std::string& id : case_ids) {
    const std::string name = case_folded(normalised(id));
    const size_t at = name.size() < kShortest ? std::string::npos : folded.find(name);
    if (at == std::string::npos || (at > 0 && is_part(at - 1)) ||
        (at + name.size() < folded.size() && is_part(at + name.size())))
      continue;
    if (found) return {};
    found = id;
  }
  return found;
}

/// Whether each cell of another column names a case, and not in the order in which `counter` counts.
bool is_contradicted(const CsvTable& table, size_t counter, std::span<const std::string> case_ids) {
  std::vector<std::string> names;
  for (const CsvRow& row : table.rows) names.push_back(normalised(trimmed(row.cells[counter])));
  const PatientMatch match = match_names(names, case_ids);
  const auto contradicts = [&](size_t column) {
    bool differs = false;
    for (size_t r = 0; r < table.rows.size(); ++r) {
      if (is_missing(table.rows[r].cells[column])) continue;
      const auto named = mentioned(table.rows[r].cells[column], case_ids);
      if (!named) return false;
      const auto counted = match.case_of.find(names[r]);
      differs = differs || (counted != match.case_of.end() && counted->second != *named);
    }
    return differs;
  };
  for (size_t c = 0; c < table.header.cells.size(); ++c)
    if (c != counter && contradicts(c)) return true;
  return false;
}

std::vector<std::string> names_of(const CsvTable& table, const std::vector<size_t>& columns) {
  std::vector<std::string> names;
  for (const size_t column : columns) names.push_back(name_of(table, column));
  return names;
}

/// Where no header names the patient: the first kind that is there stands in for it, and the columns besides
/// that may be meant as well.
struct StandIns {
  size_t first = 0;
  const char* what = nullptr;  // null: there is none
  std::vector<size_t> others, persons;
};

StandIns find_stand_ins(const CsvTable& table, std::span<const HeaderReading> readings) {
  constexpr std::array<const char*, 3> kWhat = {"counts rows", "is a name", "is a hospital's number"};
  std::array<std::vector<size_t>, 3> kinds;
  std::vector<size_t> unexplained;
  for (size_t c = 0; c < readings.size(); ++c) {
    if (!has_text(table, c) && !table.rows.empty()) continue;
    const bool is_personal = is(readings[c], Meaning::kPersonal);
    if (is(readings[c], Meaning::kRowCounter)) kinds[0].push_back(c);
    if (is_personal && is_person_name(table.header.cells[c])) kinds[1].push_back(c);
    if (is_personal && is_hospital_number(table.header.cells[c])) kinds[2].push_back(c);
    if (readings[c].info == nullptr) unexplained.push_back(c);
  }
  StandIns out;
  for (size_t k = 0; k < kinds.size(); ++k)
    for (const size_t column : kinds[k]) {
      if (out.what == nullptr) {
        out.first = column;
        out.what = kWhat[k];
      } else if (says_the_same(table, column, out.first)) {
        continue;
      } else if (kWhat[k] == out.what || (!table.rows.empty() && tells_rows(table, column))) {
        out.others.push_back(column);
      } else {
        out.persons.push_back(column);
      }
    }
  if (out.what == nullptr || table.rows.empty()) return out;
  for (const size_t column : unexplained)
    if (tells_rows(table, column) && !says_the_same(table, column, out.first)) out.others.push_back(column);
  return out;
}

}  // namespace

size_t patient_column(const CsvTable& table, std::span<const HeaderReading> readings,
                      std::span<const std::string> case_ids, std::vector<std::string>& notes) {
  const auto take_fitting = [&](const std::vector<size_t>& columns) {
    const auto found = fitting(table, columns, case_ids);
    if (found)
      notes.push_back("of columns " + joined(names_of(table, columns)) + " only " + name_of(table, *found) +
                      " fits the folders' names: taken for the patient");
    return found;
  };
  std::vector<size_t> headed;
  for (size_t c = 0; c < readings.size(); ++c)
    if (is(readings[c], Meaning::kPatient) && (has_text(table, c) || table.rows.empty())) headed.push_back(c);
  if (!table.rows.empty()) {
    leave_out_paths(table, headed, notes);
    for (size_t k = headed.size(); k-- > 1;)
      if (says_the_same(table, headed[k], headed[0]))
        headed.erase(headed.begin() + static_cast<std::ptrdiff_t>(k));
  }
  if (headed.size() == 1) return headed[0];
  if (headed.size() > 1) {
    if (const auto found = take_fitting(headed)) return *found;
    throw Error("column for the patient", name_of(table, headed[0]) + " and " + name_of(table, headed[1]),
                "one");
  }
  const StandIns stand_ins = find_stand_ins(table, readings);
  if (stand_ins.what != nullptr) {
    std::vector<size_t> columns = {stand_ins.first};
    columns.insert(columns.end(), stand_ins.others.begin(), stand_ins.others.end());
    std::vector<size_t> all = columns;
    all.insert(all.end(), stand_ins.persons.begin(), stand_ins.persons.end());
    const bool is_counter = is(readings[stand_ins.first], Meaning::kRowCounter);
    if (is_counter && is_contradicted(table, stand_ins.first, case_ids))
      throw Error("column for the patient",
                  "open: " + name_of(table, stand_ins.first) +
                      " counts rows, and another column names cases "
                      "otherwise",
                  "one that its header names, such as \"Patient ID\"");
    if (all.size() > 1)
      if (const auto found = take_fitting(all)) return *found;
    if (columns.size() > 1)
      throw Error("column for the patient",
                  "open: it may be any of " + std::string(clipped(joined(names_of(table, columns)), 400)),
                  "one that its header names, such as \"Patient ID\"");
    notes.push_back("column " + std::to_string(stand_ins.first + 1) + " " + stand_ins.what +
                    ": taken for the patient, as there is no other");
    return stand_ins.first;
  }
  std::vector<std::string> headers;
  for (const std::string& header : table.header.cells)
    headers.push_back(std::string(1, '"').append(clipped(trimmed(header), 40)).append(1, '"'));
  throw Error("column for the patient", "absent among " + std::string(clipped(joined(headers), 400)),
              "one such as \"ID\", \"Patient ID\" or \"编号\"");
}

}  // namespace trivox
