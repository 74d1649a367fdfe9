#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "transforms/volume.h"

namespace trivox {

/// A box of voxels: `size` of them from `first` on, along x, y, z.
struct Box {
  std::array<int64_t, 3> first = {0, 0, 0};
  std::array<int64_t, 3> size = {0, 0, 0};
  [[nodiscard]] int64_t end(size_t axis) const { return first[axis] + size[axis]; }
};

/// The smallest box around the voxels of channel 0 that are not 0, or nothing where all are.
[[nodiscard]] std::optional<Box> bounding_box(const Volume<uint8_t>& mask);

/// The box grown by `margin` voxels on both sides of each axis, but within `size`.
[[nodiscard]] Box grow(const Box& box, const std::array<int64_t, 3>& margin,
                       const std::array<int64_t, 3>& size);

/// The smallest box that holds both.
[[nodiscard]] Box unite(const Box& a, const Box& b);

/// The smallest box of voxels of a grid of `size` that holds the centres of all voxels that touch
/// `box` (voxels from face to face) after `map`, voxel to voxel. Empty (a size of 0) where none
/// does.
[[nodiscard]] Box map_box(const Box& box, const Eigen::Matrix4d& map, const std::array<int64_t, 3>& size);

/// The voxels of `box`, C x box, on their own part of the grid.
template <class T>
[[nodiscard]] Volume<T> crop(const Volume<T>& source, const Box& box) {
  Volume<T> out(sub_grid(source.grid, box.first, box.size), source.channels);
  for (int64_t c = 0; c < source.channels; ++c)
    for (int64_t z = 0; z < box.size[2]; ++z)
      for (int64_t y = 0; y < box.size[1]; ++y)
        std::copy_n(source.data.data() + source.index(c, box.first[0], box.first[1] + y, box.first[2] + z),
                    box.size[0], out.data.data() + out.index(c, 0, y, z));
  return out;
}

}  // namespace trivox
