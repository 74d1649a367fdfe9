#include "transforms/box.h"

#include <cmath>

namespace trivox {

std::optional<Box> bounding_box(const Volume<uint8_t>& mask) {
  const std::array<int64_t, 3>& n = mask.grid.size;
  std::array<int64_t, 3> first = n, last = {-1, -1, -1};
  for (int64_t z = 0; z < n[2]; ++z)
    for (int64_t y = 0; y < n[1]; ++y) {
      const uint8_t* row = mask.data.data() + mask.index(0, 0, y, z);
      const auto set = [](uint8_t value) { return value != 0; };
      const uint8_t* begin = std::find_if(row, row + n[0], set);
      if (begin == row + n[0]) continue;
      int64_t x = n[0] - 1;
      while (row[x] == 0) --x;
      first = {std::min<int64_t>(first[0], begin - row), std::min(first[1], y), std::min(first[2], z)};
      last = {std::max(last[0], x), std::max(last[1], y), z};
    }
  if (last[2] < 0) return std::nullopt;
  return Box{first, {last[0] - first[0] + 1, last[1] - first[1] + 1, last[2] - first[2] + 1}};
}

Box grow(const Box& box, const std::array<int64_t, 3>& margin, const std::array<int64_t, 3>& size) {
  Box out;
  for (size_t i = 0; i < 3; ++i) {
    out.first[i] = std::max<int64_t>(0, box.first[i] - margin[i]);
    out.size[i] = std::min(size[i], box.end(i) + margin[i]) - out.first[i];
  }
  return out;
}

Box unite(const Box& a, const Box& b) {
  Box out;
  for (size_t i = 0; i < 3; ++i) {
    out.first[i] = std::min(a.first[i], b.first[i]);
    out.size[i] = std::max(a.end(i), b.end(i)) - out.first[i];
  }
  return out;
}

Box map_box(const Box& box, const Eigen::Matrix4d& map, const std::array<int64_t, 3>& size) {
  Eigen::Vector3d low, high;
  for (int corner = 0; corner < 8; ++corner) {
    Eigen::Vector3d face;
    for (int i = 0; i < 3; ++i) {
      const auto a = static_cast<size_t>(i);
      face[i] = static_cast<double>(((corner >> i) & 1) != 0 ? box.end(a) : box.first[a]) - 0.5;
    }
    const Eigen::Vector3d moved = map.topLeftCorner<3, 3>() * face + map.topRightCorner<3, 1>();
    low = corner == 0 ? moved : low.cwiseMin(moved).eval();
    high = corner == 0 ? moved : high.cwiseMax(moved).eval();
  }
  constexpr double rounding = 1e-6;  // a voxel whose face lies on the box's does not touch it
  Box out;
  for (int i = 0; i < 3; ++i) {
    const auto a = static_cast<size_t>(i);
    const auto n = static_cast<double>(size[a]);
    const double first = std::ceil(low[i] - 0.5 + rounding), last = std::floor(high[i] + 0.5 - rounding);
    out.first[a] = static_cast<int64_t>(std::clamp(first, 0.0, n));
    out.size[a] =
        std::max<int64_t>(0, static_cast<int64_t>(std::clamp(last, -1.0, n - 1)) + 1 - out.first[a]);
  }
  return out;
}

}  // namespace trivox
