#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "evaluate/html.h"
#include "transforms/volume.h"

namespace trivox {

/// A pair on the fixed image's grid, cut to the box of the fixed image's body and a margin, and how it is
/// shown: each image from black to white over the same percentiles of its own body, before as after.
struct PairDisplay {
  Volume<float> fixed, before, after;  ///< 1 x D x H x W
  Window fixed_window, moving_window;
  Window edge_window;  ///< of the fixed image, from its air on: the skin's edge lies half way up from there
  std::array<int64_t, 3> start = {0, 0, 0};  ///< of the cut in the whole grid, voxels
  std::array<int64_t, 3> whole = {0, 0, 0};  ///< voxels of the whole grid
  /// First and last voxel of the body along each axis, and its centre, in the cut.
  std::array<int64_t, 3> first = {0, 0, 0}, last = {0, 0, 0}, centre = {0, 0, 0};
};

/// All on one grid; `before` and `after` are the moving image by its header and by an answer. Throws Error
/// where the grids differ.
[[nodiscard]] PairDisplay pair_display(const Volume<float>& fixed, const Volume<float>& before,
                                       const Volume<float>& after);

/// One slice of it. The figures' numbers of slices are those of the whole grid; they have no layers.
struct PairFigures {
  Figure fixed, before, after;
  std::vector<EdgeLine> edges;  ///< of the fixed image
};

/// `slice` counts in the cut. No side has more than `longest_side` pixels.
[[nodiscard]] PairFigures pair_figures(const PairDisplay& pair, const SliceView& view, int64_t slice,
                                       int64_t longest_side = kPagePixels);

/// Squares of a checkerboard over width x height: those of its odd fields, the first of which stands to the
/// right of the upper left field. All in mm.
[[nodiscard]] std::vector<Outline> checkerboard(double width_mm, double height_mm, double square_mm);

/// Three slices of a case: the reference's edges over the sequence, before and after, and the two masks.
struct RegistrationPictures {
  std::string id, sequence;
  /// The same slices, across the slices first, then across the grid's other axes. Layers: "edges" of the
  /// reference, "reference", its mask, "moving", the sequence's own mask; a mask that is not there has none.
  std::vector<Figure> before, after;
  std::string fault;  ///< why there are none: the case could not be read again
};

/// Masks of a pair on the reference's grid (1 x D x H x W, 0: outside; any other label but kIgnoreLabel:
/// inside). An empty volume: there is none.
struct PairMasks {
  Volume<uint8_t> reference, before, after;  ///< the two latter: the sequence's own
};

/// The pictures of one case, all volumes on the reference's grid; the slices meet in the middle of the
/// reference's mask or, where it has none, of its body. Throws Error where the grids differ.
[[nodiscard]] RegistrationPictures registration_pictures(std::string id, std::string sequence,
                                                         const Volume<float>& reference,
                                                         const Volume<float>& before,
                                                         const Volume<float>& after,
                                                         const PairMasks& masks = {});

}  // namespace trivox
