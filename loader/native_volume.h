#pragma once
#include <array>
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
  /// Steps along the dimensions beyond the third, and the code of the unit of time (0 where it is unknown, 8
  /// for s, 16 for ms, ...), as a NIfTI header has them in pixdim[4] to [7] and xyzt_units.
  std::array<double, 4> further_steps = {1, 1, 1, 1};
  int time_unit = 0;

  [[nodiscard]] const Grid& grid() const {
    return std::visit([](const auto& volume) -> const Grid& { return volume.grid; }, stored);
  }
  [[nodiscard]] int64_t channels() const {
    return std::visit([](const auto& volume) { return volume.channels; }, stored);
  }
  [[nodiscard]] bool is_scaled() const { return slope != 1 || intercept != 0; }
};

}  // namespace trivox
