#pragma once
#include <array>
#include <cmath>
#include <cstdint>

namespace trivox {

/// Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): a function of
/// counter and key, so that no generator is stored and the thread count never changes a draw.
[[nodiscard]] std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter,
                                                 std::array<uint32_t, 2> key);

/// Who draws: every stream of chance in trivox is named by these four.
struct RngKey {
  uint64_t seed = 0;
  uint32_t epoch = 0;
  uint32_t sample = 0;     ///< index within the epoch
  uint16_t transform = 0;  ///< a fixed number below 2^15 for each transform or stage
};

/// A sequential view of one stream. Cheap to make; not shared between threads.
class Rng {
 public:
  explicit Rng(const RngKey& key);
  /// 32 random bits.
  uint32_t bits();
  /// Uniform in [0, 1), 53 bits.
  double uniform();
  /// Uniform in [low, high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Uniform whole number in [0, n), without modulo bias; n >= 1.
  uint64_t below(uint64_t n);
  /// Standard normal (Box-Muller, one of the pair a call, so that calls are independent of parity).
  double normal();
  /// True with the given chance.
  bool chance(double probability) { return uniform() < probability; }
  /// Four standard normals for block `index` of this stream, whatever was drawn before: voxel
  /// noise uses it, so that tiles may be visited in any order.
  [[nodiscard]] std::array<float, 4> normal_block(uint64_t index) const;

 private:
  std::array<uint32_t, 2> key_{};     // the seed
  std::array<uint32_t, 3> stream_{};  // transform, sample, epoch
  uint64_t next_block_ = 0;
  std::array<uint32_t, 4> block_{};
  int left_ = 0;
};

}  // namespace trivox
