#pragma once
#include <ATen/core/Tensor.h>

#include <cstddef>
#include <map>
#include <ostream>
#include <span>
#include <string>
#include <vector>

namespace trivox {

struct NamedTensor {
  std::string name;
  at::Tensor value;
};
using NamedTensors = std::vector<NamedTensor>;

/// What a safetensors file holds.
struct WeightFile {
  NamedTensors tensors;                         ///< in the order of their bytes in the file
  std::map<std::string, std::string> metadata;  ///< its `__metadata__`
};

/// Writes safetensors (8-byte little-endian header length, JSON header padded to 8 bytes, then the tensors'
/// bytes in C order, in the order given). The same bytes for the same input. Tensors may be of any
/// float type, int64, int32 or uint8, on any device. Throws Error for another type or a repeated name.
/// Source of the format: huggingface/safetensors, README "Format".
void write_safetensors(std::ostream& out, const WeightFile& file);

/// Parses safetensors in memory; the tensors are copies. Every offset is checked against `bytes`
/// before anything is allocated; as the format asks, entries neither overlap nor leave bytes out,
/// so that a small file never becomes large tensors. Throws Error (attribute "safetensors ..."). Thread safe.
[[nodiscard]] WeightFile parse_safetensors(std::span<const std::byte> bytes);

/// Only `__metadata__`, from as many bytes as hold the header.
[[nodiscard]] std::map<std::string, std::string> parse_safetensors_metadata(std::span<const std::byte> bytes);

}  // namespace trivox
