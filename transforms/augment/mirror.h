#pragma once
#include "transforms/augment/transform.h"

namespace trivox {

/// Flips along the axes that chance picks; image and labels alike, voxel for voxel.
/// Source: batchgeneratorsv2 0.3.6, MirrorTransform.
struct Mirror {
  double probability = 0.5;
  std::array<bool, 3> axes = {true, true, true};

  struct Draw {
    std::array<bool, 3> axes = {false, false, false};  ///< x, y, z; at least one
  };
  static constexpr std::string_view kName = "mirror";
  static constexpr std::string_view kMeaning = "flips along random axes";
  static constexpr uint16_t kNumber = 110;
  static constexpr bool kChangesImage = true;
  static constexpr bool kChangesLabel = true;
  static constexpr std::array<FieldText, 2> kFields = {{
      {"probability", "chance of a flip, for each allowed axis on its own"},
      {"axes", "which of x, y, z may be flipped"},
  }};
  [[nodiscard]] std::optional<Draw> draw(Rng& rng, const PatchShape& shape) const;
  static void apply(const Draw& draw, Patch& patch);
};

}  // namespace trivox
