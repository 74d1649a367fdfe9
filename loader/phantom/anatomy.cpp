#include "loader/phantom/anatomy.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "loader/phantom/streams.h"

namespace trivox::phantom {
namespace {

constexpr uint16_t kLesionPart = 0xFFFF;  // stands for all lesions in a list of parts
constexpr float kSkinMm = 2;
constexpr float kBlendMm = 10;  // width over which the outline's ellipsoids flow into each other

Tissue shell_at(const Part& part, float depth) {
  for (int i = 0; i + 1 < part.shell_count; ++i)
    if (depth < part.shells[static_cast<size_t>(i)].depth_mm) return part.shells[static_cast<size_t>(i)].tissue;
  return part.shells[static_cast<size_t>(part.shell_count - 1)].tissue;
}

float norm_of(const Part& part, const Eigen::Vector3f& u) {
  return part.boxy ? std::sqrt(u.cwiseAbs2().norm()) : u.norm();
}

float smooth_max(float a, float b) {
  const float h = std::max(kBlendMm - std::abs(a - b), 0.0F) / kBlendMm;
  return std::max(a, b) + h * h * kBlendMm * 0.25F;
}

}  // namespace

Part make_part(const Eigen::Vector3f& centre, const Eigen::Vector3f& radii_mm,
               std::initializer_list<Shell> shells, bool boxy, const Eigen::Matrix3f& rotation) {
  Part part;
  part.centre = centre;
  part.to_unit = radii_mm.cwiseInverse().asDiagonal() * rotation.transpose();
  part.boxy = boxy;
  for (const Shell& shell : shells) part.shells[static_cast<size_t>(part.shell_count++)] = shell;
  const Eigen::Matrix3f axes = rotation * radii_mm.asDiagonal();
  // An ellipsoid reaches as far as its axes' root sum of squares, a box as far as their sum.
  const Eigen::Vector3f reach = boxy ? Eigen::Vector3f(axes.cwiseAbs().rowwise().sum())
                                     : Eigen::Vector3f(axes.rowwise().norm());
  part.bounds.low = centre - reach;
  part.bounds.high = centre + reach;
  return part;
}

float depth_mm(const Part& part, const Eigen::Vector3f& q) {
  const Eigen::Vector3f u = part.to_unit * (q - part.centre);
  const float n = norm_of(part, u);
  const Eigen::Vector3f gradient =
      part.to_unit.transpose() * (part.boxy ? Eigen::Vector3f(u.array().cube() / (n * n)) : u);
  const float slope = gradient.norm();  // times n
  return slope < 1e-6F ? 1e3F : (1 - n) * n / slope;
}

Anatomy::Anatomy(uint64_t seed, uint32_t patient) {
  Rng rng({seed, 0, patient, stream::kAnatomy});
  for (Wave& wave : waves_) {
    const auto draw = [&](double limit) { return static_cast<float>(rng.uniform(-limit, limit)); };
    wave.amplitude_mm = {draw(1.2), draw(1.2), draw(0.8)};
    wave.frequency = {draw(0.06), draw(0.06), draw(0.05)};
    wave.phase = draw(std::numbers::pi);
  }
  draw_head(rng, body_, parts_);
  place_marker(rng);
  std::reverse(parts_.begin(), parts_.end());
  Rng lesion_rng({seed, 0, patient, stream::kLesions});
  lesions_ = draw_lesions(lesion_rng);
}

// A capsule taped to the left cheek: found by walking outwards until the skin ends.
void Anatomy::place_marker(Rng& rng) {
  const auto angle = static_cast<float>(rng.uniform(0.45, 0.75));
  const auto z = static_cast<float>(rng.uniform(-14, 2));
  const Eigen::Vector3f out(-std::cos(angle), std::sin(angle), 0);
  Eigen::Vector3f q(0, 10, z);
  while (body_depth_mm(q) > 0) q += 0.25F * out;
  const auto radius = static_cast<float>(rng.uniform(4.5, 5.5));
  const Eigen::Vector3f centre = q + (radius - 1) * out;
  parts_.push_back(make_part(centre, {radius, radius, 10}, {{0, Tissue::kCapsule}}));
  // Where the head's point lies that the deformation carries to the centre.
  marker_ = centre;
  for (int i = 0; i < 30; ++i) marker_ += centre - warp(marker_);
}

Eigen::Vector3f Anatomy::warp(const Eigen::Vector3f& p) const {
  Eigen::Vector3f q = p;
  for (const Wave& wave : waves_) q += wave.amplitude_mm * std::sin(wave.frequency.dot(p) + wave.phase);
  return q;
}

float Anatomy::body_depth_mm(const Eigen::Vector3f& q) const {
  float depth = depth_mm(body_[0], q);
  for (size_t i = 1; i < body_.size(); ++i) depth = smooth_max(depth, depth_mm(body_[i], q));
  return depth;
}

void Anatomy::parts_in(const Box& box, std::vector<uint16_t>& parts) const {
  parts.clear();
  if (lesions_.bounds.meets(box)) parts.push_back(kLesionPart);
  for (size_t i = 0; i < parts_.size(); ++i)
    if (parts_[i].bounds.meets(box)) parts.push_back(static_cast<uint16_t>(i));
}

Tissue Anatomy::at_warped(const Eigen::Vector3f& q, std::span<const uint16_t> parts) const {
  for (const uint16_t index : parts) {
    if (index == kLesionPart) {
      if (const Tissue tissue = lesions_.at(q); tissue != Tissue::kAir) return tissue;
      continue;
    }
    const Part& part = parts_[index];
    const Eigen::Vector3f u = part.to_unit * (q - part.centre);
    const float n2 = part.boxy ? u.cwiseAbs2().squaredNorm() : u.squaredNorm();
    if (n2 < 1) return part.shell_count == 1 ? part.shells[0].tissue : shell_at(part, depth_mm(part, q));
  }
  const float depth = body_depth_mm(q);
  if (depth < 0) return Tissue::kAir;
  return depth < kSkinMm ? Tissue::kSkin : Tissue::kFat;
}

Tissue Anatomy::at(const Eigen::Vector3f& p) const {
  const Eigen::Vector3f q = warp(p);
  Box box;
  box.extend(q);
  std::vector<uint16_t> parts;
  parts_in(box, parts);
  return at_warped(q, parts);
}

double Anatomy::tumour_volume_mm3(double step_mm, Eigen::Vector3d& centroid) const {
  Box box;
  for (const Lesion& lesion : lesions_.all)
    if (lesion.tissue == Tissue::kTumour) box = lesion.bounds;
  const Eigen::Vector3f margin = Eigen::Vector3f::Constant(5);  // more than the deformation moves
  const Eigen::Vector3d low = (box.low - margin).cast<double>();
  const Eigen::Vector3d high = (box.high + margin).cast<double>();
  double count = 0;
  centroid.setZero();
  for (double z = low.z(); z < high.z(); z += step_mm)
    for (double y = low.y(); y < high.y(); y += step_mm)
      for (double x = low.x(); x < high.x(); x += step_mm) {
        const Eigen::Vector3d p(x, y, z);
        if (lesions_.at(warp(p.cast<float>())) != Tissue::kTumour) continue;
        count += 1;
        centroid += p;
      }
  centroid /= std::max(count, 1.0);
  return count * step_mm * step_mm * step_mm;
}

}  // namespace trivox::phantom
