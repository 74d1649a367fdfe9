#include "transforms/float16.h"

#include <bit>
#include <cmath>
#include <fstream>
#include <vector>

#include "tests/test.h"

namespace trivox {
namespace {

template <class T>
std::vector<T> read_all(const std::filesystem::path& file) {
  std::vector<T> out(std::filesystem::file_size(file) / sizeof(T));
  std::ifstream(file, std::ios::binary)
      .read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size() * sizeof(T)));
  return out;
}

bool is_nan(uint16_t half) { return (half & 0x7fff) > 0x7c00; }

TEST_CASE("float16 converts as NumPy does", "[float16]") {
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  const auto outcome = test::python("transforms/float16_oracle.py " + folder.path().string());
  INFO(outcome.output);
  REQUIRE(outcome.exit_code == 0);

  const auto decoded = read_all<float>(folder / "decoded.f32");
  REQUIRE(decoded.size() == 65536);
  size_t wrong = 0;
  for (uint32_t h = 0; h < 65536; ++h) {
    const float value = float16_value(static_cast<uint16_t>(h));
    wrong += std::isnan(decoded[h]) ? !std::isnan(value)
                                    : std::bit_cast<uint32_t>(value) != std::bit_cast<uint32_t>(decoded[h]);
  }
  CHECK(wrong == 0);

  const auto values = read_all<float>(folder / "values.f32");
  const auto encoded = read_all<uint16_t>(folder / "encoded.u16");
  REQUIRE(values.size() == encoded.size());
  wrong = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const uint16_t half = float16_bits(values[i]);
    wrong += is_nan(encoded[i]) ? !is_nan(half) : half != encoded[i];
  }
  CHECK(wrong == 0);
}

TEST_CASE("float16 buffers hold the bits of single conversions", "[float16]") {
  // Every 65537th bit pattern of float32, infinities, NaNs and subnormals among them; an odd length.
  std::vector<float> values;
  for (uint64_t x = 0; x < (uint64_t{1} << 32); x += 65537)
    values.push_back(std::bit_cast<float>(static_cast<uint32_t>(x)));
  for (const uint32_t x : {0x7f800001U, 0x7fc12345U, 0xff923456U, 0x7f800000U, 0x80000001U})
    values.push_back(std::bit_cast<float>(x));
  std::vector<uint16_t> halves(values.size());
  encode_float16(values, halves);
  size_t wrong = 0;
  for (size_t i = 0; i < values.size(); ++i) wrong += halves[i] != float16_bits(values[i]);
  CHECK(wrong == 0);

  std::vector<uint16_t> all(65536 - 3);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i + 3);
  std::vector<float> back(all.size());
  decode_float16(all, back);
  wrong = 0;
  for (size_t i = 0; i < all.size(); ++i)
    wrong += std::bit_cast<uint32_t>(back[i]) != std::bit_cast<uint32_t>(float16_value(all[i]));
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace trivox
