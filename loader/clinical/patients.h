#pragma once
#include <map>
#include <span>
#include <string>
#include <vector>

namespace trivox {

/// Which rows belong to which case.
struct PatientMatch {
  std::map<std::string, std::string> case_of;  ///< a patient cell to a case's id
  std::vector<std::string> by_number;          ///< patient cells that match by their number alone
  std::vector<std::string> without_case;       ///< patient cells that no case has
  std::vector<std::string> without_row;        ///< cases that the table lacks
  std::vector<std::string> notes;
};

/// Which of a table's patients is which case. By the same text in NFC first; of what is left, by the number
/// at the end ("001", "1", "1.0") where what stands before it agrees, letters' case, separators and zeros
/// aside
/// ("NPC-001" and "npc1", not "HC001"), or where all numbered names of one side are bare numbers and those of
/// the other share what stands before. Of those that agree only one on either side may have the number, those
/// that match by text counted. A table that counts from 0 and folders that count from 1 fit nowhere: which
/// row is whose cannot be told then, and nothing is matched by number. Pure.
[[nodiscard]] PatientMatch match_names(std::span<const std::string> patients,
                                       std::span<const std::string> case_ids);

}  // namespace trivox
