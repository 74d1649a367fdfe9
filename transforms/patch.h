#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "transforms/volume.h"

namespace trivox {

/// What a random transform may know before it draws.
struct PatchShape {
  std::array<int64_t, 3> size = {0, 0, 0};  ///< voxels along x, y, z
  int64_t channels = 0;
  int64_t labels = 0;  ///< label channels
  [[nodiscard]] int64_t voxels() const { return size[0] * size[1] * size[2]; }
  /// True where slices are so few that rotation and scaling stay in plane: the larger side of a
  /// slice is more than 3 times the number of slices (nnU-Net's "dummy 2D").
  [[nodiscard]] bool in_plane_only() const { return std::max(size[0], size[1]) > 3 * size[2]; }
  bool operator==(const PatchShape&) const = default;
};

/// What a network is fed: voxels without a place in the world. A view: the buffers belong to a
/// batch or to a PatchBuffer. Writing to one patch from two threads is for the caller to avoid.
struct Patch : PatchShape {
  std::span<float> image;      ///< C x D x H x W, z-scored
  std::span<uint8_t> label;    ///< L x D x H x W, 255 = ignore; may be empty
  std::span<const float> air;  ///< C: what lies outside the volume, per channel

  [[nodiscard]] std::span<float> channel(int64_t c) const {
    return image.subspan(static_cast<size_t>(c * voxels()), static_cast<size_t>(voxels()));
  }
  [[nodiscard]] std::span<uint8_t> label_channel(int64_t l) const {
    return label.subspan(static_cast<size_t>(l * voxels()), static_cast<size_t>(voxels()));
  }
};

/// A patch with buffers of its own.
struct PatchBuffer {
  PatchShape shape;
  AlignedVector<float> image;
  AlignedVector<uint8_t> label;
  std::vector<float> air;

  PatchBuffer() = default;
  /// Filled with 0, label 0, air 0.
  explicit PatchBuffer(const PatchShape& s)
      : shape(s),
        image(static_cast<size_t>(s.channels * s.voxels()), 0.0F),
        label(static_cast<size_t>(s.labels * s.voxels()), uint8_t{0}),
        air(static_cast<size_t>(s.channels)) {}
  [[nodiscard]] Patch patch() { return {shape, image, label, air}; }
};

/// A stored volume to cut patches from, where it lies (mapped from a shard, or in memory). A view.
struct SourceView {
  std::array<int64_t, 3> size = {0, 0, 0};  ///< voxels along x, y, z
  int64_t channels = 0;
  int64_t labels = 0;                 ///< 0: no labels; a patch then holds 255 everywhere
  std::span<const float> float32;     ///< C x D x H x W; this or float16 is set
  std::span<const uint16_t> float16;  ///< C x D x H x W, IEEE binary16
  std::span<const uint8_t> label;     ///< L x D x H x W
  std::span<const float> air;         ///< C
  [[nodiscard]] int64_t voxels() const { return size[0] * size[1] * size[2]; }
};

}  // namespace trivox
