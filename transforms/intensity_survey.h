#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace trivox {

/// What one reading of all of an image's values finds.
struct IntensitySurvey {
  float low = 0, high = 0;  ///< of the finite values; both 0 where there is none
  int64_t broken = 0;       ///< values that are not finite
  /// Where all are whole numbers less than 2^16 apart, as scanners make them: how often each occurs,
  /// at its lowest 16 bits. Else empty. Counts replace several readings of the voxels.
  std::vector<uint32_t> counts;
};

[[nodiscard]] IntensitySurvey survey(std::span<const float> values);

/// As `otsu_threshold(image)` of transforms/normalise.h says; `found`: of these values.
[[nodiscard]] float otsu_threshold(std::span<const float> values, const IntensitySurvey& found);

/// Calls visit(value, count) for every value that occurs, upwards. counts: as in the survey, of the
/// same values or some of them.
template <class Visit>
void for_counts(const IntensitySurvey& survey, std::span<const uint32_t> counts, const Visit& visit) {
  const auto low = static_cast<int32_t>(survey.low), high = static_cast<int32_t>(survey.high);
  for (int32_t value = low; value <= high; ++value)
    if (const uint32_t count = counts[static_cast<uint16_t>(value)]; count > 0)
      visit(value, static_cast<int64_t>(count));
}

}  // namespace trivox
