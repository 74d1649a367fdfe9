#pragma once
#include <Eigen/Dense>
#include <cstdint>

#include "transforms/registration/mutual_information.h"
#include "transforms/volume.h"

namespace trivox {

/// The values between which all but a thousandth at either end lie, of every so-manieth voxel: a bright
/// vessel must not leave the tissues a few bins. The image holds voxels. Never an empty range: a constant
/// image gets a range of 1 above it, or of a millionth of its value.
[[nodiscard]] IntensityRange intensity_range(const Volume<float>& image);

/// Up to `count` voxels of a fixed image, spread evenly over those that the mask holds (all where it is
/// empty), each drawn from its own share of them: the same for a seed, whatever the number of threads.
/// mask: on the image's grid. range: of the values, which become kBins bins.
[[nodiscard]] FixedSamples draw_samples(const Volume<float>& image, const Volume<uint8_t>& mask,
                                        const IntensityRange& range, int64_t count, uint64_t seed,
                                        const Eigen::Vector3d& centre_mm);

}  // namespace trivox
