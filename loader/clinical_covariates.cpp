#include "loader/clinical_covariates.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "loader/file.h"
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
  out.number = value.number;
  if (value.number)
    out.unit = column.unit;
  else
    out.text = value.text;
  return out;
}

}  // namespace

bool is_table_name(const fs::path& file) {
  const std::string name = lower(file.filename().string());
  return (name.ends_with(".csv") || name.ends_with(".tsv")) && name != "cases.csv";
}

std::vector<fs::path> find_tables(const Dataset& dataset) {
  std::vector<fs::path> tables;
  for (const fs::path& folder : table_folders(dataset))
    for (const fs::path& file : files_in(folder.empty() ? fs::path(".") : folder))
      if (is_table_name(file)) tables.push_back(file);
  return tables;
}

std::map<std::string, std::vector<Covariate>> covariates_of(std::span<const ClinicalTable> tables,
                                                            std::span<const std::string> case_ids,
                                                            std::vector<std::string>& notes) {
  std::map<std::string, std::vector<Covariate>> out;
  for (const ClinicalTable& table : tables) {
    const PatientMatch match = match_patients(table, case_ids);
    std::set<std::pair<std::string, std::string>> seen;
    std::set<std::string> doubtful;
    for (const TableRecord& record : table.records)
      if (!seen.insert({record.patient, record.sequence}).second) doubtful.insert(record.patient);
    for (const TableRecord& record : table.records) {
      const auto id = match.case_of.find(record.patient);
      if (id == match.case_of.end() || doubtful.contains(record.patient)) continue;
      for (const TableColumn& column : table.columns) {
        const TableValue& value = record.values[column.index];
        if (value.state != TableValue::State::kParsed || !value.relation.empty() || !is_taken(table, column))
          continue;
        out[id->second].push_back(covariate(column, record, value));
      }
    }
    for (const std::string& patient : doubtful)
      if (!patient.empty())
        notes.push_back(table.path.filename().string() + ": patient " + patient +
                        " has two rows: neither is taken");
  }
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

void add_covariates(Dataset& dataset, std::vector<std::string>& notes) {
  std::vector<std::string> ids;
  for (const CaseFiles& files : dataset.cases) ids.push_back(files.id);
  for (const CaseFailure& failure : dataset.failures) ids.push_back(failure.id);
  std::vector<ClinicalTable> tables;
  try {
    for (const fs::path& file : find_tables(dataset)) {
      try {
        tables.push_back(read_clinical_table(file));
      } catch (const Error& error) {
        notes.push_back(std::string("table not used: ") + error.what());
      }
    }
  } catch (const Error& error) {
    notes.push_back(std::string("tables not looked for: ") + error.what());
  }
  const auto all = covariates_of(tables, ids, notes);
  for (CaseFiles& files : dataset.cases)
    if (const auto found = all.find(files.id); found != all.end()) files.covariates = found->second;
}

}  // namespace trivox
