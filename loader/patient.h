#pragma once
#include <optional>
#include <string>
#include <vector>

#include "loader/dataset.h"
#include "loader/mask.h"
#include "loader/nifti.h"
#include "loader/patient_identity.h"
#include "transforms/volume.h"

namespace trivox {

/// One sequence of a patient on its own grid.
struct Sequence {
  std::string name;
  Volume<float> image;                  ///< 1 x D x H x W, rescaled units
  std::optional<Volume<uint8_t>> mask;  ///< 1 x D x H x W on image.grid, label values
  std::vector<std::string> files;       ///< relative to the case's folder, geometric order
  std::string series_uid_hash;          ///< XXH3 hex; empty for NIfTI
  std::string middle_slice_hash;        ///< XXH3 hex of the middle slice's values; empty: constant
  SequenceIdentity identity;            ///< its UIDs hashed; not stored with the sample
  std::vector<std::string> warnings;    ///< what was repaired or looks odd, with the reason
};

struct Patient {
  std::string id;
  std::vector<Sequence> sequences;
};

/// What options.nifti_form says about a file whose two forms lie apart.
[[nodiscard]] NiftiForm nifti_form(const DatasetOptions& options);

/// Throws Error where a voxel is not finite.
void check_finite(const Volume<float>& image);

/// Throws Error where an image cannot be one of `channels` channels of a case: several volumes, or no
/// geometry to align several channels by.
void check_channel(int64_t volumes, bool has_geometry, size_t channels);

/// A mask on the grid of its series by trivox's rule: in the same place (corners within .2 mm) as
/// it is, the series' geometry taken; on the same lattice under permuted or reversed axes
/// reordered, and said so in `warnings`; else Error with both grids. Values: one integer besides 0
/// is foreground whatever it is; several need `labels`; soft masks (fractions) are cut at half
/// their maximum and said so, or refused as `soft` says; NaN is refused.
[[nodiscard]] Volume<uint8_t> resolve_mask(const std::filesystem::path& mask_path, const Grid& series_grid,
                                           const DatasetOptions& options, std::vector<std::string>& warnings,
                                           SoftMask soft = SoftMask::kCut);

/// Reads all sequences and masks of a case. Throws Error with path and context: also where two
/// sequences hold one image, or their headers name two patients (`options.patient_identity`).
[[nodiscard]] Patient read_patient(const CaseFiles& files, const DatasetOptions& options);

/// Reads one channel; what `read_patient` does for each.
[[nodiscard]] Sequence read_sequence(const CaseFiles& files, const ChannelFiles& channel,
                                     const DatasetOptions& options);

}  // namespace trivox
