#include "transforms/augment/noise.h"

namespace trivox {

std::optional<Noise::Draw> Noise::draw(Rng& rng, const PatchShape&) const {
  if (!rng.chance(probability)) return std::nullopt;
  const double deviation = rng.uniform(standard_deviation.low, standard_deviation.high);
  return Draw{deviation, rng};
}

void Noise::apply(const Draw& draw, Patch& patch) {
  const auto deviation = static_cast<float>(draw.standard_deviation);
  const auto n = static_cast<size_t>(patch.voxels());
  const auto channels = static_cast<size_t>(patch.channels);
  for (size_t block = 0; 4 * block < n; ++block) {
    const std::array<float, 4> normals = draw.stream.normal_block(block);
    const size_t end = std::min<size_t>(4, n - 4 * block);
    for (size_t c = 0; c < channels; ++c)
      for (size_t i = 0; i < end; ++i) patch.image[c * n + 4 * block + i] += deviation * normals[i];
  }
}

}  // namespace trivox
