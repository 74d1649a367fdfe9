#pragma once
#include <map>
#include <span>
#include <string>
#include <vector>

#include "loader/clinical/tables.h"
#include "loader/dataset.h"

namespace trivox {

/// The tables that lie beside a dataset: every .csv and .tsv in its `table_folders`, by name, but
/// `cases.csv`, the dataset's own list and, which is noted, others that list cases (`lists_cases`). Their
/// texts are decoded as `encoding` says. Throws Error where a folder cannot be listed.
[[nodiscard]] std::vector<std::filesystem::path> find_tables(const Dataset& dataset,
                                                             std::vector<std::string>& notes,
                                                             std::string_view encoding = "auto");

/// .csv and .tsv, whatever the case, but `cases.csv`, which lists a dataset itself.
[[nodiscard]] bool is_table_name(const std::filesystem::path& file);

/// What the tables say of each case, by its id: age, sex, stages, markers, survival, measures, scanner.
/// A bound ("<400", "60+") is a text, "<400" or ">=60" in the column's unit. Not taken: texts that nothing
/// explains, free diagnoses, whatever names a person; and, which is noted, cells that were not understood,
/// and of a patient with two rows all of that table.
[[nodiscard]] std::map<std::string, std::vector<Covariate>> covariates_of(
    std::span<const ClinicalTable> tables, std::span<const std::string> case_ids,
    std::vector<std::string>& notes);

/// Puts the covariates of the dataset's tables into its cases. What cannot be used of them is noted, without
/// paths or the cells' texts, and keeps no case from being read.
void add_covariates(Dataset& dataset, std::vector<std::string>& notes, std::string_view encoding = "auto");

}  // namespace trivox
