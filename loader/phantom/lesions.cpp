#include "loader/phantom/lesions.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace trivox::phantom {
namespace {

constexpr double kMedianCm3 = 9.4, kLogDeviation = 0.8, kLeastCm3 = 0.61, kMostCm3 = 84;
// What still leaves room for four masses around the nasopharynx.
constexpr double kMostConfounderCm3 = 22;
// Slices cover about +-52 mm before they are shifted; the shift keeps the tumour in them, but the
// masses that imitate it may be cut off.
constexpr float kHighestMm = 43;

float strength(const Lesion& lesion, const Eigen::Vector3f& q) {
  float sum = 0;
  for (const Lesion::Lobe& lobe : lesion.lobes) {
    const float ratio = (q - lobe.centre).squaredNorm() / (lobe.reach_mm * lobe.reach_mm);
    if (ratio < 1) sum += (1 - ratio) * (1 - ratio) * (1 - ratio);
  }
  return sum;
}

void set_bounds(Lesion& lesion) {
  lesion.bounds = Box();
  for (const Lesion::Lobe& lobe : lesion.lobes) {
    lesion.bounds.extend(lobe.centre - Eigen::Vector3f::Constant(lobe.reach_mm));
    lesion.bounds.extend(lobe.centre + Eigen::Vector3f::Constant(lobe.reach_mm));
  }
}

Eigen::Vector3f direction(Rng& rng, float z_scale) {
  Eigen::Vector3f d(static_cast<float>(rng.normal()), static_cast<float>(rng.normal()),
                    z_scale * static_cast<float>(rng.normal()));
  return d.normalized();
}

double sampled_volume(const Lesion& lesion, float step) {
  double count = 0;
  const Box& b = lesion.bounds;
  for (float z = b.low.z(); z < b.high.z(); z += step)
    for (float y = b.low.y(); y < b.high.y(); y += step)
      for (float x = b.low.x(); x < b.high.x(); x += step)
        count += strength(lesion, {x, y, z}) > kLobeThreshold ? 1 : 0;
  return count * step * step * step;
}

// Lobes grow from lobes already there, mostly sideways, so that masses are longer than they are high.
Lesion draw_shape(Rng& rng, double volume_mm3) {
  Lesion lesion;
  const size_t count = 4 + rng.below(5);
  lesion.lobes.push_back({Eigen::Vector3f::Zero(), 1.0F});
  while (lesion.lobes.size() < count) {
    const Lesion::Lobe& from = lesion.lobes[rng.below(lesion.lobes.size())];
    const auto reach = static_cast<float>(rng.uniform(0.55, 1.0));
    const auto step = static_cast<float>(rng.uniform(0.55, 0.95)) * (from.reach_mm + reach) * 0.5F;
    lesion.lobes.push_back({from.centre + step * direction(rng, 0.55F), reach});
  }
  set_bounds(lesion);
  const double unit = sampled_volume(lesion, 0.06F);
  auto scale = static_cast<float>(std::cbrt(volume_mm3 / unit));
  Eigen::Vector3f middle = 0.5F * (lesion.bounds.low + lesion.bounds.high);
  for (Lesion::Lobe& lobe : lesion.lobes) {
    lobe.centre = scale * (lobe.centre - middle);
    lobe.reach_mm *= scale;
  }
  lesion.volume_mm3 = volume_mm3;
  set_bounds(lesion);
  return lesion;
}

// Pushes the masses apart until they touch, and pulls them all towards the nasopharynx.
void settle(Rng& rng, std::array<Lesion, 4>& all) {
  std::array<Eigen::Vector3f, 4> at;
  std::array<float, 4> radius{};
  const double start = rng.uniform(0, 2 * std::numbers::pi);
  for (size_t i = 0; i < 4; ++i) {
    radius[i] = static_cast<float>(1.12 * std::cbrt(all[i].volume_mm3 * 0.75 / std::numbers::pi));
    const double angle = start + (static_cast<double>(i) + rng.uniform(-0.3, 0.3)) * std::numbers::pi / 2;
    at[i] = {static_cast<float>(14 * std::cos(angle)), static_cast<float>(9 * std::sin(angle)),
             static_cast<float>(rng.uniform(-9, 9))};
  }
  const Eigen::Vector3f home(static_cast<float>(rng.uniform(-5, 5)), static_cast<float>(rng.uniform(0, 6)),
                             static_cast<float>(rng.uniform(-6, 4)));
  for (int round = 0; round < 300; ++round) {
    for (size_t i = 0; i < 4; ++i)
      for (size_t j = i + 1; j < 4; ++j) {
        Eigen::Vector3f apart = at[i] - at[j];
        const float distance = std::max(apart.norm(), 0.1F);
        const float missing = 0.98F * (radius[i] + radius[j]) - distance;
        if (missing <= 0) continue;
        apart *= 0.5F * missing / distance;
        apart.z() *= 0.5F;  // spread in the plane first
        at[i] += apart;
        at[j] -= apart;
      }
    for (size_t i = 0; i < 4; ++i) at[i] += 0.02F * (home - at[i]);
  }
  for (size_t i = 0; i < 4; ++i) {
    const float room = std::max(0.0F, kHighestMm - 0.5F * (all[i].bounds.high.z() - all[i].bounds.low.z()));
    at[i].z() = std::clamp(at[i].z(), -room, room);
    for (Lesion::Lobe& lobe : all[i].lobes) lobe.centre += at[i];
    set_bounds(all[i]);
  }
}

}  // namespace

Tissue Lesions::at(const Eigen::Vector3f& q) const {
  Tissue found = Tissue::kAir;
  float strongest = kLobeThreshold;
  for (const Lesion& lesion : all) {
    if (!lesion.bounds.holds(q)) continue;
    if (const float s = strength(lesion, q); s > strongest) {
      strongest = s;
      found = lesion.tissue;
    }
  }
  return found;
}

Lesions draw_lesions(Rng& rng) {
  double cm3 = 0;
  do {
    cm3 = kMedianCm3 * std::exp(kLogDeviation * rng.normal());
  } while (cm3 < kLeastCm3 || cm3 > kMostCm3);
  Lesions lesions;
  std::array<Tissue, 4> kinds = {Tissue::kTumour, Tissue::kLymphoid, Tissue::kFibrous,
                                 Tissue::kProteinaceous};
  // Which place goes to which kind is drawn too, so that the order of settling tells nothing.
  for (size_t i = 3; i > 0; --i) std::swap(kinds[i], kinds[rng.below(i + 1)]);
  for (size_t i = 0; i < 4; ++i) {
    const double other = std::clamp(cm3 * std::exp(0.3 * rng.normal()), kLeastCm3, kMostConfounderCm3);
    lesions.all[i] = draw_shape(rng, 1000 * (kinds[i] == Tissue::kTumour ? cm3 : other));
    lesions.all[i].tissue = kinds[i];
  }
  settle(rng, lesions.all);
  for (const Lesion& lesion : lesions.all) {
    lesions.bounds.extend(lesion.bounds.low);
    lesions.bounds.extend(lesion.bounds.high);
  }
  return lesions;
}

}  // namespace trivox::phantom
