#pragma once
#include <span>

#include "loader/dicom/file.h"

namespace trivox {

/// Some converters count frames or places where StackID belongs. Takes it from the frames of one series where
/// each value has one place, and these are three or more that lie evenly in one orientation, no further apart
/// than thrice SliceThickness: then they are one stack. Whether it did. Thread safe for different frames.
bool forget_counted_stacks(std::span<DicomFrame* const> frames);

}  // namespace trivox
