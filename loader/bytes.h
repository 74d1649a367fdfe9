#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace trivox {

// Unsigned numbers in bytes, wherever they lie and whatever the machine's own order is. That they lie
// inside is the caller's to check.

/// The number of type T from byte `at` on, least significant byte first.
template <class T>
[[nodiscard]] T little_endian(std::span<const std::byte> bytes, size_t at) {
  uint64_t value = 0;
  for (size_t i = sizeof(T); i-- > 0;) value = value << 8 | std::to_integer<uint64_t>(bytes[at + i]);
  return static_cast<T>(value);
}

/// The same, most significant byte first.
template <class T>
[[nodiscard]] T big_endian(std::span<const std::byte> bytes, size_t at) {
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value = value << 8 | std::to_integer<uint64_t>(bytes[at + i]);
  return static_cast<T>(value);
}

}  // namespace trivox
