#pragma once
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>

#include "transforms/volume.h"

namespace trivox {

/// Lattices that lie no further apart than this, in voxels, count as the same.
inline constexpr double kSameLattice = 1e-4;

/// Where a row of target voxels runs through the source: voxel x of it lies at start + x * step, in
/// source voxels, and within the source's field of view for first <= x < last.
struct VoxelRow {
  Eigen::Vector3d start, step;
  int64_t first, last;
};

/// Target voxel to source voxel, and the sizes at both ends.
struct VoxelMap {
  Eigen::Matrix4d matrix;
  std::array<int64_t, 3> source, target;

  /// The field of view reaches half a voxel (and kSameLattice) beyond the outermost centres.
  [[nodiscard]] VoxelRow row(int64_t y, int64_t z) const;
};

/// The composed map; target_to_source: RAS+ mm. Throws Error where an affine is singular.
[[nodiscard]] VoxelMap voxel_map(const Grid& source, const Grid& target,
                                 const Eigen::Matrix4d& target_to_source);

/// Rounds the map to whole numbers where every target voxel then moves by less than kSameLattice
/// and the axes are the source's, in any order and direction; says whether it did.
bool snap_to_lattice(VoxelMap& map);

/// Calls `work(row, index)` for every row of the target, in parallel; index counts the rows of one
/// channel.
template <class Work>
void for_rows(const VoxelMap& map, const Work& work) {
  tbb::parallel_for(tbb::blocked_range<int64_t>(0, map.target[1] * map.target[2], 16),
                    [&](const auto& range) {
                      for (int64_t i = range.begin(); i < range.end(); ++i)
                        work(map.row(i % map.target[1], i / map.target[1]), i);
                    });
}

/// 1 x D x H x W on the target grid: 1 where the voxel's centre lies in the source's field of view.
[[nodiscard]] Volume<uint8_t> field_of_view(const VoxelMap& map, const Grid& target);

/// How many target voxels lie outside the source's field of view.
[[nodiscard]] int64_t outside_field_of_view(const VoxelMap& map);

/// The value of the nearest source voxel in `out` (C x the target's voxels), `outside` beyond the
/// field of view. Calls `done(values)` for the part of every row that is within it.
template <class T, class Done>
void nearest(const Volume<T>& source, const VoxelMap& map, T outside, std::span<T> out, const Done& done) {
  const std::array<int64_t, 3> stride = {1, map.source[0], map.source[0] * map.source[1]};
  const auto offset_at = [&](const VoxelRow& row, int64_t x) {
    int64_t offset = 0;
    for (int i = 0; i < 3; ++i) {
      const auto a = static_cast<size_t>(i);
      const double position = row.start[i] + static_cast<double>(x) * row.step[i];
      offset += stride[a] *
                std::clamp<int64_t>(static_cast<int64_t>(std::floor(position + 0.5)), 0, map.source[a] - 1);
    }
    return offset;
  };
  const int64_t width = map.target[0], voxels = width * map.target[1] * map.target[2];
  for_rows(map, [&](const VoxelRow& row, int64_t i) {
    const int64_t first = std::min(row.first, width), last = std::max(row.last, first);
    const bool contiguous =
        row.step == Eigen::Vector3d::UnitX() && row.start.x() == std::round(row.start.x());
    for (int64_t c = 0; c < source.channels; ++c) {
      const T* from = source.channel(c).data();
      T* to = out.data() + c * voxels + i * width;
      std::fill_n(to, first, outside);
      if (contiguous && first < last) {
        std::copy_n(from + offset_at(row, first), last - first, to + first);
      } else {
        for (int64_t x = first; x < last; ++x) to[x] = from[offset_at(row, x)];
      }
      if (first < last) done(std::span<T>(to + first, static_cast<size_t>(last - first)));
      std::fill_n(to + last, width - last, outside);
    }
  });
}

template <class T>
[[nodiscard]] Volume<T> nearest(const Volume<T>& source, const Grid& target, const VoxelMap& map, T outside) {
  auto out = Volume<T>::uninitialised(target, source.channels);
  nearest(source, map, outside, std::span<T>(out.data), [](std::span<T>) {});
  return out;
}

}  // namespace trivox
