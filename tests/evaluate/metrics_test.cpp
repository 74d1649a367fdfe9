#include "evaluate/metrics.h"

#include <fstream>

#include "tests/test.h"
#include "transforms/rng.h"

using namespace trivox;

namespace {

Volume<uint8_t> mask_of(std::array<int64_t, 3> size, std::initializer_list<int> values) {
  Grid grid;
  grid.size = size;
  Volume<uint8_t> mask(grid, 1);
  size_t i = 0;
  for (const int v : values) mask.data[i++] = static_cast<uint8_t>(v);
  return mask;
}

}  // namespace

TEST_CASE("dice and jaccard agree with a hand calculation") {
  // Voxels:       tp  tp  fn  fp  -   fn
  const auto reference = mask_of({6, 1, 1}, {1, 1, 1, 0, 0, 1});
  const auto prediction = mask_of({6, 1, 1}, {1, 1, 0, 1, 0, 0});
  const Overlap overlap = count_overlap(reference, prediction, 1);
  CHECK(overlap.true_positive == 2);
  CHECK(overlap.false_positive == 1);
  CHECK(overlap.false_negative == 2);
  CHECK(overlap.reference() == 4);
  CHECK(overlap.prediction() == 3);
  CHECK(dice(overlap) == Approx(4.0 / 7.0));
  CHECK(jaccard(overlap) == Approx(2.0 / 5.0));
}

TEST_CASE("labels are counted one by one") {
  const auto reference = mask_of({4, 1, 1}, {1, 2, 2, 0});
  const auto prediction = mask_of({4, 1, 1}, {2, 2, 1, 0});
  CHECK(dice(count_overlap(reference, prediction, 1)) == 0);
  CHECK(dice(count_overlap(reference, prediction, 2)) == Approx(0.5));
}

TEST_CASE("both masks empty give NaN and one empty gives 0") {
  const auto empty = mask_of({3, 1, 1}, {0, 0, 0});
  const auto some = mask_of({3, 1, 1}, {0, 1, 0});
  const Overlap none = count_overlap(empty, empty, 1);
  CHECK(none.both_empty());
  CHECK(std::isnan(dice(none)));
  CHECK(std::isnan(jaccard(none)));
  CHECK(dice(count_overlap(some, empty, 1)) == 0);
  CHECK(jaccard(count_overlap(empty, some, 1)) == 0);
  CHECK_FALSE(count_overlap(empty, some, 1).both_empty());
}

TEST_CASE("voxels that the reference ignores count nowhere") {
  const auto reference = mask_of({3, 1, 1}, {255, 1, 0});
  const auto prediction = mask_of({3, 1, 1}, {1, 1, 0});
  CHECK(dice(count_overlap(reference, prediction, 1)) == 1);
}

TEST_CASE("prediction of another size is refused by name") {
  const auto text =
      test::error_of([] { (void)count_overlap(mask_of({3, 1, 1}, {0}), mask_of({2, 1, 1}, {0}), 1); });
  CHECK_THAT(text, CONTAINS_TEXT("prediction's grid is 2 x 1 x 1"));
  CHECK_THAT(text, CONTAINS_TEXT("expected 3 x 1 x 1"));
}

TEST_CASE("dice and jaccard agree with SciPy and SimpleITK on random masks") {
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  Grid grid;
  grid.size = {9, 8, 7};
  Volume<uint8_t> reference(grid, 1), prediction(grid, 1);
  Rng rng({5, 0, 0, 0});
  for (size_t i = 0; i < reference.data.size(); ++i) {
    reference.data[i] = static_cast<uint8_t>(rng.below(3));
    prediction.data[i] = rng.chance(0.4) ? reference.data[i] : static_cast<uint8_t>(rng.below(3));
  }
  for (const auto& [name, mask] : {std::pair{"r.raw", &reference}, {"p.raw", &prediction}})
    std::ofstream(folder / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(mask->data.data()),
               static_cast<std::streamsize>(mask->data.size()));
  for (const int label : {1, 2}) {
    const Overlap overlap = count_overlap(reference, prediction, static_cast<uint8_t>(label));
    std::array<char, 80> figures{};
    std::snprintf(figures.data(), figures.size(), " %d %.17g %.17g", label, dice(overlap), jaccard(overlap));
    const auto outcome = test::python("evaluate/overlap_oracle.py " + (folder / "r.raw").string() + " " +
                                      (folder / "p.raw").string() + figures.data());
    INFO(outcome.output);
    CHECK(outcome.exit_code == 0);
  }
}
