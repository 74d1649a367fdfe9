#include "evaluate/picture.h"

#include <limits>

#include "tests/test.h"

using namespace trivox;

namespace {

// 20 x 24 x 8 voxels of 2 x 2 x 6 mm whose voxel axes x, y, z run along the given world axes (0: x,
// 1: y, 2: z) in the given senses, turned by `tilt` radians about R-L. `thick`: which voxel axis has
// 6 mm.
Grid grid_along(std::array<int, 3> world, std::array<double, 3> sense, int thick = 2, double tilt = 0) {
  Grid grid;
  grid.size = {20, 20, 20};
  grid.size[static_cast<size_t>(thick)] = 8;
  Eigen::Matrix3d axes = Eigen::Matrix3d::Zero();
  for (int i = 0; i < 3; ++i)
    axes(world[static_cast<size_t>(i)], i) = sense[static_cast<size_t>(i)] * (i == thick ? 6.0 : 2.0);
  const Eigen::Matrix3d turn = Eigen::AngleAxisd(tilt, Eigen::Vector3d::UnitX()).matrix();
  grid.affine.topLeftCorner<3, 3>() = turn * axes;
  Eigen::Vector3d middle;
  for (int i = 0; i < 3; ++i) middle[i] = static_cast<double>(grid.size[static_cast<size_t>(i)] - 1) / 2;
  grid.affine.topRightCorner<3, 1>() = -(grid.affine.topLeftCorner<3, 3>() * middle);
  return grid;
}

// A bright voxel nearest to a world position.
Volume<float> with_marker(const Grid& grid, const Eigen::Vector3d& world) {
  Volume<float> image(grid, 1, 0.0F);
  const Eigen::Vector3d v = grid.to_voxel(world);
  image.at(0, std::llround(v[0]), std::llround(v[1]), std::llround(v[2])) = 100.0F;
  return image;
}

// Where the marker is seen: -1 left or top, 1 right or bottom.
std::array<int, 2> seen_at(const Volume<float>& image, const Eigen::Vector3d& world) {
  const SliceView view = slice_view(image.grid);
  const GreyPicture picture = render_slice(image, view, view.slice_at(world), {0, 100});
  for (int64_t row = 0; row < picture.height; ++row)
    for (int64_t column = 0; column < picture.width; ++column)
      if (picture.pixels[static_cast<size_t>(row * picture.width + column)] == 255)
        return {2 * column < picture.width ? -1 : 1, 2 * row < picture.height ? -1 : 1};
  return {0, 0};
}

}  // namespace

TEST_CASE("marker at the patient's right front is at the upper left whatever the axes' senses") {
  const Eigen::Vector3d right_front(11, 9, 8);
  for (int senses = 0; senses < 8; ++senses)
    for (const double tilt : {0.0, 0.3, -0.5}) {
      const Grid grid = grid_along(
          {0, 1, 2}, {senses & 1 ? -1.0 : 1.0, senses & 2 ? -1.0 : 1.0, senses & 4 ? -1.0 : 1.0}, 2, tilt);
      INFO(senses << " tilt " << tilt);
      CHECK(seen_at(with_marker(grid, right_front), right_front) == std::array<int, 2>{-1, -1});
      const SliceView view = slice_view(grid);
      CHECK(view.letters == std::array<char, 4>{'R', 'L', 'A', 'P'});
      CHECK(view.plane() == "axial");
    }
}

TEST_CASE("marker is at the upper left whatever the order of the axes") {
  const Eigen::Vector3d right_front(11, 9, 8);
  std::array<int, 3> world = {0, 1, 2};
  do {
    // Thick along head-foot wherever that axis is stored.
    const int thick = world[0] == 2 ? 0 : world[1] == 2 ? 1 : 2;
    const Grid grid = grid_along(world, {1, -1, 1}, thick);
    INFO(world[0] << world[1] << world[2]);
    CHECK(seen_at(with_marker(grid, right_front), right_front) == std::array<int, 2>{-1, -1});
    CHECK(slice_view(grid).slice_axis == thick);
  } while (std::next_permutation(world.begin(), world.end()));
}

TEST_CASE("coronal and sagittal slices stand upright with their own letters") {
  // Thick along A-P: right on the left, head up.
  const Grid coronal = grid_along({0, 2, 1}, {-1, -1, 1});
  CHECK(slice_view(coronal).plane() == "coronal");
  CHECK(slice_view(coronal).letters == std::array<char, 4>{'R', 'L', 'S', 'I'});
  const Eigen::Vector3d right_top(11, 9, 8);
  CHECK(seen_at(with_marker(coronal, right_top), right_top) == std::array<int, 2>{-1, -1});
  // Thick along R-L: anterior on the left, head up.
  const Grid sagittal = grid_along({1, 2, 0}, {1, 1, -1});
  CHECK(slice_view(sagittal).plane() == "sagittal");
  CHECK(slice_view(sagittal).letters == std::array<char, 4>{'A', 'P', 'S', 'I'});
  const Eigen::Vector3d front_top(9, 11, 8);
  CHECK(seen_at(with_marker(sagittal, front_top), front_top) == std::array<int, 2>{-1, -1});
}

TEST_CASE("near-isotropic grid is shown axially") {
  Grid grid;
  grid.size = {4, 5, 6};
  grid.affine.col(1) *= 1.2;
  CHECK(slice_view(grid).slice_axis == 2);
  CHECK(slice_view(grid).plane() == "axial");
}

TEST_CASE("picture keeps the size in mm when it is shrunk") {
  const Grid grid = grid_along({0, 1, 2}, {1, 1, 1});
  const SliceView view = slice_view(grid);
  CHECK(view.width_mm() == Approx(40));
  CHECK(view.height_mm() == Approx(40));
  const Volume<float> image(grid, 1, 50.0F);
  const GreyPicture picture = render_slice(image, view, 0, {0, 100}, 10);
  CHECK(picture.width == 10);
  CHECK(picture.height == 10);
  for (const uint8_t p : picture.pixels) CHECK((p == 127 || p == 128));
}

TEST_CASE("any axis can be looked along") {
  const Grid axial = grid_along({0, 1, 2}, {-1, -1, 1});
  CHECK(slice_view(axial, 1).plane() == "coronal");
  CHECK(slice_view(axial, 1).letters == std::array<char, 4>{'R', 'L', 'S', 'I'});
  CHECK(slice_view(axial, 0).plane() == "sagittal");
  CHECK(slice_view(axial, 0).letters == std::array<char, 4>{'A', 'P', 'S', 'I'});
}

TEST_CASE("square pixels keep the proportions of thick slices seen from the side") {
  // 20 x 8 voxels of 2 x 6 mm.
  const Volume<float> image(grid_along({0, 1, 2}, {1, 1, 1}), 1, 50.0F);
  const SliceView view = slice_view(image.grid, 1);
  const GreyPicture whole = render_square(image, view, 3, {0, 100}, 400);
  CHECK(whole.width == 20);
  CHECK(whole.height == 24);
  const GreyPicture small = render_square(image, view, 3, {0, 100}, 12);
  CHECK(small.width == 10);
  CHECK(small.height == 12);
  for (const GreyPicture* picture : {&whole, &small})
    for (const uint8_t p : picture->pixels) CHECK((p == 127 || p == 128));
}

TEST_CASE("window ignores NaN and survives a constant image") {
  Volume<float> image(grid_along({0, 1, 2}, {1, 1, 1}), 1, 7.0F);
  image.data[3] = std::numeric_limits<float>::quiet_NaN();
  const Window window = percentile_window(image);
  CHECK(window.black == 7.0F);
  CHECK(window.white == 8.0F);
  const GreyPicture picture = render_slice(image, slice_view(image.grid), 0, window);
  for (const uint8_t p : picture.pixels) CHECK(p == 0);
}

TEST_CASE("outline encloses the mask's area along the voxels' edges") {
  Volume<uint8_t> mask(grid_along({0, 1, 2}, {-1, -1, 1}), 1);
  // 5 x 4 voxels of 2 x 2 mm, with a hole of one.
  for (int64_t y = 6; y < 10; ++y)
    for (int64_t x = 3; x < 8; ++x) mask.at(0, x, y, 5) = 1;
  mask.at(0, 5, 7, 5) = 0;
  const SliceView view = slice_view(mask.grid);  // columns and rows run as x and y here
  const auto lines = outlines(mask, view, 5, 1);
  REQUIRE(lines.size() == 2);
  std::array<double, 2> low = {1e9, 1e9}, high = {-1e9, -1e9};
  for (const auto& point : lines[0].size() > 3 && lines[1].size() > 3 ? lines[0] : Outline{})
    for (size_t i = 0; i < 2; ++i) {
      low[i] = std::min(low[i], point[i]);
      high[i] = std::max(high[i], point[i]);
    }
  CHECK(low[0] == Approx(6).margin(0.2));  // 3 voxels of 2 mm
  CHECK(high[0] == Approx(16).margin(0.2));
  CHECK(low[1] == Approx(12).margin(0.2));
  CHECK(high[1] == Approx(20).margin(0.2));
  CHECK(outlines(mask, view, 4, 1).empty());
  CHECK(outlines(mask, view, 5, 2).empty());
  const auto areas = area_by_slice(mask, view);
  CHECK(areas.size() == 8);
  CHECK(areas[5] == 19);
  CHECK(areas[4] == 0);
}

TEST_CASE("png has its signature and the same bytes twice") {
  const GreyPicture picture{3, 2, {0, 50, 100, 150, 200, 255}};
  const std::string png = encode_png(picture);
  CHECK(png.substr(1, 3) == "PNG");
  CHECK(png == encode_png(picture));
}
