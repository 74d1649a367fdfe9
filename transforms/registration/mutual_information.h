#pragma once
#include <Eigen/Dense>
#include <array>
#include <cstdint>

#include "transforms/registration/rigid.h"
#include "transforms/spline_field.h"
#include "transforms/volume.h"

namespace trivox {

inline constexpr int kBins = 32;

/// Intensities to bins: values at and beyond the ends count as the ends.
struct IntensityRange {
  float low = 0, high = 1;
};

/// Voxels of the fixed image, on its own grid: it is never interpolated.
struct FixedSamples {
  AlignedVector<float> x, y, z;  ///< RAS+ mm from `centre_mm`
  AlignedVector<uint8_t> bin;    ///< of the value, below kBins
  Eigen::Vector3d centre_mm = Eigen::Vector3d::Zero();
  [[nodiscard]] size_t size() const { return bin.size(); }
};

/// The moving image, made ready for interpolation.
struct MovingImage {
  PaddedField field;
  Grid grid;
  bool is_cubic = false;  ///< B-spline coefficients; else samples, read linearly
  IntensityRange range;
};

struct MutualInformationValue {
  double nats = 0;
  /// By the angles about x, y, z in radians and the translation in mm.
  Eigen::Matrix<double, 6, 1> gradient = Eigen::Matrix<double, 6, 1>::Zero();
  int64_t inside = 0;  ///< samples whose place lies within the moving image's outermost centres
};

/// Mutual information of the samples with the moving image under a transform about `samples.centre_mm`, over
/// the samples that fall inside it; 0 where none does. Fixed bins by a box, moving ones by a cubic B-spline
/// window. The gradient is exact but for samples that enter or leave, and for values beyond the range.
/// The same bits for any number of threads. Thread safe.
/// Source: Mattes et al. 2003, "PET-CT image registration in the chest using free-form deformations";
/// Thevenaz and Unser 2000, equation 21.
[[nodiscard]] MutualInformationValue mutual_information(const FixedSamples& samples,
                                                        const MovingImage& moving,
                                                        const RigidTransform& transform);

}  // namespace trivox
