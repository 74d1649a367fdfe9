#pragma once
#include <cstdint>

#include "transforms/volume.h"

namespace trivox {

/// How two masks overlap in one label, in voxels.
struct Overlap {
  int64_t true_positive = 0;   ///< in both
  int64_t false_positive = 0;  ///< in the prediction only
  int64_t false_negative = 0;  ///< in the reference only

  [[nodiscard]] int64_t reference() const { return true_positive + false_negative; }
  [[nodiscard]] int64_t prediction() const { return true_positive + false_positive; }
  [[nodiscard]] bool both_empty() const { return reference() == 0 && prediction() == 0; }
  Overlap& operator+=(const Overlap& other);
};

/// Counts voxels equal to `label` in the first channel of both masks. Voxels that the reference
/// marks as kIgnoreLabel count nowhere. Throws Error where the sizes differ; that both lie in the
/// same place is the caller's to know. Thread safe.
[[nodiscard]] Overlap count_overlap(const Volume<uint8_t>& reference, const Volume<uint8_t>& prediction,
                                    uint8_t label);

/// 2 tp / (2 tp + fp + fn). Both empty: NaN; one empty: 0. Source: Dice 1945; the convention for
/// empty masks is nnU-Net's: a mean is then over the cases that have something to find or to avoid.
[[nodiscard]] double dice(const Overlap& overlap);

/// tp / (tp + fp + fn). Both empty: NaN; one empty: 0.
[[nodiscard]] double jaccard(const Overlap& overlap);

}  // namespace trivox
