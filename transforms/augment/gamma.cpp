#include "transforms/augment/gamma.h"

#include <algorithm>
#include <cmath>

namespace trivox {
namespace {

struct Moments {
  double mean = 0;
  double deviation = 0;  // of the population: only ratios of it are used
};

Moments moments(std::span<const float> values) {
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (const float v : values) sum += v;
  const double mean = sum / n;
  double squares = 0;
  for (const float v : values) squares += (v - mean) * (v - mean);
  return {mean, std::sqrt(squares / n)};
}

void correct(std::span<float> values, double gamma, bool keep_statistics) {
  if (values.empty()) return;
  const auto [low, high] = std::ranges::minmax(values);
  const float range = high - low;
  if (!(range > 0)) return;
  const Moments before = keep_statistics ? moments(values) : Moments{};
  const auto exponent = static_cast<float>(gamma);
  for (float& v : values) v = std::pow((v - low) / range, exponent) * range + low;
  if (!keep_statistics) return;
  const Moments after = moments(values);
  // 1e-7 as in the source: a channel that gamma made constant stays finite.
  const double scale = before.deviation / std::max(after.deviation, 1e-7);
  for (float& v : values) v = static_cast<float>((v - after.mean) * scale + before.mean);
}

template <class T>
std::optional<Gamma::Draw> draw_gammas(const T& transform, Rng& rng, const PatchShape& shape) {
  if (!rng.chance(transform.probability)) return std::nullopt;
  Gamma::Draw drawn;
  drawn.keep_statistics = transform.keep_statistics;
  const Range& range = transform.gamma;
  for (int64_t c = 0; c < shape.channels; ++c) {
    const bool below_one = (rng.chance(0.5) && range.low < 1) || range.high <= 1;
    drawn.gamma.push_back(below_one ? rng.uniform(range.low, std::min(range.high, 1.0))
                                    : rng.uniform(std::max(range.low, 1.0), range.high));
  }
  return drawn;
}

}  // namespace

std::optional<Gamma::Draw> Gamma::draw(Rng& rng, const PatchShape& shape) const {
  return draw_gammas(*this, rng, shape);
}

void Gamma::apply(const Draw& draw, Patch& patch) {
  for (int64_t c = 0; c < patch.channels; ++c)
    correct(patch.channel(c), draw.gamma[static_cast<size_t>(c)], draw.keep_statistics);
}

std::optional<InvertedGamma::Draw> InvertedGamma::draw(Rng& rng, const PatchShape& shape) const {
  return draw_gammas(*this, rng, shape);
}

void InvertedGamma::apply(const Draw& draw, Patch& patch) {
  for (float& v : patch.image) v = -v;
  Gamma::apply(draw, patch);
  for (float& v : patch.image) v = -v;
}

}  // namespace trivox
