#pragma once
#include <Eigen/Dense>

#include "transforms/volume.h"

namespace trivox {

/// How voxels between voxels are found.
enum class Interpolation {
  kNearest,
  kLinear,
  kCubic,  ///< cubic B-spline in plane; along the slices linear where their axis is more than
           ///< `kAnisotropyLimit` times coarser than the plane, else cubic too
};

/// Source: nnU-Net's threshold for "anisotropic" (Isensee et al. 2021, online methods).
inline constexpr double kAnisotropyLimit = 3.0;

struct ResampleResult {
  Volume<float> image;    ///< 1 x D x H x W on the target grid
  Volume<uint8_t> valid;  ///< 1 where the target voxel's centre lies in the source's field of view
                          ///< (half a voxel beyond the outermost centres)
};

/// One interpolation of `source` (1 channel) onto `target`: the voxel at world position p (RAS+ mm)
/// is read at `target_to_source * p`. Where both lattices coincide (corners within 1e-4 voxel) the
/// values are copied untouched. When an axis shrinks by more than 1.25, the source is smoothed along it
/// first (Gaussian, sigma^2 = (ratio^2 - 1) / 12 voxels^2) against aliasing. Outside the field of view the value is `outside`.
/// Deterministic for any number of threads. Throws Error where an affine is singular.
[[nodiscard]] ResampleResult resample(const Volume<float>& source, const Grid& target,
                                      const Eigen::Matrix4d& target_to_source,
                                      Interpolation interpolation, float outside);

/// A label map (1 channel, values 0..254) moved onto `target`: each value's signed distance (mm) is
/// interpolated and the largest wins, so that thick slices do not stair-step; kIgnoreLabel
/// outside the source's field of view. Copied where the lattices coincide.
[[nodiscard]] Volume<uint8_t> resample_labels(const Volume<uint8_t>& source, const Grid& target,
                                              const Eigen::Matrix4d& target_to_source);

}  // namespace trivox
