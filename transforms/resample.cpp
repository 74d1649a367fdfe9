#include "transforms/resample.h"

#include <cmath>

#include "transforms/interpolation.h"
#include "transforms/voxel_map.h"

namespace trivox {
namespace {

/// The axis that is more than kAnisotropyLimit times coarser than both others, or -1.
int slice_axis(const Grid& grid) {
  const Eigen::Vector3d spacing = grid.spacing_mm();
  for (int i = 0; i < 3; ++i)
    if (spacing[i] > kAnisotropyLimit * std::max(spacing[(i + 1) % 3], spacing[(i + 2) % 3]))
      return i;
  return -1;
}

/// Sigma in source voxels that each source axis is smoothed with: its shrinkage is the step, along
/// it, of the target axis that runs most nearly parallel.
std::array<double, 3> anti_alias(const Grid& source, const Grid& target,
                                 const Eigen::Matrix4d& target_to_source) {
  const Eigen::Matrix3d steps =
      target_to_source.topLeftCorner<3, 3>() * target.affine.topLeftCorner<3, 3>();
  std::array<double, 3> sigma{};
  for (int i = 0; i < 3; ++i) {
    const Eigen::Vector3d axis = source.affine.block<3, 1>(0, i);
    int parallel = 0;
    (axis.transpose() * steps.colwise().normalized()).cwiseAbs().maxCoeff(&parallel);
    const double ratio = steps.col(parallel).norm() / axis.norm();
    if (ratio > kAntiAliasLimit)
      sigma[static_cast<size_t>(i)] = std::sqrt((ratio * ratio - 1) / 12);
  }
  return sigma;
}

}  // namespace

ResampleResult resample(const Volume<float>& source, const Grid& target,
                        const Eigen::Matrix4d& target_to_source, Interpolation interpolation,
                        float outside) {
  VoxelMap map = voxel_map(source.grid, target, target_to_source);
  if (snap_to_lattice(map) || interpolation == Interpolation::kNearest)
    return {nearest(source, target, map, outside), field_of_view(map, target)};
  const int slices = slice_axis(source.grid);
  std::array<int, 3> taps = {2, 2, 2};
  if (interpolation == Interpolation::kCubic) {
    if (slices == 0 || slices == 1) {
      // The kernels know slices along z only; turning the source so costs a copy and no accuracy.
      AxisMap turn;
      std::swap(turn.axis[static_cast<size_t>(slices)], turn.axis[2]);
      Grid turned = source.grid;
      std::swap(turned.size[static_cast<size_t>(slices)], turned.size[2]);
      turned.affine.col(slices).swap(turned.affine.col(2));
      return resample(reorder(source, turn, turned), target, target_to_source, interpolation,
                      outside);
    }
    taps = {4, 4, slices == 2 ? 2 : 4};
  }
  return {interpolate(source, target, map, taps, anti_alias(source.grid, target, target_to_source),
                      outside),
          field_of_view(map, target)};
}

}  // namespace trivox
