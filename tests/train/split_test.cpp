#include "train/split.h"

#include <algorithm>

#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

namespace {

std::vector<std::string> keys(int n) {
  std::vector<std::string> out;
  for (int i = 0; i < n; ++i) out.push_back(std::to_string(100 + i));
  return out;
}

}  // namespace

TEST_CASE("every key is validated once and trained on in all other folds", "[split]") {
  const auto splits = make_splits(keys(23), 5, 12345);
  REQUIRE(splits.size() == 5);
  std::vector<std::string> validated;
  for (const Split& s : splits) {
    CHECK((s.validation.size() == 4 || s.validation.size() == 5));  // 23 = 5 + 5 + 5 + 4 + 4
    std::vector<std::string> both = s.train;
    both.insert(both.end(), s.validation.begin(), s.validation.end());
    std::ranges::sort(both);
    CHECK(both == keys(23));
    validated.insert(validated.end(), s.validation.begin(), s.validation.end());
  }
  std::ranges::sort(validated);
  CHECK(validated == keys(23));
}

TEST_CASE("a split depends on the set of keys and the seed", "[split]") {
  auto reversed = keys(20);
  std::ranges::reverse(reversed);
  CHECK(splits_to_json(make_splits(reversed, 4, 1)) == splits_to_json(make_splits(keys(20), 4, 1)));
  CHECK(splits_to_json(make_splits(keys(20), 4, 2)) != splits_to_json(make_splits(keys(20), 4, 1)));
}

TEST_CASE("zero or one fold trains and validates on all", "[split]") {
  for (const int64_t folds : {0, 1}) {
    const auto splits = make_splits(keys(3), folds, 1);
    REQUIRE(splits.size() == 1);
    CHECK(splits[0].train == keys(3));
    CHECK(splits[0].validation == keys(3));
  }
}

TEST_CASE("splits are written as nnU-Net reads them", "[split]") {
  CHECK(splits_to_json({{{"a", "b"}, {"c"}}}) ==
        "[\n  {\n    \"train\": [\n      \"a\",\n      \"b\"\n    ],\n    \"val\": [\n      \"c\"\n    ]\n  "
        "}\n]\n");
}

TEST_CASE("more folds than samples", "[split][bad]") {
  CHECK_THAT(error_of([] { (void)make_splits(keys(3), 5, 1); }),
             CONTAINS_TEXT("train.folds is 5, expected at most the number of samples, 3"));
  CHECK_THAT(error_of([] { (void)make_splits({}, 1, 1); }), CONTAINS_TEXT("samples to train on is none"));
}
