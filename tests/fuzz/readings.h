#pragma once
#include <Eigen/Dense>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trivox::fuzz {

/// What a reader made of a file, in the form in which every format can be compared.
struct Reading {
  std::vector<int64_t> shape;                            ///< slowest axis first
  Eigen::Matrix4d affine = Eigen::Matrix4d::Identity();  ///< voxel (x, y, z) to RAS+ mm, where there is one
  std::vector<float> values;
  std::string text;  ///< of formats that hold text
};

/// Reads what lies at `path` as trivox's commands do; throws Error. `format` is one of formats().
[[nodiscard]] Reading read_path(std::string_view format, const std::filesystem::path& path);
[[nodiscard]] std::vector<std::string_view> formats();

/// Parsers that take bytes, for libFuzzer; what they throw but Error is a fault.
void parse_bytes(std::string_view target, std::span<const std::byte> bytes);
[[nodiscard]] std::vector<std::string_view> targets();

}  // namespace trivox::fuzz
