#include "transforms/registration/samples.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "tests/test.h"
#include "tests/transforms/volumes.h"

using namespace trivox;
using namespace trivox::test;

TEST_CASE("samples are voxels of the fixed grid, spread evenly over the mask", "[registration]") {
  const Grid grid = grid_of({60, 50, 10}, {0.5, 0.75, 5}, {-10, 4, 30});
  const Volume<float> image = sampled(grid, [](const Eigen::Vector3d& p) { return p.z(); });
  const auto inside = [](const Eigen::Vector3d& p) { return p.x() > 0 && p.z() > 40; };
  const Volume<uint8_t> mask = painted(grid, inside);
  const Eigen::Vector3d centre(1, 2, 3);
  const FixedSamples found = draw_samples(image, mask, intensity_range(image), 3000, 7, centre);
  REQUIRE(found.size() == 3000);
  std::map<double, size_t> by_slice;
  std::set<std::array<double, 3>> places;
  for (size_t i = 0; i < found.size(); ++i) {
    const Eigen::Vector3d world = centre + Eigen::Vector3d(found.x[i], found.y[i], found.z[i]);
    const Eigen::Vector3d voxel = grid.to_voxel(world);
    CHECK((voxel - voxel.array().round().matrix()).norm() < 1e-4);
    CHECK(inside(world));
    places.insert({std::round(voxel.x()), std::round(voxel.y()), std::round(voxel.z())});
    ++by_slice[std::round(voxel.z())];
    CHECK(static_cast<int>(found.bin[i]) ==
          std::min(31, static_cast<int>((world.z() - 30) / 45 * 32 + 1e-4)));  // slices lie at 30 to 75 mm
  }
  CHECK(places.size() == 3000);   // none twice
  REQUIRE(by_slice.size() == 7);  // above 40 mm: slices 3 to 9
  for (const auto& [z, count] : by_slice) CHECK(std::abs(static_cast<double>(count) - 3000 / 7.0) < 3);
}

TEST_CASE("samples depend on the seed alone and are all voxels where there are few", "[registration]") {
  const Grid grid = grid_of({20, 20, 5}, {1, 1, 4}, {0, 0, 0});
  const Volume<float> image = noise(grid, 1);
  const auto xs = [&](uint64_t seed, int64_t count) {
    return draw_samples(image, {}, intensity_range(image), count, seed, {0, 0, 0}).x;
  };
  CHECK(xs(1, 500) == xs(1, 500));
  CHECK(xs(1, 500) != xs(2, 500));
  CHECK(xs(1, 5000).size() == 2000);
  CHECK(draw_samples(image, Volume<uint8_t>(grid, 1), {}, 100, 1, {0, 0, 0}).size() == 0);  // an empty body
}

TEST_CASE("a few bright voxels do not set the range, and a constant image has one", "[registration]") {
  const Grid grid = grid_of({50, 50, 8}, {1, 1, 4}, {0, 0, 0});
  Volume<float> image = sampled(grid, [](const Eigen::Vector3d& p) { return p.x(); });
  for (size_t i = 0; i < 5; ++i) image.data[i] = 1e6F;  // of 20,000
  const IntensityRange range = intensity_range(image);
  CHECK(range.low == 0);
  CHECK(range.high == 49);
  std::ranges::fill(image.data, 3.0F);
  const IntensityRange constant = intensity_range(image);
  CHECK(constant.low == 3);
  CHECK(constant.high == 4);
  for (const float value : {3e7F, -3e7F, 1e30F, 1e-39F}) {  // of which no float is 1 larger, or is so small
    std::ranges::fill(image.data, value);
    const IntensityRange found = intensity_range(image);
    CHECK(found.low == value);
    CHECK(std::isfinite(static_cast<float>(kBins) / (found.high - found.low)));
  }
  for (size_t i = 0; i < image.data.size(); i += 2) image.data[i] = 3e-39F;  // 1 / range is infinite
  CHECK(
      std::isfinite(static_cast<float>(kBins) / (intensity_range(image).high - intensity_range(image).low)));
}

TEST_CASE("the range is of every column, however long the rows are", "[registration]") {
  for (const std::array<int64_t, 3>& size :
       {std::array<int64_t, 3>{256, 256, 255}, {384, 384, 28}, {320, 320, 25}}) {
    const Grid grid = grid_of(size, {1, 1, 1}, {0, 0, 0});
    const IntensityRange found =
        intensity_range(sampled(grid, [](const Eigen::Vector3d& p) { return p.x(); }));
    CHECK(found.low == 0);
    CHECK(found.high == static_cast<float>(size[0] - 1));
  }
}
