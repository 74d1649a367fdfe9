#include "loader/bytes.h"

#include <array>

#include "tests/test.h"

using namespace trivox;

TEST_CASE("numbers in bytes are read in either order") {
  const std::array<std::byte, 9> bytes = {std::byte{0xff}, std::byte{0x01}, std::byte{0x02},
                                          std::byte{0x03}, std::byte{0x04}, std::byte{0x05},
                                          std::byte{0x06}, std::byte{0x07}, std::byte{0x88}};
  CHECK(little_endian<uint16_t>(bytes, 0) == 0x01ff);
  CHECK(big_endian<uint16_t>(bytes, 0) == 0xff01);
  CHECK(little_endian<uint32_t>(bytes, 1) == 0x04030201U);
  CHECK(big_endian<uint32_t>(bytes, 1) == 0x01020304U);
  CHECK(little_endian<uint64_t>(bytes, 1) == 0x8807060504030201U);
  CHECK(big_endian<uint64_t>(bytes, 1) == 0x0102030405060788U);
}
