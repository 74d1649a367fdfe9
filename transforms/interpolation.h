#pragma once
#include <array>

#include "transforms/voxel_map.h"

namespace trivox {

/// `source` (C x D x H x W) read at every voxel of `target` through `map`; `outside` beyond its
/// field of view. taps along x, y, z: {2, 2, 2} linear, {4, 4, 2} cubic B-spline in plane and
/// linear across slices, {4, 4, 4} cubic. smoothing: sigma in source voxels of a Gaussian applied
/// first, 0 for none. This is the arithmetic below `resample`, which chooses taps and smoothing.
[[nodiscard]] Volume<float> interpolate(const Volume<float>& source, const Grid& target,
                                        const VoxelMap& map, const std::array<int, 3>& taps,
                                        const std::array<double, 3>& smoothing, float outside);

}  // namespace trivox
