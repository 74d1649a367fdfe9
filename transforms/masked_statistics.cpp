#include "transforms/masked_statistics.h"

#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

#include "transforms/multiversion.h"
#include "transforms/sortable.h"

namespace trivox {
namespace {

constexpr size_t kValues = size_t{1} << 16;  ///< of 16 bits

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
    for (; i < n; ++i) partial[i % lanes] += mask[i] != 0 ? term(static_cast<double>(values[i])) : 0.0;
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
float median_outside(std::span<const float> values, std::span<const uint8_t> mask, const Measured& measured) {
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

/// exceptions[i]: 1 where a value above the threshold lies outside the mask or another inside.
TRIVOX_MULTIVERSION void find_exceptions(const float* values, const uint8_t* mask, size_t n, float threshold,
                                         uint8_t* exceptions) {
  for (size_t i = 0; i < n; ++i)
    exceptions[i] = static_cast<uint8_t>((values[i] > threshold ? 1 : 0) ^ (mask[i] != 0 ? 1 : 0));
}

/// How often each whole number occurs outside the mask: those up to the threshold, put right by the
/// exceptions, which are few in a body mask. Counting each voxel takes five times as long.
std::vector<uint32_t> counts_outside(std::span<const float> values, std::span<const uint8_t> mask,
                                     const IntensitySurvey& found, float threshold) {
  constexpr size_t block = 4096;
  tbb::enumerable_thread_specific<std::vector<uint32_t>> changes(kValues);
  tbb::parallel_for(
      tbb::blocked_range<size_t>(0, (values.size() + block - 1) / block, 64), [&](const auto& range) {
        std::vector<uint32_t>& change = changes.local();  // wraps around below 0, and back
        std::array<uint8_t, block> exceptions;
        for (size_t b = range.begin(); b < range.end(); ++b) {
          const size_t n = std::min(block, values.size() - b * block);
          const float* value = values.data() + b * block;
          const uint8_t* inside = mask.data() + b * block;
          find_exceptions(value, inside, n, threshold, exceptions.data());
          const auto next = [&](size_t from) {
            const void* found_at = std::memchr(exceptions.data() + from, 1, n - from);
            return found_at == nullptr
                       ? n
                       : static_cast<size_t>(static_cast<const uint8_t*>(found_at) - exceptions.data());
          };
          for (size_t i = next(0); i < n; i = next(i + 1))
            change[static_cast<uint16_t>(static_cast<int32_t>(value[i]))] += inside[i] != 0 ? -1U : 1U;
        }
      });
  std::vector<uint32_t> outside(kValues);
  for_counts(found, found.counts, [&](int32_t value, int64_t count) {
    if (static_cast<float>(value) <= threshold)
      outside[static_cast<uint16_t>(value)] = static_cast<uint32_t>(count);
  });
  for (const auto& change : changes)
    for (size_t i = 0; i < kValues; ++i) outside[i] += change[i];
  return outside;
}

/// From counts alone: what lies inside is what does not lie outside.
MaskedStatistics whole_statistics(std::span<const float> values, std::span<const uint8_t> mask,
                                  const IntensitySurvey& survey, float threshold) {
  const std::vector<uint32_t> outside = counts_outside(values, mask, survey, threshold);
  std::vector<uint32_t> inside = survey.counts;
  int64_t beyond = 0, sum = 0;
  for (size_t i = 0; i < kValues; ++i) {
    inside[i] -= outside[i];
    beyond += outside[i];
  }
  MaskedStatistics out;
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

}  // namespace

MaskedStatistics masked_statistics(std::span<const float> values, std::span<const uint8_t> mask,
                                   const IntensitySurvey& found, float threshold, int64_t row) {
  if (!found.counts.empty()) return whole_statistics(values, mask, found, threshold);
  const Measured measured = measure_rows(values, mask, row);
  const RowSums& inside = measured.inside;
  if (inside.count == 0) return {};
  const bool everywhere = inside.count == static_cast<int64_t>(values.size());
  return {inside.count, inside.mean, std::sqrt(inside.squares / static_cast<double>(inside.count)),
          everywhere ? found.low : median_outside(values, mask, measured)};
}

}  // namespace trivox
