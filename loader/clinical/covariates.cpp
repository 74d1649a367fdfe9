#include "loader/clinical/covariates.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include "loader/file.h"
#include "loader/log.h"
#include "loader/text.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

bool is_taken(const ClinicalTable& table, const TableColumn& column) {
  if (column.info == nullptr || column.hidden || column.index == table.patient_column ||
      column.index == table.sequence_column)
    return false;
  return column.info->kind != CellKind::kText || column.info->meaning == Meaning::kPathology ||
         column.info->meaning == Meaning::kManufacturer || column.info->meaning == Meaning::kScanner;
}

Covariate covariate(const TableColumn& column, const TableRecord& record, const TableValue& value) {
  Covariate out;
  out.name = column.info->key;
  out.sequence = column.sequence.empty() ? record.sequence : column.sequence;
  if (value.number) out.unit = column.unit;
  if (value.number && value.relation.empty())
    out.number = value.number;
  else
    out.text = value.number ? value.relation + number_text(*value.number) : value.text;
  return out;
}

/// Which cells of a table are left out, by place, as all notes say it: the manifest that holds the note is
/// published, and a cell may hold anything.
/// "80, 82 to 451" of rows in order.
std::string ranges(const std::vector<size_t>& rows) {
  std::vector<std::string> out;
  for (size_t i = 0; i < rows.size();) {
    size_t end = i + 1;
    while (end < rows.size() && rows[end] == rows[end - 1] + 1) ++end;
    out.push_back(std::to_string(rows[i]));
    if (end > i + 1) out.back() += (end == i + 2 ? ", " : " to ") + std::to_string(rows[end - 1]);
    i = end;
  }
  return joined(out);
}

/// Every one of them by row and column.
std::string unparsed_note(const ClinicalTable& table) {
  std::map<std::string, std::vector<size_t>> rows_of;
  for (const UnparsedCell& cell : table.unparsed)
    rows_of[std::string(clipped(trimmed(cell.header), 60))].push_back(cell.row);
  std::vector<std::string> places;
  for (auto& [header, rows] : rows_of) {
    std::ranges::sort(rows);
    places.push_back((rows.size() == 1 ? "row " : "rows ") + ranges(rows) + " of \"" + header + "\"");
  }
  const size_t n = table.unparsed.size();
  return table.path.filename().string() + ": " + std::to_string(n) +
         (n == 1 ? " cell is not understood and left out: " : " cells are not understood and left out: ") +
         joined(places);
}

}  // namespace

bool is_table_name(const fs::path& file) {
  const std::string name = lower(file.filename().string());
  return (name.ends_with(".csv") || name.ends_with(".tsv")) && name != "cases.csv";
}

namespace {

bool is_other_spreadsheet(const fs::path& file) {
  const std::string name = lower(file.filename().string());
  if (name.starts_with("~$") || name.starts_with("._")) return false;  // what programs leave beside them
  return std::ranges::any_of(std::array<std::string_view, 9>{".xlsx", ".xls", ".xlsm", ".ods", ".sav", ".dta",
                                                             ".rds", ".csv.gz", ".tsv.gz"},
                             [&](std::string_view end) { return name.ends_with(end); });
}

/// One that is no table is said to be none where it is read.
bool is_list_of_cases(const fs::path& file, std::string_view encoding) {
  try {
    return lists_cases(file, encoding);
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

std::vector<fs::path> find_tables(const Dataset& dataset, std::vector<std::string>& notes,
                                  std::string_view encoding) {
  std::vector<fs::path> tables;
  const auto is_the_list = [&](const fs::path& file) {
    return !dataset.list.empty() && canonical_path(file) == dataset.list;
  };
  for (const fs::path& folder : dataset.table_folders)
    for (const fs::path& file : files_in(folder))
      if (is_other_spreadsheet(file))
        notes.push_back("table not used: " + file.filename().string() + ": save it as .csv to have it read");
      else if (!is_table_name(file) || is_the_list(file))
        continue;
      else if (is_list_of_cases(file, encoding))
        notes.push_back("table not used: " + file.filename().string() +
                        ": it lists cases, with paths of images in its columns");
      else
        tables.push_back(file);
  return tables;
}

namespace {

/// `left_out`: of `case_ids`, whom nobody asked for; nothing of them is returned or noted.
std::map<std::string, std::vector<Covariate>> covariates_of(std::span<const ClinicalTable> tables,
                                                            std::span<const std::string> case_ids,
                                                            std::span<const std::string> left_out,
                                                            std::vector<std::string>& notes) {
  std::map<std::string, std::vector<Covariate>> out;
  for (const ClinicalTable& table : tables) {
    const PatientMatch match = match_patients(table, case_ids);
    std::map<std::pair<std::string, std::string>, std::vector<std::string>> rows_of;
    for (const TableRecord& record : table.records)
      if (record.twice) rows_of[{record.patient, record.sequence}].push_back(std::to_string(record.row));
    for (const TableRecord& record : table.records) {
      const auto id = match.case_of.find(record.patient);
      if (id == match.case_of.end() || !record.counts || record.twice) continue;
      for (const TableColumn& column : table.columns) {
        const TableValue& value = record.values[column.index];
        if (value.state != TableValue::State::kParsed || !is_taken(table, column)) continue;
        out[id->second].push_back(covariate(column, record, value));
      }
    }
    if (!table.unparsed.empty()) notes.push_back(unparsed_note(table));
    for (const auto& [of, rows] : rows_of)
      notes.push_back(table.path.filename().string() + ": rows " + joined(rows) + " are of one patient" +
                      (of.second.empty() ? "" : " and sequence") + ": none is taken");
    if (!match.without_case.empty())
      notes.push_back(table.path.filename().string() + ": " + std::to_string(match.without_case.size()) +
                      " of " + std::to_string(match.without_case.size() + match.case_of.size()) +
                      " patients are no case of the dataset: their rows are not used");
  }
  for (const std::string& id : left_out) out.erase(id);
  // Two tables may say the same of a patient; where they differ, nobody knows which is right.
  for (auto& [id, all] : out) {
    std::stable_sort(all.begin(), all.end(), [](const Covariate& a, const Covariate& b) {
      return std::tie(a.name, a.sequence) < std::tie(b.name, b.sequence);
    });
    all.erase(std::unique(all.begin(), all.end()), all.end());
    std::vector<Covariate> kept;
    for (size_t i = 0; i < all.size();) {
      size_t end = i + 1;
      while (end < all.size() && all[end].name == all[i].name && all[end].sequence == all[i].sequence) ++end;
      if (end == i + 1)
        kept.push_back(std::move(all[i]));
      else
        notes.push_back("case " + id + ": two tables differ in " + all[i].name + ": neither is taken");
      i = end;
    }
    all = std::move(kept);
  }
  return out;
}

}  // namespace

std::map<std::string, std::vector<Covariate>> covariates_of(std::span<const ClinicalTable> tables,
                                                            std::span<const std::string> case_ids,
                                                            std::vector<std::string>& notes) {
  return covariates_of(tables, case_ids, {}, notes);
}

void add_covariates(Dataset& dataset, std::vector<std::string>& notes, std::string_view encoding) {
  std::vector<std::string> ids;
  for (const CaseFiles& files : dataset.cases) ids.push_back(files.id);
  for (const CaseFailure& failure : dataset.failures) ids.push_back(failure.id);
  ids.insert(ids.end(), dataset.left_out.begin(), dataset.left_out.end());
  std::vector<ClinicalTable> tables;
  try {
    for (const fs::path& file : find_tables(dataset, notes, encoding)) {
      try {
        tables.push_back(read_clinical_table(file, encoding, ids));
      } catch (const Error& error) {
        log::info(error.what());
        Fault fault = error.fault();
        fault.path.clear();
        // What it quotes of cells may be somebody's name.
        if (const size_t quote = fault.found.find_first_of("'\""); quote != std::string::npos)
          fault.found.replace(quote, fault.found.find_last_of("'\"") + 1 - quote, "'...'");
        notes.push_back("table not used: " + file.filename().string() + ": " + fault.message());
      }
    }
  } catch (const Error& error) {
    notes.push_back(std::string("tables not looked for: ") + error.what());
  }
  const auto all = covariates_of(tables, ids, dataset.left_out, notes);
  for (CaseFiles& files : dataset.cases)
    if (const auto found = all.find(files.id); found != all.end()) files.covariates = found->second;
}

}  // namespace trivox
