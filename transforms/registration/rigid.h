#pragma once
#include <Eigen/Dense>
#include <array>

namespace trivox {

/// A rotation about a fixed point and a shift, RAS+ mm: p -> R (p - centre) + centre + translation with
/// R = Rz Rx Ry. In registration it leads from a point of the fixed image to the same anatomy in the moving
/// one. Source of the angles' order: ITK, Euler3DTransform (in its LPS the angles about x and y have the
/// other sign).
struct RigidTransform {
  Eigen::Vector3d angles_rad = Eigen::Vector3d::Zero();  ///< about x, y, z
  Eigen::Vector3d translation_mm = Eigen::Vector3d::Zero();
  Eigen::Vector3d centre_mm = Eigen::Vector3d::Zero();

  [[nodiscard]] Eigen::Matrix3d rotation() const;
  /// Of the rotation by each angle.
  [[nodiscard]] std::array<Eigen::Matrix3d, 3> rotation_derivatives() const;
  [[nodiscard]] Eigen::Matrix4d matrix() const;
};

/// The transform of a rigid matrix, about that centre. Throws Error where `matrix` is not rigid (a rotation
/// to 1e-6 and a shift).
[[nodiscard]] RigidTransform rigid_transform(const Eigen::Matrix4d& matrix, const Eigen::Vector3d& centre_mm);

/// Angle of a rotation matrix about its own axis, degrees, 0 to 180.
[[nodiscard]] double rotation_angle_deg(const Eigen::Matrix3d& rotation);

}  // namespace trivox
