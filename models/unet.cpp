#include "models/unet.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv3d.h>
#include <ATen/ops/conv_transpose3d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/instance_norm.h>
#include <ATen/ops/leaky_relu.h>

#include <cmath>
#include <map>
#include <sstream>
#include <utility>

#include "transforms/error.h"
#include "transforms/rng.h"

namespace trivox {
namespace {

using Triple = std::array<int64_t, 3>;  // z, y, x

constexpr double kSlope = 0.01;
constexpr double kNormEpsilon = 1e-5;
constexpr uint16_t kInitStream = 0x4000;  // transform number of Philox: weights

// The stage's entry of a list whose last element repeats. Options are x, y, z as all of the
// configuration; tensors are z, y, x.
Triple entry(const std::vector<Triple>& list, size_t stage) {
  const Triple& xyz = list[std::min(stage, list.size() - 1)];
  return {xyz[2], xyz[1], xyz[0]};
}

std::string text(const Triple& t) {
  return std::to_string(t[0]) + " x " + std::to_string(t[1]) + " x " + std::to_string(t[2]);
}

int64_t product(const Triple& t) { return t[0] * t[1] * t[2]; }

// kaiming_normal_ with a = kSlope, whose fan_in is the second extent times the kernel.
double he_deviation(int64_t fan_in) {
  return std::sqrt(2.0 / (1.0 + kSlope * kSlope) / static_cast<double>(fan_in));
}

void check(const ModelOptions& options, int64_t channels, int64_t classes) {
  const size_t stages = options.features.size();
  if (stages < 2) throw UsageError("model.features", std::to_string(stages) + " stages", "at least 2");
  for (const int64_t f : options.features)
    if (f < 1) throw UsageError("model.features", std::to_string(f), ">= 1");
  if (options.convolutions < 1)
    throw UsageError("model.convolutions", std::to_string(options.convolutions), ">= 1");
  for (const auto& [name, list] :
       {std::pair{"model.kernels", &options.kernels}, std::pair{"model.strides", &options.strides}})
    if (list->empty() || list->size() > stages)
      throw UsageError(name, std::to_string(list->size()) + " entries",
                       "1 to " + std::to_string(stages) + ", the number of stages");
  for (const Triple& kernel : options.kernels)
    for (const int64_t k : kernel)
      if (k < 1 || k % 2 == 0) throw UsageError("model.kernels", text(kernel), "odd and positive");
  for (const Triple& stride : options.strides)
    for (const int64_t s : stride)
      if (s < 1) throw UsageError("model.strides", text(stride), ">= 1");
  if (options.strides[0] != Triple{1, 1, 1})
    throw UsageError("model.strides of the first stage", text(options.strides[0]),
                     "1 x 1 x 1, so that the output has the input's size");
  if (channels < 1 || classes < 2)
    throw UsageError("the network's size",
                     std::to_string(channels) + " channels and " + std::to_string(classes) + " classes",
                     "at least 1 and 2");
}

bool repeated_by_pytorch(const std::string& name) {
  return name.starts_with("decoder.encoder.") || name.find(".all_modules.") != std::string::npos;
}

std::string shape_text(c10::IntArrayRef sizes) {
  std::ostringstream out;
  out << sizes;
  return out.str();
}

}  // namespace

UNet::UNet(const ModelOptions& options, int64_t channels, int64_t classes, uint64_t seed)
    : options_(options), channels_(channels), classes_(classes), seed_(seed) {
  check(options, channels, classes);
  const auto& features = options_.features;
  const size_t stages = features.size();
  for (size_t s = 0; s < stages; ++s)
    encoder_.push_back(add_stage("encoder.stages." + std::to_string(s) + ".0.",
                                 s == 0 ? channels : features[s - 1], features[s], s,
                                 entry(options_.strides, s)));
  decoder_.resize(stages - 1);
  // The state_dict lists all stages, then all transposed convolutions, then all heads.
  for (size_t d = 0; d < decoder_.size(); ++d) {
    const size_t skip = stages - 2 - d;
    decoder_[d].stage = add_stage("decoder.stages." + std::to_string(d) + ".", 2 * features[skip],
                                  features[skip], skip, {1, 1, 1});
  }
  for (size_t d = 0; d < decoder_.size(); ++d) {
    const size_t skip = stages - 2 - d;
    const Triple stride = entry(options_.strides, skip + 1);
    const std::string prefix = "decoder.transpconvs." + std::to_string(d);
    decoder_[d].stride = stride;
    decoder_[d].up_weight =
        add(prefix + ".weight", {features[skip + 1], features[skip], stride[0], stride[1], stride[2]},
            he_deviation(features[skip] * product(stride)), 0);
    decoder_[d].up_bias = add(prefix + ".bias", {features[skip]}, 0, 0);
  }
  for (size_t d = 0; d < decoder_.size(); ++d) {
    const int64_t width = features[stages - 2 - d];
    const std::string prefix = "decoder.seg_layers." + std::to_string(d);
    decoder_[d].head_weight = add(prefix + ".weight", {classes, width, 1, 1, 1}, he_deviation(width), 0);
    decoder_[d].head_bias = add(prefix + ".bias", {classes}, 0, 0);
  }
}

at::Tensor UNet::add(std::string name, std::vector<int64_t> shape, double standard_deviation, double mean) {
  at::Tensor value = at::empty(shape, at::TensorOptions(at::kFloat));
  float* data = value.mutable_data_ptr<float>();
  Rng rng({seed_, 0, static_cast<uint32_t>(parameters_.size()), kInitStream});
  for (int64_t i = 0; i < value.numel(); ++i)
    data[i] = static_cast<float>(standard_deviation > 0 ? mean + standard_deviation * rng.normal() : mean);
  value.set_requires_grad(true);
  parameters_.push_back({std::move(name), value});
  return value;
}

std::vector<UNet::Convolution> UNet::add_stage(const std::string& prefix, int64_t in, int64_t out,
                                               size_t stage, std::array<int64_t, 3> stride) {
  const Triple kernel = entry(options_.kernels, stage);
  std::vector<Convolution> made;
  for (int64_t i = 0; i < options_.convolutions; ++i) {
    const std::string name = prefix + "convs." + std::to_string(i);
    const int64_t from = i == 0 ? in : out;
    Convolution c;
    c.weight = add(name + ".conv.weight", {out, from, kernel[0], kernel[1], kernel[2]},
                   he_deviation(from * product(kernel)), 0);
    c.bias = add(name + ".conv.bias", {out}, 0, 0);
    c.norm_weight = add(name + ".norm.weight", {out}, 0, 1);
    c.norm_bias = add(name + ".norm.bias", {out}, 0, 0);
    c.stride = i == 0 ? stride : Triple{1, 1, 1};
    for (size_t a = 0; a < 3; ++a) c.padding[a] = (kernel[a] - 1) / 2;
    made.push_back(std::move(c));
  }
  return made;
}

at::Tensor UNet::run(const std::vector<Convolution>& stage, at::Tensor x) {
  for (const Convolution& c : stage) {
    x = at::conv3d(x, c.weight, c.bias, c.stride, c.padding);
    x = at::instance_norm(x, c.norm_weight, c.norm_bias, {}, {}, /*use_input_stats=*/true, /*momentum=*/0.1,
                          kNormEpsilon, /*cudnn_enabled=*/true);
    // In place: the norm's gradient needs its input, not its output.
    x = at::leaky_relu_(x, kSlope);
  }
  return x;
}

std::vector<at::Tensor> UNet::forward(const at::Tensor& image, bool deep_supervision) const {
  const Triple multiple = divisor();
  if (image.dim() != 5 || image.size(1) != channels_)
    throw Error("network input", shape_text(image.sizes()),
                "N x " + std::to_string(channels_) + " x D x H x W");
  for (size_t a = 0; a < 3; ++a)
    if (image.size(static_cast<int64_t>(a) + 2) % multiple[a] != 0)
      throw Error("network input", shape_text(image.sizes()),
                  "D, H, W in multiples of " + text(multiple) + ", the product of the strides");
  std::vector<at::Tensor> skips;
  at::Tensor x = image;
  for (const auto& stage : encoder_) {
    x = run(stage, x);
    skips.push_back(x);
  }
  skips.pop_back();
  std::vector<at::Tensor> logits;
  for (size_t d = 0; d < decoder_.size(); ++d) {
    const Decoder& decoder = decoder_[d];
    x = at::conv_transpose3d(x, decoder.up_weight, decoder.up_bias, decoder.stride);
    x = run(decoder.stage, at::cat({x, skips.back()}, 1));
    skips.pop_back();
    if (deep_supervision || d + 1 == decoder_.size())
      logits.insert(logits.begin(), at::conv3d(x, decoder.head_weight, decoder.head_bias));
  }
  return logits;
}

void UNet::load(const NamedTensors& tensors) {
  std::map<std::string, at::Tensor> by_name;
  for (const auto& [name, value] : tensors)
    if (!repeated_by_pytorch(name)) by_name.emplace(name, value);
  const at::NoGradGuard no_grad;
  for (const auto& [name, value] : parameters_) {
    const auto found = by_name.find(name);
    if (found == by_name.end()) throw Error("weight " + name, "absent", shape_text(value.sizes()));
    if (found->second.sizes() != value.sizes())
      throw Error("weight " + name, shape_text(found->second.sizes()), shape_text(value.sizes()));
    value.copy_(found->second);
    by_name.erase(found);
  }
  if (!by_name.empty())
    throw Error("weight " + by_name.begin()->first, "in the file", "a name that the network has");
}

std::array<int64_t, 3> UNet::divisor() const {
  Triple multiple = {1, 1, 1};
  for (size_t s = 0; s < options_.features.size(); ++s)
    for (size_t a = 0; a < 3; ++a) multiple[a] *= entry(options_.strides, s)[a];
  return multiple;
}

}  // namespace trivox
