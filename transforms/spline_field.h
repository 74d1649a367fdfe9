#pragma once
#include <array>
#include <cstdint>

#include "transforms/volume.h"

namespace trivox {

/// Index i of a line of n samples that is mirrored at the centres of its first and last sample
/// (... 2 1 0 1 2 ... n-2 n-1 n-2 ...), as SciPy's mode "mirror" and ITK's B-splines do. n >= 1.
[[nodiscard]] int64_t mirror_index(int64_t i, int64_t n);

/// A volume made ready for interpolation: per axis either samples (2 taps, linear) or cubic
/// B-spline coefficients (4 taps), with a border around them, so that a kernel never asks whether a
/// neighbour exists. The border is taps / 2 wide: mirrored where there are 4 taps, as the
/// coefficients require, a copy of the edge where there are 2.
struct PaddedField {
  int64_t channels = 0;
  std::array<int64_t, 3> pad = {0, 0, 0};   ///< width of the border along x, y, z
  int64_t row = 0, slice = 0, channel = 0;  ///< distance in floats between y, z, c and the next
  AlignedVector<float> data;                ///< C x (D + 2 pad) x (H + 2 pad) x (W + 2 pad)
};

/// source: C x D x H x W. taps: 2 or 4 along x, y, z. smoothing: sigma in voxels of a Gaussian
/// applied first (mirrored edges, cut at 4 sigma as SciPy does), 0 for none.
/// The same bits for any number of threads.
/// Source: Unser, Aldroubi and Eden 1993 (recursive prefilter, pole sqrt(3) - 2).
[[nodiscard]] PaddedField make_field(const Volume<float>& source, const std::array<int, 3>& taps,
                                     const std::array<double, 3>& smoothing);

}  // namespace trivox
