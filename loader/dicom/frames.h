#pragma once
#include <string>
#include <vector>

#include "loader/dicom/elements.h"
#include "loader/dicom/file.h"

namespace trivox {

/// Whether the data set has functional groups, which give each frame of a multi-frame image its
/// place (PS3.3, C.7.6.16).
[[nodiscard]] bool has_frame_geometry(const DicomElements& set);

/// The slices that an image holds: one of a classic file, one a frame where functional groups give
/// each its geometry. Throws Error (without path) for several frames without, and for geometry that
/// is absent or makes no sense. What is broken but not needed is left out, and said in `warnings`.
[[nodiscard]] std::vector<DicomFrame> read_frames(const DicomElements& set,
                                                  std::vector<std::string>& warnings);

}  // namespace trivox
