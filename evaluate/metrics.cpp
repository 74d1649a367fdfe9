#include "evaluate/metrics.h"

#include <limits>

#include "transforms/error.h"
#include "transforms/sample.h"

namespace trivox {

Overlap& Overlap::operator+=(const Overlap& other) {
  true_positive += other.true_positive;
  false_positive += other.false_positive;
  false_negative += other.false_negative;
  return *this;
}

Overlap count_overlap(const Volume<uint8_t>& reference, const Volume<uint8_t>& prediction, uint8_t label) {
  if (reference.grid.size != prediction.grid.size)
    throw Error("prediction's grid", prediction.grid.describe(), reference.grid.describe());
  const auto r = reference.channel(0);
  const auto p = prediction.channel(0);
  Overlap overlap;
  for (size_t i = 0; i < r.size(); ++i) {
    if (r[i] == kIgnoreLabel) continue;
    const bool in_reference = r[i] == label;
    const bool in_prediction = p[i] == label;
    overlap.true_positive += in_reference && in_prediction ? 1 : 0;
    overlap.false_positive += !in_reference && in_prediction ? 1 : 0;
    overlap.false_negative += in_reference && !in_prediction ? 1 : 0;
  }
  return overlap;
}

double dice(const Overlap& overlap) {
  if (overlap.both_empty()) return std::numeric_limits<double>::quiet_NaN();
  return 2.0 * static_cast<double>(overlap.true_positive) /
         static_cast<double>(overlap.reference() + overlap.prediction());
}

double jaccard(const Overlap& overlap) {
  if (overlap.both_empty()) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(overlap.true_positive) /
         static_cast<double>(overlap.true_positive + overlap.false_positive + overlap.false_negative);
}

}  // namespace trivox
