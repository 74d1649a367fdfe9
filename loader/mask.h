#pragma once
#include <map>
#include <string>
#include <vector>

#include "loader/nifti.h"
#include "loader/options.h"
#include "transforms/volume.h"

namespace trivox {

/// What is made of a mask that holds fractions: cut at half its maximum, or refused, since fractions of a
/// prediction are probabilities, and half of a small one is no finding.
enum class SoftMask { kCut, kRefuse };

/// How a mask's lattice lies to that of its series: the same place, the same lattice with its axes
/// permuted or reversed, or taken to lie on it because the configuration says so.
struct MaskPlace {
  AxisMap map;                  ///< mask's lattice to the series'
  double distance_mm = 0;       ///< largest between corresponding corners, axes reordered; 0 if asserted
  bool asserted = false;        ///< by assert_mask_grid; the mask holds no geometry
  std::string geometry_source;  ///< which form of the mask's header decided
};

/// Decides by both headers alone, voxels are not looked at. Pure; throws Error without path where the
/// mask holds no geometry, lies elsewhere, or fits its series in several ways; that calls the image of
/// `series_grid` what `series` says.
[[nodiscard]] MaskPlace find_mask_place(const NiftiHeader& mask, const Grid& series_grid,
                                        const DatasetOptions& options,
                                        const std::string& series = "its series");

/// "in the same place as its series (corners within 0.000 mm, qform)", for people.
[[nodiscard]] std::string describe_mask_place(const MaskPlace& place);

/// The rule of `resolve_mask` (loader/patient.h) on an image in memory. Pure; throws Error without
/// path; what was repaired or assumed is said in `warnings`.
[[nodiscard]] Volume<uint8_t> place_mask(const NiftiNative& mask, const Grid& series_grid,
                                         const DatasetOptions& options, std::vector<std::string>& warnings,
                                         SoftMask soft = SoftMask::kCut);

/// The values alone, on the mask's own lattice: label values as the options name them. Whole numbers
/// are compared as stored, none rounded: 16777216 and 16777217 are two labels.
[[nodiscard]] Volume<uint8_t> mask_values(const NativeVolume& mask, const std::map<int, std::string>& labels,
                                          std::vector<std::string>& warnings, SoftMask soft = SoftMask::kCut);

}  // namespace trivox
