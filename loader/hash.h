#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace trivox {

/// XXH3, 64 bit, as 16 hex digits, most significant first: the same on every machine. No
/// cryptographic hash: it tells inputs apart, it does not protect them.
[[nodiscard]] std::string xxh3_hex(std::span<const std::byte> bytes);
[[nodiscard]] std::string xxh3_hex(std::string_view text);

}  // namespace trivox
