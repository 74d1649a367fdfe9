#pragma once
#include <span>
#include <string>
#include <vector>

#include "loader/clinical/headers.h"
#include "loader/csv.h"

namespace trivox {

/// Which column of a table names the patient: the one whose header says so; where there is none, a counter of
/// rows, a name or a hospital's number, but only where no other column could be: one of these, or one that
/// nothing explains, with a number or code of its own in each row. Where several could, the one of which
/// alone any cell fits one of `case_ids`. What is taken for another reason than its header is in `notes`.
/// Throws Error naming the columns where that leaves none or several. Pure.
[[nodiscard]] size_t patient_column(const CsvTable& table, std::span<const HeaderReading> readings,
                                    std::span<const std::string> case_ids, std::vector<std::string>& notes);

}  // namespace trivox
