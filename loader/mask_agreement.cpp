#include "loader/mask_agreement.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace trivox {
namespace {

/// A foreground voxel's share is asked at so many points along each of its axes.
using Points = std::array<int, 3>;

/// About as close as the finest voxels of either grid. Fewer where that is too many for a large mask, whose
/// share few tell as well, but each voxel keeps one: a stray one counts.
Points points_of(const Grid& grid, double finest_mm, int64_t voxels) {
  constexpr double kMostPerAxis = 16, kMostPoints = 1 << 24;
  std::array<double, 3> wanted{};
  double all = static_cast<double>(voxels);
  for (size_t i = 0; i < 3; ++i) {
    const double spacing = grid.spacing_mm()[static_cast<Eigen::Index>(i)];
    wanted[i] = std::clamp(std::round(spacing / finest_mm), 1.0, kMostPerAxis);
    all *= wanted[i];
  }
  const double kept = std::min(1.0, std::cbrt(kMostPoints / all));
  Points out{};
  for (size_t i = 0; i < 3; ++i) out[i] = std::max(1, static_cast<int>(wanted[i] * kept));
  return out;
}

/// The points of one voxel as places relative to its centre, in voxels of another grid.
std::vector<Eigen::Vector3d> offsets(const Points& points, const Eigen::Matrix3d& to_voxel) {
  const auto place = [&](int k, size_t axis) { return (k + 0.5) / points[axis] - 0.5; };
  std::vector<Eigen::Vector3d> out;
  for (int z = 0; z < points[2]; ++z)
    for (int y = 0; y < points[1]; ++y)
      for (int x = 0; x < points[0]; ++x)
        out.emplace_back(to_voxel * Eigen::Vector3d(place(x, 0), place(y, 1), place(z, 2)));
  return out;
}

/// Whether the voxel that holds a place (in voxels, anywhere) is foreground.
bool holds(const Volume<uint8_t>& mask, const Eigen::Vector3d& voxel) {
  std::array<int64_t, 3> at{};
  for (size_t i = 0; i < 3; ++i) {
    const double nearest = std::floor(voxel[static_cast<Eigen::Index>(i)] + 0.5);
    if (!(nearest >= 0 && nearest < static_cast<double>(mask.grid.size[i]))) return false;
    at[i] = static_cast<int64_t>(nearest);
  }
  return mask.at(0, at[0], at[1], at[2]) != 0;
}

int64_t voxels_of(const Volume<uint8_t>& mask) {
  return std::ranges::count_if(mask.data, [](uint8_t v) { return v != 0; });
}

/// Which share of a's foreground, of `voxels` > 0, lies in that of b.
double share_within(const Volume<uint8_t>& a, int64_t voxels, const Volume<uint8_t>& b,
                    const Eigen::Matrix4d& a_to_b) {
  const Eigen::Matrix4d to_b = b.grid.affine.inverse() * a_to_b * a.grid.affine;
  const double finest_mm = std::min(a.grid.spacing_mm().minCoeff(), b.grid.spacing_mm().minCoeff());
  const std::vector<Eigen::Vector3d> points =
      offsets(points_of(a.grid, finest_mm, voxels), to_b.topLeftCorner<3, 3>());
  int64_t shared = 0;
  for (int64_t z = 0; z < a.grid.size[2]; ++z)
    for (int64_t y = 0; y < a.grid.size[1]; ++y)
      for (int64_t x = 0; x < a.grid.size[0]; ++x) {
        if (a.at(0, x, y, z) == 0) continue;
        const Eigen::Vector3d voxel(static_cast<double>(x), static_cast<double>(y), static_cast<double>(z));
        const Eigen::Vector3d centre = (to_b * voxel.homogeneous()).head<3>();
        shared += std::ranges::count_if(
            points, [&](const Eigen::Vector3d& offset) { return holds(b, centre + offset); });
      }
  return static_cast<double>(shared) / (static_cast<double>(voxels) * static_cast<double>(points.size()));
}

}  // namespace

double world_dice(const Volume<uint8_t>& a, const Volume<uint8_t>& b, const Eigen::Matrix4d& a_to_b) {
  const int64_t of_a = voxels_of(a), of_b = voxels_of(b);
  if (of_a == 0 && of_b == 0) return std::numeric_limits<double>::quiet_NaN();
  if (of_a == 0 || of_b == 0) return 0;
  // Dice is the harmonic mean of both shares, which are sampled where each mask has voxels, however few.
  const double in_b = share_within(a, of_a, b, a_to_b), in_a = share_within(b, of_b, a, a_to_b.inverse());
  return in_a > 0 && in_b > 0 ? 2 * in_a * in_b / (in_a + in_b) : 0;
}

std::optional<MaskAgreement> mask_agreement(const Volume<uint8_t>& reference, const Volume<uint8_t>& other,
                                            const Eigen::Matrix4d& reference_to_other) {
  if (voxels_of(reference) == 0 || voxels_of(other) == 0) return std::nullopt;
  MaskAgreement out;
  out.dice_header = world_dice(reference, other, Eigen::Matrix4d::Identity());
  out.dice_registered = world_dice(reference, other, reference_to_other);
  out.is_copy = same_place(reference.grid, other.grid) && reference.data == other.data;
  return out;
}

}  // namespace trivox
