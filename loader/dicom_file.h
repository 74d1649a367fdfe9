#pragma once
#include <Eigen/Dense>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace trivox {

/// How an image's voxels are stored.
struct DicomPixels {
  int bits_allocated = 16;  ///< 8 or 16
  int bits_stored = 16;
  int high_bit = 15;
  bool is_signed = false;
  bool is_monochrome1 = false;  ///< the least value is white
  bool is_big_endian = false;
  double slope = 1, intercept = 0;  ///< RescaleSlope, RescaleIntercept
  bool is_compressed = false;       ///< in fragments that GDCM decodes
  bool is_deflated = false;         ///< with the whole data set
  size_t offset = 0;                ///< of PixelData's value in the file, once inflated
};

/// What trivox takes from the header of one classic, single-frame image. Nothing that identifies
/// a person is read.
struct DicomFile {
  std::string series_uid, frame_of_reference_uid, description, modality, manufacturer_model;
  std::string image_type;       ///< values parted by backslashes
  std::string transfer_syntax;  ///< UID
  std::optional<double> echo_time_ms, repetition_time_ms, flip_angle_deg, slice_thickness_mm;
  int64_t columns = 0, rows = 0;
  double column_spacing_mm = 0;                                 ///< between columns: along a row
  double row_spacing_mm = 0;                                    ///< between rows: down a column
  Eigen::Vector3d position_mm = Eigen::Vector3d::Zero();        ///< LPS, centre of the first voxel
  Eigen::Vector3d row_direction = Eigen::Vector3d::UnitX();     ///< LPS, along which x grows
  Eigen::Vector3d column_direction = Eigen::Vector3d::UnitY();  ///< LPS, along which y grows
  DicomPixels pixels;
  std::vector<std::string> warnings;
};

/// The header in a file's bytes, or nothing where they are no DICOM image (no DICOM mark and no
/// element of group 0002 or 0008 at the start, or another object than an image with a position in
/// space). Throws Error (without path) for one that is truncated, broken, or of a kind that is not
/// read: enhanced multi-frame, mosaic, colour. Pure; thread safe.
[[nodiscard]] std::optional<DicomFile> parse_dicom(std::span<const std::byte> bytes);

/// The voxels of the same bytes, rows x columns, row by row, rescaled, MONOCHROME1 inverted.
/// Throws Error (without path).
void decode_dicom(std::span<const std::byte> bytes, const DicomFile& header, std::span<float> out);

}  // namespace trivox
