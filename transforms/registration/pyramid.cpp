#include "transforms/registration/pyramid.h"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "transforms/multiversion.h"

namespace trivox {
namespace {

constexpr int64_t kFewest = 4;

TRIVOX_INLINED inline void add_blocks(const float* from, int64_t factor, int64_t n, float* sums) {
  for (int64_t x = 0; x < n; ++x) {
    float sum = 0;
    for (int64_t i = 0; i < factor; ++i) sum += from[x * factor + i];
    sums[x] += sum;
  }
}

/// Adds `n * factor` values to n sums. With a factor that the compiler knows it takes several at once.
TRIVOX_MULTIVERSION void add_row(const float* from, int64_t factor, int64_t n, float* sums) {
  switch (factor) {
    case 1:
      return add_blocks(from, 1, n, sums);
    case 2:
      return add_blocks(from, 2, n, sums);
    case 3:
      return add_blocks(from, 3, n, sums);
    case 4:
      return add_blocks(from, 4, n, sums);
    case 5:
      return add_blocks(from, 5, n, sums);
    case 6:
      return add_blocks(from, 6, n, sums);
    case 7:
      return add_blocks(from, 7, n, sums);
    case 8:
      return add_blocks(from, 8, n, sums);
    default:
      return add_blocks(from, factor, n, sums);
  }
}

/// Whose voxels are whole blocks: what is left over at the far end is not in it.
Grid shrunken(const Grid& from, const std::array<int64_t, 3>& factors) {
  Grid grid = from;
  Eigen::Vector3d centre;
  for (size_t a = 0; a < 3; ++a) {
    const int i = static_cast<int>(a);
    grid.size[a] = from.size[a] / factors[a];
    grid.affine.col(i) *= static_cast<double>(factors[a]);
    centre[i] = static_cast<double>(factors[a] - 1) / 2;
  }
  grid.affine.col(3).head<3>() = from.to_world(centre);
  return grid;
}

}  // namespace

std::array<int64_t, 3> shrink_factors(const Grid& grid, double spacing_mm) {
  const Eigen::Vector3d spacing = grid.spacing_mm();
  std::array<int64_t, 3> out{};
  for (size_t a = 0; a < 3; ++a) {
    const auto wanted =
        static_cast<int64_t>(std::floor(spacing_mm / spacing[static_cast<int>(a)] * (1 + 1e-6)));
    out[a] = std::clamp<int64_t>(wanted, 1, std::max<int64_t>(1, grid.size[a] / kFewest));
  }
  return out;
}

Volume<float> shrink(const Volume<float>& image, const std::array<int64_t, 3>& factors) {
  const Grid grid = shrunken(image.grid, factors);
  auto out = Volume<float>::uninitialised(grid, 1);
  const auto scale = 1.0F / static_cast<float>(factors[0] * factors[1] * factors[2]);
  tbb::parallel_for(tbb::blocked_range<int64_t>(0, grid.size[1] * grid.size[2], 16), [&](const auto& range) {
    for (int64_t r = range.begin(); r < range.end(); ++r) {
      const int64_t y = r % grid.size[1], z = r / grid.size[1];
      float* sums = out.data.data() + r * grid.size[0];
      std::fill_n(sums, grid.size[0], 0.0F);
      for (int64_t k = 0; k < factors[2]; ++k)
        for (int64_t j = 0; j < factors[1]; ++j)
          add_row(&image.at(0, 0, y * factors[1] + j, z * factors[2] + k), factors[0], grid.size[0], sums);
      for (int64_t x = 0; x < grid.size[0]; ++x) sums[x] *= scale;
    }
  });
  return out;
}

Volume<uint8_t> grown_in_plane(const Volume<uint8_t>& mask) {
  Volume<uint8_t> out(mask.grid, 1);
  const auto [nx, ny, nz] = mask.grid.size;
  std::vector<uint8_t> grown(static_cast<size_t>(nx + 2));  // of a row, with a voxel beyond either end
  for (int64_t z = 0; z < nz; ++z)
    for (int64_t y = 0; y < ny; ++y) {
      const uint8_t* from = &mask.at(0, 0, y, z);
      std::ranges::fill(grown, uint8_t{0});
      for (size_t i = 0; i < 3; ++i)
        for (size_t x = 0; x < static_cast<size_t>(nx); ++x) grown[x + i] |= from[x];
      for (int64_t j = std::max<int64_t>(y - 1, 0); j <= std::min(y + 1, ny - 1); ++j) {
        uint8_t* to = &out.at(0, 0, j, z);
        for (size_t x = 0; x < static_cast<size_t>(nx); ++x) to[x] |= grown[x + 1];
      }
    }
  return out;
}

Volume<uint8_t> on_level(const Volume<uint8_t>& mask, const std::array<int64_t, 3>& mask_factors,
                         const Grid& grid, const std::array<int64_t, 3>& factors) {
  const auto places = [&](size_t axis) {
    std::vector<int64_t> out;
    for (int64_t i = 0; i < grid.size[axis]; ++i)
      out.push_back(std::min((i * factors[axis] + (factors[axis] - 1) / 2) / mask_factors[axis],
                             mask.grid.size[axis] - 1));
    return out;
  };
  const std::vector<int64_t> xs = places(0), ys = places(1), zs = places(2);
  Volume<uint8_t> out(grid, 1);
  for (int64_t z = 0; z < grid.size[2]; ++z)
    for (int64_t y = 0; y < grid.size[1]; ++y) {
      const uint8_t* from = &mask.at(0, 0, ys[static_cast<size_t>(y)], zs[static_cast<size_t>(z)]);
      uint8_t* to = &out.at(0, 0, y, z);
      if (y > 0 && ys[static_cast<size_t>(y)] == ys[static_cast<size_t>(y - 1)])
        std::copy_n(to - grid.size[0], grid.size[0], to);
      else
        for (int64_t x = 0; x < grid.size[0]; ++x) to[x] = from[xs[static_cast<size_t>(x)]];
    }
  return out;
}

}  // namespace trivox
