#pragma once
#include <vector>

#include "loader/dicom.h"

namespace trivox {

/// Sets the fault of each series that has frames of an image which is split over several files
/// (ConcatenationUID) of which not all are there: by InConcatenationNumber and InConcatenationTotalNumber,
/// and by the frames before each that ConcatenationFrameOffsetNumber says. A slice at an end that lacks
/// leaves no gap to tell it by.
void check_concatenations(std::vector<DicomSeries>& all);

}  // namespace trivox
