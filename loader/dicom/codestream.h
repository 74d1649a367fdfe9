#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace trivox {

/// How samples are coded, whatever the header says of them.
struct CodedSamples {
  int bits = 0;            ///< all that are allocated for RLE
  bool is_signed = false;  ///< JPEG 2000 alone tells; the others' samples have no sign of their own
  /// The stream says that nothing was rounded (JPEG-LS with NEAR 0, JPEG 2000 with the 5-3 transform),
  /// whatever the transfer syntax allows. False where it does not tell.
  bool is_lossless = false;
};

/// Checks what the compressed bytes of one frame say of themselves before a decoder sees them and room
/// is made for its voxels: they hold one component of columns x rows samples, their parts lie within
/// them, and there are enough of them (exactly, for RLE and for JPEG in Huffman's codes without progression,
/// which decoders complete with made-up samples; else as many as the coder needs at the very least).
/// A frame of more than 4 Mi samples has a byte for every 1024 of them, so that a header of a few bytes
/// cannot ask for a gigabyte, and a decoder with its assertions on does not end the program over a cut
/// stream. Throws Error (attribute "PixelData"), also for transfer syntaxes that are none of JPEG's,
/// JPEG-LS's, JPEG 2000's or RLE. Pure; thread safe. Source: ITU-T T.81 annex B, T.87 annex C, T.800 annexes
/// A and I; DICOM PS3.5 annex G.
[[nodiscard]] CodedSamples check_codestream(std::span<const std::byte> stream,
                                            std::string_view transfer_syntax, int64_t columns, int64_t rows,
                                            int bits_allocated);

}  // namespace trivox
