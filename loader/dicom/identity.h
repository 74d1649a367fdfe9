#pragma once
#include <string>
#include <vector>

#include "loader/dicom/elements.h"

namespace trivox {

/// Whose image it is, as XXH3 in hex of what the header says: to be compared within a run, never
/// stored or shown. Empty where the header leaves it blank.
struct DicomIdentity {
  std::string name;         ///< PatientName; neither letter case nor padding counts
  std::string id;           ///< PatientID
  std::string birth_date;   ///< PatientBirthDate
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
