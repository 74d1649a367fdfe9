#pragma once
#include <Eigen/Dense>

#include "transforms/volume.h"

namespace trivox {

/// A label map (1 channel, values 0 to 254) moved onto `target`: each value's signed distance (mm)
/// is interpolated linearly and the value that lies deepest inside wins (on a tie background, then
/// the lower value), so that thick slices do not stair-step; kIgnoreLabel outside the source's
/// field of view. Copied where the lattices coincide as in `resample`. A structure smaller than the
/// target's voxels can vanish: compare the values present before and after where that matters.
/// Deterministic as `resample`. Throws Error for the value 255 and for a singular affine.
[[nodiscard]] Volume<uint8_t> resample_labels(const Volume<uint8_t>& source, const Grid& target,
                                              const Eigen::Matrix4d& target_to_source);

}  // namespace trivox
