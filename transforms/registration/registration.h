#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <string>

#include "transforms/registration/rigid.h"
#include "transforms/volume.h"

namespace trivox {

struct RegistrationOptions {
  int64_t samples = 30000;
  uint64_t seed = 1;
};

struct RigidRegistration {
  RigidTransform transform;  ///< fixed to moving, RAS+ mm
  double before_nats = 0, after_nats = 0;
  int evaluations = 0;
};

/// An image with what is known of it.
struct RegistrationImage {
  const Volume<float>& image;   ///< 1 x D x H x W
  const Volume<uint8_t>& body;  ///< on the same grid; empty: all of it
};

[[nodiscard]] RigidRegistration register_rigid(const RegistrationImage& fixed,
                                               const RegistrationImage& moving, const RigidTransform& start,
                                               const RegistrationOptions& options);

}  // namespace trivox
