#include "transforms/resample.h"

#include <cmath>
#include <string>
#include <utility>

#include "transforms/error.h"
#include "transforms/interpolation.h"
#include "transforms/voxel_map.h"

namespace trivox {
namespace {

/// The axis that is more than kAnisotropyLimit times coarser than both others, or -1.
int slice_axis(const Grid& grid) {
  const Eigen::Vector3d spacing = grid.spacing_mm();
  for (int i = 0; i < 3; ++i)
    if (spacing[i] > kAnisotropyLimit * std::max(spacing[(i + 1) % 3], spacing[(i + 2) % 3])) return i;
  return -1;
}

/// Sigma in source voxels that each source axis is smoothed with: its shrinkage is the step, along
/// it, of the target axis that runs most nearly parallel.
std::array<double, 3> anti_alias(const Grid& source, const Grid& target,
                                 const Eigen::Matrix4d& target_to_source) {
  const Eigen::Matrix3d steps = target_to_source.topLeftCorner<3, 3>() * target.affine.topLeftCorner<3, 3>();
  std::array<double, 3> sigma{};
  for (int i = 0; i < 3; ++i) {
    const Eigen::Vector3d axis = source.affine.block<3, 1>(0, i);
    int parallel = 0;
    (axis.transpose() * steps.colwise().normalized()).cwiseAbs().maxCoeff(&parallel);
    const double ratio = steps.col(parallel).norm() / axis.norm();
    if (ratio > kAntiAliasLimit) sigma[static_cast<size_t>(i)] = std::sqrt((ratio * ratio - 1) / 12);
  }
  return sigma;
}

/// `out`: C x the target's voxels. Returns how source and target lie to one another.
VoxelMap resample_into(const Volume<float>& source, const Grid& target,
                       const Eigen::Matrix4d& target_to_source, Interpolation interpolation, float outside,
                       std::span<float> out, const RowDone& done) {
  VoxelMap map = voxel_map(source.grid, target, target_to_source);
  if (snap_to_lattice(map) || interpolation == Interpolation::kNearest) {
    nearest(source, map, outside, out, [&done](std::span<float> row) {
      if (done) done(row);
    });
    return map;
  }
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
      return resample_into(reorder(source, turn, turned), target, target_to_source, interpolation, outside,
                           out, done);
    }
    taps = {4, 4, slices == 2 ? 2 : 4};
  }
  interpolate(source, map, taps, anti_alias(source.grid, target, target_to_source), outside, out, done);
  return map;
}

}  // namespace

ResampleResult resample(const Volume<float>& source, const Grid& target,
                        const Eigen::Matrix4d& target_to_source, Interpolation interpolation, float outside) {
  auto image = Volume<float>::uninitialised(target, source.channels);
  const VoxelMap map =
      resample_into(source, target, target_to_source, interpolation, outside, image.data, nullptr);
  return {std::move(image), field_of_view(map, target)};
}

int64_t resample_z_scored(const Volume<float>& source, const Grid& target,
                          const Eigen::Matrix4d& target_to_source, Interpolation interpolation,
                          const Intensity& intensity, std::span<float> out) {
  if (source.channels != 1) throw Error("image", std::to_string(source.channels) + " channels", "1");
  const VoxelMap map =
      resample_into(source, target, target_to_source, interpolation, static_cast<float>(intensity.air), out,
                    [&intensity](std::span<float> row) { z_score(row, intensity); });
  return outside_field_of_view(map);
}

Volume<uint8_t> field_of_view(const Grid& source, const Grid& target,
                              const Eigen::Matrix4d& target_to_source) {
  VoxelMap map = voxel_map(source, target, target_to_source);
  (void)snap_to_lattice(map);
  return field_of_view(map, target);
}

}  // namespace trivox
