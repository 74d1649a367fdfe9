#include "transforms/resample_labels.h"

#include <limits>
#include <string>

#include "transforms/box.h"
#include "transforms/distance.h"
#include "transforms/error.h"
#include "transforms/interpolation.h"
#include "transforms/sample.h"
#include "transforms/voxel_map.h"

namespace trivox {
namespace {

/// Distances in this many voxels around a label are enough: further out another value or the
/// background lies deeper inside.
constexpr std::array<int64_t, 3> kMargin = {2, 2, 2};

/// Signed distance of the voxels that `selected` answers true for, on the part of the target that
/// lies around them.
struct MovedDistance {
  Box where;
  Volume<float> mm;
};

template <class Selected>
MovedDistance move_distance(const Volume<uint8_t>& source, const VoxelMap& map, const Grid& target,
                            const Selected& selected) {
  Volume<uint8_t> mask(source.grid, 1);
  for (size_t i = 0; i < mask.data.size(); ++i) mask.data[i] = selected(source.data[i]) ? 1 : 0;
  const Box box = grow(*bounding_box(mask), kMargin, map.source);
  const Volume<float> distance = signed_distance_mm(crop(mask, box), 1);
  const Box where = map_box(box, map.matrix.inverse(), map.target);
  VoxelMap part{map.matrix, box.size, where.size};
  const auto shift = [](const Box& b) {
    return Eigen::Vector3d(static_cast<double>(b.first[0]), static_cast<double>(b.first[1]),
                           static_cast<double>(b.first[2]));
  };
  part.matrix.topRightCorner<3, 1>() += map.matrix.topLeftCorner<3, 3>() * shift(where) - shift(box);
  auto moved = Volume<float>::uninitialised(sub_grid(target, where.first, where.size), 1);
  interpolate(distance, part, {2, 2, 2}, {0, 0, 0}, std::numeric_limits<float>::max(), moved.data, nullptr);
  return {where, std::move(moved)};
}

}  // namespace

Volume<uint8_t> resample_labels(const Volume<uint8_t>& source, const Grid& target,
                                const Eigen::Matrix4d& target_to_source) {
  if (source.channels != 1) throw Error("label map", std::to_string(source.channels) + " channels", "1");
  VoxelMap map = voxel_map(source.grid, target, target_to_source);
  std::array<bool, 256> present{};
  for (const uint8_t value : source.data) present[value] = true;
  if (present[kIgnoreLabel]) throw Error("label value", "255", "0 to 254 (255 means ignore)");
  if (snap_to_lattice(map)) return nearest(source, target, map, kIgnoreLabel);

  Volume<uint8_t> out = field_of_view(map, target);
  for (uint8_t& v : out.data) v = v != 0 ? 0 : kIgnoreLabel;
  const auto values = std::count(present.begin() + 1, present.end(), true);
  if (values == 0) return out;
  // The depth in the background is minus the distance to everything that is not background.
  const auto foreground = move_distance(source, map, target, [](uint8_t v) { return v != 0; });
  Volume<float> least = foreground.mm;
  for (float& mm : least.data) mm = -mm;
  for (int value = 1; value < 255; ++value) {
    if (!present[static_cast<size_t>(value)]) continue;
    const auto moved = values == 1
                           ? foreground
                           : move_distance(source, map, target, [value](uint8_t v) { return v == value; });
    const Box& box = moved.where;
    for (int64_t z = 0; z < box.size[2]; ++z)
      for (int64_t y = 0; y < box.size[1]; ++y)
        for (int64_t x = 0; x < box.size[0]; ++x) {
          const std::array<int64_t, 3> at = {box.first[0] + x, box.first[1] + y, box.first[2] + z};
          uint8_t& label = out.at(0, at[0], at[1], at[2]);
          float& best = least.at(0, at[0] - foreground.where.first[0], at[1] - foreground.where.first[1],
                                 at[2] - foreground.where.first[2]);
          const float mm = moved.mm.at(0, x, y, z);
          if (label == kIgnoreLabel || !(mm < best)) continue;
          best = mm;
          label = static_cast<uint8_t>(value);
        }
  }
  return out;
}

}  // namespace trivox
