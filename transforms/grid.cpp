#include "transforms/grid.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace trivox {
namespace {

Eigen::Vector3d corner_voxel(const Grid& grid, int corner) {
  Eigen::Vector3d voxel;
  for (int i = 0; i < 3; ++i)
    voxel[i] = ((corner >> i) & 1) != 0 ? static_cast<double>(grid.size[static_cast<size_t>(i)] - 1) : 0.0;
  return voxel;
}

}  // namespace

Eigen::Vector3d Grid::to_world(const Eigen::Vector3d& voxel) const {
  return affine.topLeftCorner<3, 3>() * voxel + affine.topRightCorner<3, 1>();
}

Eigen::Vector3d Grid::to_voxel(const Eigen::Vector3d& world_mm) const {
  return affine.topLeftCorner<3, 3>().inverse() * (world_mm - affine.topRightCorner<3, 1>());
}

Eigen::Vector3d Grid::spacing_mm() const { return affine.topLeftCorner<3, 3>().colwise().norm().transpose(); }

Eigen::Matrix3d Grid::direction() const {
  return affine.topLeftCorner<3, 3>() * spacing_mm().cwiseInverse().asDiagonal();
}

std::array<Eigen::Vector3d, 8> Grid::corners() const {
  std::array<Eigen::Vector3d, 8> out;
  for (int c = 0; c < 8; ++c) out[static_cast<size_t>(c)] = to_world(corner_voxel(*this, c));
  return out;
}

double Grid::voxel_volume_mm3() const { return std::abs(affine.topLeftCorner<3, 3>().determinant()); }

std::string Grid::describe() const {
  const Eigen::Vector3d s = spacing_mm();
  std::array<char, 200> text{};
  std::snprintf(text.data(), text.size(),
                "%lld x %lld x %lld voxels of %.3f x %.3f x %.3f mm at (%.1f, %.1f, %.1f)",
                static_cast<long long>(size[0]), static_cast<long long>(size[1]),
                static_cast<long long>(size[2]), s[0], s[1], s[2], affine(0, 3), affine(1, 3), affine(2, 3));
  return text.data();
}

double corner_distance_mm(const Grid& a, const Grid& b) {
  if (a.size != b.size) return std::numeric_limits<double>::infinity();
  const auto ca = a.corners();
  const auto cb = b.corners();
  double largest = 0;
  for (size_t i = 0; i < ca.size(); ++i) {
    const double distance = (ca[i] - cb[i]).norm();
    if (std::isnan(distance)) return std::numeric_limits<double>::infinity();
    largest = std::max(largest, distance);
  }
  return largest;
}

bool same_place(const Grid& a, const Grid& b, double tolerance_mm) {
  constexpr double kRounding =
      1e-6;  // mm: coordinates of some 100 mm times the precision of double, and more
  return corner_distance_mm(a, b) <= tolerance_mm + kRounding;
}

bool AxisMap::identity() const {
  return axis == std::array<int, 3>{0, 1, 2} && flip == std::array<bool, 3>{false, false, false};
}

std::string AxisMap::describe() const {
  std::string text;
  for (size_t i = 0; i < 3; ++i) {
    text += i == 0 ? "" : ", ";
    text += "xyz"[i];
    text += flip[i] ? " <- -" : " <- ";
    text += "xyz"[axis[i]];
  }
  return text;
}

std::vector<LatticeMatch> lattice_matches(const Grid& source, const Grid& target, double tolerance_mm) {
  std::vector<LatticeMatch> matches;
  AxisMap map;  // begins with the axes in order, the first of all permutations
  do {
    for (int flips = 0; flips < 8; ++flips) {
      Grid reordered;
      Eigen::Vector3d origin = Eigen::Vector3d::Zero();
      for (size_t i = 0; i < 3; ++i) {
        map.flip[i] = ((flips >> i) & 1) != 0;
        const auto a = static_cast<size_t>(map.axis[i]);
        reordered.size[i] = source.size[a];
        reordered.affine.col(static_cast<int>(i)) =
            (map.flip[i] ? -1.0 : 1.0) * source.affine.col(map.axis[i]);
        if (map.flip[i]) origin[map.axis[i]] = static_cast<double>(source.size[a] - 1);
      }
      reordered.affine.topRightCorner<3, 1>() = source.to_world(origin);
      if (same_place(reordered, target, tolerance_mm))
        matches.push_back({map, corner_distance_mm(reordered, target)});
    }
  } while (std::next_permutation(map.axis.begin(), map.axis.end()));
  return matches;
}

std::optional<AxisMap> same_lattice(const Grid& source, const Grid& target, double tolerance_mm) {
  const std::vector<LatticeMatch> matches = lattice_matches(source, target, tolerance_mm);
  if (matches.empty()) return std::nullopt;
  return matches.front().map;
}

Grid with_spacing(const Grid& grid, const std::array<double, 3>& spacing_mm) {
  Grid out = grid;
  const Eigen::Vector3d old_spacing = grid.spacing_mm();
  Eigen::Vector3d first_voxel;  // of the new grid, in the old grid's voxels
  for (int i = 0; i < 3; ++i) {
    const auto a = static_cast<size_t>(i);
    const double wanted = spacing_mm[a] > 0 ? spacing_mm[a] : old_spacing[i];
    const double ratio = wanted / old_spacing[i];
    const auto extent = static_cast<double>(grid.size[a]);
    out.size[a] = std::max<int64_t>(1, std::llround(extent / ratio));
    out.affine.col(i) = grid.affine.col(i) * ratio;
    first_voxel[i] = (extent - 1 - static_cast<double>(out.size[a] - 1) * ratio) / 2;
  }
  out.affine.topRightCorner<3, 1>() = grid.to_world(first_voxel);
  return out;
}

Grid sub_grid(const Grid& grid, const std::array<int64_t, 3>& start, const std::array<int64_t, 3>& size) {
  Grid out = grid;
  out.size = size;
  out.affine.topRightCorner<3, 1>() = grid.to_world(
      {static_cast<double>(start[0]), static_cast<double>(start[1]), static_cast<double>(start[2])});
  return out;
}

}  // namespace trivox
