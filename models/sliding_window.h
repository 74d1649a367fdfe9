#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace trivox {

struct SlidingWindow {
  std::array<int64_t, 3> patch_dhw = {0, 0, 0};
  double step = 0.5;                                       ///< of the patch, between tiles
  std::array<bool, 3> mirror_dhw = {false, false, false};  ///< average over all combinations of these flips
  int64_t batch = 1;                                       ///< tiles at once
};

/// First voxels of the tiles along one axis of `size` >= `patch` voxels: the fewest that are at most
/// step * patch apart, evenly spread. Source: nnU-Net 2.8, compute_steps_for_sliding_window.
[[nodiscard]] std::vector<int64_t> tile_starts(int64_t size, int64_t patch, double step);

/// D x H x W importance of a tile's voxels: a Gaussian about its middle, sigma an eighth of the patch, the
/// largest 1. Source: Isensee et al. 2021 (there about voxel n / 2; here symmetric, so that mirroring
/// agrees).
[[nodiscard]] at::Tensor tile_weights(const std::array<int64_t, 3>& patch_dhw);

/// Tiles of image (C x D x H x W, float32) through `network` (N x C x patch to N x K x patch, probabilities),
/// averaged with `tile_weights`; K x D x H x W float32. An image smaller than the patch is padded evenly on
/// both sides with its channel's value of `air`. Runs in the caller's thread and gradient mode.
[[nodiscard]] at::Tensor slide(const at::Tensor& image, std::span<const float> air,
                               const SlidingWindow& window,
                               const std::function<at::Tensor(const at::Tensor&)>& network);

}  // namespace trivox
