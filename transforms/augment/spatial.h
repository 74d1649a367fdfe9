#pragma once
#include <Eigen/Dense>

#include "transforms/augment/options.h"
#include "transforms/augment/transform.h"

namespace trivox {

/// Rotation and scaling about the patch's centre, in voxels. Image: linear, air outside. Labels:
/// one-hot, linear, the heaviest wins (of equals the lower value), 255 outside. Where a patch has
/// few slices (PatchShape::in_plane_only) slices are turned and scaled in plane and never mixed.
/// Source: batchgeneratorsv2 0.3.6, SpatialTransform without elastic deformation; there rotation is
/// by fractions of the patch, which shears a patch of unequal sides; here it is by voxels.
struct Spatial {
  double rotation_probability = 0.2;
  double rotation_deg = 180;
  double scaling_probability = 0.2;
  Range scaling = {0.7, 1.4};

  struct Draw {
    std::array<double, 3> rotation_rad = {0, 0, 0};  ///< about x, then y, then z
    double scale = 1;       ///< above 1: a larger region is read, objects get smaller
    bool in_plane = false;  ///< about z alone, slices as they are
    /// Maps an offset from the patch's centre (x, y, z, voxels) to one from the region's centre.
    [[nodiscard]] Eigen::Matrix3d matrix() const;
  };
  static constexpr std::string_view kName = "spatial";
  static constexpr std::string_view kMeaning = "rotation and scaling about the centre";
  static constexpr uint16_t kNumber = 100;
  static constexpr bool kChangesImage = true;
  static constexpr bool kChangesLabel = true;
  static constexpr std::array<FieldText, 4> kFields = {{
      {"rotation_probability", "chance of a rotation"},
      {"rotation_deg",
       "drawn uniformly within +- this in plane; in 3D within +- this, at most 30, about each "
       "axis"},
      {"scaling_probability", "chance of a scaling"},
      {"scaling", "one factor for all axes, drawn uniformly; above 1 makes objects smaller"},
  }};
  [[nodiscard]] std::optional<Draw> draw(Rng& rng, const PatchShape& shape) const;
  static void apply(const Draw& draw, Patch& patch);
};

}  // namespace trivox
