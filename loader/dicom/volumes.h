#pragma once
#include <string>
#include <vector>

#include "loader/dicom.h"

namespace trivox {

/// The volumes in a stack of slices of one SeriesInstanceUID, orientation, echo time and image type, the
/// slices in any order. Parted are
/// - moments and diffusion weights (TemporalPositionIdentifier or -Index, DiffusionBValue and its direction);
/// - sequences under one UID (SeriesDescription, SeriesNumber, Modality, RepetitionTime and FlipAngle that
///   are not close), where two slices or more are alike;
/// - what is left with several slices in one place by the first other attribute (of cardiac phase, inversion,
///   echo, acquisition, dimension) that parts it into sets which all have the same places, each once.
/// But where no two slices have one place they stay together, with a warning, if each has a moment of its
/// own, or one alone another sequence; or if all are one evenly spaced stack and differ in a moment, in
/// RepetitionTime (triggered scans) or in that some lack an attribute.
/// Fills `part` with what parts them and has no key of its own in a rule.
[[nodiscard]] std::vector<DicomSeries> part_volumes(DicomSeries stack);

/// In which attributes two slices differ, with both values; empty where none that is read does.
[[nodiscard]] std::string slice_differences(const DicomSeries& series, const DicomSlice& a,
                                            const DicomSlice& b);

}  // namespace trivox
