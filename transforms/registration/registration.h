#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "transforms/registration/prepared_image.h"
#include "transforms/registration/rigid.h"

namespace trivox {

/// When an answer is believed. Sources of the numbers: docs/registration.md.
struct RegistrationLimits {
  double least_nats = 0.05;        ///< of mutual information: with less the images say nothing of each other
  double least_gain_nats = 0.002;  ///< of mutual information over the header: below it the header stays
  double most_shift_mm = 15;       ///< mean displacement of the body
  double most_turn_deg = 15;
  double warning_shift_mm = 5;
  double warning_turn_deg = 5;
  double warning_inconsistency_mm = 0.5;  ///< forward, then backward: mean distance from the start
  double most_inconsistency_mm = 1;
  double least_overlap = 0.5;  ///< part of one body that lies in the other's field of view
};

struct RegistrationOptions {
  uint64_t seed = 1;
  bool is_wide = false;  ///< start from many places: the two images share no frame of reference
  RegistrationLimits limits;
};

enum class RegistrationOutcome {
  kHeader,   ///< as good as the answer: it stays
  kRefined,  ///< the answer is taken
  kRejected  ///< no answer is credible: the header stays, for want of better
};

struct Registration {
  RegistrationOutcome outcome = RegistrationOutcome::kHeader;
  RigidTransform transform;  ///< to be used: fixed to moving, RAS+ mm; none unless refined
  RigidTransform found;      ///< the answer before the limits
  double header_nats = 0, found_nats = 0;
  double shift_mm = 0;  ///< of the answer: mean over the fixed body
  double turn_deg = 0;
  double inconsistency_mm = 0;
  double overlap = 0;
  int starts = 0, evaluations = 0;
  std::vector<std::string> warnings;  ///< and, where it was rejected, why
};

/// Lays `moving` onto `fixed` by a rotation and a shift, from where their headers put them. The answer is the
/// middle of the one found forward and the inverse of the one found backward, whose distance says how far it
/// can be trusted. The same bits for any number of threads. Thread safe.
[[nodiscard]] Registration register_rigid(const PreparedImage& fixed, const PreparedImage& moving,
                                          const RegistrationOptions& options);

/// "refined", "header", "rejected".
[[nodiscard]] std::string to_string(RegistrationOutcome outcome);

}  // namespace trivox
