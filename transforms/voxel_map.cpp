#include "transforms/voxel_map.h"

#include <string>

#include "transforms/error.h"

namespace trivox {

VoxelRow VoxelMap::row(int64_t y, int64_t z) const {
  VoxelRow row{
      matrix.topLeftCorner<3, 3>() * Eigen::Vector3d(0, static_cast<double>(y), static_cast<double>(z)) +
          matrix.topRightCorner<3, 1>(),
      matrix.block<3, 1>(0, 0), 0, target[0]};
  const auto count = static_cast<double>(target[0]);
  for (int i = 0; i < 3 && row.first < row.last; ++i) {
    const double low = -0.5 - kSameLattice;
    const double high = static_cast<double>(source[static_cast<size_t>(i)]) - 0.5 + kSameLattice;
    const double start = row.start[i], step = row.step[i];
    if (step == 0) {
      if (start < low || start > high) row.last = row.first;
      continue;
    }
    const double enters = ((step > 0 ? low : high) - start) / step;
    const double leaves = ((step > 0 ? high : low) - start) / step;
    row.first = std::max(row.first, static_cast<int64_t>(std::ceil(std::clamp(enters, 0.0, count))));
    row.last = std::min(row.last, static_cast<int64_t>(std::floor(std::clamp(leaves, -1.0, count - 1))) + 1);
  }
  return row;
}

VoxelMap voxel_map(const Grid& source, const Grid& target, const Eigen::Matrix4d& target_to_source) {
  for (const Eigen::Matrix4d* affine : {&source.affine, &target.affine, &target_to_source}) {
    const double determinant = affine->topLeftCorner<3, 3>().determinant();
    if (!affine->allFinite() || std::abs(determinant) < 1e-12)
      throw Error("affine", "singular (determinant " + std::to_string(determinant) + ")",
                  "one that can be inverted");
  }
  VoxelMap map{source.affine.inverse() * target_to_source * target.affine, source.size, target.size};
  // What rounding left behind must not hide that axes are parallel: that is the fast case.
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      if (std::abs(map.matrix(i, j)) * static_cast<double>(target.size[static_cast<size_t>(j)]) < 1e-7)
        map.matrix(i, j) = 0;
  return map;
}

bool snap_to_lattice(VoxelMap& map) {
  const Eigen::Matrix4d whole = map.matrix.array().round();
  const Eigen::Matrix3d axes = whole.topLeftCorner<3, 3>();
  if (axes.cwiseAbs().rowwise().sum() != Eigen::Vector3d::Ones() ||
      axes.cwiseAbs().colwise().sum() != Eigen::RowVector3d::Ones())
    return false;
  for (int corner = 0; corner < 8; ++corner) {
    Eigen::Vector4d voxel(0, 0, 0, 1);
    for (int i = 0; i < 3; ++i)
      if (((corner >> i) & 1) != 0) voxel[i] = static_cast<double>(map.target[static_cast<size_t>(i)] - 1);
    if (((map.matrix - whole) * voxel).cwiseAbs().maxCoeff() > kSameLattice) return false;
  }
  map.matrix = whole;
  return true;
}

Volume<uint8_t> field_of_view(const VoxelMap& map, const Grid& target) {
  Volume<uint8_t> valid(target, 1);
  for_rows(map, [&](const VoxelRow& row, int64_t i) {
    if (row.first < row.last)
      std::fill_n(valid.data.data() + i * map.target[0] + row.first, row.last - row.first, uint8_t{1});
  });
  return valid;
}

int64_t outside_field_of_view(const VoxelMap& map) {
  int64_t outside = 0;
  for (int64_t z = 0; z < map.target[2]; ++z)
    for (int64_t y = 0; y < map.target[1]; ++y) {
      const VoxelRow row = map.row(y, z);
      outside += map.target[0] - std::max<int64_t>(row.last - row.first, 0);
    }
  return outside;
}

}  // namespace trivox
