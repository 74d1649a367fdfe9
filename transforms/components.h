#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "transforms/volume.h"

namespace trivox {

/// Keeps of channel 0 the largest component of voxels that are not 0 (6-connected; the first in
/// memory order where several are as large), and clears the others.
void keep_largest_component(Volume<uint8_t>& mask);

/// Sets to 1 the voxels of each slice (x, y) that are 0 and cannot reach the slice's edge through
/// its 4-connected zeros.
void fill_holes_by_slice(Volume<uint8_t>& mask);

/// Voxels that hang together.
struct Component {
  int64_t voxels = 0;
  std::array<double, 3> centre = {0, 0, 0};  ///< mean voxel (x, y, z)
  std::array<int64_t, 2> slices = {0, 0};    ///< first and last z
};

/// The components of voxels of channel 0 that hold `value`, joined where they share a face, an edge or a
/// corner (26-connected); largest first, equal ones in memory order. As scipy.ndimage.label counts with
/// a structure of ones.
[[nodiscard]] std::vector<Component> components(const Volume<uint8_t>& mask, uint8_t value);

/// The components of zeros of channel 0 (6-connected) that do not reach the volume's border: what
/// scipy.ndimage.binary_fill_holes fills. In memory order.
[[nodiscard]] std::vector<Component> holes(const Volume<uint8_t>& mask);

/// The same slice by slice (x, y; 4-connected).
[[nodiscard]] std::vector<Component> holes_by_slice(const Volume<uint8_t>& mask);

}  // namespace trivox
