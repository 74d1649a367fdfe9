#include "loader/mask_agreement.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "transforms/box.h"

namespace trivox {
namespace {

struct Extent {
  Eigen::Array3d low = Eigen::Array3d::Constant(std::numeric_limits<double>::infinity());
  Eigen::Array3d high = -low;
};

/// The voxels of a grid as points, thick ones cut into as many layers as make them about as thin as they are
/// wide; fewer points in the same proportions where a million tell a large mask's share as well.
struct Lattice {
  std::array<double, 3> per_voxel;  // points along each axis
  std::array<int64_t, 3> first, last;

  Lattice(const Grid& grid, const Extent& a, const Extent& b) {
    constexpr double kMostLayers = 16, kMostPoints = 1 << 20;
    const Eigen::Vector3d spacing = grid.spacing_mm();
    double points = 1;
    for (int i = 0; i < 3; ++i) {
      const auto axis = static_cast<size_t>(i);
      per_voxel[axis] = std::clamp(std::round(spacing[i] / spacing.minCoeff()), 1.0, kMostLayers);
      points *= per_voxel[axis] * (std::max(a.high[i], b.high[i]) - std::min(a.low[i], b.low[i]));
    }
    const double thinned = std::min(1.0, std::cbrt(kMostPoints / points));
    for (int i = 0; i < 3; ++i) {
      const auto axis = static_cast<size_t>(i);
      per_voxel[axis] *= thinned;
      first[axis] = static_cast<int64_t>(std::floor(per_voxel[axis] * std::min(a.low[i], b.low[i])));
      last[axis] = static_cast<int64_t>(std::ceil(per_voxel[axis] * std::max(a.high[i], b.high[i])));
    }
  }
  /// In voxels, whose centres are whole numbers.
  [[nodiscard]] double place(size_t axis, int64_t k) const {
    return (static_cast<double>(k) + 0.5) / per_voxel[axis] - 0.5;
  }
};

/// Where a mask's foreground lies, in voxels of another grid from face to face; nothing where it is empty.
std::optional<Extent> extent_of(const Volume<uint8_t>& mask, const Eigen::Matrix4d& to_voxel) {
  const std::optional<Box> box = bounding_box(mask);
  if (!box) return std::nullopt;
  Extent out;
  for (int corner = 0; corner < 8; ++corner) {
    Eigen::Vector3d voxel;
    for (int i = 0; i < 3; ++i) {
      const auto axis = static_cast<size_t>(i);
      voxel[i] = static_cast<double>((corner >> i & 1) != 0 ? box->end(axis) : box->first[axis]) - 0.5;
    }
    const Eigen::Array3d at = (to_voxel * voxel.homogeneous()).head<3>().array() + 0.5;
    out.low = out.low.min(at);
    out.high = out.high.max(at);
  }
  return out;
}

/// Whether the voxel that holds a place (in voxels) is foreground.
bool holds(const Volume<uint8_t>& mask, const Eigen::Vector3d& voxel) {
  std::array<int64_t, 3> at{};
  for (int i = 0; i < 3; ++i) {
    at[static_cast<size_t>(i)] = static_cast<int64_t>(std::floor(voxel[i] + 0.5));
    if (at[static_cast<size_t>(i)] < 0 ||
        at[static_cast<size_t>(i)] >= mask.grid.size[static_cast<size_t>(i)])
      return false;
  }
  return mask.at(0, at[0], at[1], at[2]) != 0;
}

/// By the lattice of `a`.
double dice_on(const Volume<uint8_t>& a, const Volume<uint8_t>& b, const Eigen::Matrix4d& a_to_b) {
  const Eigen::Matrix4d to_b = b.grid.affine.inverse() * a_to_b * a.grid.affine;
  const auto in_a = extent_of(a, Eigen::Matrix4d::Identity()), in_b = extent_of(b, to_b.inverse());
  if (!in_a && !in_b) return std::numeric_limits<double>::quiet_NaN();
  if (!in_a || !in_b || (in_a->high < in_b->low).any() || (in_b->high < in_a->low).any()) return 0;
  const Lattice lattice(a.grid, *in_a, *in_b);
  int64_t of_a = 0, of_b = 0, of_both = 0;
  for (int64_t z = lattice.first[2]; z < lattice.last[2]; ++z)
    for (int64_t y = lattice.first[1]; y < lattice.last[1]; ++y)
      for (int64_t x = lattice.first[0]; x < lattice.last[0]; ++x) {
        const Eigen::Vector3d voxel(lattice.place(0, x), lattice.place(1, y), lattice.place(2, z));
        const bool is_a = holds(a, voxel), is_b = holds(b, (to_b * voxel.homogeneous()).head<3>());
        of_a += is_a ? 1 : 0;
        of_b += is_b ? 1 : 0;
        of_both += is_a && is_b ? 1 : 0;
      }
  return 2.0 * static_cast<double>(of_both) / static_cast<double>(of_a + of_b);
}

}  // namespace

double world_dice(const Volume<uint8_t>& a, const Volume<uint8_t>& b, const Eigen::Matrix4d& a_to_b) {
  // On the finer voxels: between points of the coarser ones some of them would fall.
  const bool is_b_finer = b.grid.spacing_mm().minCoeff() < a.grid.spacing_mm().minCoeff();
  return is_b_finer ? dice_on(b, a, a_to_b.inverse()) : dice_on(a, b, a_to_b);
}

std::optional<MaskAgreement> mask_agreement(const Volume<uint8_t>& reference, const Volume<uint8_t>& other,
                                            const Eigen::Matrix4d& reference_to_other) {
  if (!bounding_box(reference) || !bounding_box(other)) return std::nullopt;
  MaskAgreement out;
  out.dice_header = world_dice(reference, other, Eigen::Matrix4d::Identity());
  out.dice_registered = world_dice(reference, other, reference_to_other);
  out.is_copy = same_place(reference.grid, other.grid) && reference.data == other.data;
  return out;
}

}  // namespace trivox
