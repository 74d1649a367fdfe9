#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "transforms/registration/figures.h"
#include "transforms/registration/limits.h"
#include "transforms/registration/prepared_image.h"
#include "transforms/registration/rigid.h"

namespace trivox {

struct RegistrationOptions {
  uint64_t seed = 1;
  bool is_wide = false;  ///< start from many places: the two images share no frame of reference
  RegistrationLimits limits;
};

enum class RegistrationOutcome {
  kHeader,    ///< as good as the answer: it stays
  kRefined,   ///< the answer is taken
  kRejected,  ///< no answer is credible: the header stays, for want of better
  kGiven      ///< nothing was looked for: somebody else's transform is taken
};

/// Whether the transform of such an answer is used, else the header's place.
[[nodiscard]] constexpr bool is_used(RegistrationOutcome outcome) {
  return outcome == RegistrationOutcome::kRefined || outcome == RegistrationOutcome::kGiven;
}

struct Registration : RegistrationFigures {
  RegistrationOutcome outcome = RegistrationOutcome::kHeader;
  RigidTransform transform;  ///< to be used: fixed to moving, RAS+ mm; none by the header, or if rejected
  RigidTransform found;      ///< the answer before the limits
  int starts = 0, evaluations = 0;
  std::vector<std::string> warnings;  ///< and, where it was rejected, why
};

/// Lays `moving` onto `fixed` by a rotation and a shift, from where their headers put them. The answer is the
/// middle of the one found forward and the inverse of the one found backward, whose distance says how far it
/// can be trusted. An image without a body, or that says nothing of the other, is rejected; nothing is
/// thrown. The same bits for any number of threads. Thread safe.
[[nodiscard]] Registration register_rigid(const PreparedImage& fixed, const PreparedImage& moving,
                                          const RegistrationOptions& options);

/// The figures of a transform that is given, fixed to moving, RAS+ mm, without asking any limit; that of the
/// inconsistency is NaN, since nothing was found forward and backward. Throws Error where it is not rigid.
/// The same bits for any number of threads. Thread safe.
[[nodiscard]] Registration measure_rigid(const PreparedImage& fixed, const PreparedImage& moving,
                                         const Eigen::Matrix4d& transform);

/// "refined", "header", "rejected", "given".
[[nodiscard]] std::string to_string(RegistrationOutcome outcome);

}  // namespace trivox
