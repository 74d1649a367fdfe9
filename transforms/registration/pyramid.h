#pragma once
#include <array>
#include <cstdint>

#include "transforms/volume.h"

namespace trivox {

/// How many voxels along x, y, z become one, so that none grows beyond `spacing_mm`: thick slices stay as
/// they are while the plane shrinks. At least 1 each; no axis is left with fewer than 4 voxels by it.
[[nodiscard]] std::array<int64_t, 3> shrink_factors(const Grid& grid, double spacing_mm);

/// Means of blocks of `factors` voxels, channel 0; what is left over at the upper ends is dropped. The new
/// voxels' centres are those of their blocks, so that the patient stays where he is. The same bits for any
/// number of threads.
[[nodiscard]] Volume<float> shrink(const Volume<float>& image, const std::array<int64_t, 3>& factors);

/// With the voxels beside it in the plane, so that the body's edge against the air is in the mask.
[[nodiscard]] Volume<uint8_t> grown_in_plane(const Volume<uint8_t>& mask);

/// A mask of the image shrunken by `mask_factors` on the grid of the same image shrunken by `factors`: of
/// each voxel there what lies at its middle.
[[nodiscard]] Volume<uint8_t> on_level(const Volume<uint8_t>& mask,
                                       const std::array<int64_t, 3>& mask_factors, const Grid& grid,
                                       const std::array<int64_t, 3>& factors);

}  // namespace trivox
