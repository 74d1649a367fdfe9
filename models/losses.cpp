#include "models/losses.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/log_softmax.h>

#include <cmath>

#include "transforms/error.h"
#include "transforms/sample.h"

namespace trivox {
namespace {

constexpr double kSmooth = 1e-5;

}  // namespace

at::Tensor segmentation_loss(const at::Tensor& logits, const at::Tensor& label, bool batch_dice) {
  const int64_t classes = logits.size(1);
  const auto type = logits.scalar_type();
  const at::Tensor values =
      at::arange(classes, at::TensorOptions(at::kByte)).to(logits.device()).view({1, classes, 1, 1, 1});
  const at::Tensor target = label.eq(values).to(type);  // 255 equals no class: all zero
  const at::Tensor counts = label.ne(kIgnoreLabel).to(type);
  const at::Tensor log_probability = at::log_softmax(logits, 1);
  const at::Tensor cross_entropy = -(log_probability * target).sum() / counts.sum().clamp_min(1);

  const at::Tensor probability = log_probability.slice(1, 1).exp() * counts;
  const at::Tensor truth = target.slice(1, 1);
  const std::vector<int64_t> axes =
      batch_dice ? std::vector<int64_t>{0, 2, 3, 4} : std::vector<int64_t>{2, 3, 4};
  const at::Tensor both = (probability * truth).sum(axes);
  const at::Tensor either = probability.sum(axes) + truth.sum(axes);
  return cross_entropy - ((2 * both + kSmooth) / (either + kSmooth)).mean();
}

std::vector<double> deep_supervision_weights(size_t outputs) {
  std::vector<double> weights(outputs, 1.0);
  if (outputs == 1) return weights;
  double sum = 0;
  for (size_t i = 0; i < outputs; ++i) {
    weights[i] = i + 1 == outputs ? 0 : std::ldexp(1.0, -static_cast<int>(i));
    sum += weights[i];
  }
  for (double& w : weights) w /= sum;
  return weights;
}

at::Tensor shrink_label(const at::Tensor& label, at::IntArrayRef size_dhw) {
  at::Tensor out = label;
  for (int64_t axis = 0; axis < 3; ++axis) {
    const int64_t from = label.size(axis + 2);
    const int64_t to = size_dhw[static_cast<size_t>(axis)];
    if (to < 1 || from % to != 0)
      throw Error("label's extent", std::to_string(from), "a multiple of " + std::to_string(to));
    const int64_t step = from / to;
    out = out.slice(axis + 2, step / 2, {}, step);
  }
  return out;
}

at::Tensor deep_supervision_loss(const std::vector<at::Tensor>& logits, const at::Tensor& label,
                                 bool batch_dice) {
  const std::vector<double> weights = deep_supervision_weights(logits.size());
  at::Tensor total;
  for (size_t i = 0; i < logits.size(); ++i) {
    if (weights[i] == 0) continue;
    const at::Tensor loss =
        segmentation_loss(logits[i], shrink_label(label, logits[i].sizes().slice(2)), batch_dice) *
        weights[i];
    total = total.defined() ? total + loss : loss;
  }
  return total;
}

}  // namespace trivox
