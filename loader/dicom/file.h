#pragma once
#include <Eigen/Dense>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "loader/dicom/identity.h"

namespace trivox {

/// How an image's voxels are stored.
struct DicomPixels {
  int bits_allocated = 16;  ///< 8, 16 or 32
  int bits_stored = 16;
  int high_bit = 15;
  bool is_signed = false;
  uint32_t overlay_bits = 0;    ///< of a word, outside the value, where group 60xx says that an overlay lies
  bool is_monochrome1 = false;  ///< the least value is white
  bool is_big_endian = false;
  bool is_compressed = false;  ///< in fragments that GDCM decodes
  bool is_deflated = false;    ///< with the whole data set
  uint64_t offset = 0;         ///< of PixelData's value in the file, once inflated
  /// ExtendedOffsetTable: where each frame's fragments begin; null where there is none.
  std::shared_ptr<const std::vector<uint64_t>> offset_table;
  size_t frames = 1;  ///< in PixelData
};

/// What may set a slice apart from another in the same place: a moment, a diffusion weight, an acquisition.
struct DicomMark {
  const char* attribute;
  std::string value;
};

/// One slice: a classic file's image, or a frame of a multi-frame one.
struct DicomFrame {
  Eigen::Vector3d position_mm = Eigen::Vector3d::Zero();        ///< LPS, centre of the first voxel
  Eigen::Vector3d row_direction = Eigen::Vector3d::UnitX();     ///< LPS, along which x grows
  Eigen::Vector3d column_direction = Eigen::Vector3d::UnitY();  ///< LPS, along which y grows
  bool has_coarse_cosines = false;                              ///< of two decimals, not all whole
  double column_spacing_mm = 0;                                 ///< between columns: along a row
  double row_spacing_mm = 0;                                    ///< between rows: down a column
  double slope = 1, intercept = 0;                              ///< RescaleSlope, RescaleIntercept
  bool has_slope = false, has_intercept = false;                ///< whether they are there
  /// Philips' own ScaleSlope, where the file has it: value = (rescaled value) / (slope * this).
  std::optional<double> philips_slope;
  std::optional<double> echo_time_ms, repetition_time_ms, flip_angle_deg, slice_thickness_mm;
  std::optional<double> spacing_between_slices_mm;  ///< as the header has it, which may be wrong
  std::string image_type;        ///< values parted by backslashes; of a frame its FrameType
  std::string part;              ///< the stack that a multi-frame file names, as text
  std::vector<DicomMark> marks;  ///< those that are there
  bool has_groups = false;       ///< functional groups describe it
};

/// What trivox takes from the header of an image. What identifies a person is kept as hashes alone.
struct DicomFile {
  std::string series_uid;  ///< empty where absent
  std::string study_uid, instance_uid, frame_of_reference_uid;
  std::string description, series_number, modality, manufacturer_model;
  DicomIdentity identity;
  std::string transfer_syntax;  ///< UID
  int64_t columns = 0, rows = 0;
  DicomPixels pixels;
  std::optional<int64_t> instance_number;
  /// An image may be split over several files (PS3.3, C.7.6.16.2.2.4): which of how many this is, from 1, and
  /// how many frames are in those before it. The UID is empty where it is whole.
  std::string concatenation_uid;
  std::optional<int64_t> part_number, part_count, part_offset;
  std::vector<DicomFrame> frames;  ///< one of a classic file
  std::vector<std::string> warnings;
};

/// What the first bytes of a file say.
struct DicomHead {
  std::optional<DicomFile> file;  ///< the header of an image
  std::string ignored;            ///< why the file is no image of a series, e.g. "a DICOMDIR"
  bool is_dicom = false;          ///< also of one that is ignored
  uint64_t needs = 0;             ///< how many bytes must be given to tell; 0: these were enough
};

/// Reads the first bytes of a file of `file_size`. Throws Error (without path) for an image that is
/// truncated, broken or of a kind that is not read: multi-frame without geometry for each frame,
/// mosaic, colour. `series_uid`, where given, is filled also then, once it is known. That the
/// fragments of compressed pixels are whole is looked at only where all of the file is given.
/// Pure; thread safe.
[[nodiscard]] DicomHead parse_dicom_head(std::span<const std::byte> head, uint64_t file_size,
                                         std::string* series_uid = nullptr);

}  // namespace trivox
