#pragma once

namespace trivox {

struct Range {
  double low = 0;
  double high = 0;
};

/// Augmentation of patches. Config section `augment`. Defaults: nnU-Net's recipe, the five
/// transforms that are in place; ranges from batchgeneratorsv2 0.3.6.
struct AugmentOptions {
  double rotation_probability = 0.2;
  double rotation_deg = 180;  ///< drawn in +- this, in plane where the patch is anisotropic (> 3),
                              ///< else 30 about each axis
  double scaling_probability = 0.2;
  Range scaling = {0.7, 1.4};  ///< one factor for all axes; above 1 makes objects smaller
  double noise_probability = 0.1;
  Range noise = {0, 0.1};  ///< standard deviation
  double gamma_probability = 0.3;
  double gamma_invert_probability = 0.1;
  Range gamma = {0.7, 1.5};
  double mirror_probability = 0.5;  ///< per axis
  bool mirror_x = true, mirror_y = true, mirror_z = true;
};

}  // namespace trivox
