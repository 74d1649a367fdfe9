#include "transforms/distance.h"

#include <tbb/global_control.h>

#include <cmath>

#include "tests/test.h"
#include "tests/transforms/volumes.h"

using namespace trivox;
using namespace trivox::test;

TEST_CASE("signed distance to a plane is exact along every axis", "[distance]") {
  const Grid grid = grid_of({7, 6, 5}, {0.5, 2, 5.5}, {0, 0, 0});
  for (int axis = 0; axis < 3; ++axis) {
    const double spacing = grid.spacing_mm()[axis];
    const double face = 2.5 * spacing;  // between the voxels 2 and 3
    const auto mask = painted(grid, [&](const Eigen::Vector3d& p) { return p[axis] < face; });
    const auto distance = signed_distance_mm(mask, 1);
    for_voxels(grid, [&](int64_t x, int64_t y, int64_t z, const Eigen::Vector3d& p) {
      CHECK(distance.at(0, x, y, z) == Approx(p[axis] - face));
    });
  }
}

TEST_CASE("signed distance is that to the nearest voxel taken as a box", "[distance]") {
  // By trying all: the distance between a centre and a box is that of the overhangs along the axes.
  const Grid grid = grid_of({11, 9, 7}, {0.7, 1.1, 3}, {0, 0, 0});
  Rng rng({5, 0, 0, 0});
  Volume<uint8_t> mask(grid, 1);
  for (uint8_t& v : mask.data) v = rng.uniform() < 0.04 ? 2 : (rng.uniform() < 0.5 ? 0 : 1);
  const auto distance = signed_distance_mm(mask, 2);
  const Eigen::Vector3d spacing = grid.spacing_mm();
  double largest = 0;
  for_voxels(grid, [&](int64_t x, int64_t y, int64_t z, const Eigen::Vector3d& p) {
    const bool inside = mask.at(0, x, y, z) == 2;
    double nearest = 1e9;
    for_voxels(grid, [&](int64_t i, int64_t j, int64_t k, const Eigen::Vector3d& q) {
      if ((mask.at(0, i, j, k) == 2) == inside) return;
      nearest = std::min(nearest, ((q - p).cwiseAbs() - spacing / 2).cwiseMax(0.0).norm());
    });
    largest = std::max(largest, std::abs(distance.at(0, x, y, z) - (inside ? -nearest : nearest)));
  });
  CHECK(largest < 1e-5);
}

TEST_CASE("signed distance to a ball stays within half a voxel of the ball", "[distance]") {
  const Grid grid = grid_of({50, 50, 50}, {1, 1, 1}, {-24.5, -24.5, -24.5});
  const auto ball = painted(grid, [](const Eigen::Vector3d& p) { return p.norm() < 15; });
  const auto distance = signed_distance_mm(ball, 1);
  double largest = 0;
  for_voxels(grid, [&](int64_t x, int64_t y, int64_t z, const Eigen::Vector3d& p) {
    largest = std::max(largest, std::abs(distance.at(0, x, y, z) - (p.norm() - 15)));
  });
  CHECK(largest < std::sqrt(3) / 2);
}

TEST_CASE("signed distance of an empty and of a full mask is the diagonal", "[distance]") {
  const Grid grid = grid_of({4, 5, 3}, {1, 1, 2}, {0, 0, 0});  // corners 3, 4, 4 mm apart
  const auto diagonal = static_cast<float>(std::sqrt(9 + 16 + 16));
  const auto empty = signed_distance_mm(Volume<uint8_t>(grid, 1, 0), 1);
  const auto full = signed_distance_mm(Volume<uint8_t>(grid, 1, 1), 1);
  for (const float v : empty.data) CHECK(v == Approx(diagonal));
  for (const float v : full.data) CHECK(v == Approx(-diagonal));
}

TEST_CASE("signed distance gives the same bits with one thread and with many", "[distance]") {
  const Grid grid = grid_of({60, 55, 12}, {0.5, 0.5, 5}, {0, 0, 0});
  Volume<uint8_t> mask(grid, 1);
  Rng rng({6, 0, 0, 0});
  for (uint8_t& v : mask.data) v = rng.uniform() < 0.01 ? 1 : 0;
  const auto many = signed_distance_mm(mask, 1);
  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  CHECK((signed_distance_mm(mask, 1).data == many.data));
}
