#include "evaluate/registration_pictures.h"

#include <algorithm>
#include <cmath>

#include "tests/test.h"

using namespace trivox;

namespace {

// 96 x 80 x 14 voxels of 2 x 2 x 5 mm, axes to the left, back and head, about the origin.
Grid phantom_grid() {
  Grid grid;
  grid.size = {96, 80, 14};
  grid.affine.diagonal() << -2, -2, 5, 1;
  grid.affine.topRightCorner<3, 1>() << 95, 79, -32.5;
  return grid;
}

// How much of a ball about `centre_mm` a voxel holds (to first order), from 0 to 100.
Volume<float> ball(const Grid& grid, const Eigen::Vector3d& centre_mm, double radius_mm) {
  Volume<float> out(grid, 1);
  for (int64_t z = 0; z < grid.size[2]; ++z)
    for (int64_t y = 0; y < grid.size[1]; ++y)
      for (int64_t x = 0; x < grid.size[0]; ++x) {
        const Eigen::Vector3d p =
            grid.to_world({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)});
        const double part = std::clamp((radius_mm - (p - centre_mm).norm()) / 2 + 0.5, 0.0, 1.0);
        out.at(0, x, y, z) = static_cast<float>(100 * part);
      }
  return out;
}

Volume<uint8_t> box_mask(const Grid& grid, std::array<int64_t, 3> first, std::array<int64_t, 3> last) {
  Volume<uint8_t> out(grid, 1);
  for (int64_t z = first[2]; z <= last[2]; ++z)
    for (int64_t y = first[1]; y <= last[1]; ++y)
      for (int64_t x = first[0]; x <= last[0]; ++x) out.at(0, x, y, z) = 1;
  return out;
}

// World position of a place on a slice's picture.
Eigen::Vector3d world_of(const SliceView& view, int64_t slice, const std::array<double, 2>& mm) {
  const double column = mm[0] / view.width_mm() * static_cast<double>(view.width()) - 0.5;
  const double row = mm[1] / view.height_mm() * static_cast<double>(view.height()) - 0.5;
  return view.grid.to_world(view.to_voxel(column, row, static_cast<double>(slice)));
}

const Layer* layer_of(const Figure& figure, const std::string& style) {
  for (const Layer& layer : figure.layers)
    if (layer.style == style) return &layer;
  return nullptr;
}

}  // namespace

TEST_CASE("pair is cut to the fixed body and keeps its place", "[registration]") {
  const Grid grid = phantom_grid();
  const Eigen::Vector3d centre(10, -6, 2.5);
  const Volume<float> fixed = ball(grid, centre, 25);
  const PairDisplay pair = pair_display(fixed, fixed, ball(grid, centre, 15));
  CHECK(pair.whole == grid.size);
  CHECK(pair.fixed.grid.size[0] < grid.size[0]);
  CHECK(same_place(pair.fixed.grid, pair.after.grid));
  const Eigen::Vector3d middle =
      pair.fixed.grid.to_world({static_cast<double>(pair.centre[0]), static_cast<double>(pair.centre[1]),
                                static_cast<double>(pair.centre[2])});
  for (int i = 0; i < 3; ++i) CHECK(std::abs(middle[i] - centre[i]) <= grid.spacing_mm()[i]);
  // 50 mm of 2 mm, and 8 mm of margin on either side.
  CHECK(pair.last[0] - pair.first[0] + 1 == Approx(25).margin(1));
  CHECK(pair.first[0] == 4);
  CHECK(pair.fixed.data[pair.fixed.index(0, pair.centre[0], pair.centre[1], pair.centre[2])] == 100.0F);
}

TEST_CASE("pair on different grids is refused", "[registration]") {
  Grid other = phantom_grid();
  other.affine(2, 3) += 1;
  const Volume<float> fixed = ball(phantom_grid(), {0, 0, 0}, 20), moved = ball(other, {0, 0, 0}, 20);
  CHECK_THAT(test::error_of([&] { (void)pair_display(fixed, fixed, moved); }),
             CONTAINS_TEXT("the moving image after"));
}

TEST_CASE("edges of a ball lie on it in every plane", "[registration]") {
  const Grid grid = phantom_grid();
  const Eigen::Vector3d centre(10, -6, 2.5);
  const Volume<float> fixed = ball(grid, centre, 30);
  const PairDisplay pair = pair_display(fixed, fixed, fixed);
  for (int axis = 0; axis < 3; ++axis) {
    const SliceView view = slice_view(pair.fixed.grid, axis);
    const int64_t slice = pair.centre[static_cast<size_t>(axis)];
    INFO(view.plane());
    const PairFigures figures = pair_figures(pair, view, slice);
    REQUIRE(figures.edges.size() == 1);
    // Between slices of 5 mm, seen from the side, the ball's border is not known.
    const double within_mm = axis == 2 ? 0.3 : 2.5;
    double sum = 0;
    for (const auto& point : figures.edges[0]) {
      const double radius = (world_of(view, slice, point) - centre).norm();
      CHECK(radius == Approx(30).margin(within_mm));
      sum += radius;
    }
    CHECK(sum / static_cast<double>(figures.edges[0].size()) == Approx(30).margin(0.5));
    CHECK(figures.fixed.slices == grid.size[static_cast<size_t>(axis)]);
    CHECK(figures.fixed.slice == pair.start[static_cast<size_t>(axis)] + slice);
    CHECK(figures.before.png == figures.after.png);
    CHECK(figures.before.width_mm == Approx(view.width_mm()));
  }
}

TEST_CASE("before and after are shown by one window", "[registration]") {
  const Grid grid = phantom_grid();
  const Volume<float> fixed = ball(grid, {0, 0, 0}, 30);
  // Laid far beside the grid: air alone. It does not decide.
  const PairDisplay pair = pair_display(fixed, Volume<float>(grid, 1, 0.0F), fixed);
  CHECK(pair.moving_window.black < 20);
  CHECK(pair.moving_window.white == Approx(100).margin(1));
}

TEST_CASE("an image without body is shown whole", "[registration]") {
  const Volume<float> constant(phantom_grid(), 1, 3.0F);
  const PairDisplay pair = pair_display(constant, constant, constant);
  CHECK(pair.fixed.grid.size == phantom_grid().size);
  CHECK(pair_figures(pair, slice_view(pair.fixed.grid), 3).edges.empty());
}

TEST_CASE("checkerboard's squares are the odd fields", "[registration]") {
  const double width = 97, height = 53, square = 20;
  const auto squares = checkerboard(width, height, square);
  for (double y = 0.5; y < height; y += 1)
    for (double x = 0.5; x < width; x += 1) {
      const auto inside = std::count_if(squares.begin(), squares.end(), [&](const Outline& s) {
        return x > s[0][0] && x < s[2][0] && y > s[0][1] && y < s[2][1];
      });
      const bool is_odd = (static_cast<int>(x / square) + static_cast<int>(y / square)) % 2 == 1;
      CHECK(inside == (is_odd ? 1 : 0));
    }
  for (const Outline& s : squares) CHECK((s[2][0] <= width && s[2][1] <= height));
  CHECK(checkerboard(15, 15, 20).empty());
}

TEST_CASE("pictures of a case meet in the reference's mask and show both masks", "[registration]") {
  const Grid grid = phantom_grid();
  const Volume<float> image = ball(grid, {0, 0, 0}, 32);
  PairMasks masks;
  masks.reference = box_mask(grid, {40, 30, 6}, {50, 36, 8});
  masks.before = box_mask(grid, {46, 30, 6}, {56, 36, 8});
  masks.after = masks.reference;
  masks.after.data[masks.after.index(0, 50, 36, 7)] = 255;  // not annotated
  const auto pictures = registration_pictures("001", "T2WI", image, image, image, masks);
  REQUIRE(pictures.before.size() == 3);
  REQUIRE(pictures.after.size() == 3);
  CHECK(pictures.fault.empty());
  CHECK(pictures.before[0].slice == 7);  // across the slices
  CHECK(pictures.before[1].slice == 45);
  CHECK(pictures.before[2].slice == 33);
  const auto left = [](const Layer& layer) {
    double out = 1e9;
    for (const auto& point : layer.outlines.at(0)) out = std::min(out, point[0]);
    return out;
  };
  for (const Figure* figure : {&pictures.before[0], &pictures.after[0]}) {
    REQUIRE(layer_of(*figure, "edges") != nullptr);
    CHECK(!layer_of(*figure, "edges")->lines.empty());
    REQUIRE(layer_of(*figure, "reference") != nullptr);
    REQUIRE(layer_of(*figure, "moving") != nullptr);
  }
  const auto apart = [&](const Figure& f) {
    return left(*layer_of(f, "moving")) - left(*layer_of(f, "reference"));
  };
  CHECK(apart(pictures.before[0]) == Approx(12).margin(0.1));  // 6 voxels of 2 mm
  CHECK(apart(pictures.after[0]) == Approx(0).margin(0.1));
  CHECK(layer_of(pictures.after[0], "moving")->outlines[0].size() >
        layer_of(pictures.after[0], "reference")->outlines[0].size());  // a corner less
}

TEST_CASE("pictures of a case without masks meet in the middle of the body", "[registration]") {
  const Volume<float> image = ball(phantom_grid(), {20, 10, 0}, 24);
  const auto pictures = registration_pictures("001", "T2WI", image, image, image);
  REQUIRE(pictures.before.size() == 3);
  CHECK(layer_of(pictures.before[0], "reference") == nullptr);
  CHECK(layer_of(pictures.before[0], "moving") == nullptr);
  CHECK(std::abs(pictures.before[1].slice - 37) <= 1);  // x = 95 - 2 i = 20
}
