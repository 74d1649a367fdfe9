#include "loader/quarantine.h"

#include <fstream>
#include <iterator>

#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

TEST_CASE("quarantine.csv quotes commas and quotation marks", "[quarantine]") {
  const TemporaryFolder folder;
  write_quarantine(folder.path(), {{"007", {"a/b", "mask", "on \"another\" grid", "the series' grid", {}}},
                                   {"008", {"", "T2WI", "absent", "", {}}}});
  std::ifstream in(folder / "quarantine.csv");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  CHECK(text == "case,reason\n007,\"a/b: mask is on \"\"another\"\" grid, expected the series' grid\"\n008,T2WI is absent\n");
}
