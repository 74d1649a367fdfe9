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

/// Where a mask's block of `factors` voxels holds any: the mask on the grid of `shrink`, grown by one voxel
/// in the plane, so that the body's edge against the air is in it.
[[nodiscard]] Volume<uint8_t> shrink_mask(const Volume<uint8_t>& mask, const std::array<int64_t, 3>& factors);

}  // namespace trivox
