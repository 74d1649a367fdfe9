#pragma once
#include "models/weights.h"

namespace trivox {

struct SgdOptions {
  double momentum = 0.99;  ///< Nesterov
  double weight_decay = 3e-5;
};

/// learning_rate * (1 - epoch / epochs)^exponent. Source: nnU-Net 2.8, PolyLRScheduler.
[[nodiscard]] double poly_learning_rate(double learning_rate, int64_t epoch, int64_t epochs, double exponent);

/// Scales all gradients together so that their Euclidean norm is at most `largest`; returns the norm before.
/// As torch.nn.utils.clip_grad_norm_.
double clip_gradients(const NamedTensors& parameters, double largest);

/// Stochastic gradient descent as torch.optim.SGD(nesterov=True, dampening=0). Not thread safe.
class Sgd {
 public:
  /// The tensors are handles to the network's own, changed in place.
  Sgd(NamedTensors parameters, const SgdOptions& options);
  void step(double learning_rate);
  /// Frees the gradients.
  void clear_gradients();
  /// Momentum buffers by parameter name, zero before the first step.
  [[nodiscard]] const NamedTensors& momentum() const { return momentum_; }
  /// Copies the values in by name; throws Error for one that is absent or of another shape.
  void load_momentum(const NamedTensors& tensors);

 private:
  NamedTensors parameters_;
  SgdOptions options_;
  NamedTensors momentum_;
};

}  // namespace trivox
