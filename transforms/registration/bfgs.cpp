#include "transforms/registration/bfgs.h"

#include <algorithm>
#include <cmath>

namespace trivox {

BfgsMinimum minimise_bfgs(const std::function<double(const Vector6d&, Vector6d&)>& f, const Vector6d& start,
                          const BfgsOptions& options) {
  constexpr double kEnough = 1e-4;  // of the decrease that the slope promises (Armijo)
  BfgsMinimum best;
  best.at = start;
  Vector6d gradient;
  best.value = f(start, gradient);
  best.evaluations = 1;
  using Matrix6d = Eigen::Matrix<double, 6, 6>;
  const auto steepest = [&] {
    const double norm = gradient.norm();
    return Matrix6d(Matrix6d::Identity() * (norm > 0 ? options.first_step / norm : 0));
  };
  Matrix6d inverse = steepest();
  bool is_fresh = true;
  while (best.evaluations < options.most_evaluations) {
    Vector6d step = -inverse * gradient;
    if (!(step.dot(gradient) < 0)) {
      if (is_fresh) break;
      inverse = steepest();
      is_fresh = true;
      continue;
    }
    step *= std::min(1.0, options.longest_step / step.norm());
    const double slope = step.dot(gradient);
    double part = 1, value = 0;
    Vector6d there;
    bool is_lower = false;
    while (best.evaluations < options.most_evaluations && part * step.norm() >= options.tolerance / 4) {
      value = f(best.at + part * step, there);
      ++best.evaluations;
      if (value <= best.value + kEnough * part * slope) {
        is_lower = true;
        break;
      }
      const double curved = value - best.value - part * slope;  // of the parabola through both values
      part = std::clamp(-slope * part * part / (2 * curved), 0.1 * part, 0.5 * part);
    }
    if (!is_lower) {
      if (is_fresh) break;
      inverse = steepest() * (options.tolerance / options.first_step * 4);
      is_fresh = true;
      continue;
    }
    const Vector6d moved = part * step, change = there - gradient;
    best.at += moved;
    best.value = value;
    gradient = there;
    const double curvature = moved.dot(change);
    if (curvature > 1e-12 * moved.norm() * change.norm()) {
      if (is_fresh) inverse = Matrix6d::Identity() * (curvature / change.squaredNorm());
      const double rho = 1 / curvature;
      const Matrix6d left = Matrix6d::Identity() - rho * moved * change.transpose();
      inverse = left * inverse * left.transpose() + rho * moved * moved.transpose();
      is_fresh = false;
    }
    if (moved.norm() < options.tolerance) break;
  }
  return best;
}

}  // namespace trivox
