#pragma once
#include <Eigen/Dense>
#include <array>
#include <vector>

#include "loader/phantom/tissue.h"
#include "transforms/rng.h"

namespace trivox::phantom {

/// A lobulated mass: where the sum over lobes of (1 - d^2 / R^2)^3 exceeds kLobeThreshold.
struct Lesion {
  struct Lobe {
    Eigen::Vector3f centre;  ///< mm
    float reach_mm = 0;      ///< R: no influence beyond
  };
  Tissue tissue = Tissue::kTumour;
  std::vector<Lobe> lobes;
  Box bounds;
  double volume_mm3 = 0;  ///< as drawn, before neighbours cut into it
};
inline constexpr float kLobeThreshold = 0.25F;

/// The tumour and three masses of the same family of shapes, of like size, around the nasopharynx and
/// often touching. Which of them is the tumour shape and place do not tell; where two overlap the
/// stronger field wins. Each of the other three looks like the tumour in two of the three sequences.
struct Lesions {
  std::array<Lesion, 4> all;
  Box bounds;
  /// Tissue at a point, or kAir where there is no lesion.
  [[nodiscard]] Tissue at(const Eigen::Vector3f& q) const;
};

/// Tumour volumes follow Table 2 of the dataset's paper (CE-T1): lognormal, median 9.4 cm^3, cut to
/// 0.61 to 84 cm^3.
[[nodiscard]] Lesions draw_lesions(Rng& rng);

}  // namespace trivox::phantom
