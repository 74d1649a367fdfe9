#include "transforms/normalise.h"

#include <tbb/global_control.h>

#include <limits>

#include "tests/test.h"
#include "tests/transforms/volumes.h"

using namespace trivox;
using namespace trivox::test;

namespace {

/// A head of about 100 with a ring of bright skin and a dark airway in it, noisy air, a speck.
Volume<float> head() {
  const Grid grid = grid_of({64, 64, 6}, {1, 1, 5}, {-31.5, -31.5, 0});
  const Volume<float> deviates = noise(grid, 1);
  Volume<float> image = sampled(grid, [](const Eigen::Vector3d& p) {
    const double r = std::hypot(p.x(), p.y());
    if (std::hypot(p.x() - 27, p.y() - 27) < 2) return 150.0;  // a marker outside
    if (std::hypot(p.x() - 5, p.y()) < 4 || r > 24) return 8.0;
    return r > 21 ? 180.0 : 100.0;
  });
  for (size_t i = 0; i < image.data.size(); ++i) image.data[i] += 2 * deviates.data[i];
  return image;
}

}  // namespace

TEST_CASE("otsu threshold agrees with SimpleITK within a bin", "[normalise]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  Volume<float> image = head();  // with so much noise that there is no gap between the classes
  const Volume<float> deviates = noise(image.grid, 1);
  for (size_t i = 0; i < image.data.size(); ++i) image.data[i] += 25 * deviates.data[i];
  write_floats(folder / "image", image.data);
  const Outcome outcome = python("transforms/otsu_oracle.py " + (folder / "image").string() + " 64 64 6");
  REQUIRE(outcome.exit_code == 0);
  const auto [low, high] = std::minmax_element(image.data.begin(), image.data.end());
  CHECK(otsu_threshold(image) == Approx(std::stod(outcome.output)).margin((*high - *low) / 256 * 1.01));
}

TEST_CASE("otsu threshold parts two values and ignores what is not finite", "[normalise]") {
  // Values 0 and 256: bins one unit wide; edges 1 to 255 separate equally, their middle is taken.
  Volume<float> image(grid_of({4, 4, 1}, {1, 1, 1}, {0, 0, 0}), 1);
  std::fill(image.data.begin() + 8, image.data.end(), 256.0F);
  image.data[0] = std::numeric_limits<float>::quiet_NaN();
  image.data[15] = std::numeric_limits<float>::infinity();
  CHECK(otsu_threshold(image) == 128.0F);
  CHECK(otsu_threshold(Volume<float>(image.grid, 1, 5.0F)) == 5.0F);
}

TEST_CASE("otsu threshold of the largest floats lies between them", "[normalise]") {
  // Their difference is no float: infinite, and no bin of a histogram.
  Volume<float> image(grid_of({4, 4, 1}, {1, 1, 1}, {0, 0, 0}), 1, -3e38F);
  std::fill(image.data.begin() + 8, image.data.end(), 3e38F);
  CHECK(std::abs(otsu_threshold(image)) < 3e36F);
  const auto body = body_mask(image);
  CHECK(std::count(body.data.begin(), body.data.end(), 1) == 8);
  CHECK(body.data.back() == 1);
}

TEST_CASE("body mask is the filled head without what lies beside it", "[normalise]") {
  const Volume<float> image = head();
  const auto body = body_mask(image);
  const auto disc =
      painted(image.grid, [](const Eigen::Vector3d& p) { return std::hypot(p.x(), p.y()) <= 24; });
  CHECK((body.data == disc.data));
}

TEST_CASE("body mask of a constant image is everywhere", "[normalise]") {
  const auto body = body_mask(Volume<float>(grid_of({4, 3, 2}, {1, 1, 1}, {0, 0, 0}), 1, 3.0F));
  CHECK(std::count(body.data.begin(), body.data.end(), uint8_t{1}) == 24);
}

TEST_CASE("intensity is that of a hand calculation", "[normalise]") {
  Volume<float> image(grid_of({7, 1, 1}, {1, 1, 1}, {0, 0, 0}), 1);
  Volume<uint8_t> mask(image.grid, 1);
  const std::array<float, 7> values = {2, -30, 4, 6, 1, -5, 10};  // body 2, 4, 6; outside -30, -5, 1, 10
  std::copy(values.begin(), values.end(), image.data.begin());
  mask.data[0] = mask.data[2] = mask.data[3] = 1;
  const Intensity found = measure_intensity(image, mask);
  CHECK(found.mean == Approx(4));
  CHECK(found.standard_deviation == Approx(std::sqrt(8.0 / 3)));
  CHECK(found.raw_air() == Approx(-5));  // the lower of -5 and 1
  CHECK(found.air == Approx(-9 / std::sqrt(8.0 / 3)));
  z_score(image, found);
  CHECK(image.data[6] == static_cast<float>((10 - found.mean) / found.standard_deviation));
}

TEST_CASE("intensity without anything outside takes the minimum for air", "[normalise]") {
  Volume<float> image(grid_of({3, 1, 1}, {1, 1, 1}, {0, 0, 0}), 1);
  image.data[0] = 3;
  image.data[1] = 9;
  image.data[2] = 6;
  const Intensity found = measure_intensity(image, Volume<uint8_t>(image.grid, 1, 1));
  CHECK(found.raw_air() == Approx(3));
}

TEST_CASE("intensity of a constant body has deviation 1", "[normalise]") {
  const Volume<float> image(grid_of({101, 3, 7}, {1, 1, 1}, {0, 0, 0}), 1, 0.1F);
  const Intensity found = measure_intensity(image, Volume<uint8_t>(image.grid, 1, 1));
  CHECK(found.standard_deviation == 1);
  CHECK(std::abs(found.air) < 1e-9);
}

TEST_CASE("intensity is the same with one thread and with many", "[normalise]") {
  const Volume<float> image = head();
  const auto body = body_mask(image);
  const Intensity many = measure_intensity(image, body);
  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  const Intensity single = measure_intensity(image, body);
  CHECK(many.mean == single.mean);
  CHECK(many.standard_deviation == single.standard_deviation);
  CHECK(many.air == single.air);
}

TEST_CASE("intensity refuses an empty mask and voxels that are not finite", "[normalise]") {
  Volume<float> image(grid_of({3, 1, 1}, {1, 1, 1}, {0, 0, 0}), 1, 2.0F);
  CHECK(error_of([&] { (void)measure_intensity(image, Volume<uint8_t>(image.grid, 1, 0)); }) ==
        "mask is empty, expected at least one voxel of the body");
  image.data[1] = std::numeric_limits<float>::quiet_NaN();
  CHECK(error_of([&] { (void)measure_intensity(image, Volume<uint8_t>(image.grid, 1, 1)); }) ==
        "intensity is not a finite number in 1 voxels, expected finite numbers");
}

TEST_CASE("intensity agrees with sums over a sorted copy", "[normalise]") {
  // Odd sizes, negative values and equal ones, so that every path through a row is taken; whole
  // numbers, whole numbers too far apart for counting, and fractions.
  for (const float widest : {0.0F, 70000.0F, 0.25F}) {
    Volume<float> image = noise(grid_of({83, 7, 5}, {1, 1, 1}, {0, 0, 0}), 1);
    Volume<uint8_t> mask(image.grid, 1);
    for (size_t i = 0; i < image.data.size(); ++i) {
      image.data[i] = std::round(i % 3 == 0 ? 40 * image.data[i] : 1000 + 30 * image.data[i]);
      mask.data[i] = i % 7 < 3 || (i / 83) % 4 == 0 ? 1 : 0;
    }
    image.data[5] += widest;
    std::vector<double> inside, outside;
    for (size_t i = 0; i < image.data.size(); ++i)
      (mask.data[i] != 0 ? inside : outside).push_back(image.data[i]);
    std::sort(outside.begin(), outside.end());
    double mean = 0, squares = 0;
    for (const double v : inside) mean += v / static_cast<double>(inside.size());
    for (const double v : inside) squares += (v - mean) * (v - mean);
    const Intensity found = measure_intensity(image, mask);
    CHECK(found.mean == Approx(mean).epsilon(1e-12));
    CHECK(found.standard_deviation ==
          Approx(std::sqrt(squares / static_cast<double>(inside.size()))).epsilon(1e-12));
    CHECK(found.raw_air() == Approx(outside[(outside.size() - 1) / 2]).epsilon(1e-12));
  }
}

TEST_CASE("body and intensity together are those found apart", "[normalise]") {
  Volume<float> image = head();
  for (const bool whole : {false, true}) {
    if (whole)
      for (float& v : image.data) v = std::round(v);
    const Body both = measure_body(image);
    const auto body = body_mask(image);
    const Intensity apart = measure_intensity(image, body);
    CHECK((both.mask.data == body.data));
    CHECK(both.intensity.mean == apart.mean);
    CHECK(both.intensity.standard_deviation == apart.standard_deviation);
    CHECK(both.intensity.air == apart.air);
  }
}
