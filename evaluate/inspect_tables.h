#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "loader/clinical/tables.h"
#include "loader/dataset.h"

namespace trivox {

/// What the cells of one column say, together; of a table with a row for each sequence, one a sequence.
struct ColumnSummary {
  size_t column = 0;                                          ///< index into ClinicalTable::columns
  std::string sequence;                                       ///< of the rows that count; empty: all
  size_t numbers = 0, missing = 0, unparsed = 0, bounds = 0;  ///< bounds: "<400", in no median
  double median = 0, least = 0, largest = 0;                  ///< of the numbers; 0 where there are none
  std::vector<std::pair<std::string, size_t>> texts;          ///< how often each, by text
};

/// A .csv or .tsv that lies beside a dataset.
struct TableFinding {
  std::filesystem::path path;
  std::optional<Fault> fault;  ///< why it cannot be used; nothing below is known then
  ClinicalTable table;
  std::optional<PatientMatch> match;  ///< absent where the table is looked at alone
  std::vector<ColumnSummary> summaries;
};

/// One file, whose text is decoded as `encoding` (dataset.text_encoding) says, beside the cases that are
/// known. Never throws for its content.
[[nodiscard]] TableFinding inspect_table(const std::filesystem::path& file,
                                         std::string_view encoding = "auto",
                                         std::span<const std::string> case_ids = {});

/// Reads every table of `find_tables` (loader/clinical/covariates.h). Never throws for their content.
[[nodiscard]] std::vector<TableFinding> inspect_tables(const Dataset& dataset,
                                                       std::vector<std::string>& notes,
                                                       std::string_view encoding = "auto");

/// Medians and counts of each column that is understood and names no patient. Thread safe.
[[nodiscard]] std::vector<ColumnSummary> summarise_table(const ClinicalTable& table);

/// For a terminal, for programs, for a page; the first and last are empty where there is no table.
[[nodiscard]] std::string tables_text(std::span<const TableFinding> tables);
[[nodiscard]] nlohmann::ordered_json tables_json(std::span<const TableFinding> tables);
[[nodiscard]] std::string tables_html(std::span<const TableFinding> tables);

}  // namespace trivox
