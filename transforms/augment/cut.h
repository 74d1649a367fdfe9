#pragma once
#include <array>
#include <cstdint>

#include "transforms/augment/spatial.h"
#include "transforms/patch.h"

namespace trivox {

/// Cuts the patch that starts at voxel `start` (x, y, z; may lie outside), rotated, scaled and
/// flipped, in one resampling straight from the stored volume; without `spatial` a plain copy.
/// Outside the volume the image holds the channel's air, labels 255. Equal to a plain cut from an
/// endless volume, then Spatial::apply, then Mirror::apply. patch.size, channels, labels and
/// buffers are the caller's; source and patch have the same channels, and the same labels unless
/// the source has none. Thread safe; the same bits wherever it runs.
void cut(const SourceView& source, const std::array<int64_t, 3>& start, const Spatial::Draw* spatial,
         const std::array<bool, 3>& mirrored, Patch& patch);

}  // namespace trivox
