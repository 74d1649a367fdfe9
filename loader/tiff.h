#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace trivox {

/// The pages of a TIFF as grey values, page by page, rows from the top.
struct TiffStack {
  int64_t width = 0, height = 0, pages = 0;
  std::vector<uint16_t> values;  ///< pages x height x width
  std::string datatype;          ///< "1 bit", "uint8", "uint16"
  bool white_is_zero = false;    ///< of any page: its values were turned round
};

/// Reads a TIFF or BigTIFF in memory: 1, 8 and 16 bit unsigned, strips or tiles, any lossless
/// compression that libtiff decodes. Where white is 0 the values are turned round. Colours are
/// taken where they are greys throughout (a palette too), an alpha channel where it is the same
/// everywhere. All pages must have one size; sides up to 65,535, at most 2^26 pixels in all. Resolution
/// tags are not read: they say dots an inch for a printer, and nothing of slices. Memory grows with
/// the rows that were really decoded. Throws Error naming tag and page. Thread safe.
[[nodiscard]] TiffStack parse_tiff(std::span<const std::byte> bytes);

}  // namespace trivox
