#pragma once
#include <map>
#include <string>
#include <vector>

#include "loader/nifti.h"
#include "loader/options.h"
#include "transforms/volume.h"

namespace trivox {

/// The rule of `resolve_mask` (loader/patient.h) on an image in memory. Pure; throws Error without
/// path; what was repaired or assumed is said in `warnings`.
[[nodiscard]] Volume<uint8_t> place_mask(const NiftiImage& mask, const Grid& series_grid,
                                         const DatasetOptions& options,
                                         std::vector<std::string>& warnings);

/// The values alone, on the mask's own lattice: label values as the options name them.
[[nodiscard]] Volume<uint8_t> mask_values(const Volume<float>& mask,
                                          const std::map<int, std::string>& labels,
                                          std::vector<std::string>& warnings);

}  // namespace trivox
