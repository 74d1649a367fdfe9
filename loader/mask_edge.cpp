#include "loader/mask_edge.h"

#include <array>

#include "loader/text.h"

namespace trivox {
namespace {

/// Where a direction in RAS+ leads.
const char* towards(const Eigen::Vector3d& direction) {
  static constexpr std::array<const char*, 3> kPlus = {"right", "anterior", "superior"};
  static constexpr std::array<const char*, 3> kMinus = {"left", "posterior", "inferior"};
  Eigen::Index axis = 0;
  direction.cwiseAbs().maxCoeff(&axis);
  return direction[axis] >= 0 ? kPlus[static_cast<size_t>(axis)] : kMinus[static_cast<size_t>(axis)];
}

}  // namespace

std::vector<EdgeContact> edge_contact(const Volume<uint8_t>& mask, int slice_axis) {
  const auto [nx, ny, nz] = mask.grid.size;
  std::array<std::array<int64_t, 2>, 3> counts{};  // of each axis at its first and last voxel
  for (int64_t z = 0; z < nz; ++z)
    for (int64_t y = 0; y < ny; ++y) {
      const uint8_t* row = mask.data.data() + (z * ny + y) * nx;
      counts[0][0] += row[0] != 0 ? 1 : 0;
      counts[0][1] += row[nx - 1] != 0 ? 1 : 0;
      if (y > 0 && y < ny - 1 && z > 0 && z < nz - 1) continue;
      int64_t here = 0;
      for (int64_t x = 0; x < nx; ++x) here += row[x] != 0 ? 1 : 0;
      if (y == 0) counts[1][0] += here;
      if (y == ny - 1) counts[1][1] += here;
      if (z == 0) counts[2][0] += here;
      if (z == nz - 1) counts[2][1] += here;
    }
  std::vector<EdgeContact> out;
  for (const int axis : {(slice_axis + 1) % 3, (slice_axis + 2) % 3, slice_axis}) {
    const auto a = static_cast<size_t>(axis);
    if (mask.grid.size[a] < 2) continue;
    for (size_t end = 0; end < 2; ++end) {
      if (counts[a][end] == 0) continue;
      const Eigen::Vector3d direction = (end == 0 ? -1.0 : 1.0) * mask.grid.affine.col(axis).head<3>();
      const char* slice = end == 0 ? "first slice" : "last slice";
      out.push_back({axis == slice_axis ? slice : towards(direction), counts[a][end]});
    }
  }
  return out;
}

std::string edge_text(std::span<const EdgeContact> contacts) {
  std::vector<std::string> parts;
  for (const EdgeContact& edge : contacts)
    parts.push_back(edge.where + " (" + counted(static_cast<size_t>(edge.voxels), "voxel") + ")");
  return parts.empty() ? "" : "touches the volume's edge: " + joined(parts);
}

}  // namespace trivox
