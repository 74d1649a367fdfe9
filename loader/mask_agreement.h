#pragma once
#include <Eigen/Dense>
#include <optional>

#include "transforms/sample.h"
#include "transforms/volume.h"

namespace trivox {

/// Dice of two masks' foregrounds (all but 0) in space, each voxel taken as the box that it
/// is, whatever the grids. a_to_b: RAS+ mm. NaN where both are empty. 1 x D x H x W; pure, thread safe.
[[nodiscard]] double world_dice(const Volume<uint8_t>& a, const Volume<uint8_t>& b,
                                const Eigen::Matrix4d& a_to_b);

/// By the headers and by a transform; nothing where one of the masks is empty.
[[nodiscard]] std::optional<MaskAgreement> mask_agreement(const Volume<uint8_t>& reference,
                                                          const Volume<uint8_t>& other,
                                                          const Eigen::Matrix4d& reference_to_other);

}  // namespace trivox
