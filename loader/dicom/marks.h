#pragma once
#include <functional>

#include "loader/dicom/elements.h"
#include "loader/dicom/file.h"

namespace trivox {

/// Names of the marks that DimensionIndexValues make, by place.
inline constexpr const char* kDimensionIndexValues[] = {
    "DimensionIndexValues 1", "DimensionIndexValues 2", "DimensionIndexValues 3", "DimensionIndexValues 4",
    "DimensionIndexValues 5", "DimensionIndexValues 6", "DimensionIndexValues 7", "DimensionIndexValues 8"};

/// Fills the marks of a classic slice. What is broken there counts as the text that it is.
void mark_classic(const DicomElements& set, DicomFrame& frame);

/// Fills the marks, the stack and `has_groups` of a frame. `macro` gives the one item of a functional group,
/// or null. Throws Error.
void mark_enhanced(const std::function<const DicomElements*(const DicomAttribute&)>& macro,
                   DicomFrame& frame);

}  // namespace trivox
