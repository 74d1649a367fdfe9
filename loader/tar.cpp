#include "loader/tar.h"

#include <algorithm>
#include <cstddef>

#include "transforms/error.h"

namespace trivox {
namespace {

// Octal digits with leading zeros in `width` - 1 places, then a NUL.
std::string octal(uint64_t value, size_t width) {
  std::string text(width, '\0');
  for (size_t i = width - 1; i-- > 0; value >>= 3) text[i] = static_cast<char>('0' + (value & 7));
  return text;
}

}  // namespace

std::string tar_header(std::string_view name, uint64_t bytes) {
  if (name.empty() || name.size() > 100)
    throw Error("tar member name", "'" + std::string(name) + "'", "1 to 100 bytes");
  if (bytes >= kTarMemberLimit)
    throw Error("tar member " + std::string(name), std::to_string(bytes) + " bytes", "less than 8 GiB");
  std::string block(kTarBlock, '\0');
  const auto put = [&](size_t at, std::string_view text) {
    std::copy(text.begin(), text.end(), block.begin() + static_cast<std::ptrdiff_t>(at));
  };
  put(0, name);
  put(100, octal(0644, 8));
  put(108, octal(0, 8));
  put(116, octal(0, 8));
  put(124, octal(bytes, 12));
  put(136, octal(0, 12));
  put(148, "        ");  // the checksum counts itself as eight spaces
  put(156, "0");
  put(257, std::string_view("ustar\0"
                            "00",
                            8));
  put(329, octal(0, 8));
  put(337, octal(0, 8));
  uint64_t sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put(148, octal(sum, 7));
  return block;
}

std::string tar_end() { return std::string(2 * kTarBlock, '\0'); }

}  // namespace trivox
