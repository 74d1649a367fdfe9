#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace trivox {

/// Element types that shards hold.
enum class NpyType { kUint8, kFloat16, kFloat32 };

/// An .npy header (format 1.0, C order, little endian), padded so that data start at a multiple
/// of 64 bytes. Source: NumPy Enhancement Proposal 1.
[[nodiscard]] std::string npy_header(NpyType type, std::span<const int64_t> shape);

struct NpyView {
  NpyType type = NpyType::kUint8;
  std::vector<int64_t> shape;
  std::span<const std::byte> data;  ///< exactly the bytes that type and shape ask for
};

/// Parses an .npy in memory without copying. Throws Error (attribute "npy ...").
[[nodiscard]] NpyView parse_npy(std::span<const std::byte> bytes);

}  // namespace trivox
