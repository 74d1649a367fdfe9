#include "loader/mask.h"

#include <limits>

#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

namespace {

Grid series_grid() {
  Grid grid;
  grid.size = {4, 3, 2};
  grid.affine.topLeftCorner<3, 3>() = Eigen::Vector3d(-0.5, -0.5, 5.5).asDiagonal();
  grid.affine.topRightCorner<3, 1>() = Eigen::Vector3d(50, 60, -20);
  return grid;
}

template <class T>
NiftiNative stored(const Volume<T>& volume) {
  NiftiNative mask;
  mask.header.grid = volume.grid;
  mask.header.channels = volume.channels;
  mask.header.geometry_source = "qform";
  mask.volume.stored = volume;
  return mask;
}

NiftiNative mask_on(const Grid& grid, float foreground = 1) {
  Volume<float> volume(grid, 1);
  volume.at(0, 1, 0, 1) = foreground;  // breaks every symmetry of the lattice
  volume.at(0, 2, 0, 1) = foreground;
  return stored(volume);
}

struct Placed {
  Volume<uint8_t> mask;
  std::vector<std::string> warnings;
};

Placed place(const NiftiNative& mask, const DatasetOptions& options = {}) {
  Placed out;
  out.mask = place_mask(mask, series_grid(), options, out.warnings);
  return out;
}

std::string place_error(const NiftiNative& mask, const DatasetOptions& options = {}) {
  return error_of([&] { (void)place(mask, options); });
}

template <class T = float>
NativeVolume values(std::initializer_list<T> some, double slope = 1, double intercept = 0) {
  Volume<T> volume(series_grid(), 1);
  std::copy(some.begin(), some.end(), volume.data.begin());
  return {volume, slope, intercept};
}

std::vector<uint8_t> resolved(const NativeVolume& mask, const std::map<int, std::string>& labels = {}) {
  std::vector<std::string> warnings;
  const Volume<uint8_t> out = mask_values(mask, labels, warnings);
  return {out.data.begin(), out.data.begin() + 4};
}

std::string value_error(const NativeVolume& mask, const std::map<int, std::string>& labels = {}) {
  return error_of([&] { (void)resolved(mask, labels); });
}

}  // namespace

TEST_CASE("a mask in the same place takes its series' geometry", "[mask]") {
  Grid moved = series_grid();
  moved.affine(0, 3) += 0.15;  // what ITK-SNAP's float32 quaternion may do
  const Placed placed = place(mask_on(moved));
  CHECK(placed.mask.grid.affine == series_grid().affine);
  CHECK(placed.mask.at(0, 1, 0, 1) == 1);
  CHECK(placed.warnings.empty());
}

TEST_CASE("a mask saved in another orientation is reordered and it is said", "[mask]") {
  // x and y swapped, z reversed: voxel (a, b, c) of the file is voxel (b, a, 1 - c) of the series.
  Grid turned;
  turned.size = {3, 4, 2};
  turned.affine.col(0) = series_grid().affine.col(1);
  turned.affine.col(1) = series_grid().affine.col(0);
  turned.affine.col(2) = -series_grid().affine.col(2);
  turned.affine.topRightCorner<3, 1>() = series_grid().to_world({0, 0, 1});
  Volume<float> mask(turned, 1);
  mask.at(0, 0, 3, 0) = 1;
  mask.at(0, 2, 1, 1) = 1;
  const Placed placed = place(stored(mask));
  Volume<uint8_t> expected(series_grid(), 1);
  expected.at(0, 3, 0, 1) = 1;
  expected.at(0, 1, 2, 0) = 1;
  CHECK(placed.mask.data == expected.data);
  CHECK(placed.mask.grid.affine == series_grid().affine);
  REQUIRE(placed.warnings.size() == 1);
  CHECK(placed.warnings[0] ==
        "mask is stored in another orientation: axes reordered, x <- y, y <- x, z <- -z");
}

TEST_CASE("mask_on_other_grid", "[mask]") {
  Grid moved = series_grid();
  moved.affine(1, 3) += 3;
  CHECK(place_error(mask_on(moved)) ==
        "mask's grid is 4 x 3 x 2 voxels of 0.500 x 0.500 x 5.500 mm at (50.0, 63.0, -20.0), up to "
        "3 mm from its "
        "series, expected that of its series, 4 x 3 x 2 voxels of 0.500 x 0.500 x 5.500 mm at "
        "(50.0, 60.0, -20.0), "
        "within 0.2 mm");
  Grid larger = series_grid();
  larger.size[0] = 5;
  CHECK_THAT(place_error(mask_on(larger)), CONTAINS_TEXT("mask's grid is 5 x 3 x 2 voxels"));
  Grid coarser = series_grid();
  coarser.affine.col(0) *= 2;
  CHECK_THAT(place_error(mask_on(coarser)),
             CONTAINS_TEXT("mask's grid is 4 x 3 x 2 voxels of 1.000 x 0.500"));
}

TEST_CASE("a mask whose header is mirrored without its lattice is not guessed at", "[mask]") {
  // The sign of one axis is wrong, and so the mask lies beside its series.
  Grid mirrored = series_grid();
  mirrored.affine(0, 0) = 0.5;
  CHECK_THAT(place_error(mask_on(mirrored)), CONTAINS_TEXT("mask's grid is"));
}

TEST_CASE("mask_without_geometry", "[mask]") {
  NiftiNative mask = mask_on(series_grid());
  mask.header.grid.affine.setIdentity();
  mask.header.has_geometry = false;
  CHECK_THAT(place_error(mask), CONTAINS_TEXT("mask's geometry is absent"));
  CHECK_THAT(place_error(mask), CONTAINS_TEXT("or assert_mask_grid: series in the configuration"));
  DatasetOptions options;
  options.assert_mask_grid = "series";
  const Placed placed = place(mask, options);
  CHECK(placed.mask.at(0, 2, 0, 1) == 1);
  CHECK(placed.warnings ==
        std::vector<std::string>{"mask holds no geometry: taken to lie on its series' grid, as configured"});
  mask.header.grid = sub_grid(mask.header.grid, {0, 0, 0}, {4, 2, 3});
  CHECK_THAT(place_error(mask, options), CONTAINS_TEXT("mask's geometry is absent"));
}

TEST_CASE("one value besides 0 is foreground whatever it is", "[mask]") {
  CHECK(resolved(values<float>({0, 1, 1, 0})) == std::vector<uint8_t>{0, 1, 1, 0});
  CHECK(resolved(values<float>({0, 255, 255, 0})) == std::vector<uint8_t>{0, 1, 1, 0});
  CHECK(resolved(values<float>({0, 2, 0, 2})) == std::vector<uint8_t>{0, 1, 0, 1});
  CHECK(resolved(values<float>({0, 40000, 0, 0})) == std::vector<uint8_t>{0, 1, 0, 0});
  CHECK(resolved(values<float>({0, 0.99999F, 1.00001F, 0})) == std::vector<uint8_t>{0, 1, 1, 0});
  CHECK(resolved(values<float>({0, 255, 0, 0}), {{3, "tumour"}}) == std::vector<uint8_t>{0, 3, 0, 0});
}

TEST_CASE("several values need a label map", "[mask]") {
  CHECK(value_error(values<float>({0, 1, 2, 0})) ==
        "mask values is 1, 2, expected one value besides 0, or a name for each in dataset.labels");
  const std::map<int, std::string> labels = {{1, "anterior"}, {2, "posterior"}};
  CHECK(resolved(values<float>({0, 1, 2, 0}), labels) == std::vector<uint8_t>{0, 1, 2, 0});
  CHECK(resolved(values<float>({0, 2, 2, 0}), labels) == std::vector<uint8_t>{0, 2, 2, 0});
  CHECK(value_error(values<float>({0, 1, 3, 0}), labels) ==
        "mask value is 3, expected one of 1 (anterior), 2 (posterior)");
}

TEST_CASE("soft masks are cut at half their maximum", "[mask]") {
  std::vector<std::string> warnings;
  const Volume<uint8_t> cut = mask_values(values<float>({0, 0.39F, 0.4F, 0.8F}), {}, warnings);
  CHECK(std::vector<uint8_t>(cut.data.begin(), cut.data.begin() + 4) == std::vector<uint8_t>{0, 0, 1, 1});
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0] == "mask is soft (fractions up to 0.8): cut at half its maximum");
  CHECK_THROWS_AS(mask_values(values<float>({0, 0.4F}), {}, warnings, SoftMask::kRefuse), Error);
  CHECK_THAT(value_error(values<float>({0, 0.5F, 1, 2}), {{1, "a"}, {2, "b"}}),
             CONTAINS_TEXT("mask value is fractions"));
}

TEST_CASE("mask_whose_largest_value_is_next_to_nothing", "[mask]") {
  for (const float largest : {0.001F, 1e-9F})
    CHECK_THAT(value_error(values<float>({0, largest, largest})),
               CONTAINS_TEXT("largest mask value is ") &&
                   CONTAINS_TEXT(", expected 0, for an empty mask, or more than 0.001"));
  std::vector<std::string> warnings;
  CHECK(mask_values(values<float>({0, 0.002F}), {}, warnings).data[1] == 1);
}

TEST_CASE("nan_in_mask", "[mask]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(value_error(values<float>({0, 1, nan, nan})) == "mask value is NaN at 2 voxels, expected numbers");
  CHECK_THAT(value_error(values<float>({0, std::numeric_limits<float>::infinity()})),
             CONTAINS_TEXT("infinite at 1 voxel"));
  CHECK_THAT(value_error(values<float>({0, -1, 1})), CONTAINS_TEXT("mask value is -1, expected 0 or above"));
}

TEST_CASE("an empty mask is said to be empty", "[mask]") {
  std::vector<std::string> warnings;
  (void)mask_values(values<float>({}), {}, warnings);
  CHECK(warnings == std::vector<std::string>{"mask is empty: no voxel above 0"});
}

TEST_CASE("mask_of_several_volumes", "[mask]") {
  CHECK_THAT(place_error(stored(Volume<float>(series_grid(), 2))),
             CONTAINS_TEXT("those of 2 volumes, expected one volume"));
}

TEST_CASE("corners at .2 mm are within and beyond it are not", "[mask]") {
  Grid moved = series_grid();
  moved.affine(1, 3) += 0.2;
  CHECK(place(mask_on(moved)).mask.at(0, 1, 0, 1) == 1);
  moved.affine(1, 3) += 1e-4;
  CHECK_THAT(place_error(mask_on(moved)), CONTAINS_TEXT("up to 0.2001 mm from its series"));
}

TEST_CASE("mask_on_a_lattice_too_small_to_tell its axes", "[mask]") {
  // 2 x 2 voxels of .1 mm: reversed, they still lie within .2 mm.
  Grid tiny = series_grid();
  tiny.size = {2, 3, 2};
  tiny.affine.col(0) *= 0.2;
  std::vector<std::string> warnings;
  const std::string message = error_of([&] { (void)place_mask(mask_on(tiny), tiny, {}, warnings); });
  CHECK(message ==
        "mask's grid is on that of its series within 0.2 mm in several ways: x <- x, y <- y, z <- z (0.000 "
        "mm) and x <- -x, y <- y, z <- z (0.100 mm), expected one way, but 2 x 3 x 2 voxels of 0.100 x 0.500 "
        "x 5.500 "
        "mm "
        "at (50.0, 60.0, -20.0) is too small to tell");
}

TEST_CASE("a mask of one slice fits whichever way that slice faces", "[mask]") {
  Grid slice = series_grid();
  slice.size = {4, 3, 1};
  Grid other = slice;
  other.affine.col(2) *= -0.5;  // no voxel lies elsewhere for it
  std::vector<std::string> warnings;
  Volume<uint8_t> mask(other, 1);
  mask.at(0, 3, 1, 0) = 1;
  const Volume<uint8_t> placed = place_mask(stored(mask), slice, {}, warnings);
  CHECK(placed.data == mask.data);
  CHECK(placed.grid.affine == slice.affine);
  CHECK(warnings.empty());
  // The same slice stored as 1 x 4 x 3.
  Grid turned;
  turned.size = {1, 4, 3};
  turned.affine.col(0) = slice.affine.col(2);
  turned.affine.col(1) = slice.affine.col(0);
  turned.affine.col(2) = slice.affine.col(1);
  turned.affine.col(3) = slice.affine.col(3);
  Volume<uint8_t> sideways(turned, 1);
  sideways.at(0, 0, 3, 1) = 1;
  CHECK(place_mask(stored(sideways), slice, {}, warnings).data == mask.data);
}

TEST_CASE("labels beyond what float32 holds are not rounded", "[mask]") {
  const int32_t large = 16777216;
  CHECK(resolved(values<int32_t>({0, large + 1, large + 1, 0})) == std::vector<uint8_t>{0, 1, 1, 0});
  CHECK(value_error(values<int32_t>({0, large, large + 1})) ==
        "mask values is 16777216, 16777217, expected one value besides 0, or a name for each in "
        "dataset.labels");
  const uint64_t huge = 18446744073709551615U;
  CHECK(resolved(values<uint64_t>({0, huge, 0, huge})) == std::vector<uint8_t>{0, 1, 0, 1});
  CHECK_THAT(value_error(values<uint64_t>({huge, huge - 1})),
             CONTAINS_TEXT("18446744073709551614, 18446744073709551615"));
  CHECK_THAT(value_error(values<int64_t>({0, (int64_t{1} << 32) + 1}), {{1, "a"}, {2, "b"}}),
             CONTAINS_TEXT("mask value is 4294967297, expected one of 1 (a), 2 (b)"));
  CHECK_THAT(value_error(values<int8_t>({0, -1})),
             CONTAINS_TEXT("mask value is -1"));  // 255 in a signed byte
}

TEST_CASE("a mask stored scaled has the values that its header says", "[mask]") {
  const std::map<int, std::string> labels = {{1, "a"}, {2, "b"}};
  const auto slope = static_cast<double>(0.1F);
  CHECK(resolved(values<uint8_t>({0, 10, 20, 0}, slope), labels) == std::vector<uint8_t>{0, 1, 2, 0});
  CHECK(resolved(values<int16_t>({0, 32760, 0, 0}, static_cast<double>(0.7F) / 0.7)) ==
        std::vector<uint8_t>{0, 1, 0, 0});  // 32760.0005: one value, no fraction
  std::vector<std::string> warnings;
  (void)mask_values(values<uint8_t>({0, 128, 255}, 1.0 / 255), {}, warnings);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0] == "mask is soft (fractions up to 1): cut at half its maximum");
}

TEST_CASE("a mask of many values is refused without counting them all", "[mask]") {
  Grid grid = series_grid();
  grid.size = {100, 100, 10};
  Volume<uint16_t> image(grid, 1);
  for (size_t i = 0; i < image.data.size(); ++i) image.data[i] = static_cast<uint16_t>(i * 7919);
  CHECK_THAT(value_error({image}), CONTAINS_TEXT("mask values is "));
  CHECK_THAT(value_error({image}, {{1, "a"}, {2, "b"}}), CONTAINS_TEXT("expected one of 1 (a), 2 (b)"));
}

TEST_CASE("the place of a mask is told", "[mask]") {
  NiftiHeader mask = mask_on(series_grid()).header;
  CHECK(describe_mask_place(find_mask_place(mask, series_grid(), {})) ==
        "in the same place as its series (corners within 0.000 mm, qform)");
  mask.grid.affine.col(0) = -series_grid().affine.col(0);
  mask.grid.affine.topRightCorner<3, 1>() = series_grid().to_world({3, 0, 0});
  CHECK(describe_mask_place(find_mask_place(mask, series_grid(), {})) ==
        "reordered onto its series' axes (x <- -x, y <- y, z <- z, corners within 0.000 mm, qform)");
}
