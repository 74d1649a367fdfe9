#pragma once
#include <bit>
#include <cstdint>

namespace trivox {

/// IEEE 754 binary16 to float, exact for every pattern, without branches, so that loops over it
/// become vectors. Subnormals need no subnormal float on the way: no dependence on flush-to-zero.
[[nodiscard]] inline float half_to_float(uint16_t half) {
  const uint32_t sign = (half & 0x8000U) << 16;
  const uint32_t magnitude = (half & 0x7FFFU) << 13;
  const uint32_t normal = magnitude + 0x38000000U;    // exponent bias 15 to 127
  const uint32_t infinite = magnitude + 0x70000000U;  // exponent 31 to 255
  const auto subnormal =
      std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude + 0x38800000U) - 0x1p-14F);
  const uint32_t bits = magnitude < 0x00800000U   ? subnormal
                        : magnitude < 0x0F800000U ? normal
                                                  : infinite;
  return std::bit_cast<float>(sign | bits);
}

}  // namespace trivox
