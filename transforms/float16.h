#pragma once
#include <bit>
#include <cstdint>
#include <span>

namespace trivox {

/// IEEE 754 binary16 as its bits. Encoding rounds to the nearest, ties to even; magnitudes of
/// 65520 and above become infinity; NaN stays NaN (quiet, upper payload bits kept). Subnormals are
/// exact in both directions, whatever the processor's flush-to-zero mode. Thread safe, as all here.
[[nodiscard]] uint16_t float16_bits(float value);

/// Exact. Inline and without branches, so that loops over it become vectors.
[[nodiscard]] inline float float16_value(uint16_t bits) {
  const uint32_t sign = (bits & 0x8000U) << 16;
  const uint32_t magnitude = (bits & 0x7fffU) << 13;
  const uint32_t normal = magnitude + 0x38000000U;  // exponent bias 15 to 127
  const uint32_t quiet = magnitude > 0x0f800000U ? 0x00400000U : 0U;
  const uint32_t infinite = (magnitude + 0x70000000U) | quiet;  // exponent 31 to 255
  // Only normal floats on the way: no dependence on flush-to-zero.
  const auto subnormal = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude + 0x38800000U) - 0x1p-14F);
  const uint32_t value = magnitude < 0x00800000U ? subnormal : magnitude < 0x0f800000U ? normal : infinite;
  return std::bit_cast<float>(sign | value);
}

/// Largest finite float16.
inline constexpr float kFloat16Max = 65504.0F;

/// Whole buffers of equal length, with F16C where the processor has it; the same bits as the two
/// functions above everywhere.
void encode_float16(std::span<const float> values, std::span<uint16_t> bits);
void decode_float16(std::span<const uint16_t> bits, std::span<float> values);

}  // namespace trivox
