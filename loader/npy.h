#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace trivox {

/// Element types that shards hold.
enum class NpyType { kUint8, kFloat16, kFloat32 };

/// Bytes of one element.
[[nodiscard]] size_t npy_size(NpyType type);

/// An .npy header (format 1.0, C order, little endian), padded so that data start at a multiple
/// of 64 bytes. Source: NumPy Enhancement Proposal 1.
[[nodiscard]] std::string npy_header(NpyType type, std::span<const int64_t> shape);

/// A view of an array inside a shard; valid as long as the bytes that it was parsed from.
struct NpyView {
  NpyType type = NpyType::kUint8;
  std::vector<int64_t> shape;       ///< slowest axis first; empty: there is no array
  std::span<const std::byte> data;  ///< exactly the bytes that type and shape ask for
  [[nodiscard]] int64_t elements() const;
};

/// Parses an .npy in memory without copying: format 1.0, C order, little endian, the types above.
/// Throws Error (attribute "npy ..."). Thread safe.
[[nodiscard]] NpyView parse_npy(std::span<const std::byte> bytes);

}  // namespace trivox
