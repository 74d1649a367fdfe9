#include "transforms/registration/pyramid.h"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

#include "transforms/multiversion.h"

namespace trivox {
namespace {

constexpr int64_t kFewest = 4;

/// Adds `n * factor` values to n sums.
TRIVOX_INLINED inline void add_pairs(const float* from, int64_t n, float* sums) {
  for (int64_t x = 0; x < n; ++x) sums[x] += from[2 * x] + from[2 * x + 1];
}

TRIVOX_MULTIVERSION void add_row(const float* from, int64_t factor, int64_t n, float* sums) {
  if (factor == 1) {
    for (int64_t x = 0; x < n; ++x) sums[x] += from[x];
  } else if (factor == 2) {
    add_pairs(from, n, sums);
  } else {
    for (int64_t x = 0; x < n; ++x) {
      float sum = 0;
      for (int64_t i = 0; i < factor; ++i) sum += from[x * factor + i];
      sums[x] += sum;
    }
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

Volume<uint8_t> shrink_mask(const Volume<uint8_t>& mask, const std::array<int64_t, 3>& factors) {
  const Grid grid = shrunken(mask.grid, factors);
  Volume<uint8_t> out(grid, 1);
  const auto& n = grid.size;
  for (int64_t z = 0; z < n[2] * factors[2]; ++z)
    for (int64_t y = 0; y < n[1] * factors[1]; ++y) {
      const uint8_t* from = &mask.at(0, 0, y, z);
      const int64_t y1 = y / factors[1], z1 = z / factors[2];
      for (int64_t x = 0; x < n[0] * factors[0]; ++x) {
        if (from[x] == 0) continue;
        const int64_t x1 = x / factors[0];
        for (int64_t j = std::max<int64_t>(y1 - 1, 0); j <= std::min(y1 + 1, n[1] - 1); ++j)
          for (int64_t i = std::max<int64_t>(x1 - 1, 0); i <= std::min(x1 + 1, n[0] - 1); ++i)
            out.at(0, i, j, z1) = 1;
        x = (x1 + 1) * factors[0] - 1;  // the block is known
      }
    }
  return out;
}

}  // namespace trivox
