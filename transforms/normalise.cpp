#include "transforms/normalise.h"

#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "transforms/components.h"
#include "transforms/error.h"
#include "transforms/multiversion.h"

namespace trivox {
namespace {

constexpr size_t kValues = size_t{1} << 16;  ///< of 16 bits

/// What one reading of all values finds.
struct Survey {
  float low = 0, high = 0;  ///< of the finite values; both 0 where there is none
  int64_t broken = 0;       ///< values that are not finite
  /// Where all are whole numbers less than 2^16 apart, as scanners make them: how often each occurs,
  /// at its lowest 16 bits. Else empty. Counts replace several readings of the voxels.
  std::vector<uint32_t> counts;
};

/// Order-preserving whole number of a float, and back. Whole numbers have a minimum that loops over
/// many of them at once can find, floats have not, for fear of not-a-number.
TRIVOX_INLINED inline int32_t sortable(float value) {
  const auto bits = std::bit_cast<int32_t>(value);
  return bits ^ ((bits >> 31) & 0x7fffffff);
}
TRIVOX_INLINED inline float from_sortable(int32_t key) {
  return std::bit_cast<float>(key ^ ((key >> 31) & 0x7fffffff));
}

/// yes where the mask's bits are set, else no: a choice without a branch, which loops over many
/// values at once need.
TRIVOX_INLINED inline int32_t chosen(int32_t mask, int32_t yes, int32_t no) {
  return (yes & mask) | (no & ~mask);
}

constexpr int32_t kHighestKey = std::numeric_limits<int32_t>::max();

/// What is known of a part of the values.
struct Part {
  int32_t low = kHighestKey, high = -kHighestKey;  ///< sortable
  int32_t broken = 0;     ///< values that are not finite
  int32_t fractions = 0;  ///< 0 where all values are whole and within 2^23
};

/// n at most 2^20. halves: the lowest 16 bits of the whole numbers.
TRIVOX_MULTIVERSION Part survey_part(const float* values, size_t n, uint16_t* halves) {
  constexpr int32_t largest = std::bit_cast<int32_t>(0x1p23F), half = std::bit_cast<int32_t>(0.5F);
  int32_t low = kHighestKey, high = -kHighestKey, broken = 0, fractions = 0;
  for (size_t i = 0; i < n; ++i) {
    const auto bits = std::bit_cast<int32_t>(values[i]);
    const int32_t magnitude = bits & 0x7fffffff;
    const int32_t key = sortable(values[i]);
    const int32_t finite = magnitude < 0x7f800000 ? -1 : 0;
    const int32_t least = chosen(finite, key, kHighestKey), most = chosen(finite, key, -kHighestKey);
    low = least < low ? least : low;
    high = most > high ? most : high;
    broken += finite + 1;
    const int32_t small = chosen(magnitude <= largest ? -1 : 0, bits, half);
    const auto whole = static_cast<int32_t>(std::bit_cast<float>(small));
    const auto back = std::bit_cast<int32_t>(static_cast<float>(whole));
    fractions |= (back ^ small) & 0x7fffffff;  // -0 is whole
    halves[i] = static_cast<uint16_t>(whole);
  }
  return {low, high, broken, fractions};
}

/// Counts into two tables side by side, because an addition waits for one before it to the same place.
void count_pairs(std::span<const uint16_t> halves, std::vector<uint32_t>& pairs) {
  for (size_t i = 0; i < halves.size(); ++i) ++pairs[2 * size_t{halves[i]} + i % 2];
}

std::vector<uint32_t> joined(const std::vector<uint32_t>& pairs) {
  std::vector<uint32_t> counts(pairs.size() / 2);
  for (size_t i = 0; i < counts.size(); ++i) counts[i] = pairs[2 * i] + pairs[2 * i + 1];
  return counts;
}

Survey survey(std::span<const float> values) {
  std::array<uint16_t, 4096> halves;
  std::vector<uint32_t> pairs(2 * kValues);
  bool whole = values.size() <= std::numeric_limits<uint32_t>::max();
  Part all;
  Survey out;
  for (size_t start = 0; start < values.size(); start += halves.size()) {
    const size_t n = std::min(halves.size(), values.size() - start);
    const Part part = survey_part(values.data() + start, n, halves.data());
    all.low = std::min(all.low, part.low);
    all.high = std::max(all.high, part.high);
    out.broken += part.broken;
    whole = whole && part.fractions == 0;
    if (whole) count_pairs(std::span(halves).first(n), pairs);
  }
  if (all.low <= all.high) {
    out.low = from_sortable(all.low);
    out.high = from_sortable(all.high);
  }
  if (whole && static_cast<double>(out.high) - out.low < kValues) out.counts = joined(pairs);
  return out;
}

/// Calls visit(value, count) for every value that occurs, upwards.
template <class Visit>
void for_counts(const Survey& survey, std::span<const uint32_t> counts, const Visit& visit) {
  const auto low = static_cast<int32_t>(survey.low), high = static_cast<int32_t>(survey.high);
  for (int32_t value = low; value <= high; ++value)
    if (const uint32_t count = counts[static_cast<uint16_t>(value)]; count > 0)
      visit(value, static_cast<int64_t>(count));
}

constexpr int kBins = 256;  // and one more for what lies in none

/// The bins of n values, 1 / scale wide from `low` on.
TRIVOX_MULTIVERSION void find_bins(const float* values, size_t n, float low, float high,
                                   double scale, uint16_t* bins) {
  const auto first = static_cast<double>(low);
  const int32_t lowest = sortable(low), highest = sortable(high);
  for (size_t i = 0; i < n; ++i) {
    const int32_t key = sortable(values[i]);
    const int32_t inside = (key >= lowest ? -1 : 0) & (key <= highest ? -1 : 0);
    const double value = from_sortable(chosen(inside, key, lowest));
    const int bin = static_cast<int>((value - first) * scale);
    bins[i] = static_cast<uint16_t>(chosen(inside, bin < kBins ? bin : kBins - 1, kBins));
  }
}

std::array<int64_t, kBins> histogram(std::span<const float> values, const Survey& survey,
                                     double scale) {
  std::array<int64_t, kBins> count{};
  if (!survey.counts.empty()) {
    for_counts(survey, survey.counts, [&](int32_t value, int64_t times) {
      const auto bin = static_cast<int>((value - static_cast<double>(survey.low)) * scale);
      count[static_cast<size_t>(std::min(kBins - 1, bin))] += times;
    });
    return count;
  }
  constexpr size_t block = 1024, tables = 4;
  // In turn, because an addition waits for one before it to the same place.
  std::array<std::array<int64_t, kBins + 1>, tables> counts{};
  std::array<uint16_t, block> bins;
  for (size_t start = 0; start < values.size(); start += block) {
    const size_t n = std::min(block, values.size() - start);
    find_bins(values.data() + start, n, survey.low, survey.high, scale, bins.data());
    for (size_t i = 0; i < n; ++i) ++counts[i % tables][bins[i]];
  }
  for (const auto& table : counts)
    for (size_t b = 0; b < count.size(); ++b) count[b] += table[b];
  return count;
}

float otsu_of(std::span<const float> values, const Survey& range) {
  constexpr int bins = kBins;
  const double width = (static_cast<double>(range.high) - range.low) / bins;
  if (!(width > 0)) return range.low;
  const std::array<int64_t, kBins> count = histogram(values, range, 1 / width);
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

TRIVOX_MULTIVERSION void mark_above(std::span<const float> values, float threshold, uint8_t* mask) {
  for (size_t i = 0; i < values.size(); ++i) mask[i] = values[i] > threshold ? 1 : 0;
}

/// The masked values of one row.
struct RowSums {
  int64_t count = 0;
  double mean = 0;
  double squares = 0;  ///< of the distances from `mean`
};

/// In lanes, because one long chain of additions waits for itself; always the same lanes, so that
/// the result does not hang on the processor.
TRIVOX_MULTIVERSION RowSums sum_row(const float* values, const uint8_t* mask, size_t n) {
  constexpr size_t lanes = 16;
  const auto sum = [&](const auto& term) TRIVOX_INLINED {
    std::array<double, lanes> partial{};
    size_t i = 0;
    for (; i + lanes <= n; i += lanes)
      for (size_t lane = 0; lane < lanes; ++lane)
        partial[lane] += mask[i + lane] != 0 ? term(static_cast<double>(values[i + lane])) : 0.0;
    for (; i < n; ++i)
      partial[i % lanes] += mask[i] != 0 ? term(static_cast<double>(values[i])) : 0.0;
    double total = 0;
    for (const double part : partial) total += part;
    return total;
  };
  int32_t count = 0;
  for (size_t i = 0; i < n; ++i) count += mask[i] != 0 ? 1 : 0;
  if (count == 0) return {};
  const double mean = sum([](double v) { return v; }) / count;
  return {count, mean, sum([mean](double v) { return (v - mean) * (v - mean); })};
}

/// Source: Chan, Golub and LeVeque 1983, the sums of two parts from those of each.
void add(RowSums& all, const RowSums& row) {
  if (row.count == 0) return;
  const auto a = static_cast<double>(all.count), b = static_cast<double>(row.count);
  const double apart = row.mean - all.mean;
  all.count += row.count;
  all.mean += apart * b / (a + b);
  all.squares += row.squares + apart * apart * a * b / (a + b);
}

/// The upper halves of the sortable numbers of a row, made to begin at 0.
TRIVOX_MULTIVERSION void upper_halves(const float* values, size_t n, uint16_t* halves) {
  for (size_t i = 0; i < n; ++i)
    halves[i] = static_cast<uint16_t>((static_cast<uint32_t>(sortable(values[i])) ^ 0x80000000U) >> 16);
}

/// Whether one of kLookedAtOnce values outside the mask has this upper half.
constexpr size_t kLookedAtOnce = 16;
TRIVOX_INLINED inline bool any_with(const float* values, const uint8_t* mask, uint32_t upper) {
  uint32_t found = 0;
  for (size_t i = 0; i < kLookedAtOnce; ++i) {
    const uint32_t half = (static_cast<uint32_t>(sortable(values[i])) ^ 0x80000000U) >> 16;
    found |= (mask[i] == 0 ? 1U : 0U) & (half == upper ? 1U : 0U);
  }
  return found != 0;
}

/// Counts the lower halves of the values outside the mask whose upper half is `upper`.
TRIVOX_MULTIVERSION void count_lower_halves(std::span<const float> values, const uint8_t* mask,
                                            uint32_t upper, int64_t* count) {
  const auto look = [&](size_t i) {
    const uint32_t key = static_cast<uint32_t>(sortable(values[i])) ^ 0x80000000U;
    if (mask[i] == 0 && key >> 16 == upper) ++count[key & 0xffffU];
  };
  size_t i = 0;
  for (; i + kLookedAtOnce <= values.size(); i += kLookedAtOnce)
    if (any_with(values.data() + i, mask + i, upper))
      for (size_t j = 0; j < kLookedAtOnce; ++j) look(i + j);
  for (; i < values.size(); ++i) look(i);
}

/// What one reading of an image finds.
struct Measured {
  RowSums inside;
  std::vector<int64_t> outside;  ///< how many values outside the mask have each upper half
};

/// Rows in parallel, their sums put together in order: threads do not matter.
Measured measure_rows(std::span<const float> values, std::span<const uint8_t> mask, int64_t row) {
  constexpr size_t halves = size_t{1} << 16;
  const auto rows = static_cast<int64_t>(values.size()) / row;
  std::vector<RowSums> sums(static_cast<size_t>(rows));
  // Two counts side by side, because an addition waits for one before it to the same place.
  tbb::enumerable_thread_specific<std::vector<int64_t>> counts(2 * halves);
  tbb::parallel_for(tbb::blocked_range<int64_t>(0, rows, 256), [&](const auto& range) {
    std::vector<int64_t>& count = counts.local();
    std::vector<uint16_t> upper(static_cast<size_t>(row));
    for (int64_t r = range.begin(); r < range.end(); ++r) {
      const float* value = values.data() + r * row;
      const uint8_t* inside = mask.data() + r * row;
      const auto length = static_cast<size_t>(row);
      sums[static_cast<size_t>(r)] = sum_row(value, inside, length);
      if (sums[static_cast<size_t>(r)].count == row) continue;
      upper_halves(value, length, upper.data());
      for (size_t i = 0; i < length; ++i)
        if (inside[i] == 0) ++count[2 * size_t{upper[i]} + i % 2];
    }
  });
  Measured out;
  for (const RowSums& sum : sums) add(out.inside, sum);
  out.outside.assign(halves, 0);
  for (const std::vector<int64_t>& count : counts)
    for (size_t i = 0; i < halves; ++i) out.outside[i] += count[2 * i] + count[2 * i + 1];
  return out;
}

/// The lower median of the values outside the mask; counting, because a selection would copy half
/// of the volume.
float median_outside(std::span<const float> values, std::span<const uint8_t> mask,
                     const Measured& measured) {
  int64_t rank = std::accumulate(measured.outside.begin(), measured.outside.end(), int64_t{0});
  rank = (rank - 1) / 2;
  const auto pick = [&](const std::vector<int64_t>& count) {
    uint32_t half = 0;
    while (rank >= count[half]) rank -= count[half++];
    return half;
  };
  const uint32_t upper = pick(measured.outside);
  std::vector<int64_t> count(size_t{1} << 16);
  count_lower_halves(values, mask.data(), upper, count.data());
  return from_sortable(static_cast<int32_t>((upper << 16 | pick(count)) ^ 0x80000000U));
}

TRIVOX_MULTIVERSION void lowest_halves(const float* values, size_t n, uint16_t* halves) {
  for (size_t i = 0; i < n; ++i) halves[i] = static_cast<uint16_t>(static_cast<int32_t>(values[i]));
}

/// How often each whole number occurs outside the mask.
std::vector<uint32_t> counts_outside(std::span<const float> values, std::span<const uint8_t> mask) {
  constexpr size_t block = 4096;
  tbb::enumerable_thread_specific<std::vector<uint32_t>> counts(2 * kValues);
  tbb::parallel_for(
      tbb::blocked_range<size_t>(0, (values.size() + block - 1) / block, 64), [&](const auto& range) {
        std::vector<uint32_t>& pairs = counts.local();
        std::array<uint16_t, block> halves;
        for (size_t b = range.begin(); b < range.end(); ++b) {
          const size_t n = std::min(block, values.size() - b * block);
          const uint8_t* inside = mask.data() + b * block;
          lowest_halves(values.data() + b * block, n, halves.data());
          for (size_t i = 0; i < n; ++i)
            if (inside[i] == 0) ++pairs[2 * size_t{halves[i]} + i % 2];
        }
      });
  std::vector<uint32_t> all(2 * kValues);
  for (const auto& pairs : counts)
    for (size_t i = 0; i < all.size(); ++i) all[i] += pairs[i];
  return joined(all);
}

struct Statistics {
  int64_t inside = 0;
  double mean = 0, deviation = 0, air = 0;
};

/// From counts alone: what lies inside is what does not lie outside.
Statistics whole_statistics(std::span<const float> values, std::span<const uint8_t> mask,
                            const Survey& survey) {
  const std::vector<uint32_t> outside = counts_outside(values, mask);
  std::vector<uint32_t> inside = survey.counts;
  int64_t beyond = 0, sum = 0;
  for (size_t i = 0; i < kValues; ++i) {
    inside[i] -= outside[i];
    beyond += outside[i];
  }
  Statistics out;
  out.inside = static_cast<int64_t>(values.size()) - beyond;
  out.air = survey.low;
  if (out.inside == 0) return out;
  for_counts(survey, inside, [&](int32_t value, int64_t count) { sum += count * value; });
  out.mean = static_cast<double>(sum) / static_cast<double>(out.inside);
  double squares = 0;
  for_counts(survey, inside, [&](int32_t value, int64_t count) {
    squares += static_cast<double>(count) * (value - out.mean) * (value - out.mean);
  });
  out.deviation = std::sqrt(squares / static_cast<double>(out.inside));
  int64_t rank = (beyond - 1) / 2;
  if (beyond > 0)
    for_counts(survey, outside, [&](int32_t value, int64_t count) {
      if (rank >= 0 && rank < count) out.air = value;
      rank -= count;
    });
  return out;
}

Statistics statistics(std::span<const float> values, std::span<const uint8_t> mask,
                      const Survey& survey, int64_t row) {
  if (!survey.counts.empty()) return whole_statistics(values, mask, survey);
  const Measured measured = measure_rows(values, mask, row);
  const RowSums& inside = measured.inside;
  if (inside.count == 0) return {};
  const bool everywhere = inside.count == static_cast<int64_t>(values.size());
  return {inside.count, inside.mean, std::sqrt(inside.squares / static_cast<double>(inside.count)),
          everywhere ? survey.low : median_outside(values, mask, measured)};
}

Volume<uint8_t> find_body(const Volume<float>& image, const Survey& range) {
  const std::span<const float> values = image.channel(0);
  if (!(range.high > range.low)) return Volume<uint8_t>(image.grid, 1, 1);
  auto mask = Volume<uint8_t>::uninitialised(image.grid, 1);
  const auto threshold =
      static_cast<float>((static_cast<double>(range.low) + otsu_of(values, range)) / 2);
  mark_above(values, threshold, mask.data.data());
  keep_largest_component(mask);
  fill_holes_by_slice(mask);
  return mask;
}

Intensity intensity_of(const Volume<float>& image, const Volume<uint8_t>& mask,
                       const Survey& survey) {
  if (survey.broken > 0)
    throw Error("intensity", "not a finite number in " + std::to_string(survey.broken) + " voxels",
                "finite numbers");
  const Statistics found =
      statistics(image.channel(0), mask.channel(0), survey, image.grid.size[0]);
  if (found.inside == 0) throw Error("mask", "empty", "at least one voxel of the body");
  Intensity out;
  out.mean = found.mean;
  // A constant's mean can be off by a rounding error, which is no deviation.
  if (found.deviation > 1e-12 * std::abs(out.mean)) out.standard_deviation = found.deviation;
  out.air = (found.air - out.mean) / out.standard_deviation;
  return out;
}

TRIVOX_MULTIVERSION void z_score_all(std::span<float> values, double mean, double deviation) {
  const double scale = 1 / deviation;
  for (float& value : values) value = static_cast<float>((static_cast<double>(value) - mean) * scale);
}

}  // namespace

float otsu_threshold(const Volume<float>& image) {
  return otsu_of(image.channel(0), survey(image.channel(0)));
}

Volume<uint8_t> body_mask(const Volume<float>& image) {
  return find_body(image, survey(image.channel(0)));
}

Intensity measure_intensity(const Volume<float>& image, const Volume<uint8_t>& mask) {
  if (mask.grid.size != image.grid.size)
    throw Error("mask", mask.grid.describe(), image.grid.describe());
  return intensity_of(image, mask, survey(image.channel(0)));
}

Body measure_body(const Volume<float>& image) {
  const Survey found = survey(image.channel(0));
  Body body{find_body(image, found), {}};
  body.intensity = intensity_of(image, body.mask, found);
  return body;
}

void z_score(std::span<float> values, const Intensity& intensity) {
  z_score_all(values, intensity.mean, intensity.standard_deviation);
}

void z_score(Volume<float>& image, const Intensity& intensity) {
  tbb::parallel_for(tbb::blocked_range<size_t>(0, image.data.size(), 1U << 16),
                    [&](const auto& range) {
                      z_score(std::span(image.data).subspan(range.begin(), range.size()), intensity);
                    });
}

}  // namespace trivox
