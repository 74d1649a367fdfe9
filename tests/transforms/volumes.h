#pragma once
// Small volumes whose contents are known, for the tests of transforms and of what builds on them.
#include <cmath>
#include <fstream>
#include <sstream>

#include "tests/test.h"
#include "transforms/rng.h"
#include "transforms/volume.h"

namespace trivox::test {

/// Axes along the world's; `origin` is the first voxel's centre in RAS+ mm.
inline Grid grid_of(const std::array<int64_t, 3>& size, const Eigen::Vector3d& spacing_mm,
                    const Eigen::Vector3d& origin) {
  Grid grid;
  grid.size = size;
  grid.affine.topLeftCorner<3, 3>() = spacing_mm.asDiagonal();
  grid.affine.topRightCorner<3, 1>() = origin;
  return grid;
}

/// Calls visit(x, y, z, world) for every voxel.
template <class Visit>
void for_voxels(const Grid& grid, const Visit& visit) {
  for (int64_t z = 0; z < grid.size[2]; ++z)
    for (int64_t y = 0; y < grid.size[1]; ++y)
      for (int64_t x = 0; x < grid.size[0]; ++x)
        visit(x, y, z,
              grid.to_world({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)}));
}

/// A function of the world's position at every voxel's centre.
template <class Function>
Volume<float> sampled(const Grid& grid, const Function& function) {
  Volume<float> out(grid, 1);
  for_voxels(grid, [&](int64_t x, int64_t y, int64_t z, const Eigen::Vector3d& world) {
    out.at(0, x, y, z) = static_cast<float>(function(world));
  });
  return out;
}

/// 1 (or `value`) where the world's position satisfies `inside`.
template <class Inside>
Volume<uint8_t> painted(const Grid& grid, const Inside& inside, uint8_t value = 1) {
  Volume<uint8_t> out(grid, 1);
  for_voxels(grid, [&](int64_t x, int64_t y, int64_t z, const Eigen::Vector3d& world) {
    if (inside(world)) out.at(0, x, y, z) = value;
  });
  return out;
}

/// Normal deviates, fixed seed.
inline Volume<float> noise(const Grid& grid, int64_t channels) {
  Volume<float> out(grid, channels);
  Rng rng({11, 0, 0, 0});
  for (float& v : out.data) v = static_cast<float>(rng.normal());
  return out;
}

template <class Values>
void write_floats(const fs::path& path, const Values& values) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(values[0])));
}

/// The sixteen numbers, row by row, exact.
inline std::string affine_text(const Eigen::Matrix4d& affine) {
  std::ostringstream text;
  text.precision(17);
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) text << (i + j == 0 ? "" : " ") << affine(i, j);
  return text.str();
}

}  // namespace trivox::test
