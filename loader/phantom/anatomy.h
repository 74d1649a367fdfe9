#pragma once
#include <Eigen/Dense>
#include <array>
#include <cstdint>
#include <vector>

#include "loader/phantom/lesions.h"
#include "loader/phantom/tissue.h"
#include "transforms/rng.h"

namespace trivox::phantom {

/// One shell of a part, counted in mm from its surface inwards.
struct Shell {
  float depth_mm = 0;  ///< the shell ends here; the last one of a part is its core, whatever it says
  Tissue tissue = Tissue::kFat;
};

/// |to_unit (p - centre)| < 1, with exponent 2, or 4 where it is boxy.
struct Ellipsoid {
  Eigen::Vector3f centre;
  Eigen::Matrix3f to_unit;  ///< rotation, then division by the radii
  bool boxy = false;
  bool aligned = true;  ///< not rotated: `to_unit` is diagonal
};

/// One ellipsoid, or several that flow into each other, of up to six shells.
struct Part {
  std::vector<Ellipsoid> bodies;
  std::array<Shell, 6> shells;
  size_t shell_count = 0;
  float margin_mm = 0;   ///< the part reaches this far beyond its ellipsoids; shells count from there
  float fold_mm = 0;     ///< how deep the surface of a brain is folded
  bool outside = false;  ///< may lie outside the head's outline (ears, the marker)
  Box bounds;
};

/// What may lie in a box, so that the points in it need not try everything.
struct Candidates {
  std::vector<uint16_t> parts;  ///< in order of priority
  bool deep = false;            ///< the box lies well inside the head's outline
  bool nothing = false;         ///< the box holds air alone
};

/// A head from the upper neck to the temporal lobes as continuous tissue, without voxels. Coordinates
/// are the head's own: RAS+ mm, origin in the nasopharynx, x to the patient's right, y anterior,
/// z superior. Every patient's sizes, places and asymmetries are drawn from (seed, patient).
/// Immutable once built, hence thread safe.
class Anatomy {
 public:
  Anatomy(uint64_t seed, uint32_t patient);

  /// Tissue at a point of the head; slow and exact, for tests and volumes.
  [[nodiscard]] Tissue at(const Eigen::Vector3f& p) const;

  /// The head's smooth individual deformation. Evaluated coarsely and interpolated when rendering.
  [[nodiscard]] Eigen::Vector3f warp(const Eigen::Vector3f& p) const;
  /// What may hold a (warped) point of `box`, for `at_warped`.
  void find(const Box& box, Candidates& candidates) const;
  [[nodiscard]] Tissue at_warped(const Eigen::Vector3f& q, const Candidates& candidates) const;

  /// Centre of the capsule on the left cheek (x < 0): the marker that betrays a left-right flip.
  [[nodiscard]] const Eigen::Vector3f& marker() const { return marker_; }
  [[nodiscard]] const Lesions& lesions() const { return lesions_; }
  /// Volume (mm^3) and centroid of the tumour, sampled every `step_mm`.
  [[nodiscard]] double tumour_volume_mm3(double step_mm, Eigen::Vector3d& centroid) const;

 private:
  void place_marker(Rng& rng);

  struct Wave {
    Eigen::Vector3f amplitude_mm, frequency;
    float phase;
  };
  std::array<Wave, 4> waves_;
  Part body_;                // the head's outline
  std::vector<Part> parts_;  // highest priority first
  Lesions lesions_;
  Eigen::Vector3f marker_ = Eigen::Vector3f::Zero();
  float fat_mm_ = 6;  // under the skin
};

/// The table of parts (anatomy_parts.cpp); later parts lie over earlier ones, all over the body.
void draw_head(Rng& rng, Part& body, std::vector<Part>& parts);
void add_body(Part& part, const Eigen::Vector3f& centre, const Eigen::Vector3f& radii_mm, bool boxy = false,
              const Eigen::Matrix3f& rotation = Eigen::Matrix3f::Identity());
/// Depth in mm below the part's surface (to first order), negative outside.
[[nodiscard]] float depth_mm(const Part& part, const Eigen::Vector3f& q);

}  // namespace trivox::phantom
