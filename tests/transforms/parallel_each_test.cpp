#include "transforms/parallel_each.h"

#include <array>
#include <atomic>
#include <stdexcept>
#include <string>

#include "tests/test.h"

using namespace trivox;

TEST_CASE("parallel_each does every index once") {
  std::array<std::atomic<int>, 1000> done{};
  parallel_each(done.size(), [&](size_t i) { ++done[i]; });
  for (const auto& times : done) CHECK(times == 1);
  parallel_each(0, [](size_t) { FAIL("nothing to do"); });
}

TEST_CASE("parallel_each throws what the lowest index threw, and runs the others to their end") {
  for (int round = 0; round < 100; ++round) {
    std::atomic<int> done = 0;
    std::string said;
    try {
      parallel_each(40, [&](size_t i) {
        ++done;
        if (i % 7 == 5) throw std::runtime_error(std::to_string(i));
      });
    } catch (const std::runtime_error& error) {
      said = error.what();
    }
    REQUIRE(said == "5");
    REQUIRE(done == 40);
  }
}
