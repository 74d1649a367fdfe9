#pragma once
#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "transforms/volume.h"

namespace trivox {

/// One DICOM series (one stack of parallel slices), headers read, in ascending order of position
/// along the slice normal.
struct DicomSeries {
  std::filesystem::path folder;
  std::vector<std::filesystem::path> files;  ///< geometric order; grid z runs along it
  Grid grid;                                 ///< RAS+ mm; x along rows, y down columns
  std::string series_uid;
  std::string frame_of_reference_uid;
  std::string description;  ///< SeriesDescription
  std::string modality;
  std::string manufacturer_model;
  std::string transfer_syntax;
  std::optional<double> echo_time_ms, repetition_time_ms, flip_angle_deg, slice_thickness_mm;
  int bits_allocated = 0;
  bool is_signed = false;
  double largest_position_error_mm = 0;  ///< from the fitted, evenly spaced line
  std::vector<std::string> warnings;
};

/// Every series in a folder (not its sub-folders), by SeriesInstanceUID, orientation, echo time and
/// image type. Files that are not DICOM images are listed in `ignored` where given. Reads headers
/// only. Throws Error with the file's path for a file that is DICOM but broken.
[[nodiscard]] std::vector<DicomSeries> scan_dicom_folder(
    const std::filesystem::path& folder, std::vector<std::filesystem::path>* ignored = nullptr);

/// The one series of a folder; throws Error for none, for several that match, for a slice missing
/// in the middle, repeated or drifting positions, differing sizes or orientations.
[[nodiscard]] DicomSeries find_dicom_series(const std::filesystem::path& folder);

/// Voxels of a series, rescale slope and intercept applied, MONOCHROME1 inverted; 1 x D x H x W.
[[nodiscard]] Volume<float> read_dicom_series(const DicomSeries& series);

}  // namespace trivox
