#pragma once
#include <string>

namespace trivox {

/// A text of a DICOM file as UTF-8: by its escape sequences of ISO 2022 where it has some, as it is where
/// it is valid UTF-8 already, else by the file's SpecificCharacterSet (values parted by backslashes), else
/// with '?' for what is not ASCII. Control characters become '?': a terminal would obey them. Pure;
/// thread safe.
[[nodiscard]] std::string to_utf8(const std::string& text, const std::string& character_set);

}  // namespace trivox
