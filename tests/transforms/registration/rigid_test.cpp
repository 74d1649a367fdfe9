#include "transforms/registration/rigid.h"

#include <fstream>
#include <sstream>

#include "tests/test.h"
#include "tests/transforms/volumes.h"

using namespace trivox;
using namespace trivox::test;

namespace {

RigidTransform drawn(Rng& rng, double most_rad, double most_mm) {
  RigidTransform t;
  for (int i = 0; i < 3; ++i) {
    t.angles_rad[i] = rng.uniform(-most_rad, most_rad);
    t.translation_mm[i] = rng.uniform(-most_mm, most_mm);
    t.centre_mm[i] = rng.uniform(-100, 100);
  }
  return t;
}

}  // namespace

TEST_CASE("a rigid transform is ITK's Euler3DTransform", "[registration]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  std::ofstream lines(folder / "lines");
  lines.precision(17);
  std::vector<RigidTransform> all;
  Rng rng({.seed = 3});
  for (int i = 0; i < 20; ++i) {
    const RigidTransform t = all.emplace_back(drawn(rng, 1.4, 30));
    const Eigen::Vector3d a = t.angles_rad, d = t.translation_mm, c = t.centre_mm;
    lines << -a.x() << " " << -a.y() << " " << a.z() << " " << -d.x() << " " << -d.y() << " " << d.z() << " "
          << -c.x() << " " << -c.y() << " " << c.z() << "\n";
  }
  lines.close();
  const Outcome oracle = python("transforms/registration/rigid_oracle.py < " + (folder / "lines").string());
  INFO(oracle.output);
  REQUIRE(oracle.exit_code == 0);
  std::istringstream numbers(oracle.output);
  for (const RigidTransform& t : all) {
    const Eigen::Matrix4d matrix = t.matrix();
    for (int i = 0; i < 4; ++i)
      for (int j = 0; j < 4; ++j) {
        double expected = 0;
        REQUIRE(numbers >> expected);
        CHECK(matrix(i, j) == Approx(expected).margin(1e-10));
      }
  }
}

TEST_CASE("a rigid transform is found again from its matrix", "[registration]") {
  Rng rng({.seed = 4});
  for (int i = 0; i < 50; ++i) {
    const RigidTransform t = drawn(rng, 1.5, 40);
    const RigidTransform again = rigid_transform(t.matrix(), t.centre_mm);
    CHECK((again.angles_rad - t.angles_rad).norm() < 1e-9);
    CHECK((again.translation_mm - t.translation_mm).norm() < 1e-9);
    const RigidTransform elsewhere = rigid_transform(t.matrix(), {7, -8, 9});
    CHECK((elsewhere.matrix() - t.matrix()).norm() < 1e-9);
  }
  RigidTransform pole;  // at 90 degrees about x the other two angles turn about one axis
  pole.angles_rad = {std::acos(0.0), 0.3, 0.2};
  CHECK((rigid_transform(pole.matrix(), {1, 2, 3}).matrix() - pole.matrix()).norm() < 1e-7);
}

TEST_CASE("matrix_that_is_not_rigid", "[registration]") {
  Eigen::Matrix4d scaled = Eigen::Matrix4d::Identity(), mirrored = scaled, broken = scaled;
  scaled(1, 1) = 1.01;
  mirrored(0, 0) = -1;
  broken(2, 3) = std::nan("");
  CHECK(error_of([&] { (void)rigid_transform(scaled, {0, 0, 0}); }) ==
        "transform is off a rotation by 0.0201, determinant 1.01, expected a rotation and a shift");
  CHECK_THAT(error_of([&] { (void)rigid_transform(mirrored, {0, 0, 0}); }), CONTAINS_TEXT("determinant -1,"));
  CHECK_FALSE(error_of([&] { (void)rigid_transform(broken, {0, 0, 0}); }).empty());
}

TEST_CASE("derivatives of a rotation are finite differences", "[registration]") {
  constexpr double kStep = 1e-6;
  Rng rng({.seed = 5});
  for (int i = 0; i < 10; ++i) {
    const RigidTransform t = drawn(rng, 1.5, 0);
    const auto derivatives = t.rotation_derivatives();
    for (int a = 0; a < 3; ++a) {
      RigidTransform more = t, less = t;
      more.angles_rad[a] += kStep;
      less.angles_rad[a] -= kStep;
      const Eigen::Matrix3d difference = (more.rotation() - less.rotation()) / (2 * kStep);
      CHECK((difference - derivatives[static_cast<size_t>(a)]).norm() < 1e-8);
    }
  }
}

TEST_CASE("angle of a rotation", "[registration]") {
  for (const double degrees : {0.0, 1e-7, 0.5, 89.0, 179.9}) {
    const Eigen::Vector3d axis = Eigen::Vector3d(1, 2, -3).normalized();
    const Eigen::Matrix3d turn = Eigen::AngleAxisd(degrees * M_PI / 180, axis).toRotationMatrix();
    CHECK(rotation_angle_deg(turn) == Approx(degrees).epsilon(1e-6));
  }
}
