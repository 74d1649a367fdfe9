#include "transforms/augment/mirror.h"

#include <algorithm>

namespace trivox {
namespace {

template <class T>
void flip(std::span<T> channel, const PatchShape& shape, const std::array<bool, 3>& axes) {
  const auto width = static_cast<size_t>(shape.size[0]);
  const auto height = static_cast<size_t>(shape.size[1]);
  const auto depth = static_cast<size_t>(shape.size[2]);
  const size_t slice = width * height;
  if (axes[0])
    for (size_t row = 0; row < height * depth; ++row)
      std::ranges::reverse(channel.subspan(row * width, width));
  if (axes[1])
    for (size_t z = 0; z < depth; ++z)
      for (size_t y = 0; y < height / 2; ++y)
        std::ranges::swap_ranges(channel.subspan(z * slice + y * width, width),
                                 channel.subspan(z * slice + (height - 1 - y) * width, width));
  if (axes[2])
    for (size_t z = 0; z < depth / 2; ++z)
      std::ranges::swap_ranges(channel.subspan(z * slice, slice),
                               channel.subspan((depth - 1 - z) * slice, slice));
}

}  // namespace

std::optional<Mirror::Draw> Mirror::draw(Rng& rng, const PatchShape&) const {
  Draw drawn;
  bool any = false;
  for (size_t i = 0; i < 3; ++i) {
    // An axis that is not allowed draws all the same: switching it off leaves the others as they
    // were.
    drawn.axes[i] = rng.chance(probability) && axes[i];
    any = any || drawn.axes[i];
  }
  return any ? std::optional(drawn) : std::nullopt;
}

void Mirror::apply(const Draw& draw, Patch& patch) {
  for (int64_t c = 0; c < patch.channels; ++c) flip(patch.channel(c), patch, draw.axes);
  for (int64_t l = 0; l < patch.labels; ++l) flip(patch.label_channel(l), patch, draw.axes);
}

}  // namespace trivox
