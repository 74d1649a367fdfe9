#include "evaluate/mask_quality.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "evaluate/metrics.h"
#include "loader/text.h"
#include "transforms/components.h"
#include "transforms/voxel_map.h"

namespace trivox {
namespace {

constexpr size_t kMostListed = 5;

/// The mask with its slices along z.
Volume<uint8_t> slices_last(const Volume<uint8_t>& mask, int slice_axis) {
  if (slice_axis == 2) return mask;
  AxisMap map;
  std::swap(map.axis[static_cast<size_t>(slice_axis)], map.axis[2]);
  Grid grid = mask.grid;
  std::swap(grid.size[static_cast<size_t>(slice_axis)], grid.size[2]);
  grid.affine.col(slice_axis).swap(grid.affine.col(2));
  return reorder(mask, map, grid);
}

/// For each value above 0 the labelled voxels of each slice.
std::map<int, std::vector<int64_t>> areas(const Volume<uint8_t>& mask) {
  std::map<int, std::vector<int64_t>> out;
  const auto slice = static_cast<size_t>(mask.grid.size[0] * mask.grid.size[1]);
  const auto slices = static_cast<size_t>(mask.grid.size[2]);
  for (size_t z = 0; z < slices; ++z) {
    std::array<int64_t, 256> counts{};
    for (size_t i = 0; i < slice; ++i) ++counts[mask.data[z * slice + i]];
    for (int value = 1; value < 256; ++value)
      if (const int64_t n = counts[static_cast<size_t>(value)]; n > 0)
        out.try_emplace(value, slices, 0).first->second[z] = n;
  }
  return out;
}

LabelQuality label_quality(const Volume<uint8_t>& mask, int value, const std::vector<int64_t>& by_slice) {
  LabelQuality out;
  out.value = value;
  const auto n = static_cast<int64_t>(by_slice.size());
  const auto labelled = [&](int64_t z) { return z >= 0 && z < n && by_slice[static_cast<size_t>(z)] > 0; };
  int64_t first = n, last = -1;
  for (int64_t z = 0; z < n; ++z) {
    out.voxels += by_slice[static_cast<size_t>(z)];
    if (labelled(z)) first = std::min(first, z), last = z;
  }
  const double voxel_ml = mask.grid.voxel_volume_mm3() / 1000;
  out.ml = static_cast<double>(out.voxels) * voxel_ml;
  out.slices = {first + 1, last + 1};
  for (int64_t z = first; z <= last; ++z) {
    if (!labelled(z))
      out.skipped.push_back(z + 1);
    else if (first < last && !labelled(z - 1) && !labelled(z + 1))
      out.lone.push_back(z + 1);
  }
  const std::vector<Component> parts = components(mask, static_cast<uint8_t>(value));
  for (size_t i = 1; i < parts.size(); ++i) {
    const Component& part = parts[i];
    out.islands.push_back({part.voxels,
                           static_cast<double>(part.voxels) * voxel_ml,
                           {part.slices[0] + 1, part.slices[1] + 1},
                           mask.grid.to_world({part.centre[0], part.centre[1], part.centre[2]})});
  }
  return out;
}

std::string listed(const std::vector<int64_t>& numbers) {
  std::string out;
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (i == 4 * kMostListed) return out + " and " + std::to_string(numbers.size() - i) + " more";
    out += (i == 0 ? "" : ", ") + std::to_string(numbers[i]);
  }
  return out;
}

std::string slices_text(const std::array<int64_t, 2>& slices) {
  return slices[0] == slices[1] ? "slice " + std::to_string(slices[0])
                                : "slices " + std::to_string(slices[0]) + " to " + std::to_string(slices[1]);
}

std::string island_text(const Island& island) {
  return counted(static_cast<size_t>(island.voxels), "voxel") + " (" + fixed(island.ml, 3) + " ml) in " +
         slices_text(island.slices) + " around (" + fixed(island.centre_mm[0], 1) + ", " +
         fixed(island.centre_mm[1], 1) + ", " + fixed(island.centre_mm[2], 1) + ") mm";
}

void label_remarks(const LabelQuality& label, std::vector<std::string>& out) {
  const std::string name = "label " + std::to_string(label.value);
  if (!label.skipped.empty())
    out.push_back(name + " skips slice" + (label.skipped.size() == 1 ? " " : "s ") + listed(label.skipped) +
                  " within " + slices_text(label.slices));
  if (label.slices[0] == label.slices[1])
    out.push_back(name + " lies in one slice alone, " + std::to_string(label.slices[0]));
  if (!label.lone.empty())
    out.push_back(name + " has no neighbour in the slices beside slice" +
                  (label.lone.size() == 1 ? " " : "s ") + listed(label.lone));
  if (!label.islands.empty()) {
    std::string text = name + " has " + counted(label.islands.size(), "island") + ": ";
    for (size_t i = 0; i < std::min(label.islands.size(), kMostListed); ++i)
      text += (i == 0 ? "" : "; ") + island_text(label.islands[i]);
    if (label.islands.size() > kMostListed)
      text += "; and " + std::to_string(label.islands.size() - kMostListed) + " smaller";
    out.push_back(std::move(text));
  }
}

struct Sums {
  double ml = 0;
  Eigen::Vector3d centroid_mm = Eigen::Vector3d::Zero();
  bool empty = true;
};

Sums sums(const Volume<uint8_t>& mask) {
  Sums out;
  const auto& n = mask.grid.size;
  int64_t voxels = 0;
  Eigen::Vector3d total = Eigen::Vector3d::Zero();
  for (int64_t z = 0; z < n[2]; ++z)
    for (int64_t y = 0; y < n[1]; ++y) {
      int64_t row = 0, row_x = 0;
      for (int64_t x = 0; x < n[0]; ++x)
        if (mask.at(0, x, y, z) != 0) ++row, row_x += x;
      voxels += row;
      total += Eigen::Vector3d(static_cast<double>(row_x), static_cast<double>(row * y),
                               static_cast<double>(row * z));
    }
  if (voxels == 0) return out;
  out.empty = false;
  out.ml = static_cast<double>(voxels) * mask.grid.voxel_volume_mm3() / 1000;
  out.centroid_mm = mask.grid.to_world(total / static_cast<double>(voxels));
  return out;
}

/// Dice of `a`, sampled on the grid of `b`, with `b`.
double dice_on_grid_of(const Volume<uint8_t>& a, const Volume<uint8_t>& b) {
  VoxelMap map = voxel_map(a.grid, b.grid, Eigen::Matrix4d::Identity());
  snap_to_lattice(map);
  const Volume<uint8_t> moved = nearest(a, b.grid, map, uint8_t{0});
  Overlap overlap;
  for (size_t i = 0; i < moved.data.size(); ++i) {
    const bool in_a = moved.data[i] != 0, in_b = b.data[i] != 0;
    overlap.true_positive += in_a && in_b ? 1 : 0;
    overlap.false_positive += in_a && !in_b ? 1 : 0;
    overlap.false_negative += in_b && !in_a ? 1 : 0;
  }
  return dice(overlap);
}

}  // namespace

MaskQuality mask_quality(const Volume<uint8_t>& given, int slice_axis) {
  const Volume<uint8_t> mask = slices_last(given, slice_axis);
  MaskQuality out;
  for (const auto& [value, by_slice] : areas(mask))
    out.labels.push_back(label_quality(mask, value, by_slice));
  if (out.labels.empty()) return out;
  for (const Component& hole : holes_by_slice(mask)) {
    const int64_t slice = hole.slices[0] + 1;
    // Memory order is that of slices.
    if (out.holes_in_plane.empty() || out.holes_in_plane.back().slice != slice)
      out.holes_in_plane.push_back({slice, 0, 0});
    ++out.holes_in_plane.back().holes;
    out.holes_in_plane.back().voxels += hole.voxels;
  }
  for (const Component& hole : holes(mask)) {
    ++out.holes_3d;
    out.hole_voxels_3d += hole.voxels;
  }
  out.edge = edge_contact(given, slice_axis);
  return out;
}

std::vector<std::string> remarks(const MaskQuality& quality) {
  std::vector<std::string> out;
  for (const LabelQuality& label : quality.labels) label_remarks(label, out);
  if (!quality.holes_in_plane.empty()) {
    std::string text = "holes in plane: ";
    for (size_t i = 0; i < std::min(quality.holes_in_plane.size(), kMostListed); ++i) {
      const SliceHoles& h = quality.holes_in_plane[i];
      text += (i == 0 ? "" : "; ") + counted(h.holes, "hole") + " of " + counted(h.voxels, "voxel") +
              " in slice " + std::to_string(h.slice);
    }
    if (quality.holes_in_plane.size() > kMostListed)
      text += "; and in " +
              counted(static_cast<int64_t>(quality.holes_in_plane.size() - kMostListed), "more slice");
    out.push_back(std::move(text));
  }
  if (quality.holes_3d > 0)
    out.push_back(counted(quality.holes_3d, "hole") + " of " + counted(quality.hole_voxels_3d, "voxel") +
                  " enclosed on all sides");
  if (std::string touched = edge_text(quality.edge); !touched.empty()) out.push_back(std::move(touched));
  return out;
}

MaskPair compare_masks(const Volume<uint8_t>& a, const Volume<uint8_t>& b) {
  MaskPair pair;
  pair.same_place = same_place(a.grid, b.grid);
  const Sums first = sums(a), second = sums(b);
  if (first.empty || second.empty) {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    pair.centroid_distance_mm = pair.volume_ratio = pair.dice_resampled = kNone;
    return pair;
  }
  pair.same_voxels = a.grid.size == b.grid.size && a.data == b.data;
  pair.centroid_distance_mm = (first.centroid_mm - second.centroid_mm).norm();
  pair.volume_ratio = std::max(first.ml, second.ml) / std::min(first.ml, second.ml);
  pair.dice_resampled = std::max(dice_on_grid_of(a, b), dice_on_grid_of(b, a));
  return pair;
}

std::vector<std::string> remarks(const MaskPair& pair, const std::string& a, const std::string& b) {
  std::vector<std::string> out;
  const std::string masks = "the masks of " + a + " and " + b;
  if (pair.same_voxels)
    out.push_back(masks + (pair.same_place ? " are identical: the same voxels on the same lattice"
                                           : " hold the same voxels, though their grids lie apart"));
  else if (pair.dice_resampled >= kSameMaskDice)
    out.push_back(masks + " are identical in the world: resampled onto the other's grid, Dice " +
                  fixed(pair.dice_resampled, 4));
  if (pair.centroid_distance_mm > kCentroidJumpMm)
    out.push_back("the centroids of " + masks + " lie " + fixed(pair.centroid_distance_mm, 1) +
                  " mm apart (more than " + fixed(kCentroidJumpMm, 0) + " mm)");
  if (pair.volume_ratio > kVolumeRatioLimit)
    out.push_back("the volumes of " + masks + " differ " + fixed(pair.volume_ratio, 2) + "-fold (more than " +
                  fixed(kVolumeRatioLimit, 0) + "-fold)");
  return out;
}

}  // namespace trivox
