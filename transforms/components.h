#pragma once
#include "transforms/volume.h"

namespace trivox {

/// Keeps of channel 0 the largest component of voxels that are not 0 (6-connected; the first in
/// memory order where several are as large), and clears the others.
void keep_largest_component(Volume<uint8_t>& mask);

/// Sets to 1 the voxels of each slice (x, y) that are 0 and cannot reach the slice's edge through
/// its 4-connected zeros.
void fill_holes_by_slice(Volume<uint8_t>& mask);

}  // namespace trivox
