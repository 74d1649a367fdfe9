#pragma once
#include <string>

#include "loader/options.h"
#include "transforms/registration/registration.h"

namespace trivox {

/// What is asked of a pair. `fixed_frame`, `moving_frame`: FrameOfReferenceUID or a hash of it; empty: not
/// said, as in NIfTI, which counts as the same. Between frames that differ the search is wide and more is
/// allowed.
[[nodiscard]] RegistrationOptions registration_options(const CoregistrationOptions& options,
                                                       const std::string& fixed_frame,
                                                       const std::string& moving_frame);

}  // namespace trivox
