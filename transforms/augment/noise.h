#pragma once
#include "transforms/augment/options.h"
#include "transforms/augment/transform.h"

namespace trivox {

/// Adds Gaussian noise of mean 0; one field of noise, the same in every channel, as nnU-Net has it
/// (synchronize_channels). Labels: untouched.
/// Source: batchgeneratorsv2 0.3.6, GaussianNoiseTransform, whose "variance" is the standard
/// deviation.
struct Noise {
  double probability = 0.1;
  Range standard_deviation = {0, 0.1};

  struct Draw {
    double standard_deviation = 0;
    Rng stream{RngKey{}};  ///< block i of it holds voxels 4 i to 4 i + 3 of the patch
  };
  static constexpr std::string_view kName = "noise";
  static constexpr std::string_view kMeaning = "Gaussian noise, the same in every channel";
  static constexpr uint16_t kNumber = 120;
  static constexpr bool kChangesImage = true;
  static constexpr bool kChangesLabel = false;
  static constexpr std::array<FieldText, 2> kFields = {{
      {"probability", "chance that noise is added"},
      {"standard_deviation", "drawn uniformly, in units of the image's own standard deviation"},
  }};
  [[nodiscard]] std::optional<Draw> draw(Rng& rng, const PatchShape& shape) const;
  static void apply(const Draw& draw, Patch& patch);
};

}  // namespace trivox
