#pragma once
#include <Eigen/Dense>
#include <array>
#include <cstdint>
#include <vector>

#include "loader/phantom/anatomy.h"
#include "transforms/grid.h"

namespace trivox::phantom {

inline constexpr size_t kSequences = 3;  ///< T1WI, T2WI, CE-T1WI, in this order
inline constexpr double kSliceThicknessMm = 5.0;
inline constexpr double kSliceSpacingMm = 5.5;
inline constexpr uint16_t kLargestPixel = 4095;  ///< 12 bits

/// Signal of each tissue in one sequence, about 0 (air) to 1000; each patient's differ by a few
/// percent. The tumour (intermediate in T1, intermediate to high in T2, enhancing) shares two of its three
/// values with each confounder, so that one sequence cannot tell them apart and two leave a doubt.
[[nodiscard]] std::array<float, kTissues> draw_intensities(size_t sequence, uint64_t seed, uint32_t patient);

/// The receive coil's smooth sensitivity, within 1 +- `depth`.
struct BiasField {
  std::array<Eigen::Vector3f, 3> frequency;  ///< radians per mm
  std::array<float, 3> phase{};
  float depth = 0;
  [[nodiscard]] float at(const Eigen::Vector3f& world) const;
};

/// How one sequence of one patient is taken.
struct Acquisition {
  size_t sequence = 0;
  uint64_t seed = 0;
  uint32_t patient = 0;
  Grid grid;                      ///< RAS+ mm; z ascending
  Eigen::Matrix4d world_to_head;  ///< of the tissue, motion included
  std::array<float, kTissues> intensity{};
  BiasField bias;
  float noise = 0;  ///< standard deviation of the real and the imaginary part, in units of signal
  float gain = 1;   ///< pixel values per unit of signal
};

struct Slice {
  std::vector<uint16_t> pixels;  ///< H x W
  std::vector<uint8_t> mask;     ///< H x W, 1 where most of the slice's thickness is tumour
};

/// One slice as a scanner would show it: the mean over the slice's thickness, sampled at
/// `kSubSlices` depths, a slight blur in the plane, coil sensitivity, Rician noise (magnitude of a signal
/// with Gaussian noise in both parts), 12 bits. Thread safe; depends on nothing but its arguments.
[[nodiscard]] Slice render_slice(const Anatomy& anatomy, const Acquisition& acquisition, int64_t k);
inline constexpr int kSubSlices = 5;

}  // namespace trivox::phantom
