#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace trivox {

/// A column of values, one a patient. Figures are over the values that are not NaN; where there is
/// none, all are NaN.
struct Summary {
  size_t n = 0;      ///< values that count
  size_t n_nan = 0;  ///< values that do not: both masks empty
  double mean = 0;
  double standard_deviation = 0;  ///< of the sample (n - 1); NaN below two values
  double median = 0;
  double min = 0, max = 0;
  std::array<double, 2> interval95 = {0, 0};  ///< of the mean, over patients; NaN below two values
};

inline constexpr int kBootstrapResamples = 10000;
inline constexpr uint64_t kBootstrapSeed = 20240901;

/// Quantile q in [0, 1] with linear interpolation between order statistics (type 7 of Hyndman and
/// Fan 1996, NumPy's default). `sorted` ascending, at least one value.
[[nodiscard]] double quantile(std::span<const double> sorted, double q);

/// The interval is the percentile bootstrap (Efron and Tibshirani 1993, chapter 13) of the mean
/// over patients, from Philox with a fixed seed: the same values, in any order, give the same
/// interval everywhere. Thread safe.
[[nodiscard]] Summary summarise(std::span<const double> values, uint64_t seed = kBootstrapSeed,
                                int resamples = kBootstrapResamples);

}  // namespace trivox
