#include "transforms/registration/rigid.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

#include "transforms/error.h"

namespace trivox {
namespace {

/// Rotation about axis 0, 1 or 2, or its derivative by the angle.
Eigen::Matrix3d about(int axis, double angle, bool derivative) {
  const int a = (axis + 1) % 3, b = (axis + 2) % 3;
  const double c = derivative ? -std::sin(angle) : std::cos(angle);
  const double s = derivative ? std::cos(angle) : std::sin(angle);
  Eigen::Matrix3d out = Eigen::Matrix3d::Zero();
  out(axis, axis) = derivative ? 0 : 1;
  out(a, a) = c;
  out(b, b) = c;
  out(a, b) = -s;
  out(b, a) = s;
  return out;
}

constexpr double kRigid = 1e-6;

}  // namespace

Eigen::Matrix3d RigidTransform::rotation() const {
  return about(2, angles_rad.z(), false) * about(0, angles_rad.x(), false) * about(1, angles_rad.y(), false);
}

std::array<Eigen::Matrix3d, 3> RigidTransform::rotation_derivatives() const {
  const auto product = [&](int by) {
    return Eigen::Matrix3d(about(2, angles_rad.z(), by == 2) * about(0, angles_rad.x(), by == 0) *
                           about(1, angles_rad.y(), by == 1));
  };
  return {product(0), product(1), product(2)};
}

Eigen::Matrix4d RigidTransform::matrix() const {
  Eigen::Matrix4d out = Eigen::Matrix4d::Identity();
  const Eigen::Matrix3d r = rotation();
  out.topLeftCorner<3, 3>() = r;
  out.topRightCorner<3, 1>() = centre_mm + translation_mm - r * centre_mm;
  return out;
}

RigidTransform rigid_transform(const Eigen::Matrix4d& matrix, const Eigen::Vector3d& centre_mm) {
  const Eigen::Matrix3d r = matrix.topLeftCorner<3, 3>();
  const double off = (r * r.transpose() - Eigen::Matrix3d::Identity()).cwiseAbs().maxCoeff();
  const bool has_last_row = matrix.row(3).isApprox(Eigen::RowVector4d(0, 0, 0, 1), kRigid);
  if (!(off <= kRigid) || !(r.determinant() > 0) || !has_last_row || !matrix.allFinite()) {
    std::array<char, 80> text{};
    std::snprintf(text.data(), text.size(), "off a rotation by %.3g, determinant %.6g", off, r.determinant());
    throw Error("transform", text.data(), "a rotation and a shift");
  }
  RigidTransform out;
  out.centre_mm = centre_mm;
  // R(2,1) = sin x; R(2,0) = -cos x sin y, R(2,2) = cos x cos y; R(0,1) = -sin z cos x, R(1,1) = cos z cos x.
  const double sine = std::clamp(r(2, 1), -1.0, 1.0);
  out.angles_rad.x() = std::asin(sine);
  if (std::abs(sine) < 1 - 1e-12) {
    out.angles_rad.y() = std::atan2(-r(2, 0), r(2, 2));
    out.angles_rad.z() = std::atan2(-r(0, 1), r(1, 1));
  } else {  // y and z turn about the same axis
    out.angles_rad.y() = std::atan2(r(0, 2), r(0, 0));
  }
  out.translation_mm = matrix.topRightCorner<3, 1>() - centre_mm + r * centre_mm;
  return out;
}

double rotation_angle_deg(const Eigen::Matrix3d& rotation) {
  // By the skew part too, which keeps its digits at small angles, where the trace has none.
  const Eigen::Vector3d skew(rotation(2, 1) - rotation(1, 2), rotation(0, 2) - rotation(2, 0),
                             rotation(1, 0) - rotation(0, 1));
  return std::atan2(skew.norm(), rotation.trace() - 1) * 180 / std::numbers::pi;
}

}  // namespace trivox
