#include "transforms/intensity_survey.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include "transforms/multiversion.h"
#include "transforms/sortable.h"

namespace trivox {
namespace {

constexpr size_t kValues = size_t{1} << 16;  ///< of 16 bits

constexpr int32_t kHighestKey = std::numeric_limits<int32_t>::max();

/// What is known of a part of the values.
struct Part {
  int32_t low = kHighestKey, high = -kHighestKey;  ///< sortable
  int32_t broken = 0;                              ///< values that are not finite
  int32_t fractions = 0;                           ///< 0 where all values are whole and within 2^23
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

constexpr size_t kTables = 4;  ///< side by side, as an addition waits for one before it to its place

/// Four at a time, which halves the time of one at a time.
void count(std::span<const uint16_t> halves, std::vector<uint32_t>& tables) {
  size_t i = 0;
  for (; i + kTables <= halves.size(); i += kTables) {
    uint64_t four = 0;
    std::memcpy(&four, halves.data() + i, sizeof four);
    for (size_t k = 0; k < kTables; ++k) ++tables[kTables * (four >> (16 * k) & 0xffff) + k];
  }
  for (; i < halves.size(); ++i) ++tables[kTables * halves[i]];
}

std::vector<uint32_t> joined(const std::vector<uint32_t>& tables) {
  std::vector<uint32_t> counts(tables.size() / kTables);
  for (size_t i = 0; i < tables.size(); ++i) counts[i / kTables] += tables[i];
  return counts;
}

constexpr int kBins = 256;  // and one more for what lies in none

/// The bins of n values, 1 / scale wide from `low` on.
TRIVOX_MULTIVERSION void find_bins(const float* values, size_t n, float low, float high, double scale,
                                   uint16_t* bins) {
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

std::array<int64_t, kBins> histogram(std::span<const float> values, const IntensitySurvey& survey,
                                     double scale) {
  std::array<int64_t, kBins> count{};
  if (!survey.counts.empty()) {
    for_counts(survey, survey.counts, [&](int32_t value, int64_t times) {
      const auto bin = static_cast<int>((value - static_cast<double>(survey.low)) * scale);
      count[static_cast<size_t>(std::min(kBins - 1, bin))] += times;
    });
    return count;
  }
  constexpr size_t block = 1024;
  std::array<std::array<int64_t, kBins + 1>, kTables> counts{};
  std::array<uint16_t, block> bins;
  for (size_t start = 0; start < values.size(); start += block) {
    const size_t n = std::min(block, values.size() - start);
    find_bins(values.data() + start, n, survey.low, survey.high, scale, bins.data());
    for (size_t i = 0; i < n; ++i) ++counts[i % kTables][bins[i]];
  }
  for (const auto& table : counts)
    for (size_t b = 0; b < count.size(); ++b) count[b] += table[b];
  return count;
}

}  // namespace

IntensitySurvey survey(std::span<const float> values) {
  std::array<uint16_t, 4096> halves;
  std::vector<uint32_t> tables(kTables * kValues);
  bool whole = values.size() <= std::numeric_limits<uint32_t>::max();
  Part all;
  IntensitySurvey out;
  for (size_t start = 0; start < values.size(); start += halves.size()) {
    const size_t n = std::min(halves.size(), values.size() - start);
    const Part part = survey_part(values.data() + start, n, halves.data());
    all.low = std::min(all.low, part.low);
    all.high = std::max(all.high, part.high);
    out.broken += part.broken;
    whole = whole && part.fractions == 0;
    if (whole) count(std::span(halves).first(n), tables);
  }
  if (all.low <= all.high) {
    out.low = from_sortable(all.low);
    out.high = from_sortable(all.high);
  }
  if (whole && static_cast<double>(out.high) - out.low < kValues) out.counts = joined(tables);
  return out;
}

float otsu_threshold(std::span<const float> values, const IntensitySurvey& range) {
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

}  // namespace trivox
