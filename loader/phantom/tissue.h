#pragma once
#include <Eigen/Dense>
#include <cstddef>
#include <cstdint>

namespace trivox::phantom {

enum class Tissue : uint8_t {
  kAir,
  kCorticalBone,
  kMarrow,
  kFat,
  kSkin,
  kMuscle,
  kTongue,
  kMucosa,
  kGland,
  kGrey,
  kWhite,
  kFluid,
  kCord,
  kArtery,
  kVein,
  kMastoid,
  kCapsule,  ///< the marker
  kTumour,
  kLymphoid,       ///< as the tumour in T1 and T2, does not enhance
  kFibrous,        ///< as the tumour in T1 and CE-T1, dark in T2
  kProteinaceous,  ///< as the tumour in T2 and CE-T1, bright in T1
  kCount
};
inline constexpr size_t kTissues = static_cast<size_t>(Tissue::kCount);

/// Axis-aligned box, mm.
struct Box {
  Eigen::Vector3f low = Eigen::Vector3f::Constant(1e9F);
  Eigen::Vector3f high = Eigen::Vector3f::Constant(-1e9F);
  void extend(const Eigen::Vector3f& p) {
    low = low.cwiseMin(p);
    high = high.cwiseMax(p);
  }
  [[nodiscard]] bool meets(const Box& other) const {
    return low.x() <= other.high.x() && other.low.x() <= high.x() && low.y() <= other.high.y() &&
           other.low.y() <= high.y() && low.z() <= other.high.z() && other.low.z() <= high.z();
  }
  [[nodiscard]] bool holds(const Eigen::Vector3f& p) const {
    return p.x() >= low.x() && p.x() <= high.x() && p.y() >= low.y() && p.y() <= high.y() &&
           p.z() >= low.z() && p.z() <= high.z();
  }
};

}  // namespace trivox::phantom
