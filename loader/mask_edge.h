#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "transforms/volume.h"

namespace trivox {

/// Labelled voxels in a face of the volume, where the structure may go on outside.
struct EdgeContact {
  std::string where;  ///< "left", "anterior", ..., or "first slice", "last slice"
  int64_t voxels = 0;
};

/// The faces that a mask touches, those across `slice_axis` (0 to 2, of the grid) after the others. An axis
/// of one voxel has no faces. Pure; thread safe.
[[nodiscard]] std::vector<EdgeContact> edge_contact(const Volume<uint8_t>& mask, int slice_axis);

/// "touches the volume's edge: right (14 voxels), last slice (1 voxel)"; empty where it touches none.
[[nodiscard]] std::string edge_text(std::span<const EdgeContact> contacts);

}  // namespace trivox
