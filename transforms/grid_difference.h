#pragma once
#include <utility>

#include "transforms/grid.h"

namespace trivox {

/// Two grids as a message tells them apart: `Grid::describe` of each and, where their axes run otherwise,
/// also these ("RAS": x to the right, y to the front, z upwards, nearly) and one corner voxel's place in RAS+
/// mm, that which lies furthest off. Pure; thread safe.
[[nodiscard]] std::pair<std::string, std::string> describe_apart(const Grid& a, const Grid& b);

}  // namespace trivox
