#pragma once
#include <cstdint>

namespace trivox {

/// When an answer is believed. Sources of the numbers: docs/registration.md.
struct RegistrationLimits {
  /// Of mutual information beyond what chance makes of that many samples: with less the images say nothing
  /// of each other.
  double least_nats = 0.05;
  double least_gain_nats = 0.002;  ///< of mutual information over the header: below it the header stays
  double most_shift_mm = 15;       ///< mean displacement of the body
  double most_turn_deg = 15;
  double warning_shift_mm = 5;
  double warning_turn_deg = 5;
  double warning_inconsistency_mm = 0.5;  ///< forward, then backward: mean distance from the start
  double most_inconsistency_mm = 1;
  int64_t warning_slices = 10;  ///< fewer that show the body in both images are warned of
  double least_overlap = 0.5;   ///< part of one body that lies in the other's field of view
  /// Mutual information with the moving image flipped, by that of the answer: above it the answer is
  /// rejected.
  double most_flip_ratio = 1.05;
};

}  // namespace trivox
