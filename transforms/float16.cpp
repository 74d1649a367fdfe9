#include "transforms/float16.h"

#include <cstddef>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace trivox {

uint16_t float16_bits(float value) {
  uint32_t x = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (x >> 16) & 0x8000U;
  x &= 0x7fffffffU;
  if (x > 0x7f800000U) return static_cast<uint16_t>(sign | 0x7e00U | ((x >> 13) & 0x1ffU));
  if (x >= 0x47800000U) return static_cast<uint16_t>(sign | 0x7c00U);  // 65536 and above
  if (x < 0x38800000U) {                                               // below 2^-14: subnormal
    if (x < 0x33000000U) return static_cast<uint16_t>(sign);           // below 2^-25
    const uint32_t shift = 126U - (x >> 23);
    const uint32_t mantissa = (x & 0x7fffffU) | 0x800000U;
    const uint32_t rest = mantissa & ((1U << shift) - 1U);
    const uint32_t halfway = 1U << (shift - 1U);
    uint32_t half = mantissa >> shift;
    half += static_cast<uint32_t>(rest > halfway || (rest == halfway && (half & 1U) != 0));
    return static_cast<uint16_t>(sign | half);
  }
  x += 0xfffU + ((x >> 13) & 1U);  // a carry moves into the exponent, up to infinity
  return static_cast<uint16_t>(sign | ((x - 0x38000000U) >> 13));
}

namespace {

#if defined(__x86_64__)
bool has_f16c() {
  static const bool has = __builtin_cpu_supports("avx") != 0 && __builtin_cpu_supports("f16c") != 0;
  return has;
}

// Both return how many values they converted; the caller does the rest.
__attribute__((target("avx,f16c"))) size_t encode_f16c(std::span<const float> values,
                                                       std::span<uint16_t> bits) {
  size_t i = 0;
  for (; i + 8 <= values.size(); i += 8)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(bits.data() + i),
                     _mm256_cvtps_ph(_mm256_loadu_ps(values.data() + i), _MM_FROUND_TO_NEAREST_INT));
  return i;
}

__attribute__((target("avx,f16c"))) size_t decode_f16c(std::span<const uint16_t> bits,
                                                       std::span<float> values) {
  size_t i = 0;
  for (; i + 8 <= bits.size(); i += 8)
    _mm256_storeu_ps(values.data() + i,
                     _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bits.data() + i))));
  return i;
}
#endif

}  // namespace

void encode_float16(std::span<const float> values, std::span<uint16_t> bits) {
  size_t i = 0;
#if defined(__x86_64__)
  if (has_f16c()) i = encode_f16c(values, bits);
#endif
  for (; i < values.size(); ++i) bits[i] = float16_bits(values[i]);
}

void decode_float16(std::span<const uint16_t> bits, std::span<float> values) {
  size_t i = 0;
#if defined(__x86_64__)
  if (has_f16c()) i = decode_f16c(bits, values);
#endif
  for (; i < bits.size(); ++i) values[i] = float16_value(bits[i]);
}

}  // namespace trivox
