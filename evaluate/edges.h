#pragma once
#include <array>
#include <vector>

#include "evaluate/picture.h"

namespace trivox {

/// An open line in mm from the picture's upper left corner.
using EdgeLine = std::vector<std::array<double, 2>>;

/// What counts as an edge. A step of height h between two even areas rises by h / (sigma sqrt(2 pi)) a mm.
struct EdgeOptions {
  double sigma_mm = 1.2;             ///< of the Gaussian that smooths the picture first; at least a pixel
  double strong = 0.22, weak = 0.1;  ///< steps, as a part of black to white: a line reaches the one and ends
                                     ///< at the other
  double shortest_mm = 10;           ///< shorter lines are noise
};

/// Edges of a picture with square pixels of `pixel_mm`: where, along the gradient, it rises most (Canny 1986,
/// without his grid: lines run between pixels). None in a picture of less than 3 x 3 pixels.
[[nodiscard]] std::vector<EdgeLine> edge_lines(const GreyPicture& picture, double pixel_mm,
                                               const EdgeOptions& options = {});

}  // namespace trivox
