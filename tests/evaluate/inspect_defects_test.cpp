#include <nlohmann/json.hpp>

#include "evaluate/inspect_text.h"
#include "loader/phantom/phantom.h"
#include "loader/preprocess.h"
#include "tests/test.h"

using namespace trivox;
using test::fs::path;

// One good patient and one of every defect: what `inspect` says of each agrees with what `preprocess`
// does with it, and gives the same reason.
TEST_CASE("inspect's verdict agrees with preprocess for every defect", "[inspect]") {
  const test::TemporaryFolder folder;
  const path root = folder / "set";
  PhantomOptions phantoms;
  phantoms.size = "tiny";
  phantoms.patients = 1;
  phantoms.seed = 6;
  phantoms.defect = "all";
  write_phantoms(root, phantoms, {});
  const PreprocessSummary summary = preprocess(root, folder / "shards", PreprocessJob{}, {});
  REQUIRE(summary.cases == phantom_defects().size() + 1);
  CHECK(summary.quarantined.size() >= 5);
  size_t refused = 0;
  for (const auto& entry : test::fs::directory_iterator(root / "data/MRI-Segments")) {
    const std::string id = entry.path().filename().string();
    INFO(id);
    std::vector<std::string> reasons;
    for (const CaseFailure& failure : summary.quarantined)
      if (failure.id == id)
        reasons.push_back(failure.fault.attribute + (failure.fault.found.empty() ? "" : " is ") +
                          failure.fault.found);
    const Finding finding = inspect(entry.path(), {}, InspectDepth::kMasks);
    REQUIRE(finding.cases.size() == 1);
    const std::string text = finding_text(finding);
    INFO(text);
    CHECK(usable(finding.cases[0]) == reasons.empty());
    for (const std::string& reason : reasons) {
      INFO(reason);
      // A folder that is not there is told by name.
      if (reason.find("sequence folder") != 0) CHECK_THAT(text, CONTAINS_TEXT(reason));
    }
    refused += reasons.empty() ? 0 : 1;
    // As a case of the dataset likewise.
    DatasetOptions one;
    one.cases = {id};
    CHECK(all_well(inspect(root, one, InspectDepth::kMasks), one.cases) == reasons.empty());
  }
  CHECK(refused + summary.written == summary.cases);
}
