#pragma once
#include <Eigen/Dense>
#include <span>

#include "transforms/normalise.h"
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

/// An axis that shrinks by more than this is smoothed first.
inline constexpr double kAntiAliasLimit = 1.25;

struct ResampleResult {
  Volume<float> image;    ///< C x D x H x W on the target grid
  Volume<uint8_t> valid;  ///< 1 x D x H x W: 1 where the target voxel's centre lies in the source's
                          ///< field of view (half a voxel beyond the outermost centres)
};

/// One interpolation of `source` (any number of channels) onto `target`: the voxel at world
/// position p (RAS+ mm) is read at `target_to_source * p`. Outside the field of view the value is
/// `outside`.
/// - Where every target voxel lies on a source voxel (within 1e-4 voxel; the same grid, a part of
///   it, or its axes permuted or reversed) values are copied untouched.
/// - When an axis shrinks by more than `kAntiAliasLimit`, the source is smoothed along it first
///   (Gaussian, sigma^2 = (ratio^2 - 1) / 12 voxels^2) against aliasing, except for kNearest.
/// - Between the outermost centres and the edge of the field of view the source is continued by
///   mirroring (cubic axes) or by its edge value (linear axes).
/// Cubic agrees with SciPy's map_coordinates(order=3, mode="mirror"). float32 arithmetic; the same
/// bits for any number of threads. Not-a-number spreads. Throws Error where an affine is singular.
[[nodiscard]] ResampleResult resample(const Volume<float>& source, const Grid& target,
                                      const Eigen::Matrix4d& target_to_source, Interpolation interpolation,
                                      float outside);

/// The same for a source of one channel, each value z-scored right after its interpolation, into
/// memory that is there already: `out` holds the target's voxels. Outside the field of view the
/// value is `intensity.air`; returns how many voxels that are. Throws Error likewise, and for a
/// source of several channels.
[[nodiscard]] int64_t resample_z_scored(const Volume<float>& source, const Grid& target,
                                        const Eigen::Matrix4d& target_to_source, Interpolation interpolation,
                                        const Intensity& intensity, std::span<float> out);

/// `valid` of ResampleResult alone.
[[nodiscard]] Volume<uint8_t> field_of_view(const Grid& source, const Grid& target,
                                            const Eigen::Matrix4d& target_to_source);

}  // namespace trivox
