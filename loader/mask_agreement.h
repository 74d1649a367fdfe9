#pragma once
#include <Eigen/Dense>
#include <optional>

#include "transforms/sample.h"
#include "transforms/volume.h"

namespace trivox {

/// Dice of two masks' foregrounds (all but 0) in space, each voxel taken as the box that it
/// is, whatever the grids. Voxels that lie across the other's edge are sampled at 4 to 16 points an axis,
/// about as finely as the smaller voxels; fewer where these are beyond 2^24 in all, but at least once each. 1
/// x D x H x W each; a_to_b: RAS+ mm, can be inverted. In [0, 1], 0 where one is empty; NaN where both are,
/// and nowhere else. Pure, thread safe.
[[nodiscard]] double world_dice(const Volume<uint8_t>& a, const Volume<uint8_t>& b,
                                const Eigen::Matrix4d& a_to_b);

/// world_dice by the headers and by a transform (RAS+ mm, can be inverted), and whether the masks (1 x D x H
/// x W each) are one; nothing where one of them is empty, so that no figure is NaN. Pure, thread safe.
[[nodiscard]] std::optional<MaskAgreement> mask_agreement(const Volume<uint8_t>& reference,
                                                          const Volume<uint8_t>& other,
                                                          const Eigen::Matrix4d& reference_to_other);

}  // namespace trivox
