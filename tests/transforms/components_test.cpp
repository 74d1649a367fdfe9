#include "transforms/components.h"

#include "tests/test.h"
#include "tests/transforms/volumes.h"

using namespace trivox;
using namespace trivox::test;

TEST_CASE("largest component and filled holes agree with SciPy", "[components]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  const Grid grid = grid_of({41, 37, 9}, {1, 1, 1}, {0, 0, 0});
  for (const double density : {0.25, 0.35, 0.6, 0.8}) {  // below, near and above percolation
    Volume<uint8_t> mask(grid, 1);
    Rng rng({8, static_cast<uint32_t>(density * 100), 0, 0});
    for (uint8_t& v : mask.data) v = rng.uniform() < density ? 1 : 0;
    Volume<uint8_t> largest = mask, filled = mask;
    keep_largest_component(largest);
    fill_holes_by_slice(filled);
    write_floats(folder / "mask", mask.data);
    write_floats(folder / "largest", largest.data);
    write_floats(folder / "filled", filled.data);
    CHECK(python("transforms/components_oracle.py " + folder.path().string() + " 41 37 9").output ==
          "agree\n");
  }
}

TEST_CASE("components that touch along an edge are not connected", "[components]") {
  Volume<uint8_t> mask(grid_of({5, 4, 2}, {1, 1, 1}, {0, 0, 0}), 1);
  mask.at(0, 0, 0, 0) = mask.at(0, 1, 0, 0) = mask.at(0, 1, 0, 1) = 1;  // three, joined through z
  mask.at(0, 2, 1, 0) = mask.at(0, 2, 2, 0) = 1;                        // two, diagonal to them
  keep_largest_component(mask);
  CHECK(mask.at(0, 1, 0, 1) == 1);
  CHECK(std::count(mask.data.begin(), mask.data.end(), uint8_t{1}) == 3);
}

TEST_CASE("components of an empty mask stay empty", "[components]") {
  Volume<uint8_t> mask(grid_of({5, 4, 2}, {1, 1, 1}, {0, 0, 0}), 1);
  keep_largest_component(mask);
  fill_holes_by_slice(mask);
  CHECK(std::count(mask.data.begin(), mask.data.end(), uint8_t{1}) == 0);
}
