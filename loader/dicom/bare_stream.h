#pragma once
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace trivox {

/// The bytes that a decoder is given of one frame's stream that check_codestream has passed: without what a
/// sample does not hang on, because GDCM's assertions end the program over some of it. JPEG and JPEG-LS
/// without application data and comments (a JFIF of another version than 1); JPEG 2000 without the boxes of
/// a .jp2 file and with the end mark that GDCM looks for. Throws Error (attribute "PixelData") for a .jp2
/// file with a palette, and where a tile is there twice and another is not. Pure; thread safe.
/// Source: ITU-T T.81 annex B, T.87 annex C, T.800 annexes A and I.
[[nodiscard]] std::vector<std::byte> bare_codestream(std::span<const std::byte> stream,
                                                     std::string_view transfer_syntax);

}  // namespace trivox
