#pragma once
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace trivox::test {

/// Largest difference between the gradient that autograd gives for `function` (float64 tensor to scalar) at
/// `at` and central differences with step 1e-6, over every element.
inline double gradient_error(const std::function<at::Tensor(const at::Tensor&)>& function,
                             const at::Tensor& at) {
  constexpr double kStep = 1e-6;
  at::Tensor x = at.clone();
  x.set_requires_grad(true);
  function(x).backward();
  const at::Tensor gradient = x.grad().contiguous();
  const at::NoGradGuard no_grad;
  at::Tensor moved = at.contiguous().clone();
  double* value = moved.mutable_data_ptr<double>();
  double worst = 0;
  for (int64_t i = 0; i < moved.numel(); ++i) {
    const double middle = value[i];
    value[i] = middle + kStep;
    const double above = function(moved).item().toDouble();
    value[i] = middle - kStep;
    const double below = function(moved).item().toDouble();
    value[i] = middle;
    const double difference = (above - below) / (2 * kStep);
    worst = std::max(worst, std::abs(difference - gradient.const_data_ptr<double>()[i]));
  }
  return worst;
}

}  // namespace trivox::test
