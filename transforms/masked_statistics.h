#pragma once
#include <cstdint>
#include <span>

#include "transforms/intensity_survey.h"

namespace trivox {

struct MaskedStatistics {
  int64_t inside = 0;              ///< voxels
  double mean = 0, deviation = 0;  ///< inside; population, double precision
  double air = 0;                  ///< lower median outside; the minimum where nothing lies outside
};

/// Of finite values, `found` of them all. mask: 0 is outside, as long as the values; row: voxels of
/// a row. The values above `threshold` are those that mostly lie inside: it decides the time taken
/// and nothing else. The same bits for any number of threads.
[[nodiscard]] MaskedStatistics masked_statistics(std::span<const float> values, std::span<const uint8_t> mask,
                                                 const IntensitySurvey& found, float threshold, int64_t row);

}  // namespace trivox
