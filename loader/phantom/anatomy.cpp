#include "loader/phantom/anatomy.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "loader/phantom/streams.h"

namespace trivox::phantom {
namespace {

constexpr uint16_t kLesionPart = 0xFFFF;  // stands for all lesions in a list of parts
constexpr float kSkinMm = 2;
constexpr float kBlendMm = 10;                // width over which ellipsoids flow into each other
constexpr float kFoldFrom = 7, kFoldTo = 17;  // depth in a skull within which the brain's surface folds

// Smooth everywhere, so that no crease shows where two ellipsoids meet.
float smooth_max(float a, float b) {
  const float h = std::max(kBlendMm - std::abs(a - b), 0.0F) / kBlendMm;
  return std::max(a, b) + h * h * kBlendMm * 0.25F;
}

Eigen::Vector3f unit(const Ellipsoid& e, const Eigen::Vector3f& q) {
  if (e.aligned) return e.to_unit.diagonal().cwiseProduct(q - e.centre);
  return e.to_unit * (q - e.centre);
}

float squared_norm(const Ellipsoid& e, const Eigen::Vector3f& u) {
  return e.boxy ? u.cwiseAbs2().norm() : u.squaredNorm();
}

float depth_in(const Ellipsoid& e, const Eigen::Vector3f& q) {
  const Eigen::Vector3f u = unit(e, q);
  const float n2 = squared_norm(e, u);
  Eigen::Vector3f gradient = u;  // of the norm, times the norm, in units of the axes
  if (e.boxy) gradient = u.array().cube() / n2;
  if (e.aligned)
    gradient = gradient.cwiseProduct(e.to_unit.diagonal());
  else
    gradient = e.to_unit.transpose() * gradient;
  const float slope2 = gradient.squaredNorm();
  return slope2 < 1e-12F ? 1e3F : (1 - std::sqrt(n2)) * std::sqrt(n2 / slope2);
}

// Gyri and sulci: the depth waves to and fro along the surface.
float folded(const Part& part, const Eigen::Vector3f& q, float depth) {
  if (part.fold_mm == 0 || depth < kFoldFrom || depth > kFoldTo) return depth;
  const float wave = std::sin(0.42F * q.x() + 1.3F * std::sin(0.16F * q.y())) +
                     std::sin(0.40F * q.y() + 1.3F * std::sin(0.15F * q.x() + 0.1F * q.z()));
  return std::max(kFoldFrom, depth + part.fold_mm * wave);
}

Tissue shell_at(const Part& part, float depth) {
  size_t i = 0;
  while (i + 1 < part.shell_count && depth >= part.shells[i].depth_mm) ++i;
  return part.shells[i].tissue;
}

}  // namespace

void add_body(Part& part, const Eigen::Vector3f& centre, const Eigen::Vector3f& radii_mm, bool boxy,
              const Eigen::Matrix3f& rotation) {
  part.bodies.push_back(
      {centre, radii_mm.cwiseInverse().asDiagonal() * rotation.transpose(), boxy, rotation.isIdentity(0)});
  const Eigen::Matrix3f axes = rotation * radii_mm.asDiagonal();
  // An ellipsoid reaches as far as its axes' root sum of squares, a box at most as far as their sum.
  Eigen::Vector3f reach = axes.rowwise().norm();
  if (boxy) reach = axes.cwiseAbs().rowwise().sum();
  reach += Eigen::Vector3f::Constant(part.margin_mm);
  part.bounds.extend(centre - reach);
  part.bounds.extend(centre + reach);
}

float depth_mm(const Part& part, const Eigen::Vector3f& q) {
  float depth = depth_in(part.bodies[0], q);
  for (size_t i = 1; i < part.bodies.size(); ++i) depth = smooth_max(depth, depth_in(part.bodies[i], q));
  return depth + part.margin_mm;
}

Anatomy::Anatomy(uint64_t seed, uint32_t patient) {
  Rng rng({seed, 0, patient, stream::kAnatomy});
  for (Wave& wave : waves_) {
    const auto draw = [&](double limit) { return static_cast<float>(rng.uniform(-limit, limit)); };
    wave.amplitude_mm = {draw(1.2), draw(1.2), draw(0.8)};
    wave.frequency = {draw(0.06), draw(0.06), draw(0.05)};
    wave.phase = draw(std::numbers::pi);
  }
  fat_mm_ = static_cast<float>(rng.uniform(4, 8));
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
  while (depth_mm(body_, q) > 0) q += 0.25F * out;
  const auto radius = static_cast<float>(rng.uniform(4.5, 5.5));
  const Eigen::Vector3f centre = q + (radius + 0.5F) * out;  // a breath of air lies between
  Part capsule;
  capsule.shells[capsule.shell_count++] = {0, Tissue::kCapsule};
  capsule.outside = true;
  add_body(capsule, centre, {radius, radius, 10});
  parts_.push_back(capsule);
  // Where the head's point lies that the deformation carries to the centre.
  marker_ = centre;
  for (int i = 0; i < 30; ++i) marker_ += centre - warp(marker_);
}

Eigen::Vector3f Anatomy::warp(const Eigen::Vector3f& p) const {
  Eigen::Vector3f q = p;
  for (const Wave& wave : waves_) q += wave.amplitude_mm * std::sin(wave.frequency.dot(p) + wave.phase);
  return q;
}

void Anatomy::find(const Box& box, Candidates& candidates) const {
  const Eigen::Vector3f middle = 0.5F * (box.low + box.high);
  const float half = 0.5F * (box.high - box.low).norm();
  const float depth = depth_mm(body_, middle);  // to first order: hence the allowances
  candidates.deep = depth > half + kSkinMm + fat_mm_ + 4;
  const bool off_body = depth < -2 * half - 12;
  candidates.parts.clear();
  if (!off_body && lesions_.bounds.meets(box)) candidates.parts.push_back(kLesionPart);
  for (size_t i = 0; i < parts_.size(); ++i)
    if (parts_[i].bounds.meets(box) && (parts_[i].outside || !off_body))
      candidates.parts.push_back(static_cast<uint16_t>(i));
  candidates.nothing = off_body && candidates.parts.empty();
}

Tissue Anatomy::at_warped(const Eigen::Vector3f& q, const Candidates& candidates) const {
  const float depth = candidates.deep ? 1e3F : depth_mm(body_, q);
  for (const uint16_t index : candidates.parts) {
    if (index == kLesionPart) {
      if (depth < kSkinMm) continue;
      if (const Tissue tissue = lesions_.at(q); tissue != Tissue::kAir) return tissue;
      continue;
    }
    const Part& part = parts_[index];
    if (depth < kSkinMm && !part.outside) continue;
    if (part.bodies.size() == 1 && part.margin_mm == 0) {
      const Ellipsoid& e = part.bodies[0];
      if (squared_norm(e, unit(e, q)) >= 1) continue;
      if (part.shell_count == 1) return part.shells[0].tissue;
    }
    if (const float inside = depth_mm(part, q); inside > 0) return shell_at(part, folded(part, q, inside));
  }
  if (depth < 0) return Tissue::kAir;
  if (depth < kSkinMm) return Tissue::kSkin;
  return depth < kSkinMm + fat_mm_ ? Tissue::kFat : Tissue::kMuscle;
}

Tissue Anatomy::at(const Eigen::Vector3f& p) const {
  const Eigen::Vector3f q = warp(p);
  Box box;
  box.extend(q);
  Candidates candidates;
  find(box, candidates);
  return at_warped(q, candidates);
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
