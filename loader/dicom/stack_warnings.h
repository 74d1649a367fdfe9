#pragma once
#include "loader/dicom.h"

// What a stack of slices that can be read leaves in doubt: each function adds to the series' warnings.
// Thread-safe for different series.
namespace trivox {

/// MONOCHROME1.
void warn_of_inverted(DicomSeries& series);

/// Echo times that differ by more than the digits in which they are written.
void warn_of_echoes(DicomSeries& series);

/// What several files say in the same words is said once.
void gather_file_warnings(DicomSeries& series);

/// Of a sorted stack: every other slice is missing, as SpacingBetweenSlices and InstanceNumber agree.
/// `gap_mm`: between slices, along their normal.
void warn_of_half(DicomSeries& series, double gap_mm);

/// Of a sorted stack: it may be two acquisitions under one UID, moved by half a gap.
void warn_of_interleaved(DicomSeries& series, double gap_mm);

}  // namespace trivox
