#pragma once
#include <array>
#include <functional>
#include <span>

#include "transforms/voxel_map.h"

namespace trivox {

/// Called with the values of each row of voxels when they are there, from several threads; may
/// change them.
using RowDone = std::function<void(std::span<float> row)>;

/// `source` (C x D x H x W) read at every voxel of the map's target into `out` (C x the target's
/// voxels), `outside` beyond its field of view. taps along x, y, z: {2, 2, 2} linear, {4, 4, 2}
/// cubic B-spline in plane and linear across slices, {4, 4, 4} cubic. smoothing: sigma in source
/// voxels of a Gaussian applied first, 0 for none. `done`, where there is one, is called for the
/// part of every row within the field of view. This is the arithmetic below `resample`, which
/// chooses taps and smoothing.
void interpolate(const Volume<float>& source, const VoxelMap& map, const std::array<int, 3>& taps,
                 const std::array<double, 3>& smoothing, float outside, std::span<float> out,
                 const RowDone& done);

}  // namespace trivox
