#include "transforms/rng.h"

#include <numbers>

namespace trivox {
namespace {

constexpr uint32_t kMultiplier0 = 0xD2511F53;
constexpr uint32_t kMultiplier1 = 0xCD9E8D57;
constexpr uint32_t kWeyl0 = 0x9E3779B9;
constexpr uint32_t kWeyl1 = 0xBB67AE85;
constexpr uint32_t kSequential = 0;
constexpr uint32_t kByBlock = 1;

// Open at 0, so that the logarithm of Box-Muller stays finite.
double open_unit(uint32_t bits) { return (static_cast<double>(bits) + 0.5) * 0x1p-32; }

}  // namespace

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{kMultiplier0} * counter[0];
    const uint64_t p1 = uint64_t{kMultiplier1} * counter[2];
    counter = {static_cast<uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(p1),
               static_cast<uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(p0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

Rng::Rng(const RngKey& key)
    : key_{static_cast<uint32_t>(key.seed), static_cast<uint32_t>(key.seed >> 32)},
      stream_{uint32_t{key.transform} << 17, key.sample, key.epoch} {}

uint32_t Rng::bits() {
  if (left_ == 0) {
    const uint32_t low = static_cast<uint32_t>(next_block_);
    const uint32_t high = static_cast<uint32_t>(next_block_ >> 32) & 0xFFFF;
    block_ = philox4x32({low, stream_[0] | (kSequential << 16) | high, stream_[1], stream_[2]}, key_);
    ++next_block_;
    left_ = 4;
  }
  return block_[static_cast<size_t>(4 - left_--)];
}

double Rng::uniform() {
  const uint64_t high = bits() >> 5;  // 27 bits
  const uint64_t low = bits() >> 6;   // 26 bits
  return static_cast<double>((high << 26) | low) * 0x1p-53;
}

uint64_t Rng::below(uint64_t n) {
  // Rejection above the largest multiple of n.
  const uint64_t limit = UINT64_MAX - UINT64_MAX % n;
  uint64_t value = 0;
  do {
    value = (uint64_t{bits()} << 32) | bits();
  } while (value >= limit);
  return value % n;
}

double Rng::normal() {
  const double radius = std::sqrt(-2.0 * std::log(open_unit(bits())));
  return radius * std::cos(2.0 * std::numbers::pi * open_unit(bits()));
}

std::array<float, 4> Rng::normal_block(uint64_t index) const {
  const uint32_t low = static_cast<uint32_t>(index);
  const uint32_t high = static_cast<uint32_t>(index >> 32) & 0xFFFF;
  const auto b = philox4x32({low, stream_[0] | (kByBlock << 16) | high, stream_[1], stream_[2]}, key_);
  std::array<float, 4> out{};
  for (size_t i = 0; i < 4; i += 2) {
    const double radius = std::sqrt(-2.0 * std::log(open_unit(b[i])));
    const double angle = 2.0 * std::numbers::pi * open_unit(b[i + 1]);
    out[i] = static_cast<float>(radius * std::cos(angle));
    out[i + 1] = static_cast<float>(radius * std::sin(angle));
  }
  return out;
}

}  // namespace trivox
