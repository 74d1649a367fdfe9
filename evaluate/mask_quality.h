#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "loader/mask_edge.h"
#include "transforms/volume.h"

namespace trivox {

// What a radiologist should look at in a mask. It is listed, never repaired, and refuses no case. Slices
// are counted from 1 along the slice axis, in the order of the grid. docs/masks.md defines each term.

/// A part that does not hang together with a label's largest part.
struct Island {
  int64_t voxels = 0;
  double ml = 0;
  std::array<int64_t, 2> slices = {0, 0};               ///< first and last
  Eigen::Vector3d centre_mm = Eigen::Vector3d::Zero();  ///< RAS+
};

struct LabelQuality {
  int value = 0;
  int64_t voxels = 0;
  double ml = 0;
  std::array<int64_t, 2> slices = {0, 0};  ///< first and last that are labelled
  std::vector<int64_t> skipped;            ///< slices between them without the label
  std::vector<int64_t> lone;               ///< labelled slices without a labelled neighbour, of several
  std::vector<Island> islands;             ///< largest first
};

/// Background within a slice that the mask, of whatever label, encloses.
struct SliceHoles {
  int64_t slice = 0;
  int64_t holes = 0, voxels = 0;
};

struct MaskQuality {
  std::vector<LabelQuality> labels;  ///< ascending; none: the mask is empty
  std::vector<SliceHoles> holes_in_plane;
  int64_t holes_3d = 0, hole_voxels_3d = 0;  ///< background enclosed on all sides
  std::vector<EdgeContact> edge;  ///< the first and last slice after the others; of one slice not counted
};

/// mask: 1 x D x H x W, label values, 0 background. slice_axis: of the grid, 0 to 2. Pure; thread safe.
[[nodiscard]] MaskQuality mask_quality(const Volume<uint8_t>& mask, int slice_axis);

/// What stands out, a sentence each; none: nothing.
[[nodiscard]] std::vector<std::string> remarks(const MaskQuality& quality);

/// How the masks of two sequences of one patient compare, all labels taken together.
struct MaskPair {
  double centroid_distance_mm = 0;  ///< NaN where one is empty
  double volume_ratio = 1;          ///< of the larger to the smaller; NaN where one is empty
  bool same_voxels = false;         ///< arrays of one size, equal voxel by voxel; not where empty
  bool same_place = false;          ///< grids within .2 mm
  /// Dice once the one is resampled (nearest neighbour) onto the other's grid, the larger of the two
  /// ways round; NaN where one is empty.
  double dice_resampled = 0;
};

/// Limits beyond which `remarks` speaks of a pair.
inline constexpr double kCentroidJumpMm = 10;
inline constexpr double kVolumeRatioLimit = 2;
inline constexpr double kSameMaskDice = 0.995;

[[nodiscard]] MaskPair compare_masks(const Volume<uint8_t>& a, const Volume<uint8_t>& b);

/// What stands out of the pair, `a` and `b` being the sequences' names.
[[nodiscard]] std::vector<std::string> remarks(const MaskPair& pair, const std::string& a,
                                               const std::string& b);

}  // namespace trivox
