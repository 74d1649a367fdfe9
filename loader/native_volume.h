#pragma once
#include <cstdint>
#include <variant>
#include <vector>

#include "transforms/volume.h"

namespace trivox {

/// An image in the type its file stores it in: value = stored * slope + intercept.
struct NativeVolume {
  std::variant<Volume<uint8_t>, Volume<int8_t>, Volume<uint16_t>, Volume<int16_t>, Volume<uint32_t>,
               Volume<int32_t>, Volume<uint64_t>, Volume<int64_t>, Volume<float>, Volume<double>>
      stored;  ///< C x D x H x W; float where no one type and scaling holds all of it
  double slope = 1, intercept = 0;
  /// Sizes as a NIfTI header has them, x first, up to seven; empty: those of the grid, and the channels where
  /// there are several.
  std::vector<int64_t> shape = {};

  [[nodiscard]] const Grid& grid() const {
    return std::visit([](const auto& volume) -> const Grid& { return volume.grid; }, stored);
  }
  [[nodiscard]] int64_t channels() const {
    return std::visit([](const auto& volume) { return volume.channels; }, stored);
  }
  [[nodiscard]] bool is_scaled() const { return slope != 1 || intercept != 0; }
};

}  // namespace trivox
