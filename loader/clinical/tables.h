#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "loader/clinical/patients.h"
#include "loader/clinical/values.h"
#include "loader/csv.h"
#include "transforms/error.h"

namespace trivox {

/// A column as it was understood, in the order of the file.
struct TableColumn {
  size_t index = 0;                   ///< in the file, from 0
  std::string header;                 ///< as it is there
  const MeaningInfo* info = nullptr;  ///< null: not understood; its cells are kept as texts
  std::string sequence;    ///< "T1WI" where the header names one: a row a patient, a column a sequence
  std::string unit;        ///< of `number`s: "mm3", "mm2", "mm", "years", "months", "T"; "unknown"; ""
  std::string found_unit;  ///< as the file has it, "cm^3"; empty: it names none
  bool hidden = false;     ///< names a person: its cells are not read
};

struct TableRecord {
  std::string patient;             ///< the cell, spaces aside, in NFC
  std::string sequence;            ///< "T1WI" where the table has a row for each; else empty
  size_t row = 0;                  ///< as a spreadsheet counts
  std::vector<TableValue> values;  ///< one a column
  bool twice = false;              ///< another row is of the same patient and sequence: neither is taken
  bool counts = true;              ///< false: of none of the known sequences, in a table with a row for each
};

/// A cell that its column's meaning does not explain.
struct UnparsedCell {
  size_t row = 0, column = 0;  ///< as a spreadsheet counts, both from 1
  std::string header, text, expected;
  [[nodiscard]] std::string message() const;  ///< `row 3, column 2 "Age" is 'x', expected a number`
};

/// A table about patients: what info_diagnoses.csv, morphological_parameters.csv, meta_data.csv and
/// their like hold. Nothing of it is dropped: each cell is parsed, missing or in `unparsed`.
struct ClinicalTable {
  std::filesystem::path path;
  std::string encoding;
  char separator = ',';
  std::vector<TableColumn> columns;
  size_t patient_column = 0;
  std::optional<size_t> sequence_column;
  std::vector<TableRecord> records;    ///< in the order of the file
  std::vector<UnparsedCell> unparsed;  ///< by row, then column
  std::vector<std::string> notes;      ///< what was left out or assumed, and why
  std::vector<Fault> faults;  ///< rows that contradict each other; their values are in `records` still
  [[nodiscard]] const TableColumn* column(Meaning meaning, std::string_view sequence = {}) const;
};

/// Understands a table by its headers' meanings (loader/clinical/headers.h, docs/tables.md). Columns
/// that nothing explains are kept as texts. Rows that sum up others ("Total") are left out, which `notes`
/// say, and so do columns of one meaning, which are kept as texts. Two rows of one patient (and sequence) are
/// a fault. Throws Error where no column names the patient, or where two may (`patient_column`): `case_ids`,
/// the folders' names where they are known, may tell. Pure and thread safe.
[[nodiscard]] ClinicalTable understand_table(const CsvTable& table,
                                             std::span<const std::string> case_ids = {});

/// The same on a file, whose text is decoded as `encoding` says. Throws Error with path.
[[nodiscard]] ClinicalTable read_clinical_table(const std::filesystem::path& path,
                                                std::string_view encoding = "auto",
                                                std::span<const std::string> case_ids = {});

/// The patients of a table's rows (`match_names`). Pure.
[[nodiscard]] PatientMatch match_patients(const ClinicalTable& table, std::span<const std::string> case_ids);

}  // namespace trivox
