#pragma once
#include <optional>
#include <vector>

#include "loader/dicom.h"

// Stacks of one SeriesInstanceUID that are parts of one after all, or one twice. Internal to loader/.
namespace trivox {

/// Parts a stack that holds the same image (SOPInstanceUID) in several folders into such that hold it once,
/// by these folders: a series that was exported twice is two to choose from.
void part_copies(std::vector<DicomSeries>& all);

/// Slices without EchoTime join the one stack of their series, type and orientation that has one and none of
/// their positions, with a warning: a value that is absent or broken is not another echo.
void join_slices_without_echo(std::vector<DicomSeries>& all);

/// Slices that lie as if they were the chosen stack's and are not in it.
struct SlicesLeftOut {
  std::optional<Fault> fault;          ///< they are, as far as can be told; with the folder's path
  std::optional<std::string> warning;  ///< they may be
};

/// Whether the stack `chosen` is not all of its series: another one of the same SeriesInstanceUID and
/// nearly its orientation fills it or goes on where it ends, and repeats none of its positions but with the
/// same images. A fault where they have its orientation, description, part and, to a twentieth, EchoTime and
/// RepetitionTime; a warning where not.
[[nodiscard]] SlicesLeftOut slices_left_out(const DicomScan& scan, size_t chosen);

}  // namespace trivox
