#include "transforms/resample_labels.h"

#include <tbb/global_control.h>

#include <cmath>

#include "tests/test.h"
#include "tests/transforms/volumes.h"

using namespace trivox;
using namespace trivox::test;

namespace {

int64_t count_of(const Volume<uint8_t>& labels, uint8_t value) {
  return std::count(labels.data.begin(), labels.data.end(), value);
}

}  // namespace

TEST_CASE("labels are copied where the lattices coincide", "[labels]") {
  Volume<uint8_t> source(grid_of({6, 5, 4}, {1, 1, 5}, {0, 0, 0}), 1);
  Rng rng({9, 0, 0, 0});
  for (uint8_t& v : source.data) v = static_cast<uint8_t>(rng.below(4));
  const Eigen::Matrix4d same = Eigen::Matrix4d::Identity();
  CHECK((resample_labels(source, source.grid, same).data == source.data));
  const auto part = resample_labels(source, sub_grid(source.grid, {1, -1, 0}, {4, 4, 4}), same);
  CHECK(part.at(0, 2, 0, 3) == 255);
  CHECK(part.at(0, 2, 3, 3) == source.at(0, 3, 2, 3));
}

TEST_CASE("a thick slice ellipsoid moved to fine slices does not stair step", "[labels]") {
  // Slices of 6 mm to slices of 1 mm: the area of an ellipsoid's section is pi a b (1 - (z / c)^2).
  const Eigen::Vector3d half(20, 16, 26);
  const Grid thick = grid_of({120, 100, 13}, {0.5, 0.5, 6}, {-29.75, -24.75, -36});
  const auto source =
      painted(thick, [&](const Eigen::Vector3d& p) { return p.cwiseQuotient(half).squaredNorm() < 1; });
  const Grid fine = grid_of({120, 100, 61}, {0.5, 0.5, 1}, {-29.75, -24.75, -30});
  const auto moved = resample_labels(source, fine, Eigen::Matrix4d::Identity());
  std::vector<double> area;
  for (int64_t z = 0; z < 61; ++z) {
    int64_t voxels = 0;
    for (int64_t i = 0; i < 120 * 100; ++i) voxels += moved.data[static_cast<size_t>(z * 120 * 100 + i)];
    area.push_back(static_cast<double>(voxels) * 0.25);
  }
  const double whole = M_PI * half.x() * half.y();
  for (int64_t z = -24; z <= 24; ++z) {  // beyond the last slice that holds it, the tip is not known
    const double truth = whole * (1 - std::pow(static_cast<double>(z) / half.z(), 2));
    CHECK(std::abs(area[static_cast<size_t>(z + 30)] - truth) < 0.06 * whole);
  }
  // The truth changes by up to 7 % of the largest section a mm (2 z / c^2); copies of the nearest
  // slice change by up to 38 % at once (between z = 18 and z = 24).
  for (int64_t z = -24; z < 24; ++z)
    CHECK(std::abs(area[static_cast<size_t>(z + 31)] - area[static_cast<size_t>(z + 30)]) < 0.1 * whole);
}

TEST_CASE("a ball keeps its volume on a tilted and on a coarser grid", "[labels]") {
  const Grid from = grid_of({70, 70, 24}, {0.6, 0.6, 2}, {-20.7, -20.7, -23});
  const auto ball = painted(from, [](const Eigen::Vector3d& p) { return p.norm() < 14; });
  Grid tilted = grid_of({60, 60, 20}, {0.7, 0.7, 2.2}, {0, 0, 0});
  tilted.affine.topLeftCorner<3, 3>() = Eigen::AngleAxisd(0.15, Eigen::Vector3d::UnitX()).toRotationMatrix() *
                                        tilted.affine.topLeftCorner<3, 3>();
  tilted.affine.topRightCorner<3, 1>() =
      -tilted.affine.topLeftCorner<3, 3>() * Eigen::Vector3d(29.5, 29.5, 9.5);
  const double truth = 4.0 / 3 * M_PI * 14 * 14 * 14;
  for (const Grid& to : {tilted, with_spacing(from, {1.5, 1.5, 0}), with_spacing(from, {1, 1, 3})}) {
    const auto moved = resample_labels(ball, to, Eigen::Matrix4d::Identity());
    CHECK(static_cast<double>(count_of(moved, 1)) * to.voxel_volume_mm3() == Approx(truth).epsilon(0.02));
  }
}

TEST_CASE("of several labels the deepest wins and no gap opens between them", "[labels]") {
  // Two halves of a ball, 1 and 3, moved by a third of a voxel: no background along their border.
  const Grid from = grid_of({40, 40, 40}, {1, 1, 1}, {-19.5, -19.5, -19.5});
  Volume<uint8_t> halves(from, 1);
  for_voxels(from, [&](int64_t x, int64_t y, int64_t z, const Eigen::Vector3d& p) {
    if (p.norm() < 15) halves.at(0, x, y, z) = p.x() < 0 ? 1 : 3;
  });
  Grid to = from;
  to.affine.topRightCorner<3, 1>() += Eigen::Vector3d(0.33, 0.33, 0.33);
  const auto moved = resample_labels(halves, to, Eigen::Matrix4d::Identity());
  CHECK(count_of(moved, 2) == 0);
  int64_t wrong = 0;
  for_voxels(to, [&](int64_t x, int64_t y, int64_t z, const Eigen::Vector3d& p) {
    if (p.norm() < 13.5) wrong += moved.at(0, x, y, z) != (p.x() < 0 ? 1 : 3) ? 1 : 0;
  });
  CHECK(wrong == 0);
}

TEST_CASE("labels outside the field of view are ignored", "[labels]") {
  const Grid from = grid_of({10, 10, 10}, {1, 1, 1}, {0, 0, 0});
  const auto source = painted(from, [](const Eigen::Vector3d& p) { return p.x() > 5; });
  const Grid to = grid_of({20, 10, 10}, {0.9, 1, 1}, {-3, 0, 0});
  const auto moved = resample_labels(source, to, Eigen::Matrix4d::Identity());
  for (int64_t x = 0; x < 20; ++x) {
    const double at = -3 + 0.9 * static_cast<double>(x);
    const uint8_t expected = at < -0.5 || at > 9.5 ? 255 : (at > 5.5 ? 1 : 0);
    CHECK(moved.at(0, x, 4, 4) == expected);
  }
  const auto empty = resample_labels(Volume<uint8_t>(from, 1), to, Eigen::Matrix4d::Identity());
  CHECK(count_of(empty, 0) + count_of(empty, 255) == 2000);
}

TEST_CASE("labels move the same with one thread and with many", "[labels]") {
  const Grid from = grid_of({50, 50, 12}, {0.5, 0.5, 5}, {-12, -12, -27});
  const auto ball = painted(from, [](const Eigen::Vector3d& p) { return p.norm() < 10; });
  const Grid to = grid_of({40, 45, 30}, {0.6, 0.55, 2}, {-12, -12, -27});
  const auto many = resample_labels(ball, to, Eigen::Matrix4d::Identity());
  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  CHECK((resample_labels(ball, to, Eigen::Matrix4d::Identity()).data == many.data));
}

TEST_CASE("labels refuse the value 255 and several channels", "[labels]") {
  const Volume<uint8_t> ignored(grid_of({2, 2, 2}, {1, 1, 1}, {0, 0, 0}), 1, 255);
  CHECK(error_of([&] { (void)resample_labels(ignored, ignored.grid, Eigen::Matrix4d::Identity()); }) ==
        "label value is 255, expected 0 to 254 (255 means ignore)");
  const Volume<uint8_t> two(ignored.grid, 2);
  CHECK(error_of([&] { (void)resample_labels(two, two.grid, Eigen::Matrix4d::Identity()); }) ==
        "label map is 2 channels, expected 1");
}
