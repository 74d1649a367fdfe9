#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "transforms/registration/mutual_information.h"
#include "transforms/volume.h"

namespace trivox {

/// One step of the pyramid.
struct RegistrationLevel {
  double spacing_mm = 1;  ///< in plane, at most; thick slices are not shrunken
  bool is_masked = true;  ///< samples lie in the body alone: without it the way is longer, the answer coarser
  bool is_cubic = false;  ///< how the moving image is read, else linearly
  int64_t samples = 0;
};

/// From coarse to fine. What lies below 1.05 mm in the plane says little beside slices of 5 mm and takes much
/// time; of fewer voxels than 45,000 the answers depend more on which were drawn.
inline constexpr std::array<RegistrationLevel, 3> kRegistrationLevels = {
    RegistrationLevel{4.2, false, false, 12000}, {2.1, true, false, 20000}, {1.05, true, true, 45000}};

/// An image made ready to be the fixed or the moving one of a pair, at every level of the pyramid.
struct PreparedImage {
  Eigen::Vector3d centre_mm = Eigen::Vector3d::Zero();  ///< of the body, RAS+
  std::vector<Eigen::Vector3d> body_points;             ///< 1000 to 1999 voxels of it, or all; RAS+ mm
  int64_t slices = 0;  ///< that show the body: of the three axes' the fewest, of voxels of at least 2.1 mm
  std::array<FixedSamples, kRegistrationLevels.size()> samples;
  std::array<MovingImage, kRegistrationLevels.size()> moving;
};

/// image: 1 x D x H x W. The same for a seed, whatever the number of threads. Throws Error for voxels that
/// are not finite or beyond 1e30.
[[nodiscard]] PreparedImage prepare_image(const Volume<float>& image, uint64_t seed);

}  // namespace trivox
