#pragma once
#include <cstdint>
#include <span>

namespace trivox {

/// IEEE 754 binary16 as its bits. Encoding rounds to the nearest, ties to even; magnitudes of
/// 65520 and above become infinity; NaN stays NaN (quiet, upper payload bits kept). Subnormals are
/// exact in both directions, whatever the processor's flush-to-zero mode.
[[nodiscard]] uint16_t float16_bits(float value);
[[nodiscard]] float float16_value(uint16_t bits);

/// Largest finite float16.
inline constexpr float kFloat16Max = 65504.0F;

/// Whole buffers of equal length, with F16C where the processor has it; the same bits as the two
/// functions above everywhere.
void encode_float16(std::span<const float> values, std::span<uint16_t> bits);
void decode_float16(std::span<const uint16_t> bits, std::span<float> values);

}  // namespace trivox
