#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace trivox {

/// Checks what the compressed bytes of one frame say of themselves before a decoder sees them and room
/// is made for its voxels: they hold one component of columns x rows samples, their parts lie within
/// them, and there are enough of them (as many as the coder needs at the very least; exactly, for RLE).
/// So a header of a few bytes cannot ask for a gigabyte, and a decoder with its assertions on does not
/// end the program over a cut stream. Throws Error (attribute "PixelData"). Transfer syntaxes that are
/// none of JPEG's, JPEG-LS's, JPEG 2000's or RLE pass. Pure; thread safe.
/// Source: ITU-T T.81 annex B, T.87 annex C, T.800 annexes A and I; DICOM PS3.5 annex G.
void check_codestream(std::span<const std::byte> stream, std::string_view transfer_syntax, int64_t columns,
                      int64_t rows, int bits_allocated);

}  // namespace trivox
