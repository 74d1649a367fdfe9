#include "loader/quarantine.h"

#include <fstream>
#include <iterator>

#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

namespace {

TEST_CASE("quarantine.csv quotes commas and quotation marks", "[quarantine]") {
  const TemporaryFolder folder;
  write_quarantine(
      folder.path(),
      {{"007", {"a/b", "mask", "on \"another\" grid", "the series, its grid", {"T1WI", "case 7"}}},
       {"008", {"", "T2WI", "absent", "", {}}}});
  std::ifstream in(folder / "quarantine.csv");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  CHECK(text ==
        "id,path,attribute,found,expected,context\n"
        "007,a/b,mask,\"on \"\"another\"\" grid\",\"the series, its grid\",T1WI; case 7\n"
        "008,,T2WI,absent,,\n");
}

TEST_CASE("a failure loses the place of its dataset", "[quarantine]") {
  const CaseFailure failure{
      "7", {"/data/set/7/T1", "files", "unlike in /data/set/7/T2", "", {"case /data/set/7"}}};
  CHECK(relative_to(failure, "/data/set").fault.message() == "7/T1: files is unlike in 7/T2 (case 7)");
  CHECK(relative_to(failure, "/data/set/").fault.path == "7/T1");
  CHECK(relative_to(failure, "/data/list").fault.path ==
        "../set/7/T1");  // a table that names files elsewhere
  CHECK(relative_to({"7", {"list/../set/7.nii", "a", "", "", {}}}, "list").fault.path == "../set/7.nii");
  CHECK(relative_to({"7", {(fs::current_path() / "set/7").string(), "a", "", "", {}}}, "list").fault.path ==
        "../set/7");
  CHECK(relative_to({"7", {"", "a", "", "", {}}}, "set").fault.path.empty());
  CHECK(relative_to({"7", {"./set/7/T1", "a", "", "", {}}}, "set").fault.path == "7/T1");
  CHECK(relative_to({"7", {"7/T1", "a", "", "", {}}}, ".").fault.path == "7/T1");
}

}  // namespace
