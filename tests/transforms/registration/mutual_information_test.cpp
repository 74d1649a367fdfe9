#include "transforms/registration/mutual_information.h"

#include <tbb/global_control.h>

#include <cmath>

#include "tests/test.h"
#include "tests/transforms/volumes.h"
#include "transforms/registration/samples.h"

using namespace trivox;
using namespace trivox::test;

namespace {

/// Waves of several lengths, so that every direction has a slope almost everywhere.
double waves(const Eigen::Vector3d& p) {
  return 100 + 30 * std::sin(p.x() / 7 + 0.3) * std::cos(p.y() / 9) + 20 * std::sin(p.z() / 11 + p.x() / 15) +
         15 * std::cos(p.y() / 6 - 0.4 * p.z() / 5);
}

/// Another contrast of the same anatomy: no monotonic function of the first.
double other_contrast(const Eigen::Vector3d& p) {
  return 3 * std::abs(waves(p) - 95) + 5 * std::sin(p.x() / 10 + p.y() / 12);
}

Grid tilted(const std::array<int64_t, 3>& size, const Eigen::Vector3d& spacing, double angle_rad) {
  Grid grid = grid_of(size, spacing, {0, 0, 0});
  grid.affine.topLeftCorner<3, 3>() =
      Eigen::AngleAxisd(angle_rad, Eigen::Vector3d(0.6, 0.8, 0)).toRotationMatrix() *
      grid.affine.topLeftCorner<3, 3>();
  const Eigen::Vector3d middle(static_cast<double>(size[0] - 1), static_cast<double>(size[1] - 1),
                               static_cast<double>(size[2] - 1));
  grid.affine.col(3).head<3>() = -(grid.affine.topLeftCorner<3, 3>() * middle / 2);
  return grid;
}

MovingImage ready(const Volume<float>& image, bool is_cubic) {
  const int taps = is_cubic ? 4 : 2;
  MovingImage out;
  out.field = make_field(image, {taps, taps, taps}, {0, 0, 0});
  out.grid = image.grid;
  out.is_cubic = is_cubic;
  out.range = intensity_range(image);
  return out;
}

/// `share` of its voxels.
FixedSamples samples_of(const Volume<float>& image, double share = 1) {
  return draw_samples(image, {}, intensity_range(image),
                      static_cast<int64_t>(share * static_cast<double>(image.data.size())), 1, {0, 0, 0});
}

}  // namespace

TEST_CASE("mutual information is that of its definition", "[registration]") {
  NEEDS_PYTHON();
  // On one grid every sample's place is a voxel's centre, where interpolation gives the voxel's own value.
  const Grid grid = tilted({40, 36, 9}, {1.5, 1.25, 5}, 0.1);
  const Volume<float> fixed = sampled(grid, waves), moving = sampled(grid, other_contrast);
  const FixedSamples samples = samples_of(fixed);
  REQUIRE(samples.size() == fixed.data.size());
  const MovingImage target = ready(moving, false), cubic = ready(moving, true);
  const TemporaryFolder folder;
  std::vector<float> fixed_bins(samples.bin.begin(), samples.bin.end()), places;
  const double scale = (32 - 4 - 1e-3) / static_cast<double>(target.range.high - target.range.low);
  for (const float value : moving.data)
    places.push_back(static_cast<float>(
        2 + static_cast<double>(std::clamp(value, target.range.low, target.range.high) - target.range.low) *
                scale));
  write_floats(folder / "fixed", fixed_bins);
  write_floats(folder / "moving", places);
  const Outcome oracle = python("transforms/registration/mutual_information_oracle.py " +
                                (folder / "fixed").string() + " " + (folder / "moving").string());
  INFO(oracle.output);
  REQUIRE(oracle.exit_code == 0);
  for (const MovingImage* image : {&target, &cubic}) {
    const MutualInformationValue found = mutual_information(samples, *image, {});
    // A rounded place may put an outermost sample just outside: there are few of those.
    CHECK(found.inside >= static_cast<int64_t>(samples.size() * 95 / 100));
    CHECK(found.nats == Approx(std::stod(oracle.output)).epsilon(0.01));
    CHECK(found.nats > 0.5);
  }
}

TEST_CASE("mutual information of what has nothing in common is nearly none", "[registration]") {
  const Grid grid = grid_of({48, 48, 12}, {1, 1, 4}, {0, 0, 0});
  const Volume<float> fixed = noise(grid, 1);
  const MovingImage target = ready(sampled(grid, waves), false);
  // Of n samples in b x b cells chance alone makes about (b - 1)^2 / (2 n) nats: 0.017 here.
  CHECK(mutual_information(samples_of(fixed), target, {}).nats < 0.03);
}

TEST_CASE("the gradient of mutual information is its finite differences", "[registration]") {
  const Volume<float> fixed = sampled(tilted({48, 40, 12}, {1.2, 1.3, 4.5}, 0), waves);
  const Volume<float> moving = sampled(tilted({120, 110, 30}, {0.9, 1, 4}, 0.15), other_contrast);
  const FixedSamples samples = samples_of(fixed, 0.9);
  for (const bool is_cubic : {false, true}) {
    const MovingImage target = ready(moving, is_cubic);
    RigidTransform t;
    t.angles_rad = {0.03, -0.02, 0.05};
    t.translation_mm = {1.3, -0.7, 2.1};
    const MutualInformationValue here = mutual_information(samples, target, t);
    REQUIRE(here.inside == static_cast<int64_t>(samples.size()));
    for (int i = 0; i < 6; ++i) {
      const double step = i < 3 ? 2e-4 : 5e-3;
      const auto nats = [&](double by) {
        RigidTransform moved = t;
        (i < 3 ? moved.angles_rad[i] : moved.translation_mm[i - 3]) += by;
        return mutual_information(samples, target, moved).nats;
      };
      const double difference = (nats(step) - nats(-step)) / (2 * step);
      INFO("cubic " << is_cubic << ", parameter " << i);
      CHECK(here.gradient[i] == Approx(difference).epsilon(0.02).margin(2e-4));
    }
  }
}

TEST_CASE("mutual information is the same to the bit for any number of threads", "[registration]") {
  const Volume<float> fixed = sampled(tilted({64, 60, 14}, {1, 1, 4.5}, 0), waves);
  const MovingImage target = ready(sampled(tilted({70, 60, 14}, {1, 1, 4}, 0.1), other_contrast), true);
  const FixedSamples samples = samples_of(fixed);
  const auto with = [&](size_t threads) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    return mutual_information(samples, target, {});
  };
  const MutualInformationValue one = with(1), two = with(2);
  CHECK(one.nats == two.nats);
  CHECK(one.gradient == two.gradient);
}

TEST_CASE("images_that_do_not_overlap have no mutual information", "[registration]") {
  const Volume<float> image = sampled(tilted({20, 20, 6}, {1, 1, 4}, 0), waves);
  RigidTransform away;
  away.translation_mm = {0, 0, 500};
  const MutualInformationValue found = mutual_information(samples_of(image), ready(image, true), away);
  CHECK(found.inside == 0);
  CHECK(found.nats == 0);
  CHECK(found.gradient.isZero());
}
