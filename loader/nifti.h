#pragma once
#include <array>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loader/native_volume.h"
#include "transforms/volume.h"

namespace trivox {

/// What a NIfTI-1 or -2 header says, checked.
struct NiftiHeader {
  Grid grid;
  int64_t channels = 1;        ///< product of the 4th and 5th dimension
  std::vector<int64_t> shape;  ///< sizes of all its dimensions, x first
  std::array<double, 4> further_steps = {1, 1, 1,
                                         1};  ///< pixdim[4] to [7]; 1 where there is no such dimension
  int time_unit = 0;                          ///< xyzt_units without the unit of space
  std::string description;                    ///< descrip: free text, such as the program that wrote it
  std::string datatype;                       ///< "uint8", "int16", "float32", ...
  double slope = 1, intercept = 0;            ///< scl_slope, scl_inter: value = stored * slope + intercept
  bool has_geometry = true;                   ///< false where qform_code and sform_code are both 0
  std::string geometry_source;                ///< "qform", "sform", "both agree", "none"
  std::vector<std::string> warnings;
};

/// A NIfTI image as read, values scaled.
struct NiftiImage {
  Volume<float> volume;
  bool has_geometry = true;
  std::string geometry_source;
  std::string datatype;
  std::vector<std::string> warnings;
};

/// A NIfTI image as stored: every bit of its integers of 32 and 64 bits and of its doubles is kept.
struct NiftiNative {
  NiftiHeader header;
  NativeVolume volume;
};

/// When sform and qform are both set and lie more than .2 mm apart.
enum class NiftiForm { kRefuse, kQform, kSform };

/// Parses an uncompressed .nii in memory. Sizes are checked against `bytes` before anything is
/// allocated. Read are NIfTI-1 and -2 in one file, of either byte order, of whole numbers of 8 to 64
/// bits, float32 and float64; refused are .hdr/.img pairs, ANALYZE 7.5, complex and colour, and a
/// header that tools read differently. Throws Error (without path) naming the header field. Thread
/// safe.
[[nodiscard]] NiftiImage parse_nifti(std::span<const std::byte> bytes, NiftiForm form = NiftiForm::kRefuse);
[[nodiscard]] NiftiNative parse_nifti_native(std::span<const std::byte> bytes,
                                             NiftiForm form = NiftiForm::kRefuse);
/// The header alone; `bytes` are at least its own 348 or 540.
[[nodiscard]] NiftiHeader parse_nifti_header(std::span<const std::byte> bytes,
                                             NiftiForm form = NiftiForm::kRefuse);

/// Whether the first bytes of a file are those of a gzip stream or of a NIfTI header in either byte
/// order, as the .hdr of a pair has one too.
[[nodiscard]] bool may_be_nifti(std::span<const std::byte> bytes);

/// Name of the type that an image is stored in: "int16", "float32", ... Thread safe.
[[nodiscard]] std::string datatype_name(const NativeVolume& volume);

/// Throws Error with the path where a file, by its name and the header beside it, is the .img of an .hdr/.img
/// pair, which is not read: it holds voxels alone, so that its content tells nothing. Thread safe.
void refuse_image_of_pair(const std::filesystem::path& path);

/// Reads .nii or .nii.gz (by content, not by name).
[[nodiscard]] NiftiImage read_nifti(const std::filesystem::path& path, NiftiForm form = NiftiForm::kRefuse);
[[nodiscard]] NiftiNative read_nifti_native(const std::filesystem::path& path,
                                            NiftiForm form = NiftiForm::kRefuse);
/// The header alone, from the first 64 KiB of the file: for lists of many files. Whether the voxels
/// are all there is not looked at.
[[nodiscard]] NiftiHeader read_nifti_header(const std::filesystem::path& path,
                                            NiftiForm form = NiftiForm::kRefuse);

/// Which forms a written header carries.
enum class NiftiWriteForm {
  kBoth,       ///< sform exact to float32; qform where it errs by less than .05 mm, else its code is 0
  kQformOnly,  ///< as ITK-SNAP 3.6 writes: qform_code 1, sform_code 0, srow all zero
};

/// Whether what is written of a grid has a qform: it holds no shear, and programs that need one cannot open
/// a file that has an sform alone.
[[nodiscard]] bool fits_qform(const Grid& grid);

/// Writes NIfTI-1, or NIfTI-2 where a size is beyond NIfTI-1's 32767; gzip-compressed where the name
/// ends in .gz; temporary name, synced, renamed. The same bytes for the same input (no time stamp in
/// the gzip header). Throws Error.
void write_nifti(const std::filesystem::path& path, const Volume<float>& volume,
                 NiftiWriteForm form = NiftiWriteForm::kBoth);
void write_nifti(const std::filesystem::path& path, const Volume<uint8_t>& volume,
                 NiftiWriteForm form = NiftiWriteForm::kBoth);
/// In its own type and shape, with its scaling (as float32 in NIfTI-1); of `description` as many bytes as
/// descrip holds, 79.
void write_nifti(const std::filesystem::path& path, const NativeVolume& volume,
                 NiftiWriteForm form = NiftiWriteForm::kBoth, std::string_view description = {});

}  // namespace trivox
