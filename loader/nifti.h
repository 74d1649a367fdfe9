#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "transforms/volume.h"

namespace trivox {

/// A NIfTI-1 or -2 image as read: values scaled (scl_slope, scl_inter), channels for the 4th and
/// 5th dimension.
struct NiftiImage {
  Volume<float> volume;
  bool has_geometry = true;     ///< false where qform_code and sform_code are both 0
  std::string geometry_source;  ///< "qform", "sform", "both agree", "none"
  std::string datatype;         ///< "uint8", "int16", "float32", ...
  std::vector<std::string> warnings;
};

/// When sform and qform are both set and lie more than .2 mm apart.
enum class NiftiForm { kRefuse, kQform, kSform };

/// Parses an uncompressed .nii in memory. Sizes are checked against `bytes` before anything is
/// allocated. Throws Error (without path) naming the header field. Thread safe.
[[nodiscard]] NiftiImage parse_nifti(std::span<const std::byte> bytes,
                                     NiftiForm form = NiftiForm::kRefuse);

/// Reads .nii or .nii.gz (by content, not by name).
[[nodiscard]] NiftiImage read_nifti(const std::filesystem::path& path,
                                    NiftiForm form = NiftiForm::kRefuse);

/// Which forms a written header carries.
enum class NiftiWriteForm {
  kBoth,  ///< sform exact to float32; qform where it errs by less than .05 mm, else its code is 0
  kQformOnly,  ///< as ITK-SNAP 3.6 writes: qform_code 1, sform_code 0, srow all zero
};

/// Writes NIfTI-1, gzip-compressed where the name ends in .gz; temporary name, synced, renamed.
/// The same bytes for the same input (no time stamp in the gzip header). Throws Error.
void write_nifti(const std::filesystem::path& path, const Volume<float>& volume,
                 NiftiWriteForm form = NiftiWriteForm::kBoth);
void write_nifti(const std::filesystem::path& path, const Volume<uint8_t>& volume,
                 NiftiWriteForm form = NiftiWriteForm::kBoth);

}  // namespace trivox
