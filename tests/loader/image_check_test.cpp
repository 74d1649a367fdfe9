#include "loader/image_check.h"

#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

namespace {

/// 10 x 10 x 10 voxels of 1,000 different values.
Volume<float> ramp() {
  Grid grid;
  grid.size = {10, 10, 10};
  Volume<float> image(grid, 1);
  for (size_t i = 0; i < image.data.size(); ++i) image.data[i] = static_cast<float>(i) / 8;
  return image;
}

Volume<uint8_t> mask_of(const std::array<int64_t, 3>& size) {
  Grid grid;
  grid.size = size;
  return {grid, 1};
}

}  // namespace

TEST_CASE("an image of many values is nothing to speak of", "[image_check]") {
  CHECK(check_image_values(ramp()).empty());
}

TEST_CASE("constant_image", "[image_check]") {
  Volume<float> image = ramp();
  std::fill(image.data.begin(), image.data.end(), 7.5F);
  CHECK(error_of([&] { (void)check_image_values(image); }) ==
        "every voxel is 7.5, expected an image: no contrast, no z-score");
  std::fill(image.data.begin(), image.data.end(), 0.0F);
  CHECK(error_of([&] { (void)check_image_values(image); }) ==
        "every voxel is 0, expected an image: no contrast, no z-score");
}

TEST_CASE("an image of few values is taken for a mask", "[image_check]") {
  Volume<float> image = ramp();
  for (size_t i = 0; i < image.data.size(); ++i) image.data[i] = static_cast<float>(i % 3);
  CHECK(check_image_values(image) ==
        std::vector<std::string>{"the image holds 3 distinct values alone (0, 1, 2): is it a mask?"});
  for (size_t i = 0; i < image.data.size(); ++i) image.data[i] = static_cast<float>(i % 16);
  // 62 of 1,000 voxels hold the largest.
  CHECK(check_image_values(image) ==
        std::vector<std::string>{
            "6.2 % of the voxels hold the image's largest value, 15: saturated or inverted"});
}

TEST_CASE("a saturated image is told with its share", "[image_check]") {
  Volume<float> image = ramp();
  // 990 to 999 and 124.875 = 999 / 8 again: 10 of 1,000 are no more than a hundredth, 11 are.
  for (size_t i = 989; i < 1000; ++i) image.data[i] = 4095;
  CHECK(check_image_values(image) ==
        std::vector<std::string>{
            "1.1 % of the voxels hold the image's largest value, 4095: saturated or inverted"});
  image.data[989] = 0;
  CHECK(check_image_values(image).empty());
}

TEST_CASE("the largest value is counted across pieces", "[image_check]") {
  Grid grid;
  grid.size = {100, 100, 3};
  Volume<float> image(grid, 1);
  for (size_t i = 0; i < image.data.size(); ++i) image.data[i] = static_cast<float>(i % 1000);
  for (const size_t i : {0U, 9000U, 20000U})
    for (size_t n = 0; n < 150; ++n) image.data[i + n] = 5000;
  CHECK(check_image_values(image) ==
        std::vector<std::string>{
            "1.5 % of the voxels hold the image's largest value, 5000: saturated or inverted"});
}

TEST_CASE("mask in the middle is nothing to speak of", "[image_check]") {
  Volume<uint8_t> mask = mask_of({5, 4, 3});
  CHECK(check_mask_extent(mask).empty());
  mask.at(0, 2, 1, 1) = 255;
  CHECK(check_mask_extent(mask).empty());
}

TEST_CASE("mask_covers_everything", "[image_check]") {
  Volume<uint8_t> mask = mask_of({5, 4, 3});
  std::fill(mask.data.begin(), mask.data.end(), uint8_t{1});
  CHECK(check_mask_extent(mask) == std::vector<std::string>{"mask covers the whole image"});
  mask.data[0] = 0;
  CHECK(check_mask_extent(mask).front() == "mask covers 98.3 % of the image");  // 59 of 60
}

TEST_CASE("mask_at_the_edge", "[image_check]") {
  Volume<uint8_t> mask = mask_of({5, 4, 3});
  mask.at(0, 0, 1, 1) = mask.at(0, 0, 2, 1) = mask.at(0, 2, 3, 2) = 1;
  CHECK(check_mask_extent(mask) ==
        std::vector<std::string>{
            "mask touches the volume's edge: left (2 voxels), anterior (1 voxel), last slice (1 voxel)"});
  Volume<uint8_t> flat = mask_of({5, 4, 1});
  flat.at(0, 2, 1, 0) = 1;
  CHECK(check_mask_extent(flat).empty());  // its only slice is no edge
}
