#pragma once
#include <string>

namespace trivox {

/// A text of a DICOM file as UTF-8: as it is where it is valid UTF-8 already, else by the file's
/// SpecificCharacterSet (values parted by backslashes), else with '?' for what is not ASCII. Pure;
/// thread safe.
[[nodiscard]] std::string to_utf8(const std::string& text, const std::string& character_set);

}  // namespace trivox
