#include "transforms/grid_difference.h"

#include <cstdio>

namespace trivox {
namespace {

/// Towards where each axis runs, of the six ways of the world the nearest.
std::string axes_of(const Grid& grid) {
  const Eigen::Matrix3d direction = grid.direction();
  std::string text;
  for (int i = 0; i < 3; ++i) {
    Eigen::Index along = 0;
    direction.col(i).cwiseAbs().maxCoeff(&along);
    text += direction(along, i) < 0 ? "LPI"[along] : "RAS"[along];
  }
  return text;
}

std::string with_axes(const Grid& grid, size_t corner) {
  const Eigen::Vector3d at = grid.corners()[corner];
  const auto voxel = [&](size_t i) {
    return static_cast<long long>((corner >> i & 1U) != 0 ? grid.size[i] - 1 : 0);
  };
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(), ", axes %s, voxel (%lld, %lld, %lld) at (%.1f, %.1f, %.1f)",
                axes_of(grid).c_str(), voxel(0), voxel(1), voxel(2), at[0], at[1], at[2]);
  return grid.describe() + text.data();
}

}  // namespace

std::pair<std::string, std::string> describe_apart(const Grid& a, const Grid& b) {
  constexpr double kTurned = 1e-3;  // of a cosine
  if (a.size != b.size || (a.direction() - b.direction()).cwiseAbs().maxCoeff() < kTurned)
    return {a.describe(), b.describe()};
  const auto of_a = a.corners(), of_b = b.corners();
  size_t farthest = 0;
  for (size_t i = 1; i < of_a.size(); ++i)
    if ((of_a[i] - of_b[i]).norm() > (of_a[farthest] - of_b[farthest]).norm()) farthest = i;
  return {with_axes(a, farthest), with_axes(b, farthest)};
}

}  // namespace trivox
