#include "loader/mask_agreement.h"

#include <array>
#include <cmath>

#include "tests/test.h"
#include "tests/transforms/volumes.h"

using namespace trivox;
using namespace trivox::test;

namespace {

const Eigen::Matrix4d kNone = Eigen::Matrix4d::Identity();

Eigen::Matrix4d shift(double x, double y, double z) {
  Eigen::Matrix4d out = kNone;
  out.topRightCorner<3, 1>() << x, y, z;
  return out;
}

Eigen::Matrix4d turn(double degrees, const Eigen::Vector3d& axis) {
  Eigen::Matrix4d out = kNone;
  out.topLeftCorner<3, 3>() = Eigen::AngleAxisd(degrees * M_PI / 180, axis.normalized()).toRotationMatrix();
  return out;
}

/// The grid of a patient who was moved.
Grid moved(Grid grid, const Eigen::Matrix4d& by) {
  grid.affine = (by * grid.affine).eval();
  return grid;
}

Volume<uint8_t> on(Volume<uint8_t> mask, const Grid& grid) {
  mask.grid = grid;
  return mask;
}

/// A box whose faces are faces of voxels, RAS+ mm.
Volume<uint8_t> box(const Grid& grid, const Eigen::Vector3d& low, const Eigen::Vector3d& high) {
  return painted(grid, [&](const Eigen::Vector3d& p) {
    return (p.array() > low.array()).all() && (p.array() < high.array()).all();
  });
}

Volume<uint8_t> ball(const Grid& grid, const Eigen::Vector3d& centre, double radius) {
  return painted(grid, [&](const Eigen::Vector3d& p) { return (p - centre).norm() < radius; });
}

/// Of two balls of one radius: the lens that they share, pi (4 r + d) (2 r - d)^2 / 12, by 4/3 pi r^3.
double dice_of_balls(double radius, double distance) {
  return (4 * radius + distance) * std::pow(2 * radius - distance, 2) / (16 * std::pow(radius, 3));
}

// From 0 mm on: its voxels' faces are whole mm, 5 mm along z.
const Grid kThick = grid_of({60, 60, 10}, {1, 1, 5}, {0.5, 0.5, 2.5});
// From -6 mm on: faces at multiples of 0.5, 0.75 and 2 mm.
const Grid kOther = grid_of({140, 100, 30}, {0.5, 0.75, 2}, {-5.75, -5.625, -5});

}  // namespace

TEST_CASE("shifted boxes on one grid have the Dice of their lengths", "[registration][mask_agreement]") {
  // 40 x 30 x 25 mm; shifted by 4, 3 and 5 mm: 36 x 27 x 20 of it are shared.
  const Volume<uint8_t> a = box(kThick, {2, 2, 5}, {42, 32, 30}), b = box(kThick, {6, 5, 10}, {46, 35, 35});
  CHECK(world_dice(a, b, kNone) == Approx(36.0 * 27 * 20 / (40 * 30 * 25)).epsilon(1e-12));
  CHECK(world_dice(b, a, kNone) == world_dice(a, b, kNone));
  CHECK(world_dice(a, a, kNone) == 1);
  // Of unlike volumes: 40 x 30 x 25 = 30000 and 20 x 30 x 25 = 15000 within it, 2 * 15000 / 45000.
  CHECK(world_dice(a, box(kThick, {10, 2, 5}, {30, 32, 30}), kNone) == Approx(2.0 / 3).epsilon(1e-12));
}

TEST_CASE("boxes on unlike and on tilted grids have the Dice of their lengths",
          "[registration][mask_agreement]") {
  // 40 x 30 x 20 mm; shifted by 3 mm along each axis, less than a slice of 5.
  const Volume<uint8_t> a = box(kThick, {0, 0, 5}, {40, 30, 25}), b = box(kOther, {3, 3, 8}, {43, 33, 28});
  const double expected = 37.0 * 27 * 17 / (40 * 30 * 20);
  CHECK(world_dice(a, b, kNone) == Approx(expected).margin(5e-4));
  CHECK(world_dice(b, a, kNone) == Approx(expected).margin(5e-4));
  // Where both are moved alike, nothing changes; nor where one is and the transform says so.
  const Eigen::Matrix4d by = shift(7, -80, 3) * turn(33, {1, -2, 3});
  const Volume<uint8_t> a_moved = on(a, moved(kThick, by)), b_moved = on(b, moved(kOther, by));
  CHECK(world_dice(a_moved, b_moved, kNone) == Approx(expected).margin(5e-4));
  CHECK(world_dice(a, b_moved, by) == Approx(expected).margin(5e-4));
  CHECK(world_dice(a_moved, b, by.inverse()) == Approx(expected).margin(5e-4));
}

TEST_CASE("the transform of the overlap leads from the first mask to the second",
          "[registration][mask_agreement]") {
  const Volume<uint8_t> a = box(kThick, {10, 10, 10}, {30, 30, 30}), b = on(a, moved(kThick, shift(5, 0, 0)));
  CHECK(world_dice(a, b, shift(5, 0, 0)) == 1);
  CHECK(world_dice(a, b, kNone) == 0.75);           // 15 of 20 mm
  CHECK(world_dice(a, b, shift(-5, 0, 0)) == 0.5);  // 10 of 20 mm
  CHECK(world_dice(b, a, shift(-5, 0, 0)) == 1);
}

TEST_CASE("shifts of a part of a voxel lower the Dice of masks on one grid",
          "[registration][mask_agreement]") {
  // Of n voxels an axis, shifted by d: (n - d) / n along each.
  Grid grid;
  grid.size = {24, 24, 12};
  grid.affine.diagonal() << 0.5, 0.5, 5, 1;
  Volume<uint8_t> box(grid, 1);
  for (int64_t z = 4; z < 8; ++z)
    for (int64_t y = 7; y < 17; ++y)
      for (int64_t x = 7; x < 17; ++x) box.at(0, x, y, z) = 1;
  for (const auto& [x, y, z] : {std::array{0.25, 0.0, 0.0}, {0.5, 0.25, 0.0}, {0.25, 0.75, 0.5}}) {
    Eigen::Matrix4d shift = Eigen::Matrix4d::Identity();
    shift.topRightCorner<3, 1>() << 0.5 * x, 0.5 * y, 5 * z;
    const double expected = (10 - x) / 10 * (10 - y) / 10 * (4 - z) / 4;
    CHECK(world_dice(box, box, shift) == Approx(expected).margin(0.004));
  }
}

TEST_CASE("a square turned by 45 degrees shares an octagon with itself", "[registration][mask_agreement]") {
  // Of a square of side 1 it is 2 (sqrt 2 - 1).
  const Grid grid = grid_of({160, 160, 4}, {0.5, 0.5, 4}, {-39.75, -39.75, -6});
  const Volume<uint8_t> a = box(grid, {-32, -32, -8}, {32, 32, 8}),
                        b = on(a, moved(grid, turn(45, {0, 0, 1})));
  CHECK(world_dice(a, b, kNone) == Approx(2 * (std::sqrt(2.0) - 1)).margin(0.002));
  CHECK(world_dice(b, a, kNone) == Approx(2 * (std::sqrt(2.0) - 1)).margin(0.002));
  CHECK(world_dice(a, b, turn(45, {0, 0, 1})) == 1);
}

TEST_CASE("balls on unlike grids have the Dice of their lens", "[registration][mask_agreement]") {
  const Grid fine = grid_of({70, 70, 70}, {0.8, 0.8, 0.8}, {-28, -28, -28});
  const Grid tilted = moved(grid_of({60, 60, 60}, {1, 1, 1}, {-30, -30, -30}), turn(17, {2, 1, -1}));
  for (const double distance : {0.0, 4.0, 12.0, 25.0}) {
    const Volume<uint8_t> a = ball(fine, {0, 0, 0}, 15);
    const Volume<uint8_t> b = ball(tilted, Eigen::Vector3d(1, 2, 2) * distance / 3, 15);
    INFO(distance << " mm apart");
    CHECK(world_dice(a, b, kNone) == Approx(dice_of_balls(15, distance)).margin(0.035));
    CHECK(world_dice(b, a, kNone) == Approx(world_dice(a, b, kNone)).margin(0.002));
  }
}

TEST_CASE("a mask of coarse voxels against one of fine voxels", "[registration][mask_agreement]") {
  // 40 mm long, shifted by 1 mm along x, which voxels of 4 mm do not see.
  const Volume<uint8_t> coarse = box(grid_of({12, 12, 12}, {4, 4, 4}, {2, 2, 2}), {0, 0, 0}, {40, 40, 40});
  const Volume<uint8_t> fine =
      box(grid_of({48, 48, 48}, {1, 1, 1}, {0.5, 0.5, 0.5}), {1, 0, 0}, {41, 40, 40});
  CHECK(world_dice(fine, coarse, kNone) == Approx(39.0 / 40).epsilon(1e-12));
  CHECK(world_dice(coarse, fine, kNone) == Approx(39.0 / 40).epsilon(1e-12));
  // One voxel of 1 mm within 64 mm^3: 2 / 65, wherever it lies.
  const Volume<uint8_t> cube = box(coarse.grid, {4, 4, 4}, {8, 8, 8});
  for (const double x : {4.0, 5.0, 7.0}) {
    const Volume<uint8_t> one = box(fine.grid, {x, 4, 4}, {x + 1, 5, 5});
    CHECK(world_dice(one, cube, kNone) == Approx(2.0 / 65).epsilon(1e-12));
    CHECK(world_dice(cube, one, kNone) == Approx(2.0 / 65).epsilon(1e-12));
  }
}

TEST_CASE("large masks of fine voxels and thick slices", "[registration][mask_agreement]") {
  // 24 million points if every slice were cut into layers as thin as its voxels are wide.
  const Grid grid = grid_of({400, 400, 20}, {0.4, 0.4, 7}, {-79.8, -79.8, -66.5});
  const Volume<uint8_t> a = box(grid, {-76, -76, -56}, {76, 76, 56});
  const Volume<uint8_t> b = on(a, moved(grid, shift(11, -7, 3)));
  CHECK(world_dice(a, b, kNone) == Approx(141.0 / 152 * 145 / 152 * 109 / 112).margin(0.002));
  CHECK(world_dice(a, b, shift(11, -7, 3)) == 1);
}

TEST_CASE("stray_voxels_in_a_large_volume are all counted", "[registration][mask_agreement]") {
  const Grid grid = grid_of({300, 300, 22}, {0.43, 0.43, 6.5}, {-64, -64, -70});
  Volume<uint8_t> a(grid, 1), b(grid, 1);
  for (const auto& [x, y, z] : {std::array{3, 5, 0}, {150, 161, 10}, {297, 290, 21}}) a.at(0, x, y, z) = 1;
  CHECK(world_dice(a, a, kNone) == 1);
  const Eigen::Matrix4d by = shift(4, -3, 8) * turn(3, {1, 2, 3});
  CHECK(world_dice(a, on(a, moved(grid, by)), by) == 1);
  // One of three shared, of two: 2 * 1 / (3 + 2).
  b.at(0, 150, 161, 10) = b.at(0, 20, 20, 20) = 1;
  CHECK(world_dice(a, b, kNone) == Approx(0.4).epsilon(1e-12));
  const auto found = mask_agreement(a, b, shift(1, 0, 0));
  REQUIRE(found);
  CHECK(found->dice_header == Approx(0.4).epsilon(1e-12));
  CHECK(found->dice_registered == 0);
}

TEST_CASE("masks that meet nowhere overlap by 0 and empty ones by no number",
          "[registration][mask_agreement]") {
  const Volume<uint8_t> a = box(kThick, {2, 2, 5}, {12, 12, 15}), none(kThick, 1), other_none(kOther, 1);
  CHECK(std::isnan(world_dice(none, other_none, kNone)));
  CHECK(world_dice(a, other_none, kNone) == 0);
  CHECK(world_dice(other_none, a, kNone) == 0);
  CHECK(world_dice(a, box(kThick, {40, 40, 30}, {50, 50, 40}), kNone) == 0);
  // A metre, a light year: the space between them is not looked at.
  for (const double distance : {1e3, 1e19}) {
    CHECK(world_dice(a, a, shift(distance, 0, 0)) == 0);
    CHECK(world_dice(a, a, shift(0, -distance, distance)) == 0);
  }
  // Boxes around them meet, they do not: two slabs across each other's corner.
  const Volume<uint8_t> slab = box(kThick, {0, 0, 5}, {30, 3, 10});
  CHECK(world_dice(slab, slab, shift(-1, 20, 0) * turn(45, {0, 0, 1})) == 0);
}

TEST_CASE("every value but 0 is foreground", "[registration][mask_agreement]") {
  Volume<uint8_t> a = box(kThick, {2, 2, 5}, {12, 12, 15}), b = a;
  for (uint8_t& v : b.data) v = static_cast<uint8_t>(v * 200);
  CHECK(world_dice(a, b, kNone) == 1);
}

TEST_CASE("agreement of masks by the header and by the transform", "[registration][mask_agreement]") {
  const Volume<uint8_t> a = box(kThick, {10, 10, 10}, {30, 30, 30}), b = on(a, moved(kThick, shift(5, 0, 0)));
  const auto found = mask_agreement(a, b, shift(5, 0, 0));
  REQUIRE(found);
  CHECK(found->dice_header == 0.75);
  CHECK(found->dice_registered == 1);
  CHECK_FALSE(mask_agreement(a, Volume<uint8_t>(kOther, 1), kNone));
  CHECK_FALSE(mask_agreement(Volume<uint8_t>(kOther, 1), a, kNone));
}

TEST_CASE("a mask that was copied is told", "[registration][mask_agreement]") {
  const Volume<uint8_t> a = box(kThick, {10, 10, 10}, {30, 30, 30});
  CHECK(mask_agreement(a, a, shift(3, 0, 0))->is_copy);
  Volume<uint8_t> other = a;
  other.at(0, 10, 10, 2) = 0;
  CHECK_FALSE(mask_agreement(a, other, kNone)->is_copy);
  // The same voxels elsewhere are no copy on one grid: it does not favour the header.
  CHECK_FALSE(mask_agreement(a, on(a, moved(kThick, shift(5, 0, 0))), kNone)->is_copy);
  CHECK_FALSE(mask_agreement(a, box(kOther, {10, 10, 10}, {30, 30, 30}), kNone)->is_copy);
}
