#pragma once
#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "loader/dicom_file.h"
#include "transforms/error.h"
#include "transforms/volume.h"

namespace trivox {

/// One DICOM series (one stack of parallel slices), headers read, in ascending order of position
/// along the slice normal.
struct DicomSeries {
  std::filesystem::path folder;
  std::vector<std::filesystem::path> files;  ///< geometric order; grid z runs along it
  std::vector<DicomFile> headers;            ///< of the files, in the same order
  Grid grid;                                 ///< RAS+ mm; x along rows, y down columns
  std::string series_uid;
  std::string frame_of_reference_uid;
  std::string description;  ///< SeriesDescription
  std::string modality;
  std::string manufacturer_model;
  std::string transfer_syntax;  ///< UID
  std::optional<double> echo_time_ms, repetition_time_ms, flip_angle_deg, slice_thickness_mm;
  int bits_allocated = 0;
  bool is_signed = false;
  double largest_position_error_mm = 0;  ///< from the fitted, evenly spaced line
  std::vector<std::string> warnings;     ///< e.g. uneven positions, files that were ignored
  /// Why this is no evenly spaced stack of equal slices; the grid is then undefined.
  std::optional<Fault> fault;
};

/// Every series in a folder (not its sub-folders; hidden files, such as those that macOS leaves, are
/// passed over), by SeriesInstanceUID, orientation (cosines
/// within 1e-3), echo time and image type, in the order of their first file's name. Files that are
/// not DICOM images are listed in `ignored` where given. Reads headers only. Throws Error with the
/// file's path for a file that is DICOM (or named .dcm) but broken, truncated or of a kind that is
/// not read; what is wrong between the files of one series is its `fault`. Thread safe.
[[nodiscard]] std::vector<DicomSeries> scan_dicom_folder(
    const std::filesystem::path& folder, std::vector<std::filesystem::path>* ignored = nullptr);

/// The one series of a folder; throws Error for none, for several that match, for a slice missing
/// in the middle, repeated, uneven or drifting positions, differing sizes or orientations.
[[nodiscard]] DicomSeries find_dicom_series(const std::filesystem::path& folder);

/// Voxels of a series, rescale slope and intercept applied, MONOCHROME1 inverted; 1 x D x H x W.
/// Throws Error with the file's path. Thread safe.
[[nodiscard]] Volume<float> read_dicom_series(const DicomSeries& series);

}  // namespace trivox
