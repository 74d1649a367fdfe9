#include "loader/mask_agreement.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace trivox {
namespace {

/// A voxel's share is asked at so many points along each of its axes.
using Points = std::array<int, 3>;

/// About as close as the finest voxels of either grid. Fewer where that is too many for a large mask, whose
/// share few tell as well, but each voxel keeps one: a stray one counts.
Points points_of(const Grid& grid, double finest_mm, size_t voxels) {
  constexpr double kFewestPerAxis = 4, kMostPerAxis = 8;
  constexpr double kMostPoints = 1 << 24;  // a tenth of a second
  std::array<double, 3> wanted{};
  double all = static_cast<double>(voxels);
  for (size_t i = 0; i < 3; ++i) {
    const double spacing = grid.spacing_mm()[static_cast<Eigen::Index>(i)];
    wanted[i] = std::clamp(std::round(spacing / finest_mm), kFewestPerAxis, kMostPerAxis);
    all *= wanted[i];
  }
  const double kept = std::min(1.0, std::cbrt(kMostPoints / all));
  Points out{};
  for (size_t i = 0; i < 3; ++i) out[i] = std::max(1, static_cast<int>(wanted[i] * kept));
  return out;
}

/// The points of one voxel as places relative to its centre, in voxels of another grid: one in each cell of a
/// lattice, and no two with a coordinate in common, so that shifts by a part of a cell are told, too. Source:
/// Chiu, Shirley and Wang 1994, "Multi-jittered sampling", here without chance.
std::vector<Eigen::Vector3d> offsets(const Points& points, const Eigen::Matrix3d& to_voxel) {
  const auto& [nx, ny, nz] = points;
  const auto place = [](int cell, int cells, int part, int parts) {
    return (cell + (part + 0.5) / parts) / cells - 0.5;
  };
  std::vector<Eigen::Vector3d> out;
  for (int z = 0; z < nz; ++z)
    for (int y = 0; y < ny; ++y)
      for (int x = 0; x < nx; ++x)
        out.emplace_back(to_voxel * Eigen::Vector3d(place(x, nx, y * nz + z, ny * nz),
                                                    place(y, ny, z * nx + x, nz * nx),
                                                    place(z, nz, x * ny + y, nx * ny)));
  return out;
}

/// A mask's foreground within the smallest box of voxels that holds it.
class Foreground {
 public:
  explicit Foreground(const Volume<uint8_t>& mask) : mask_(mask), first_(mask.grid.size), end_{0, 0, 0} {
    for_voxels(
        [&](int64_t x, int64_t y, int64_t z) {
          const std::array<int64_t, 3> at = {x, y, z};
          for (size_t i = 0; i < 3; ++i) {
            first_[i] = std::min(first_[i], at[i]);
            end_[i] = std::max(end_[i], at[i] + 1);
          }
          ++voxels_;
        },
        {0, 0, 0}, mask.grid.size);
    if (voxels_ == 0) first_ = end_;
    for (size_t i = 0; i < 3; ++i) size_[i] = end_[i] - first_[i] + 1;
    counts_.assign(static_cast<size_t>(size_[0] * size_[1] * size_[2]), 0);
    for (int64_t z = 1; z < size_[2]; ++z)
      for (int64_t y = 1; y < size_[1]; ++y) {
        uint32_t row = 0;
        for (int64_t x = 1; x < size_[0]; ++x) {
          row += is_set(first_[0] + x - 1, first_[1] + y - 1, first_[2] + z - 1) ? 1U : 0U;
          counts_[at(x, y, z)] =
              row + counts_[at(x, y - 1, z)] + counts_[at(x, y, z - 1)] - counts_[at(x, y - 1, z - 1)];
        }
      }
  }

  [[nodiscard]] int64_t voxels() const { return voxels_; }
  [[nodiscard]] const Grid& grid() const { return mask_.grid; }

  template <class Work>
  void for_each(const Work& work) const {
    for_voxels(work, first_, end_);
  }

  /// Whether the voxel that holds a place (in voxels, anywhere) is of it.
  [[nodiscard]] bool holds(const Eigen::Vector3d& voxel) const {
    std::array<int64_t, 3> at{};
    for (size_t i = 0; i < 3; ++i) {
      const double nearest = std::floor(voxel[static_cast<Eigen::Index>(i)] + 0.5);
      if (!(nearest >= static_cast<double>(first_[i]) && nearest < static_cast<double>(end_[i])))
        return false;
      at[i] = static_cast<int64_t>(nearest);
    }
    return is_set(at[0], at[1], at[2]);
  }

  enum class Share { kNone, kSome, kAll };
  /// Of the voxels that a box about a place touches.
  [[nodiscard]] Share within(const Eigen::Vector3d& centre, const Eigen::Vector3d& half) const {
    std::array<int64_t, 3> low{}, high{};
    int64_t touched = 1;
    for (size_t i = 0; i < 3; ++i) {
      const auto a = static_cast<Eigen::Index>(i);
      const auto begin = static_cast<double>(first_[i]), end = static_cast<double>(end_[i]);
      const double from = std::floor(centre[a] - half[a] + 0.5),
                   to = std::floor(centre[a] + half[a] + 0.5) + 1;
      if (!(to > begin && from < end)) return Share::kNone;
      low[i] = static_cast<int64_t>(std::max(from, begin)) - first_[i];
      high[i] = static_cast<int64_t>(std::min(to, end)) - first_[i];
      touched *= from >= begin && to <= end ? high[i] - low[i] : 0;  // beyond the box there is none
    }
    const auto& [x0, y0, z0] = low;
    const auto& [x1, y1, z1] = high;
    const uint32_t found = counts_[at(x1, y1, z1)] - counts_[at(x0, y1, z1)] - counts_[at(x1, y0, z1)] -
                           counts_[at(x1, y1, z0)] + counts_[at(x0, y0, z1)] + counts_[at(x0, y1, z0)] +
                           counts_[at(x1, y0, z0)] - counts_[at(x0, y0, z0)];
    return found == 0 ? Share::kNone : int64_t{found} == touched ? Share::kAll : Share::kSome;
  }

 private:
  template <class Work>
  void for_voxels(const Work& work, const std::array<int64_t, 3>& from,
                  const std::array<int64_t, 3>& to) const {
    for (int64_t z = from[2]; z < to[2]; ++z)
      for (int64_t y = from[1]; y < to[1]; ++y)
        for (int64_t x = from[0]; x < to[0]; ++x)
          if (is_set(x, y, z)) work(x, y, z);
  }
  [[nodiscard]] bool is_set(int64_t x, int64_t y, int64_t z) const { return mask_.at(0, x, y, z) != 0; }
  [[nodiscard]] size_t at(int64_t x, int64_t y, int64_t z) const {
    return static_cast<size_t>((z * size_[1] + y) * size_[0] + x);
  }

  const Volume<uint8_t>& mask_;
  std::array<int64_t, 3> first_, end_, size_{};  // size_: of counts_, one more than the box
  std::vector<uint32_t> counts_;                 // of the foreground before a voxel along all axes
  int64_t voxels_ = 0;
};

/// Which share of a's foreground, which is not empty, lies in that of b. Most voxels lie well within or
/// without; of the others points are asked.
double share_within(const Foreground& a, const Foreground& b, const Eigen::Matrix4d& a_to_b) {
  const Eigen::Matrix4d to_b = b.grid().affine.inverse() * a_to_b * a.grid().affine;
  const Eigen::Matrix3d linear = to_b.topLeftCorner<3, 3>();
  const Eigen::Vector3d half = linear.cwiseAbs().rowwise().sum() / 2;
  int64_t whole = 0;
  std::vector<Eigen::Vector3d> at_edges;  // their centres
  a.for_each([&](int64_t x, int64_t y, int64_t z) {
    const Eigen::Vector3d voxel(static_cast<double>(x), static_cast<double>(y), static_cast<double>(z));
    const Eigen::Vector3d centre = (to_b * voxel.homogeneous()).head<3>();
    const Foreground::Share share = b.within(centre, half);
    if (share == Foreground::Share::kAll) ++whole;
    if (share == Foreground::Share::kSome) at_edges.push_back(centre);
  });
  const double finest_mm = std::min(a.grid().spacing_mm().minCoeff(), b.grid().spacing_mm().minCoeff());
  const std::vector<Eigen::Vector3d> points =
      offsets(points_of(a.grid(), finest_mm, at_edges.size()), linear);
  int64_t shared = 0;
  for (const Eigen::Vector3d& centre : at_edges)
    shared += std::ranges::count_if(points,
                                    [&](const Eigen::Vector3d& offset) { return b.holds(centre + offset); });
  const double of_edges = static_cast<double>(shared) / static_cast<double>(points.size());
  return (static_cast<double>(whole) + of_edges) / static_cast<double>(a.voxels());
}

double dice_of(const Foreground& a, const Foreground& b, const Eigen::Matrix4d& a_to_b) {
  if (a.voxels() == 0 && b.voxels() == 0) return std::numeric_limits<double>::quiet_NaN();
  if (a.voxels() == 0 || b.voxels() == 0) return 0;
  // Dice is the harmonic mean of both shares, which are sampled where each mask has voxels, however few.
  const double in_b = share_within(a, b, a_to_b), in_a = share_within(b, a, a_to_b.inverse());
  return in_a > 0 && in_b > 0 ? 2 * in_a * in_b / (in_a + in_b) : 0;
}

}  // namespace

double world_dice(const Volume<uint8_t>& a, const Volume<uint8_t>& b, const Eigen::Matrix4d& a_to_b) {
  return dice_of(Foreground(a), Foreground(b), a_to_b);
}

std::optional<MaskAgreement> mask_agreement(const Volume<uint8_t>& reference, const Volume<uint8_t>& other,
                                            const Eigen::Matrix4d& reference_to_other) {
  const Foreground a(reference), b(other);
  if (a.voxels() == 0 || b.voxels() == 0) return std::nullopt;
  MaskAgreement out;
  out.dice_header = dice_of(a, b, Eigen::Matrix4d::Identity());
  out.dice_registered = dice_of(a, b, reference_to_other);
  out.is_copy = same_place(reference.grid, other.grid) && reference.data == other.data;
  return out;
}

}  // namespace trivox
