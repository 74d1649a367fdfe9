#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace trivox {

/// How a picture's pixels are stored, a byte a component.
enum class PixelOrder { kGrey, kBgr };

/// PNG file as bytes, without time stamp. pixels: height x width x components. By libpng itself: OpenCV's
/// imgcodecs bring a hundred libraries along, which take longer to load than a pair takes to register. Throws
/// Error where there is no pixel or the encoder fails. Thread safe.
[[nodiscard]] std::string encode_png(std::span<const uint8_t> pixels, int64_t width, int64_t height,
                                     PixelOrder order);

}  // namespace trivox
