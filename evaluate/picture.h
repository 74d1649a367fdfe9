#pragma once
#include <Eigen/Dense>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "transforms/volume.h"

namespace trivox {

/// How slices of a grid are put on a screen, in radiological display whatever way the grid's axes
/// run: axial slices with the patient's right on the left of the screen and anterior up; coronal
/// with right on the left and head up; sagittal with anterior on the left and head up. Axes are
/// permuted and reversed, nothing else, so that a screen pixel is a voxel.
struct SliceView {
  Grid grid;
  int slice_axis = 2;        ///< grid axis across the slices
  int column_axis = 0;       ///< grid axis that lies along the screen's x, to the right
  int row_axis = 1;          ///< grid axis that lies along the screen's y, downward
  bool flip_column = false;  ///< the grid's axis runs to the left
  bool flip_row = false;     ///< the grid's axis runs upward
  /// Nearest anatomical letter (R L A P S I) at the left, right, top and bottom edge.
  std::array<char, 4> letters = {'R', 'L', 'A', 'P'};

  [[nodiscard]] int64_t width() const { return grid.size[static_cast<size_t>(column_axis)]; }
  [[nodiscard]] int64_t height() const { return grid.size[static_cast<size_t>(row_axis)]; }
  [[nodiscard]] int64_t slices() const { return grid.size[static_cast<size_t>(slice_axis)]; }
  [[nodiscard]] double width_mm() const;
  [[nodiscard]] double height_mm() const;
  /// "axial", "coronal" or "sagittal": the anatomical plane nearest to the slices.
  [[nodiscard]] std::string plane() const;
  /// Voxel (x, y, z) that a screen pixel of a slice shows; whole numbers at pixel centres.
  [[nodiscard]] Eigen::Vector3d to_voxel(double column, double row, double slice) const;
  /// The slice whose plane passes nearest to a world position (RAS+ mm); may lie outside the grid.
  [[nodiscard]] int64_t slice_at(const Eigen::Vector3d& world_mm) const;
};

/// The view across the acquisition's slices: the axis with the largest spacing where it is more
/// than 1.5 times the next, else (near-isotropic) the axis nearest to head-foot.
[[nodiscard]] SliceView slice_view(const Grid& grid);

/// The view across a given axis of the grid.
[[nodiscard]] SliceView slice_view(const Grid& grid, int slice_axis);

/// 8-bit grey pixels, row by row from the top left.
struct GreyPicture {
  int64_t width = 0, height = 0;
  std::vector<uint8_t> pixels;
};

/// The values shown as black and as white.
struct Window {
  float black = 0, white = 1;
};

/// Two percentiles (0..100) of a channel's finite values, from an even subsample of some 2^18
/// voxels; one unit apart where the image is constant.
[[nodiscard]] Window percentile_window(const Volume<float>& image, double low = 1, double high = 99.7);

/// One slice, a pixel a voxel; NaN is black. A picture larger than `longest_side` (0: any) is
/// shrunk by averaging. Pixels need not be square: who shows the picture stretches it to
/// width_mm x height_mm.
[[nodiscard]] GreyPicture render_slice(const Volume<float>& image, const SliceView& view, int64_t slice,
                                       const Window& window, int64_t longest_side = 0);

/// The same with square pixels, as large as the smaller side of the slice's own unless that gives more than
/// `longest_side` of them: averaged where there are fewer, interpolated (cubic) where there are more, so that
/// thick slices seen from the side keep their proportions in any program.
[[nodiscard]] GreyPicture render_square(const Volume<float>& image, const SliceView& view, int64_t slice,
                                        const Window& window, int64_t longest_side);

/// A closed polygon in mm from the picture's upper left corner (not the first pixel's centre).
using Outline = std::vector<std::array<double, 2>>;

/// Outer and inner borders of {voxel == label} in one slice, along the voxels' edges.
[[nodiscard]] std::vector<Outline> outlines(const Volume<uint8_t>& mask, const SliceView& view, int64_t slice,
                                            uint8_t label);

/// Foreground voxels (neither 0 nor kIgnoreLabel) in each slice of the view.
[[nodiscard]] std::vector<int64_t> area_by_slice(const Volume<uint8_t>& mask, const SliceView& view);

/// PNG file as bytes, without time stamp. Throws Error where the encoder fails.
[[nodiscard]] std::string encode_png(const GreyPicture& picture);

}  // namespace trivox
