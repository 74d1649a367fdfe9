#include "models/sliding_window.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "transforms/error.h"

namespace trivox {
namespace {

constexpr double kSigma = 1.0 / 8;

at::Tensor run_mirrored(const at::Tensor& tiles, const std::array<bool, 3>& mirror_dhw,
                        const std::function<at::Tensor(const at::Tensor&)>& network) {
  std::vector<std::vector<int64_t>> combinations = {{}};
  for (size_t a = 0; a < 3; ++a) {
    if (!mirror_dhw[a]) continue;
    for (size_t i = 0, n = combinations.size(); i < n; ++i) {
      auto axes = combinations[i];
      axes.push_back(static_cast<int64_t>(a) + 2);
      combinations.push_back(std::move(axes));
    }
  }
  at::Tensor sum = network(tiles);
  for (size_t i = 1; i < combinations.size(); ++i)
    sum = sum + at::flip(network(at::flip(tiles, combinations[i])), combinations[i]);
  return sum / static_cast<double>(combinations.size());
}

}  // namespace

std::vector<int64_t> tile_starts(int64_t size, int64_t patch, double step) {
  if (patch < 1 || size < patch || !(step > 0 && step <= 1))
    throw Error("tiles of " + std::to_string(patch) + " voxels",
                std::to_string(size) + " voxels, step " + std::to_string(step),
                "size >= patch, step in (0, 1]");
  const double apart = static_cast<double>(patch) * step;
  const auto last = static_cast<double>(size - patch);
  const auto intervals = static_cast<int64_t>(std::ceil(last / apart));
  std::vector<int64_t> starts = {0};
  for (int64_t i = 1; i <= intervals; ++i)
    starts.push_back(std::llround(last * static_cast<double>(i) / static_cast<double>(intervals)));
  return starts;
}

at::Tensor tile_weights(const std::array<int64_t, 3>& patch_dhw) {
  at::Tensor weights = at::ones({1, 1, 1}, at::TensorOptions(at::kFloat));
  for (int64_t axis = 0; axis < 3; ++axis) {
    const int64_t n = patch_dhw[static_cast<size_t>(axis)];
    at::Tensor line = at::empty({n}, at::TensorOptions(at::kFloat));
    const double middle = static_cast<double>(n - 1) / 2;
    const double sigma = static_cast<double>(n) * kSigma;
    for (int64_t i = 0; i < n; ++i) {
      const double z = (static_cast<double>(i) - middle) / sigma;
      line.mutable_data_ptr<float>()[i] = static_cast<float>(std::exp(-z * z / 2));
    }
    std::array<int64_t, 3> shape = {1, 1, 1};
    shape[static_cast<size_t>(axis)] = n;
    weights = weights * line.view(shape);
  }
  return weights / weights.max();
}

at::Tensor slide(const at::Tensor& image, std::span<const float> air, const SlidingWindow& window,
                 const std::function<at::Tensor(const at::Tensor&)>& network) {
  const int64_t channels = image.size(0);
  if (static_cast<int64_t>(air.size()) != channels)
    throw Error("air values", std::to_string(air.size()), std::to_string(channels) + ", one a channel");
  std::array<int64_t, 3> size{};
  std::array<int64_t, 3> before{};
  for (size_t a = 0; a < 3; ++a) {
    const int64_t extent = image.size(static_cast<int64_t>(a) + 1);
    size[a] = std::max(extent, window.patch_dhw[a]);
    before[a] = (size[a] - extent) / 2;
  }
  at::Tensor padded = at::empty({channels, size[0], size[1], size[2]}, image.options());
  for (int64_t c = 0; c < channels; ++c) padded.select(0, c).fill_(air[static_cast<size_t>(c)]);
  const auto inner = [&](at::Tensor t) {
    for (int64_t a = 0; a < 3; ++a) t = t.narrow(a + 1, before[static_cast<size_t>(a)], image.size(a + 1));
    return t;
  };
  inner(padded).copy_(image);

  std::vector<std::array<int64_t, 3>> starts;
  for (const int64_t z : tile_starts(size[0], window.patch_dhw[0], window.step))
    for (const int64_t y : tile_starts(size[1], window.patch_dhw[1], window.step))
      for (const int64_t x : tile_starts(size[2], window.patch_dhw[2], window.step))
        starts.push_back({z, y, x});
  const auto tile = [&](const at::Tensor& t, const std::array<int64_t, 3>& start) {
    return t.narrow(1, start[0], window.patch_dhw[0])
        .narrow(2, start[1], window.patch_dhw[1])
        .narrow(3, start[2], window.patch_dhw[2]);
  };
  const at::Tensor weights = tile_weights(window.patch_dhw);
  at::Tensor sum;
  at::Tensor total = at::zeros({1, size[0], size[1], size[2]}, at::TensorOptions(at::kFloat));
  const auto at_once = static_cast<size_t>(std::max<int64_t>(window.batch, 1));
  for (size_t first = 0; first < starts.size(); first += at_once) {
    const size_t count = std::min(at_once, starts.size() - first);
    std::vector<at::Tensor> tiles;
    for (size_t i = 0; i < count; ++i) tiles.push_back(tile(padded, starts[first + i]));
    const at::Tensor out = run_mirrored(at::stack(tiles), window.mirror_dhw, network);
    if (!sum.defined())
      sum = at::zeros({out.size(1), size[0], size[1], size[2]}, at::TensorOptions(at::kFloat));
    for (size_t i = 0; i < count; ++i) {
      tile(sum, starts[first + i]).add_(out.select(0, static_cast<int64_t>(i)) * weights);
      tile(total, starts[first + i]).add_(weights);
    }
  }
  return inner(sum.div_(total)).contiguous();
}

}  // namespace trivox
