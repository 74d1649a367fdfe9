#include "transforms/normalise.h"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "transforms/components.h"
#include "transforms/error.h"

namespace trivox {
namespace {

struct Range {
  float low = std::numeric_limits<float>::max();
  float high = std::numeric_limits<float>::lowest();
};

Range finite_range(std::span<const float> values) {
  Range range;
  for (const float v : values) {
    // Comparisons with not-a-number and the limits leave out what is not finite.
    range.low = v < range.low && v >= std::numeric_limits<float>::lowest() ? v : range.low;
    range.high = v > range.high && v <= std::numeric_limits<float>::max() ? v : range.high;
  }
  if (range.low > range.high) range = {0, 0};
  return range;
}

float otsu_of(std::span<const float> values, const Range& range) {
  constexpr int bins = 256;
  const double width = (static_cast<double>(range.high) - range.low) / bins;
  if (!(width > 0)) return range.low;
  std::array<int64_t, bins> count{};
  const double scale = 1 / width;
  for (const float v : values)
    if (v >= range.low && v <= range.high)
      ++count[static_cast<size_t>(std::min(bins - 1, static_cast<int>((static_cast<double>(v) - range.low) * scale)))];
  double total = 0, weighted = 0;
  for (int b = 0; b < bins; ++b) {
    total += static_cast<double>(count[static_cast<size_t>(b)]);
    weighted += b * static_cast<double>(count[static_cast<size_t>(b)]);
  }
  double below = 0, below_weighted = 0, best = -1;
  int first = 0, last = 0;  // of the bins that are equally good: those of a gap without voxels
  for (int b = 0; b + 1 < bins; ++b) {
    below += static_cast<double>(count[static_cast<size_t>(b)]);
    below_weighted += b * static_cast<double>(count[static_cast<size_t>(b)]);
    if (below == 0 || below == total) continue;
    const double apart = below_weighted / below - (weighted - below_weighted) / (total - below);
    const double between = below * (total - below) * apart * apart;
    if (between > best) {
      best = between;
      first = b;
    }
    if (between == best) last = b;
  }
  return static_cast<float>(range.low + ((first + last) / 2.0 + 1) * width);
}

/// Order-preserving whole number of a float.
uint32_t sortable(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  return (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
}

/// The lower median of the values outside the mask; two counting passes over the halves of their
/// bits, because a full selection would copy half of the volume.
float median_outside(std::span<const float> values, std::span<const uint8_t> mask,
                     int64_t outside) {
  std::vector<int64_t> count(1U << 16);
  const auto pick = [&](int64_t& rank) {
    uint32_t half = 0;
    while (rank >= count[half]) rank -= count[half++];
    return half;
  };
  int64_t rank = (outside - 1) / 2;
  for (size_t i = 0; i < values.size(); ++i)
    if (mask[i] == 0) ++count[sortable(values[i]) >> 16];
  const uint32_t upper = pick(rank);
  std::fill(count.begin(), count.end(), 0);
  for (size_t i = 0; i < values.size(); ++i)
    if (mask[i] == 0 && sortable(values[i]) >> 16 == upper) ++count[sortable(values[i]) & 0xffffU];
  const uint32_t bits = upper << 16 | pick(rank);
  return std::bit_cast<float>((bits & 0x80000000U) != 0 ? bits & 0x7fffffffU : ~bits);
}

/// Sum of `term(value)` over the masked voxels: by rows, rows in order, so that threads do not
/// matter; within a row in lanes, because one long chain of additions waits for itself.
template <class Term>
double masked_sum(std::span<const float> values, std::span<const uint8_t> mask, int64_t row,
                  const Term& term) {
  constexpr size_t lanes = 8;
  const auto rows = static_cast<int64_t>(values.size()) / row;
  std::vector<double> sums(static_cast<size_t>(rows));
  tbb::parallel_for(tbb::blocked_range<int64_t>(0, rows, 256), [&](const auto& range) {
    for (int64_t r = range.begin(); r < range.end(); ++r) {
      const float* value = values.data() + r * row;
      const uint8_t* inside = mask.data() + r * row;
      std::array<double, lanes> partial{};
      const auto length = static_cast<size_t>(row);
      const auto add = [&](size_t lane, size_t i) {
        partial[lane] += inside[i] != 0 ? term(static_cast<double>(value[i])) : 0.0;
      };
      size_t i = 0;
      for (; i + lanes <= length; i += lanes)
        for (size_t lane = 0; lane < lanes; ++lane) add(lane, i + lane);
      for (; i < length; ++i) add(i % lanes, i);
      for (const double part : partial) sums[static_cast<size_t>(r)] += part;
    }
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

}  // namespace

float otsu_threshold(const Volume<float>& image) {
  return otsu_of(image.channel(0), finite_range(image.channel(0)));
}

Volume<uint8_t> body_mask(const Volume<float>& image) {
  const std::span<const float> values = image.channel(0);
  const Range range = finite_range(values);
  Volume<uint8_t> mask(image.grid, 1, 1);
  if (!(range.high > range.low)) return mask;
  const auto threshold =
      static_cast<float>((static_cast<double>(range.low) + otsu_of(values, range)) / 2);
  for (size_t i = 0; i < values.size(); ++i) mask.data[i] = values[i] > threshold ? 1 : 0;
  keep_largest_component(mask);
  fill_holes_by_slice(mask);
  return mask;
}

Intensity measure_intensity(const Volume<float>& image, const Volume<uint8_t>& mask) {
  if (mask.grid.size != image.grid.size)
    throw Error("mask", mask.grid.describe(), image.grid.describe());
  const std::span<const float> values = image.channel(0);
  const std::span<const uint8_t> body = mask.channel(0);
  int64_t broken = 0;
  for (const float v : values) broken += std::abs(v) <= std::numeric_limits<float>::max() ? 0 : 1;
  if (broken > 0)
    throw Error("intensity", "not a finite number in " + std::to_string(broken) + " voxels",
                "finite numbers");
  const auto outside = static_cast<int64_t>(std::count(body.begin(), body.end(), uint8_t{0}));
  const auto inside = static_cast<double>(static_cast<int64_t>(body.size()) - outside);
  if (inside == 0) throw Error("mask", "empty", "at least one voxel of the body");
  const int64_t row = image.grid.size[0];
  const double everything = masked_sum(values, body, row, [](double v) { return v; });
  Intensity out;
  out.mean = everything / inside;
  const double squares =
      masked_sum(values, body, row, [&](double v) { return (v - out.mean) * (v - out.mean); });
  // A constant's mean can be off by a rounding error, which is no deviation.
  const double deviation = std::sqrt(squares / inside);
  if (deviation > 1e-12 * std::abs(out.mean)) out.standard_deviation = deviation;
  const double air = outside > 0 ? median_outside(values, body, outside)
                                 : *std::min_element(values.begin(), values.end());
  out.air = (air - out.mean) / out.standard_deviation;
  return out;
}

void z_score(Volume<float>& image, const Intensity& intensity) {
  tbb::parallel_for(
      tbb::blocked_range<size_t>(0, image.data.size(), 1U << 16), [&](const auto& range) {
        for (size_t i = range.begin(); i < range.end(); ++i)
          image.data[i] = static_cast<float>((static_cast<double>(image.data[i]) - intensity.mean) /
                                             intensity.standard_deviation);
      });
}

}  // namespace trivox
