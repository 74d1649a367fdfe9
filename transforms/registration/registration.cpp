#include "transforms/registration/registration.h"

#include <array>
#include <cmath>
#include <cstdlib>

#include "transforms/registration/bfgs.h"
#include "transforms/registration/mutual_information.h"
#include "transforms/registration/pyramid.h"
#include "transforms/registration/samples.h"

namespace trivox {
namespace {

/// One step of the pyramid, from coarse to fine.
struct Level {
  double spacing_mm;
  bool is_masked;
  double samples_part;
  double first_step_mm, tolerance_mm;
  bool is_cubic;
};

constexpr std::array<Level, 3> kLevels = {Level{3.5, false, 0.4, 2, 0.05, false},
                                          {1.75, true, 0.7, 0.5, 0.02, false},
                                          {0.9, true, 1, 0.2, 0.005, true}};

MovingImage make_moving(const Volume<float>& image, bool is_cubic) {
  const int plane = is_cubic ? 4 : 2;
  MovingImage out;
  out.field = make_field(image, {plane, plane, 2}, {0, 0, 0});
  out.grid = image.grid;
  out.is_cubic = is_cubic;
  out.range = intensity_range(image);
  return out;
}

/// Root mean square distance of the samples from their centre: a turn by this many mm at that radius weighs
/// as much as a shift.
double radius_of(const FixedSamples& samples) {
  double sum = 0;
  for (size_t i = 0; i < samples.size(); ++i)
    sum += static_cast<double>(samples.x[i] * samples.x[i] + samples.y[i] * samples.y[i] +
                               samples.z[i] * samples.z[i]);
  return std::max(1.0, std::sqrt(sum / static_cast<double>(std::max<size_t>(1, samples.size()))));
}

}  // namespace

RigidRegistration register_rigid(const RegistrationImage& fixed, const RegistrationImage& moving,
                                 const RigidTransform& start, const RegistrationOptions& options) {
  RigidRegistration out;
  out.transform = start;
  for (const Level& level : kLevels) {
    const auto factors = shrink_factors(fixed.image.grid, level.spacing_mm);
    const Volume<float> coarse = shrink(fixed.image, factors);
    Volume<uint8_t> mask;
    if (level.is_masked && !fixed.body.empty()) mask = shrink_mask(fixed.body, factors);
    const auto count = static_cast<int64_t>(level.samples_part * static_cast<double>(options.samples));
    const FixedSamples samples = draw_samples(coarse, mask, count, options.seed, start.centre_mm);
    const MovingImage target = make_moving(
        shrink(moving.image, shrink_factors(moving.image.grid, level.spacing_mm)), level.is_cubic);
    const double radius = radius_of(samples);
    const auto transform_of = [&](const Vector6d& q) {
      RigidTransform t = start;
      t.angles_rad = q.head<3>() / radius;
      t.translation_mm = q.tail<3>();
      return t;
    };
    const auto cost = [&](const Vector6d& q, Vector6d& gradient) {
      const MutualInformationValue mi = mutual_information(samples, target, transform_of(q));
      gradient << -mi.gradient.head<3>() / radius, -mi.gradient.tail<3>();
      return -mi.nats;
    };
    Vector6d q;
    q << out.transform.angles_rad * radius, out.transform.translation_mm;
    const BfgsMinimum found = minimise_bfgs(cost, q,
                                            {.first_step = level.first_step_mm,
                                             .longest_step = 4 * level.first_step_mm,
                                             .tolerance = level.tolerance_mm,
                                             .most_evaluations = 60});
    out.transform = transform_of(found.at);
    out.evaluations += found.evaluations;
    out.after_nats = -found.value;
    out.before_nats = mutual_information(samples, target, start).nats;
  }
  return out;
}

}  // namespace trivox
