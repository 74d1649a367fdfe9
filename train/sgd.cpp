#include "train/sgd.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <map>
#include <utility>

#include "transforms/error.h"

namespace trivox {

double poly_learning_rate(double learning_rate, int64_t epoch, int64_t epochs, double exponent) {
  const double left = 1.0 - static_cast<double>(epoch) / static_cast<double>(epochs);
  return learning_rate * std::pow(left, exponent);
}

double clip_gradients(const NamedTensors& parameters, double largest) {
  constexpr double kTiny = 1e-6;  // clip_grad_norm_'s
  const at::NoGradGuard no_grad;
  double squares = 0;
  for (const auto& parameter : parameters)
    if (const at::Tensor& gradient = parameter.value.grad(); gradient.defined())
      squares += gradient.square().sum(at::kDouble).item().toDouble();
  const double norm = std::sqrt(squares);
  const double factor = largest / (norm + kTiny);
  if (factor < 1)
    for (const auto& parameter : parameters)
      if (parameter.value.grad().defined()) parameter.value.mutable_grad().mul_(factor);
  return norm;
}

Sgd::Sgd(NamedTensors parameters, const SgdOptions& options)
    : parameters_(std::move(parameters)), options_(options) {
  for (const auto& [name, value] : parameters_) momentum_.push_back({name, at::zeros_like(value.detach())});
}

void Sgd::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const at::Tensor& value = parameters_[i].value;
    if (!value.grad().defined()) continue;  // a head that the loss does not use
    const at::Tensor& buffer = momentum_[i].value;
    const at::Tensor gradient = value.grad().add(value, options_.weight_decay);
    buffer.mul_(options_.momentum).add_(gradient);
    value.add_(gradient.add(buffer, options_.momentum), -learning_rate);
  }
}

void Sgd::clear_gradients() {
  for (const auto& parameter : parameters_) parameter.value.mutable_grad().reset();
}

void Sgd::load_momentum(const NamedTensors& tensors) {
  std::map<std::string, at::Tensor> by_name;
  for (const auto& [name, value] : tensors) by_name.emplace(name, value);
  for (const auto& [name, value] : momentum_) {
    const auto found = by_name.find(name);
    if (found == by_name.end())
      throw Error("momentum of " + name, "absent", "a tensor of the weight's shape");
    if (found->second.sizes() != value.sizes())
      throw Error("momentum of " + name, "of another shape", "the weight's shape");
    value.copy_(found->second);
  }
}

}  // namespace trivox
