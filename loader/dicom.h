#pragma once
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "loader/dicom/file.h"
#include "loader/native_volume.h"
#include "transforms/error.h"
#include "transforms/volume.h"

namespace trivox {

/// A slice of a series: a classic file, or a frame of a multi-frame one.
struct DicomSlice {
  size_t file = 0;   ///< in the series' files
  size_t frame = 0;  ///< from 0, in the file
  DicomFrame header;
};

/// One DICOM series (one stack of parallel slices), headers read, in ascending order of position
/// along the slice normal.
struct DicomSeries {
  std::filesystem::path folder;
  std::vector<std::filesystem::path> files;       ///< each once, in the order of their first slices
  std::vector<DicomFile> headers;                 ///< of the files, in the same order, without frames
  std::vector<DicomSlice> slices;                 ///< geometric order; grid z runs along it
  Grid grid;                                      ///< RAS+ mm; x along rows, y down columns
  std::string series_uid;                         ///< empty where absent
  std::string frame_of_reference_uid, study_uid;  ///< empty where absent
  DicomIdentity identity;                         ///< of all its files that say so
  std::string description;                        ///< SeriesDescription, as UTF-8
  std::string modality;
  std::string manufacturer_model;
  std::string transfer_syntax;  ///< UID
  std::string image_type;       ///< ImageType or FrameType, values parted by backslashes
  std::string part;  ///< what else sets it apart under its UID: stack, moment, b value, acquisition
  std::optional<double> echo_time_ms, repetition_time_ms, flip_angle_deg, slice_thickness_mm;
  int bits_allocated = 0;
  bool is_signed = false;
  double largest_position_error_mm = 0;  ///< from the fitted, evenly spaced line
  /// How far the outermost voxels moved when rounded direction cosines were made orthonormal.
  double orthonormal_mm = 0;
  std::vector<std::string> warnings;  ///< e.g. uneven positions, files that were ignored
  /// Why this is no evenly spaced stack of equal slices; the grid is then undefined.
  std::optional<Fault> fault;
};

/// A file that is no image of a series.
struct IgnoredFile {
  std::filesystem::path path;
  std::string reason;  ///< "not DICOM", "a DICOMDIR", "a secondary capture without a position ..."
};

/// A file that is DICOM (or named as the slices beside it) but broken, truncated or of a kind that
/// is not read. It may be a slice that a series lacks.
struct BrokenFile {
  Fault fault;             ///< with the path
  std::string series_uid;  ///< empty where the file does not say
};

/// What lies in a folder.
struct DicomScan {
  std::filesystem::path folder;
  std::vector<DicomSeries> series;  ///< in the order of their first file's name
  std::vector<IgnoredFile> ignored;
  std::vector<BrokenFile> broken;
};

/// Everything in a folder and its sub-folders (hidden files, such as those that macOS leaves, are
/// passed over): series by SeriesInstanceUID, orientation (cosines within 1e-3), echo time (within .05 ms),
/// image type, StackID, and as part_volumes (loader/dicom/volumes.h) parts volumes under one UID. Reads
/// headers only, so that a compressed file's truncation is found when it is read. Throws Error where the
/// folder itself cannot be read. Thread safe.
[[nodiscard]] DicomScan scan_dicom_folder(const std::filesystem::path& folder);

/// Whether a file that lies in the folder itself begins as DICOM does. Throws likewise.
[[nodiscard]] bool holds_dicom_files(const std::filesystem::path& folder);

/// Voxels of a series, rescale slope and intercept applied, MONOCHROME1 inverted; 1 x D x H x W.
/// With `philips_scaling` Philips' own floating-point values instead, (stored * RS + RI) / (RS * SS);
/// Error where a slice does not give ScaleSlope. Real world value mappings are not applied. What
/// only the voxels tell is added to `warnings`, or logged without it. Throws Error with the file's path.
/// Thread safe.
[[nodiscard]] Volume<float> read_dicom_series(const DicomSeries& series, bool philips_scaling = false,
                                              std::vector<std::string>* warnings = nullptr);

/// The same voxels as they are stored, with the slope and intercept that all slices share; as float,
/// scaled, where slices differ in type or scaling.
[[nodiscard]] NativeVolume read_dicom_native(const DicomSeries& series, bool philips_scaling = false,
                                             std::vector<std::string>* warnings = nullptr);

/// The series in the bytes of one file, whole, as scan_dicom_folder finds them; none where it is no image.
/// Throws Error (without path). Pure; thread safe.
[[nodiscard]] std::vector<DicomSeries> parse_dicom_series(std::span<const std::byte> bytes);
/// The voxels of one of them, as read_dicom_series reads them. Pure but for the log; thread safe.
[[nodiscard]] Volume<float> decode_dicom_series(std::span<const std::byte> bytes, const DicomSeries& series,
                                                std::vector<std::string>* warnings = nullptr);

}  // namespace trivox
