#pragma once
#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>

#include <array>
#include <cstdint>

#include "transforms/patch.h"
#include "transforms/volume.h"

namespace trivox {

/// The one place where buffers become tensors: views of shape N x C x D x H x W, no copy. The buffer
/// must outlive the view, which is for reading only. `size` is x, y, z. Thread safe.
[[nodiscard]] inline at::Tensor tensor_view(const float* data, int64_t n, int64_t channels,
                                            const std::array<int64_t, 3>& size) {
  // from_blob knows no const; nothing in trivox writes through a view.
  return at::from_blob(const_cast<float*>(data), {n, channels, size[2], size[1], size[0]},
                       at::TensorOptions(at::kFloat));
}

[[nodiscard]] inline at::Tensor tensor_view(const uint8_t* data, int64_t n, int64_t channels,
                                            const std::array<int64_t, 3>& size) {
  return at::from_blob(const_cast<uint8_t*>(data), {n, channels, size[2], size[1], size[0]},
                       at::TensorOptions(at::kByte));
}

/// 1 x C x D x H x W.
template <class T>
[[nodiscard]] at::Tensor tensor_view(const Volume<T>& volume) {
  return tensor_view(volume.data.data(), 1, volume.channels, volume.grid.size);
}
[[nodiscard]] inline at::Tensor image_view(const Patch& patch) {
  return tensor_view(patch.image.data(), 1, patch.channels, patch.size);
}
[[nodiscard]] inline at::Tensor label_view(const Patch& patch) {
  return tensor_view(patch.label.data(), 1, patch.labels, patch.size);
}

}  // namespace trivox
