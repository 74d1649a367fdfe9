#include "models/unet.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "models/losses.h"
#include "models/precision.h"
#include "tests/models/golden.h"
#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

namespace {

ModelOptions small_network() {
  ModelOptions options;
  options.features = {4, 6, 8};
  options.kernels = {{3, 3, 1}, {3, 3, 3}};
  options.strides = {{1, 1, 1}, {2, 2, 1}, {2, 2, 2}};
  return options;
}

UNet golden_unet() {
  UNet net(small_network(), 2, 3, 0);
  NamedTensors weights;
  for (const auto& tensor : golden_network().tensors)
    if (tensor.name.starts_with("encoder.") || tensor.name.starts_with("decoder.")) weights.push_back(tensor);
  net.load(weights);
  return net;
}

// "name extent extent ..." of each unique entry of one paragraph of unet_names.txt.
std::vector<std::string> golden_names(int paragraph) {
  std::ifstream in(std::string(test::kSourceDir) + "/tests/golden/unet_names.txt");
  std::vector<std::string> names;
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) --paragraph;
    if (paragraph < 0) break;
    if (paragraph > 0 || line.starts_with("decoder.encoder.") || line.find(".all_modules.") != line.npos)
      continue;
    if (!line.empty()) names.push_back(line);
  }
  return names;
}

std::vector<std::string> own_names(const UNet& net) {
  std::vector<std::string> names;
  for (const auto& [name, value] : net.parameters()) {
    std::string line = name;
    for (const int64_t extent : value.sizes()) line.append(1, ' ').append(std::to_string(extent));
    names.push_back(line);
  }
  return names;
}

}  // namespace

TEST_CASE("names and shapes of the parameters are those of PlainConvUNet", "[unet]") {
  ModelOptions options;
  options.features = {16, 32, 64, 128};
  options.kernels = {{3, 3, 1}, {3, 3, 3}};
  options.strides = {{1, 1, 1}, {2, 2, 1}, {2, 2, 2}};
  CHECK(own_names(UNet(options, 3, 2, 0)) == golden_names(0));
  options.features = {8, 12};
  options.kernels = {{3, 3, 3}};
  options.strides = {{1, 1, 1}, {2, 2, 2}};
  options.convolutions = 1;
  CHECK(own_names(UNet(options, 1, 3, 0)) == golden_names(1));
}

TEST_CASE("outputs equal those of PlainConvUNet with the same weights", "[unet]") {
  const WeightFile golden = golden_network();
  const UNet net = golden_unet();
  const auto outputs = net.forward(find(golden, "image"), true);
  REQUIRE(outputs.size() == 2);
  CHECK(largest_difference(outputs[0], find(golden, "output0")) < 1e-4);
  CHECK(largest_difference(outputs[1], find(golden, "output1")) < 1e-4);
  const auto single = net.forward(find(golden, "image"), false);
  REQUIRE(single.size() == 1);
  CHECK(largest_difference(single[0], outputs[0]) == 0);
}

TEST_CASE("the loss and its gradient through the network equal those of nnU-Net", "[unet][losses]") {
  const WeightFile golden = golden_network();
  const UNet net = golden_unet();
  at::Tensor image = find(golden, "image");
  image.set_requires_grad(true);
  const at::Tensor loss = deep_supervision_loss(net.forward(image, true), find(golden, "label"), false);
  CHECK(loss.item().toDouble() == Approx(find(golden, "loss").item().toDouble()).margin(1e-5));
  loss.backward();
  CHECK(largest_difference(image.grad(), find(golden, "image_gradient")) < 1e-6);
}

TEST_CASE("bfloat16 autocast stays near float32 and ends with its scope", "[unet]") {
  const WeightFile golden = golden_network();
  const UNet net = golden_unet();
  at::Tensor low;
  {
    const Autocast autocast(true);
    low = net.forward(find(golden, "image"), false)[0];
  }
  CHECK(low.scalar_type() == at::kBFloat16);
  const double scale = find(golden, "output0").abs().max().item().toDouble();
  CHECK(largest_difference(low.to(at::kFloat), find(golden, "output0")) < 0.05 * scale);
  CHECK(net.forward(find(golden, "image"), false)[0].scalar_type() == at::kFloat);
}

TEST_CASE("weights start He-normal from the seed alone", "[unet]") {
  ModelOptions options;
  options.features = {16, 32};
  const UNet net(options, 3, 2, 7);
  for (const auto& [name, value] : net.parameters()) {
    if (name == "encoder.stages.1.0.convs.1.conv.weight") {
      // fan_in 32 * 27; deviation sqrt(2 / (1 + .01^2) / 864) = .04811
      CHECK(value.std().item().toDouble() == Approx(0.04811).epsilon(0.02));
      CHECK(std::abs(value.mean().item().toDouble()) < 0.001);
    }
    if (name.ends_with(".bias")) CHECK(value.abs().max().item().toDouble() == 0);
    if (name.ends_with("norm.weight")) CHECK(value.min().item().toDouble() == 1);
  }
  const UNet same(options, 3, 2, 7);
  const UNet other(options, 3, 2, 8);
  CHECK(net.parameters()[0].value.equal(same.parameters()[0].value));
  CHECK_FALSE(net.parameters()[0].value.equal(other.parameters()[0].value));
}

TEST_CASE("names that PyTorch repeats are passed over when weights are loaded", "[unet]") {
  UNet net(small_network(), 2, 3, 0);
  NamedTensors weights = UNet(small_network(), 2, 3, 1).parameters();
  weights.push_back({"decoder.encoder.stages.0.0.convs.0.conv.weight", weights[0].value});
  weights.push_back({"encoder.stages.0.0.convs.0.all_modules.0.weight", weights[0].value});
  net.load(weights);
  CHECK(net.parameters()[0].value.equal(weights[0].value));
}

TEST_CASE("weights of another network", "[unet][bad]") {
  UNet net(small_network(), 2, 3, 0);
  CHECK_THAT(
      error_of([&] { net.load(UNet(small_network(), 1, 3, 0).parameters()); }),
      CONTAINS_TEXT(
          "weight encoder.stages.0.0.convs.0.conv.weight is [4, 1, 1, 3, 3], expected [4, 2, 1, 3, 3]"));
  NamedTensors missing = net.parameters();
  missing.pop_back();
  CHECK_THAT(error_of([&] { net.load(missing); }),
             CONTAINS_TEXT("weight decoder.seg_layers.1.bias is absent, expected [3]"));
  NamedTensors more = net.parameters();
  more.push_back({"encoder.stem", more[0].value});
  CHECK_THAT(error_of([&] { net.load(more); }), CONTAINS_TEXT("weight encoder.stem is in the file"));
}

TEST_CASE("network input of the wrong size", "[unet][bad]") {
  const UNet net(small_network(), 2, 3, 0);
  const at::Tensor image = find(golden_network(), "image");
  CHECK_THAT(error_of([&] { (void)net.forward(image.slice(4, 0, 6), false); }),
             CONTAINS_TEXT("network input is [2, 2, 4, 8, 6], expected D, H, W in multiples of 2 x 4 x 4"));
  CHECK_THAT(error_of([&] { (void)net.forward(image.slice(1, 0, 1), false); }),
             CONTAINS_TEXT("expected N x 2 x D x H x W"));
}

TEST_CASE("model options that make no network", "[unet][bad]") {
  const auto fault = [](auto change) {
    ModelOptions options = small_network();
    change(options);
    return error_of([&] { UNet(options, 2, 3, 0); });
  };
  CHECK_THAT(fault([](auto& o) { o.features = {4}; }),
             CONTAINS_TEXT("model.features is 1 stages, expected at least 2"));
  CHECK_THAT(fault([](auto& o) { o.kernels = {{3, 3, 2}}; }),
             CONTAINS_TEXT("model.kernels is 3 x 3 x 2, expected odd"));
  CHECK_THAT(fault([](auto& o) { o.strides = {{2, 2, 2}}; }),
             CONTAINS_TEXT("first stage is 2 x 2 x 2, expected 1 x 1 x 1"));
  CHECK_THAT(fault([](auto& o) { o.strides = {{1, 1, 1}, {2, 2, 0}}; }),
             CONTAINS_TEXT("model.strides is 2 x 2 x 0"));
  CHECK_THAT(fault([](auto& o) { o.kernels.assign(4, {3, 3, 3}); }),
             CONTAINS_TEXT("model.kernels is 4 entries, expected 1 to 3"));
}
