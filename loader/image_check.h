#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "transforms/volume.h"

namespace trivox {

/// What is odd about the values of an image, one line each with its figures: fewer than 16 distinct
/// values, or more than 1 % of the voxels at its largest value (saturated, or inverted). `image`: one
/// channel, finite. Throws Error for a constant image: it shows nothing and has no z-score. Pure;
/// thread safe.
[[nodiscard]] std::vector<std::string> check_image_values(const Volume<float>& image);

/// What is odd about a resolved mask: foreground in more than half of the voxels, or at the volume's
/// edge, where the structure may go on outside. An empty one is said where it is read.
[[nodiscard]] std::vector<std::string> check_mask_extent(const Volume<uint8_t>& mask);

}  // namespace trivox
