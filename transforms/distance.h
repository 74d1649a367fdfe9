#pragma once
#include "transforms/volume.h"

namespace trivox {

/// Signed Euclidean distance in mm to the boundary of {voxel == value}: negative inside, positive
/// outside, measured between voxel centres and shifted by half a voxel so that zero lies on the
/// face between an inside and an outside voxel. Exact for the grid's spacing (Felzenszwalb and
/// Huttenlocher 2012). An empty or full mask gives +/- the grid's diagonal everywhere.
[[nodiscard]] Volume<float> signed_distance_mm(const Volume<uint8_t>& mask, uint8_t value);

}  // namespace trivox
