#pragma once
#include <array>
#include <cstdint>

#include "transforms/volume.h"

namespace trivox {

/// What a network is fed: voxels without a place in the world.
/// image: C x D x H x W, z-scored; label: L x D x H x W, 255 = ignore, may be empty.
struct Patch {
  std::array<int64_t, 3> size = {0, 0, 0};  ///< x, y, z
  int64_t channels = 0;
  int64_t labels = 0;
  AlignedVector<float> image;
  AlignedVector<uint8_t> label;
  [[nodiscard]] int64_t voxels() const { return size[0] * size[1] * size[2]; }
};

}  // namespace trivox
