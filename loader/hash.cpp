#include "loader/hash.h"

#include <xxhash.h>

#include <array>
#include <cstdio>

namespace trivox {

std::string xxh3_hex(std::span<const std::byte> bytes) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx",
                static_cast<unsigned long long>(XXH3_64bits(bytes.data(), bytes.size())));
  return text.data();
}

std::string xxh3_hex(std::string_view text) {
  return xxh3_hex(std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace trivox
