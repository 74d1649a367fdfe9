#include "evaluate/png.h"

#include <png.h>

#include "transforms/error.h"

namespace trivox {

std::string encode_png(std::span<const uint8_t> pixels, int64_t width, int64_t height, PixelOrder order) {
  const int64_t components = order == PixelOrder::kGrey ? 1 : 3;
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = order == PixelOrder::kGrey ? PNG_FORMAT_GRAY : PNG_FORMAT_BGR;
  const auto refuse = [&] {
    const std::string found = image.message[0] == '\0' ? "refused" : image.message;
    png_image_free(&image);
    throw Error("PNG encoder", found, "a picture of at least one pixel");
  };
  if (width < 1 || height < 1 || pixels.size() != static_cast<size_t>(width * height * components)) refuse();
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr) == 0) refuse();
  bytes.resize(size);
  return bytes;
}

}  // namespace trivox
