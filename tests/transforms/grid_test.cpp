#include "transforms/grid.h"
#include <limits>

#include "tests/test.h"
#include "tests/transforms/volumes.h"
#include "transforms/grid_difference.h"

using namespace trivox;
using namespace trivox::test;

TEST_CASE("grids_that_differ_in_their_axes_alone are told apart", "[grid]") {
  Grid a;
  a.size = {20, 24, 8};
  a.affine.diagonal() << 0.6, 0.5, 4, 1;
  Grid down = a, turned = a;
  down.affine(2, 2) = -4;  // of voxel (0, 0, 7): 7 * 4 mm
  CHECK(describe_apart(down, a) ==
        std::pair<std::string, std::string>{
            "20 x 24 x 8 voxels of 0.600 x 0.500 x 4.000 mm at (0.0, 0.0, 0.0), axes RAI, voxel (0, 0, 7) at "
            "(0.0, 0.0, -28.0)",
            "20 x 24 x 8 voxels of 0.600 x 0.500 x 4.000 mm at (0.0, 0.0, 0.0), axes RAS, voxel (0, 0, 7) at "
            "(0.0, 0.0, 28.0)"});
  turned.affine.topLeftCorner<3, 3>() =
      Eigen::AngleAxisd(0.2, Eigen::Vector3d::UnitX()).toRotationMatrix() * a.affine.topLeftCorner<3, 3>();
  const auto [of_turned, of_a] = describe_apart(turned, a);
  CHECK_THAT(of_turned, CONTAINS_TEXT("axes RAS, voxel (0, 23, 7) at (0.0, 5.7, 29.7)"));  // 11.5, 28 by .2
  CHECK_THAT(of_a, CONTAINS_TEXT("axes RAS, voxel (0, 23, 7) at (0.0, 11.5, 28.0)"));
  Grid moved = a;
  moved.affine(0, 3) = 1;
  CHECK(describe_apart(moved, a) == std::pair{moved.describe(), a.describe()});
}

TEST_CASE("grid corners and positions are those of a hand calculation", "[grid]") {
  // 3 x 2 x 4 voxels of 2 x 3 x 5 mm; x runs to the left, so the second corner lies at 10 - 2 * 2.
  Grid grid = grid_of({3, 2, 4}, {2, 3, 5}, {10, 20, 30});
  grid.affine(0, 0) = -2;
  const auto corners = grid.corners();
  CHECK(corners[0] == Eigen::Vector3d(10, 20, 30));
  CHECK(corners[1] == Eigen::Vector3d(6, 20, 30));
  CHECK(corners[2] == Eigen::Vector3d(10, 23, 30));
  CHECK(corners[7] == Eigen::Vector3d(6, 23, 45));
  CHECK(grid.spacing_mm() == Eigen::Vector3d(2, 3, 5));
  CHECK(grid.direction().col(0) == Eigen::Vector3d(-1, 0, 0));
  CHECK(grid.voxel_volume_mm3() == Approx(30));
  CHECK(grid.voxels() == 24);
  CHECK(grid.to_voxel({7, 21.5, 32.5}).isApprox(Eigen::Vector3d(1.5, 0.5, 0.5)));
  CHECK(grid.describe() == "3 x 2 x 4 voxels of 2.000 x 3.000 x 5.000 mm at (10.0, 20.0, 30.0)");
}

TEST_CASE("grid volume of a sheared voxel is its determinant", "[grid]") {
  Grid grid = grid_of({2, 2, 2}, {1, 1, 4}, {0, 0, 0});
  grid.affine(1, 2) = 3;  // slices shifted along y: a column of 5 mm, but still 1 x 1 x 4 mm^3
  CHECK(grid.spacing_mm()[2] == Approx(5));
  CHECK(grid.voxel_volume_mm3() == Approx(4));
}

TEST_CASE("grid same place means every corner within the tolerance", "[grid]") {
  const Grid a = grid_of({11, 11, 6}, {1, 1, 5}, {0, 0, 0});
  Grid b = a;
  b.affine(0, 2) = 0.03;  // 5 slices further the corner is .15 mm away
  CHECK(corner_distance_mm(a, b) == Approx(0.15));
  CHECK(same_place(a, b));
  b.affine(0, 2) = 0.05;
  CHECK_FALSE(same_place(a, b));
  CHECK(same_place(a, b, 0.26));
  Grid larger = a;
  larger.size[0] = 12;
  CHECK(corner_distance_mm(a, larger) == std::numeric_limits<double>::infinity());
  Grid broken = a;
  broken.affine(1, 3) = std::numeric_limits<double>::quiet_NaN();
  CHECK_FALSE(same_place(a, broken, 1e9));
}

TEST_CASE("same_lattice finds each permutation and reversal and reorder undoes it", "[grid]") {
  const Grid target = grid_of({4, 3, 2}, {1, 2, 3}, {5, 6, 7});
  const Volume<float> values = noise(target, 2);
  std::array<int, 3> axis = {0, 1, 2};
  do {
    for (int flips = 0; flips < 8; ++flips) {
      // The array as another program would have saved it: its axis i is the target's axis[i].
      Grid saved;
      Eigen::Vector3d first = Eigen::Vector3d::Zero();
      for (size_t i = 0; i < 3; ++i) {
        const bool flip = ((flips >> i) & 1) != 0;
        const auto a = static_cast<size_t>(axis[i]);
        saved.size[i] = target.size[a];
        saved.affine.col(static_cast<int>(i)) = (flip ? -1 : 1) * target.affine.col(axis[i]);
        if (flip) first[axis[i]] = static_cast<double>(target.size[a] - 1);
      }
      saved.affine.topRightCorner<3, 1>() = target.to_world(first);
      Volume<float> stored(saved, 2);
      for (int64_t c = 0; c < 2; ++c)
        for_voxels(saved, [&](int64_t x, int64_t y, int64_t z, const Eigen::Vector3d& world) {
          const Eigen::Vector3d t = target.to_voxel(world).array().round();
          stored.at(c, x, y, z) = values.at(c, static_cast<int64_t>(t[0]), static_cast<int64_t>(t[1]),
                                            static_cast<int64_t>(t[2]));
        });
      const auto map = same_lattice(saved, target);
      REQUIRE(map.has_value());
      CHECK(map->identity() == (flips == 0 && axis == std::array<int, 3>{0, 1, 2}));
      CHECK((reorder(stored, *map, target).data == values.data));
    }
  } while (std::next_permutation(axis.begin(), axis.end()));
}

TEST_CASE("same_lattice refuses a lattice that is shifted or scaled or of another size", "[grid]") {
  const Grid target = grid_of({4, 4, 4}, {1, 1, 1}, {0, 0, 0});
  Grid source = target;
  source.affine(0, 3) = 0.5;
  CHECK_FALSE(same_lattice(source, target).has_value());
  source = target;
  source.affine(2, 2) = 1.2;
  CHECK_FALSE(same_lattice(source, target).has_value());
  source = target;
  source.size = {4, 4, 5};
  CHECK_FALSE(same_lattice(source, target).has_value());
}

TEST_CASE("axis map describes itself", "[grid]") {
  AxisMap map;
  CHECK(map.describe() == "x <- x, y <- y, z <- z");
  map.axis = {1, 0, 2};
  map.flip = {true, false, true};
  CHECK(map.describe() == "x <- -y, y <- x, z <- -z");
}

TEST_CASE("with_spacing keeps the field of view and its centre", "[grid]") {
  // 100 x .5 mm = 50 mm: at .8 mm 62.5 voxels, rounded to 63 (50.4 mm) about the same centre.
  const Grid grid = grid_of({100, 80, 10}, {0.5, 0.5, 5}, {1, 2, 3});
  const Grid out = with_spacing(grid, {0.8, 1, 0});
  CHECK(out.size == std::array<int64_t, 3>{63, 40, 10});
  CHECK(out.spacing_mm().isApprox(Eigen::Vector3d(0.8, 1, 5)));
  const auto centre = [](const Grid& g) {
    return g.to_world({static_cast<double>(g.size[0] - 1) / 2, static_cast<double>(g.size[1] - 1) / 2,
                       static_cast<double>(g.size[2] - 1) / 2});
  };
  CHECK(centre(out).isApprox(centre(grid)));
  CHECK(with_spacing(grid, {0, 0, 0}).affine == grid.affine);
  CHECK(with_spacing(grid, {1000, 0, 0}).size[0] == 1);
}

TEST_CASE("sub_grid starts at its first voxel even outside", "[grid]") {
  const Grid grid = grid_of({10, 10, 10}, {2, 3, 4}, {1, 1, 1});
  const Grid part = sub_grid(grid, {-1, 2, 3}, {5, 6, 7});
  CHECK(part.to_world({0, 0, 0}) == Eigen::Vector3d(-1, 7, 13));
  CHECK(part.size == std::array<int64_t, 3>{5, 6, 7});
}
