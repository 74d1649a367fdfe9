#pragma once
#include "loader/options.h"
#include "loader/patient.h"
#include "transforms/sample.h"

namespace trivox {

/// Patient to Sample: every channel onto one grid in one interpolation from native voxels,
/// z-scored with statistics from native voxels inside the body, air outside the field of view.
/// Pure function; throws Error naming the sequence.
[[nodiscard]] Sample assemble(const Patient& patient, const AssembleOptions& options);

}  // namespace trivox
