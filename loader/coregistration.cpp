#include "loader/coregistration.h"

namespace trivox {
namespace {

bool differ(const CoregistrationOptions& options, const std::string& fixed, const std::string& moving) {
  if (options.frames != "auto") return options.frames == "other";
  return !fixed.empty() && !moving.empty() && fixed != moving;
}

}  // namespace

RegistrationOptions registration_options(const CoregistrationOptions& options, const std::string& fixed_frame,
                                         const std::string& moving_frame) {
  RegistrationOptions out;
  out.seed = options.seed;
  out.limits = options.limits;
  out.is_wide = differ(options, fixed_frame, moving_frame);
  if (out.is_wide) {
    out.limits.most_shift_mm = options.most_shift_other_frame_mm;
    out.limits.most_turn_deg = options.most_turn_other_frame_deg;
  }
  return out;
}

}  // namespace trivox
