#pragma once
#include <Eigen/Dense>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace trivox {

/// Where a volume's voxels lie. World is RAS+ in millimetres everywhere inside trivox; DICOM's LPS
/// is turned at the reader and at the writer. Voxel coordinates are (x, y, z), x fastest, whole
/// numbers at voxel centres. The affine may hold shear.
struct Grid {
  std::array<int64_t, 3> size = {0, 0, 0};               ///< voxels along x, y, z
  Eigen::Matrix4d affine = Eigen::Matrix4d::Identity();  ///< voxel (x, y, z) to RAS+ mm

  [[nodiscard]] int64_t voxels() const { return size[0] * size[1] * size[2]; }
  [[nodiscard]] Eigen::Vector3d to_world(const Eigen::Vector3d& voxel) const;
  [[nodiscard]] Eigen::Vector3d to_voxel(const Eigen::Vector3d& world_mm) const;
  /// Length of the affine's columns: mm between voxel centres along x, y, z.
  [[nodiscard]] Eigen::Vector3d spacing_mm() const;
  /// The affine's columns divided by the spacing; orthonormal unless the grid is sheared.
  [[nodiscard]] Eigen::Matrix3d direction() const;
  /// World positions of the eight corner voxels' centres, x fastest.
  [[nodiscard]] std::array<Eigen::Vector3d, 8> corners() const;
  /// Volume of one voxel in mm^3 (absolute determinant).
  [[nodiscard]] double voxel_volume_mm3() const;
  /// "512 x 512 x 22 voxels of 0.43 x 0.43 x 6.50 mm at (-110.2, 95.0, -30.1)", for messages.
  [[nodiscard]] std::string describe() const;
};

/// Largest distance in mm between corresponding corners; infinity where the sizes differ.
[[nodiscard]] double corner_distance_mm(const Grid& a, const Grid& b);

/// True where the sizes agree and no corner lies further than `tolerance_mm` from its fellow.
[[nodiscard]] bool same_place(const Grid& a, const Grid& b, double tolerance_mm = 0.2);

/// How the axes of one lattice run along another's: voxel (x, y, z) of the target is found at the
/// source voxel s with s[axis[i]] = flip[i] ? size_source[axis[i]] - 1 - t[i] : t[i].
struct AxisMap {
  std::array<int, 3> axis = {0, 1, 2};
  std::array<bool, 3> flip = {false, false, false};
  [[nodiscard]] bool identity() const;
  [[nodiscard]] std::string describe() const;  ///< e.g. "x <- -x, y <- -y, z <- z"
};

/// One way in which a lattice lies on another.
struct LatticeMatch {
  AxisMap map;
  double distance_mm = 0;  ///< largest between corresponding corners
};

/// Every permutation or reversal of axes under which `source`'s lattice coincides in space with
/// `target`'s (corners within `tolerance_mm`); the axes as they are come first where they fit. More
/// than one where an axis has one voxel, or where the lattice is hardly larger than the tolerance.
[[nodiscard]] std::vector<LatticeMatch> lattice_matches(const Grid& source, const Grid& target,
                                                        double tolerance_mm = 0.2);

/// The permutation or reversal of axes under which `source`'s lattice coincides in space with
/// `target`'s (corners within `tolerance_mm`): the first of `lattice_matches`, or nothing. Both affines
/// decide, nothing is guessed.
[[nodiscard]] std::optional<AxisMap> same_lattice(const Grid& source, const Grid& target,
                                                  double tolerance_mm = 0.2);

/// `grid` with the spacing of each axis changed, over the same field of view and about the same
/// centre; sizes are rounded to the nearest voxel, at least 1. A spacing of 0 keeps that axis.
[[nodiscard]] Grid with_spacing(const Grid& grid, const std::array<double, 3>& spacing_mm);

/// The sub-grid of `size` voxels that starts at voxel `start` (may lie outside: padding).
[[nodiscard]] Grid sub_grid(const Grid& grid, const std::array<int64_t, 3>& start,
                            const std::array<int64_t, 3>& size);

}  // namespace trivox
