#include "transforms/error.h"

#include "tests/test.h"

using namespace trivox;

TEST_CASE("usage_error_stays_one under contexts and keeps to its option") {
  const UsageError error("train.fold", "7", "< 5");
  CHECK(error.fault().is_usage);
  const Error deeper = error.in("series T1WI").with_path("a/b.nii").in("case 017");
  CHECK(deeper.fault().is_usage);
  CHECK(std::string(deeper.what()) == "train.fold is 7, expected < 5 (series T1WI; case 017)");
}

TEST_CASE("with_path sets the path once and passes on what it is given") {
  CHECK(with_path("a.nii", [] { return 3; }) == 3);
  const auto twice = [] {
    with_path("outer", [] { with_path("inner", [] { throw Error("dim[0]", "9", "1 to 7"); }); });
  };
  CHECK(test::error_of(twice) == "inner: dim[0] is 9, expected 1 to 7");
  CHECK_FALSE(Error("dim[0]", "9", "1 to 7").with_path("a").fault().is_usage);
}
