#include "cli/case_warnings.h"

#include "tests/test.h"

using namespace trivox;

TEST_CASE("warned_cases counts a case once and tables not at all", "[warnings]") {
  CHECK(warned_cases({}) == 0);
  CHECK(warned_cases({{"", "", "a table"}}) == 0);
  CHECK(warned_cases({{"001", "T1WI", "a"}, {"001", "", "b"}, {"002", "T1WI", "a"}, {"", "", "a table"}}) ==
        2);
}

TEST_CASE("warnings are told a line a kind: of cases together, then the rarest first", "[warnings]") {
  const std::vector<std::string> said = warning_lines({{"001", "T1WI", "gap of 1.5 mm"},
                                                       {"002", "T1WI", "gap of 2 mm"},
                                                       {"002", "T2WI", "moves by 7 mm"},
                                                       {"003", "", "holds the images of case 001"},
                                                       {"", "", "a table's"}});
  REQUIRE(said.size() == 3);
  CHECK(said[0] == "003: holds the images of case 001");
  CHECK(said[1] == "002 T2WI: moves by 7 mm");
  CHECK(said[2] == "001 T1WI: gap of 1.5 mm (the like in 2 cases)");
}

TEST_CASE("of warnings ten kinds are told and the rest counted", "[warnings]") {
  std::vector<CaseWarning> warnings;
  for (char kind = 'a'; kind < 'a' + 12; ++kind) warnings.push_back({"001", "T1WI", std::string(3, kind)});
  const std::vector<std::string> said = warning_lines(warnings);
  REQUIRE(said.size() == 11);
  CHECK(said.back() == "and 2 more kinds of warning");
}

TEST_CASE("warnings as JSON keep case, sequence and text", "[warnings]") {
  CHECK(warnings_json({{"001", "T1WI", "gap"}, {"", "", "a table"}}).dump() ==
        R"([{"id":"001","sequence":"T1WI","warning":"gap"},{"id":"","sequence":"","warning":"a table"}])");
}
