#pragma once
#include <Eigen/Dense>
#include <functional>

namespace trivox {

using Vector6d = Eigen::Matrix<double, 6, 1>;

struct BfgsOptions {
  double first_step = 1;    ///< length of the first, in the parameters' unit
  double longest_step = 5;  ///< of any
  double tolerance = 1e-3;  ///< a step shorter than this ends it
  int most_evaluations = 60;
};

struct BfgsMinimum {
  Vector6d at = Vector6d::Zero();
  double value = 0;
  int evaluations = 0;
};

/// The minimum of `f` (value, fills the gradient) that lies downhill from `start`, where all six parameters
/// are of one scale. Never higher than the start. Deterministic.
/// Source: Nocedal and Wright 2006, algorithm 6.1, with a backtracking line search that interpolates.
[[nodiscard]] BfgsMinimum minimise_bfgs(const std::function<double(const Vector6d&, Vector6d&)>& f,
                                        const Vector6d& start, const BfgsOptions& options);

}  // namespace trivox
