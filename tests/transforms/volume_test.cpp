#include "transforms/volume.h"

#include "tests/test.h"
#include "tests/transforms/volumes.h"

using namespace trivox;
using namespace trivox::test;

TEST_CASE("volume holds C x D x H x W with x fastest in an aligned buffer", "[volume]") {
  Volume<float> volume(grid_of({5, 4, 3}, {1, 1, 1}, {0, 0, 0}), 2, 7.0F);
  CHECK(volume.data.size() == 120);
  CHECK(reinterpret_cast<uintptr_t>(volume.data.data()) % 64 == 0);
  CHECK(volume.index(1, 4, 3, 2) == 119);
  CHECK(volume.index(1, 0, 0, 0) == 60);
  CHECK(volume.index(0, 1, 2, 1) == 1 + 2 * 5 + 1 * 20);
  volume.at(1, 0, 0, 0) = 3;
  CHECK(volume.channel(1)[0] == 3.0F);
  CHECK(volume.channel(0)[59] == 7.0F);
  CHECK(Volume<float>().empty());
}
