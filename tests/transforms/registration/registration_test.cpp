#include "transforms/registration/registration.h"

#include <tbb/global_control.h>

#include <cmath>
#include <limits>

#include "tests/test.h"
#include "tests/transforms/volumes.h"

using namespace trivox;
using namespace trivox::test;

namespace {

/// A head of several tissues that no symmetry repeats, RAS+ mm. Edges are as soft as voxels make them.
double anatomy(const Eigen::Vector3d& p) {
  const auto within = [](double distance_mm) { return 1 / (1 + std::exp(-distance_mm / 1.2)); };
  const auto ball = [&](double x, double y, double z, double radius) {
    return within(radius - (p - Eigen::Vector3d(x, y, z)).norm());
  };
  const double depth = 75 * (1 - Eigen::Vector3d(p.x() / 70, p.y() / 90, p.z() / 80).norm());
  double value = 180 + (100 - 180) * within(depth - 6);
  for (const auto& [share, tissue] : {std::pair{ball(-25, 30, 10, 18), 40.0},
                                      {ball(30, -20, -12, 14), 150.0},
                                      {ball(10, 45, 5, 9), 60.0},
                                      {ball(-35, -35, 15, 11), 130.0},
                                      {ball(5, -60, -20, 12), 20.0}})
    value += share * (tissue - value);
  value += 8 * std::sin(p.x() / 9) * std::cos(p.y() / 8 + p.z() / 11);
  return value * within(depth);
}

/// The same in another contrast.
double other_contrast(const Eigen::Vector3d& p) {
  const double value = anatomy(p);
  return 2 * value * std::exp(-value * value / 20000);  // no tissue's brightness keeps its order
}

/// An axial stack about `middle`, turned about x.
Grid stack(const std::array<int64_t, 3>& size, const Eigen::Vector3d& spacing, double turn_rad,
           const Eigen::Vector3d& middle) {
  Grid grid = grid_of(size, spacing, {0, 0, 0});
  grid.affine.topLeftCorner<3, 3>() =
      Eigen::AngleAxisd(turn_rad, Eigen::Vector3d::UnitX()).toRotationMatrix() *
      grid.affine.topLeftCorner<3, 3>();
  const Eigen::Vector3d half(static_cast<double>(size[0] - 1), static_cast<double>(size[1] - 1),
                             static_cast<double>(size[2] - 1));
  grid.affine.col(3).head<3>() = middle - grid.affine.topLeftCorner<3, 3>() * half / 2;
  return grid;
}

const Grid kFixed = stack({150, 190, 24}, {1.1, 1.1, 5.5}, 0, {0, 0, 0});
const Grid kMoving = stack({170, 180, 26}, {1.05, 1.2, 5.5}, 0.09, {1.7, -2.3, 1.1});

/// The moving image where the patient lay otherwise: its voxels show what lies at `motion`'s origin of them.
Volume<float> moved(const Eigen::Matrix4d& motion, double (*contrast)(const Eigen::Vector3d&)) {
  const Eigen::Matrix4d back = motion.inverse();
  return sampled(kMoving,
                 [&](const Eigen::Vector3d& p) { return contrast((back * p.homogeneous()).head<3>()); });
}

Eigen::Matrix4d motion(const Eigen::Vector3d& axis, double degrees, const Eigen::Vector3d& shift) {
  Eigen::Matrix4d out = Eigen::Matrix4d::Identity();
  out.topLeftCorner<3, 3>() = Eigen::AngleAxisd(degrees * M_PI / 180, axis.normalized()).toRotationMatrix();
  out.topRightCorner<3, 1>() = shift;
  return out;
}

/// Mean distance of two transforms over the head.
double error_mm(const Eigen::Matrix4d& found, const Eigen::Matrix4d& truth) {
  double sum = 0;
  int count = 0;
  for_voxels(stack({15, 19, 12}, {10, 10, 11}, 0, {0, 0, 0}),
             [&](int64_t, int64_t, int64_t, const Eigen::Vector3d& p) {
               if (anatomy(p) < 10) return;
               sum += ((found - truth) * p.homogeneous()).head<3>().norm();
               ++count;
             });
  return sum / count;
}

Registration registered(const Volume<float>& moving, const RegistrationOptions& options = {}) {
  static const PreparedImage fixed = prepare_image(sampled(kFixed, anatomy), 1);
  return register_rigid(fixed, prepare_image(moving, 1), options);
}

}  // namespace

TEST_CASE("a known motion between two contrasts is found", "[registration]") {
  for (const Eigen::Matrix4d& truth : {motion({1, 2, 3}, 3, {2, -1, 1.5}), motion({-2, 1, 1}, 9, {-6, 5, 4}),
                                       motion({0, 0, 1}, 1, {0, 0.7, 0})}) {
    const Registration found = registered(moved(truth, other_contrast));
    INFO(found.shift_mm << " mm, " << found.turn_deg << " degrees");
    CHECK(found.outcome == RegistrationOutcome::kRefined);
    CHECK(found.transform.matrix() == found.found.matrix());
    CHECK(error_mm(found.transform.matrix(), truth) < 0.4);  // slices of 5.5 mm, read between by a line
    CHECK(found.found_nats > found.header_nats);
    CHECK(found.inconsistency_mm < 0.5);
    CHECK(found.overlap > 0.9);
    CHECK(found.shift_mm == Approx(error_mm(Eigen::Matrix4d::Identity(), truth)).margin(0.6));
    CHECK(found.turn_deg == Approx(rotation_angle_deg(truth.topLeftCorner<3, 3>())).margin(0.3));
  }
}

TEST_CASE("a patient who did not move keeps the header", "[registration]") {
  const Registration found = registered(moved(Eigen::Matrix4d::Identity(), other_contrast));
  CHECK(error_mm(found.found.matrix(), Eigen::Matrix4d::Identity()) < 0.2);
  RegistrationOptions strict;
  strict.limits.least_gain_nats = found.found_nats - found.header_nats + 1e-6;
  const Registration kept = registered(moved(Eigen::Matrix4d::Identity(), other_contrast), strict);
  CHECK(kept.outcome == RegistrationOutcome::kHeader);
  CHECK(kept.transform.matrix() == Eigen::Matrix4d::Identity());
  CHECK(kept.found.matrix() == found.found.matrix());
}

TEST_CASE("motion_beyond_the_limits is rejected and says why", "[registration]") {
  const Volume<float> moving = moved(motion({1, 1, 0}, 18, {12, -14, 6}), other_contrast);
  const Registration rejected = registered(moving);
  CHECK(rejected.outcome == RegistrationOutcome::kRejected);
  CHECK(rejected.transform.matrix() == Eigen::Matrix4d::Identity());
  CHECK(rejected.starts > 1);  // it was looked for elsewhere too
  REQUIRE(rejected.warnings.size() == 2);
  CHECK_THAT(rejected.warnings[0], CONTAINS_TEXT("the body would move by "));
  CHECK_THAT(rejected.warnings[1], CONTAINS_TEXT("degrees, more than 15.0"));
  RegistrationOptions open;
  open.limits.most_shift_mm = open.limits.most_turn_deg = 40;
  const Registration found = registered(moving, open);
  CHECK(found.outcome == RegistrationOutcome::kRefined);
  CHECK(error_mm(found.transform.matrix(), motion({1, 1, 0}, 18, {12, -14, 6})) < 0.3);
  CHECK(found.warnings.size() == 2);
}

TEST_CASE("images of nothing in common are not refined", "[registration]") {
  Volume<float> noisy = noise(kMoving, 1);
  CHECK(registered(noisy).outcome != RegistrationOutcome::kRefined);
  Volume<float> constant(kMoving, 1);
  for (float& v : constant.data) v = 7;
  CHECK(registered(constant).outcome != RegistrationOutcome::kRefined);
}

TEST_CASE("voxel_that_is_not_finite", "[registration]") {
  Volume<float> image = sampled(kMoving, anatomy);
  image.data[12345] = std::numeric_limits<float>::quiet_NaN();
  CHECK(error_of([&] { (void)prepare_image(image, 1); }) ==
        "voxel value is not finite at 1 voxel, expected numbers");
  image.data[12346] = -std::numeric_limits<float>::infinity();
  CHECK(error_of([&] { (void)prepare_image(image, 1); }) ==
        "voxel value is not finite at 2 voxels, expected numbers");
  image.data[12346] = 0;
  image.data[12345] = -2e38F;
  CHECK(error_of([&] { (void)prepare_image(image, 1); }) ==
        "largest voxel value is 2e+38, expected at most 1e30");
}

TEST_CASE("values of any size are registered or said to resemble nothing", "[registration]") {
  const Eigen::Matrix4d truth = motion({1, 2, 3}, 3, {2, -1, 1.5});
  const Volume<float> plain = moved(truth, other_contrast);
  for (const float unit : {1e26F, 1e-20F}) {
    Volume<float> scaled = plain;
    for (float& v : scaled.data) v *= unit;
    CHECK(error_mm(registered(scaled).transform.matrix(), truth) < 0.4);
  }
  for (const float unit : {1e-40F, 0.0F})
    for (const float offset : {0.0F, 3e7F, -1e30F}) {
      Volume<float> scaled = plain;
      for (float& v : scaled.data) v = v * unit + offset;
      CHECK(registered(scaled).outcome == RegistrationOutcome::kRejected);
    }
}

TEST_CASE("registration is the same to the bit for any number of threads", "[registration]") {
  const Volume<float> moving = moved(motion({1, 2, 3}, 4, {2, -1, 3}), other_contrast);
  const auto with = [&](size_t threads) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    return register_rigid(prepare_image(sampled(kFixed, anatomy), 1), prepare_image(moving, 1), {});
  };
  const Registration one = with(1), two = with(2);
  CHECK(one.found.matrix() == two.found.matrix());
  CHECK(one.found_nats == two.found_nats);
  CHECK(one.evaluations == two.evaluations);
}
