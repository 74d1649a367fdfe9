#include "transforms/rng.h"

#include "tests/test.h"

using namespace trivox;

TEST_CASE("philox4x32 gives the known answers of Random123's kat_vectors") {
  CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) ==
        std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
        std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        std::array<uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("rng streams with different keys differ and repeat") {
  Rng a({1, 2, 3, 4});
  Rng b({1, 2, 3, 4});
  Rng c({1, 2, 3, 5});
  int same = 0;
  for (int i = 0; i < 100; ++i) {
    const uint32_t value = a.bits();
    CHECK(value == b.bits());
    same += value == c.bits() ? 1 : 0;
  }
  CHECK(same <= 1);
}

TEST_CASE("rng draws have the moments of their distributions") {
  Rng rng({7, 0, 0, 0});
  constexpr int n = 100000;
  double uniform_sum = 0, normal_sum = 0, normal_squares = 0, block_sum = 0, block_squares = 0;
  std::array<int, 5> counts{};
  for (int i = 0; i < n; ++i) {
    uniform_sum += rng.uniform();
    const double v = rng.normal();
    normal_sum += v;
    normal_squares += v * v;
    ++counts[rng.below(5)];
    for (const float f : rng.normal_block(static_cast<uint64_t>(i))) {
      block_sum += f;
      block_squares += f * f;
    }
  }
  // Six standard errors: 6 / sqrt(n) times the deviation of one draw.
  CHECK(std::abs(uniform_sum / n - 0.5) < 6 * 0.2887 / std::sqrt(n));
  CHECK(std::abs(normal_sum / n) < 6 / std::sqrt(n));
  CHECK(std::abs(normal_squares / n - 1) < 6 * std::sqrt(2.0 / n));
  CHECK(std::abs(block_sum / (4.0 * n)) < 6 / std::sqrt(4.0 * n));
  CHECK(std::abs(block_squares / (4.0 * n) - 1) < 6 * std::sqrt(2.0 / (4.0 * n)));
  for (const int count : counts) CHECK(std::abs(count - n / 5) < 6 * std::sqrt(n * 0.2 * 0.8));
}
