#pragma once
#include <string>
#include <vector>

#include "loader/dicom/elements.h"

namespace trivox {

/// Whose image it is, as XXH3 in hex of what the header says: to be compared within a run, never stored or
/// shown. Empty where it is blank. Letter case, padding and what parts the words (ZHANG^SAN) do not count.
struct DicomIdentity {
  std::string name;         ///< PatientName
  std::string id;           ///< PatientID: NPC-001 is NPC_001 and NPC001, 00123 is 123
  std::string id_digits;    ///< the same where digits are parted from digits: 1-23 is 1_23, not 12-3
  std::string birth_date;   ///< PatientBirthDate: 1950.1.11 is 19500111
  std::string sex;          ///< PatientSex
  std::string name_number;  ///< PatientName where it is a whole number: without leading zeros
};

[[nodiscard]] DicomIdentity dicom_identity(const DicomElements& set);

/// The hash of a whole number as `name_number` has it; empty where `text` is none.
[[nodiscard]] std::string number_hash(const std::string& text);

/// Names of the attributes, blank in neither, in which two differ: then they are two patients, or
/// nobody can tell that they are one.
[[nodiscard]] std::vector<std::string> differences(const DicomIdentity& a, const DicomIdentity& b);

}  // namespace trivox
