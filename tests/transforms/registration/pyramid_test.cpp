#include "transforms/registration/pyramid.h"

#include "tests/test.h"
#include "tests/transforms/volumes.h"

using namespace trivox;
using namespace trivox::test;

TEST_CASE("a shrunken ramp is the ramp at its own voxel centres", "[registration]") {
  // The mean of a linear function over a block is its value at the block's centre, wherever that is claimed
  // to be.
  Grid grid = grid_of({37, 25, 7}, {0.5, 0.75, 5}, {-10, 20, 3});
  grid.affine.topLeftCorner<3, 3>() =
      Eigen::AngleAxisd(0.2, Eigen::Vector3d(1, 1, 0).normalized()).toRotationMatrix() *
      grid.affine.topLeftCorner<3, 3>();
  const auto ramp = [](const Eigen::Vector3d& p) { return 2 * p.x() - p.y() + 0.5 * p.z() + 1; };
  const Volume<float> image = sampled(grid, ramp);
  for (const std::array<int64_t, 3> factors :
       {std::array<int64_t, 3>{1, 1, 1}, {4, 3, 1}, {2, 2, 2}, {37, 5, 7}}) {
    const Volume<float> small = shrink(image, factors);
    for (size_t a = 0; a < 3; ++a) CHECK(small.grid.size[a] == grid.size[a] / factors[a]);
    for_voxels(small.grid, [&](int64_t x, int64_t y, int64_t z, const Eigen::Vector3d& world) {
      CHECK(small.at(0, x, y, z) == Approx(ramp(world)).margin(1e-4));
    });
  }
}

TEST_CASE("factors leave four voxels an axis and never shrink beyond the spacing asked for",
          "[registration]") {
  const Grid grid = grid_of({512, 512, 22}, {0.43, 0.43, 6.5}, {0, 0, 0});
  CHECK(shrink_factors(grid, 3.5) == std::array<int64_t, 3>{8, 8, 1});
  CHECK(shrink_factors(grid, 0.43) == std::array<int64_t, 3>{1, 1, 1});
  CHECK(shrink_factors(grid, 0.2) == std::array<int64_t, 3>{1, 1, 1});
  CHECK(shrink_factors(grid_of({10, 512, 3}, {0.5, 0.5, 0.5}, {0, 0, 0}), 4) ==
        std::array<int64_t, 3>{2, 8, 1});
}

TEST_CASE("a mask of one level on another covers the same place", "[registration]") {
  const Grid grid = grid_of({48, 40, 4}, {0.5, 0.5, 4}, {-12, 3, 0});
  const auto inside = [](const Eigen::Vector3d& p) { return p.x() < -2 && p.y() > 10; };
  const Volume<float> image = sampled(grid, [](const auto&) { return 0; });
  const Grid coarse = shrink(image, {4, 4, 1}).grid, fine = shrink(image, {2, 2, 1}).grid;
  const Volume<uint8_t> mask = painted(coarse, inside);
  const Volume<uint8_t> found = on_level(mask, {4, 4, 1}, fine, {2, 2, 1});
  for_voxels(fine, [&](int64_t x, int64_t y, int64_t z, const Eigen::Vector3d&) {
    CHECK(found.at(0, x, y, z) == mask.at(0, x / 2, y / 2, z));
  });
  const Volume<uint8_t> grown = grown_in_plane(mask);
  for_voxels(coarse, [&](int64_t x, int64_t y, int64_t z, const Eigen::Vector3d& world) {
    CHECK(grown.at(0, x, y, z) == (inside(world + Eigen::Vector3d(-2, 2, 0)) ? 1 : 0));
  });
}
