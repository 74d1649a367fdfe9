#pragma once
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "models/weights.h"
#include "tests/test.h"

namespace trivox::test {

inline std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline WeightFile parse(const std::string& bytes) {
  return parse_safetensors(std::as_bytes(std::span(bytes)));
}

inline std::string to_bytes(const WeightFile& file) {
  std::ostringstream out;
  write_safetensors(out, file);
  return out.str();
}

/// tests/golden/unet_forward.safetensors: nnU-Net's own network and loss, see unet.py beside it.
inline WeightFile golden_network() {
  return parse(read_text(std::string(kSourceDir) + "/tests/golden/unet_forward.safetensors"));
}

inline at::Tensor find(const WeightFile& file, const std::string& name) {
  for (const auto& tensor : file.tensors)
    if (tensor.name == name) return tensor.value;
  throw std::runtime_error("the golden lacks " + name);
}

inline double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  return a.sub(b).abs().max().item().toDouble();
}

}  // namespace trivox::test
