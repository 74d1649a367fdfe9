#pragma once
#include <string>
#include <string_view>

#include "transforms/sample.h"

namespace trivox {

/// All of a sample but its voxels, as KEY.json: id, grid and the reference's native grid (voxel
/// (x, y, z) to RAS+ mm), shape (C, D, H, W), and for each channel its files, native grid, transform
/// (RAS+ mm of the reference to RAS+ mm of the channel), normalisation and warnings.
[[nodiscard]] std::string sample_to_json(const Sample& sample);

/// Back: a Sample without voxels whose `image.grid` and `image.channels` are set. Throws Error
/// naming the field.
[[nodiscard]] Sample sample_from_json(std::string_view text);

}  // namespace trivox
