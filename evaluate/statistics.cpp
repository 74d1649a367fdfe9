#include "evaluate/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "transforms/rng.h"

namespace trivox {
namespace {

constexpr uint16_t kBootstrapStream = 0x4201;  // apart from every transform's stream

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::array<double, 2> bootstrap_mean(std::span<const double> values, uint64_t seed, int resamples) {
  Rng rng({seed, 0, 0, kBootstrapStream});
  std::vector<double> means(static_cast<size_t>(resamples));
  for (double& mean : means) {
    double sum = 0;
    for (size_t i = 0; i < values.size(); ++i) sum += values[rng.below(values.size())];
    mean = sum / static_cast<double>(values.size());
  }
  std::sort(means.begin(), means.end());
  return {quantile(means, 0.025), quantile(means, 0.975)};
}

}  // namespace

double quantile(std::span<const double> sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Summary summarise(std::span<const double> values, uint64_t seed, int resamples) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> sorted;
  for (const double v : values)
    if (!std::isnan(v)) sorted.push_back(v);
  // Sorted before the bootstrap too, so that the interval does not hang on the order of the cases.
  std::sort(sorted.begin(), sorted.end());
  Summary s;
  s.n = sorted.size();
  s.n_nan = values.size() - sorted.size();
  s.mean = s.standard_deviation = s.median = s.min = s.max = nan;
  s.interval95 = {nan, nan};
  if (sorted.empty()) return s;
  s.mean = mean_of(sorted);
  s.median = quantile(sorted, 0.5);
  s.min = sorted.front();
  s.max = sorted.back();
  if (s.n < 2) return s;
  double squares = 0;
  for (const double v : sorted) squares += (v - s.mean) * (v - s.mean);
  s.standard_deviation = std::sqrt(squares / static_cast<double>(s.n - 1));
  s.interval95 = bootstrap_mean(sorted, seed, resamples);
  return s;
}

}  // namespace trivox
