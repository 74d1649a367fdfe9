#include "transforms/augment/spatial.h"

#include <algorithm>
#include <numbers>

#include "transforms/augment/cut.h"

namespace trivox {
namespace {

// nnU-Net's limit for rotations that mix slices
// (configure_rotation_dummyDA_mirroring_and_inital_patch_size).
constexpr double kLargestTilt = 30;

}  // namespace

Eigen::Matrix3d Spatial::Draw::matrix() const {
  using Eigen::AngleAxisd;
  using Eigen::Vector3d;
  const Eigen::Vector3d scales(scale, scale, in_plane ? 1.0 : scale);
  const Eigen::Matrix3d turn_z = AngleAxisd(rotation_rad[2], Vector3d::UnitZ()).toRotationMatrix();
  if (in_plane) return turn_z * scales.asDiagonal();
  return turn_z * AngleAxisd(rotation_rad[1], Vector3d::UnitY()).toRotationMatrix() *
         AngleAxisd(rotation_rad[0], Vector3d::UnitX()).toRotationMatrix() * scales.asDiagonal();
}

std::optional<Spatial::Draw> Spatial::draw(Rng& rng, const PatchShape& shape) const {
  const bool rotate = rng.chance(rotation_probability);
  const bool rescale = rng.chance(scaling_probability);
  if (!rotate && !rescale) return std::nullopt;
  Draw drawn;
  drawn.in_plane = shape.in_plane_only();
  if (rotate) {
    const double limit =
        (drawn.in_plane ? rotation_deg : std::min(rotation_deg, kLargestTilt)) * std::numbers::pi / 180;
    for (size_t axis = drawn.in_plane ? 2 : 0; axis < 3; ++axis)
      drawn.rotation_rad[axis] = rng.uniform(-limit, limit);
  }
  if (rescale) drawn.scale = rng.uniform(scaling.low, scaling.high);
  return drawn;
}

void Spatial::apply(const Draw& draw, Patch& patch) {
  const AlignedVector<float> image(patch.image.begin(), patch.image.end());
  const AlignedVector<uint8_t> label(patch.label.begin(), patch.label.end());
  const SourceView source{patch.size, patch.channels, patch.labels, image, {}, label, patch.air};
  cut(source, {0, 0, 0}, &draw, {false, false, false}, patch);
}

}  // namespace trivox
