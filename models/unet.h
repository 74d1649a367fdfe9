#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/options.h"
#include "models/weights.h"

namespace trivox {

/// nnU-Net's PlainConvUNet in 3D: a stage is `convolutions` times convolution (bias, "same" padding,
/// the stage's stride in the first), instance norm (affine, eps 1e-5) and LeakyReLU (.01); the decoder
/// doubles back through transposed convolutions and concatenated skips.
/// Parameters carry its state_dict names, each once ("encoder.stages.0.0.convs.0.conv.weight"; PyTorch
/// repeats them as all_modules.* and decoder.encoder.*). Source: Isensee et al. 2021;
/// dynamic-network-architectures 0.4, architectures/unet.py.
class UNet {
 public:
  /// Weights He-normal with slope .01 (as nnU-Net), biases 0, norms 1 and 0; a function of `seed` alone,
  /// independent of LibTorch's generator. Throws UsageError for options that make no network.
  UNet(const ModelOptions& options, int64_t channels, int64_t classes, uint64_t seed);

  /// image: N x C x D x H x W, D, H, W multiples of `divisor()`. Returns logits N x K x D x H x W; with
  /// `deep_supervision` also those of the coarser decoder stages, finest first, else only one.
  /// Reads the parameters: concurrent calls are safe while nobody writes them.
  [[nodiscard]] std::vector<at::Tensor> forward(const at::Tensor& image, bool deep_supervision) const;

  /// Every parameter in the order of the state_dict; the tensors are handles to the network's own.
  [[nodiscard]] const NamedTensors& parameters() const { return parameters_; }
  /// Copies the values in by name. PyTorch's repeated names are passed over. Throws Error for a
  /// parameter that is absent or of another shape, and for a name that the network lacks.
  void load(const NamedTensors& tensors);

  /// What D, H, W (in that order) must be multiples of: the product of the strides.
  [[nodiscard]] std::array<int64_t, 3> divisor() const;
  [[nodiscard]] int64_t channels() const { return channels_; }
  [[nodiscard]] int64_t classes() const { return classes_; }

 private:
  struct Convolution {
    at::Tensor weight, bias, norm_weight, norm_bias;
    std::array<int64_t, 3> stride{}, padding{};
  };
  struct Decoder {
    at::Tensor up_weight, up_bias;
    std::vector<Convolution> stage;
    at::Tensor head_weight, head_bias;
    std::array<int64_t, 3> stride{};
  };
  static at::Tensor run(const std::vector<Convolution>& stage, at::Tensor x);
  at::Tensor add(std::string name, std::vector<int64_t> shape, double standard_deviation, double mean);
  std::vector<Convolution> add_stage(const std::string& prefix, int64_t in, int64_t out, size_t stage,
                                     std::array<int64_t, 3> stride);

  ModelOptions options_;
  int64_t channels_;
  int64_t classes_;
  uint64_t seed_;
  NamedTensors parameters_;
  std::vector<std::vector<Convolution>> encoder_;
  std::vector<Decoder> decoder_;
};

}  // namespace trivox
