#include "loader/raters.h"

#include <nlohmann/json.hpp>

#include "evaluate/inspect_raters.h"
#include "tests/test.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

using Texts = std::vector<std::string>;

TEST_CASE("two raters' masks in the layouts that are met, in folders and archives", "[raters]") {
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  const auto made = test::python("golden/rater_tiffs.py " + folder.path().string());
  INFO(made.output);
  REQUIRE(made.exit_code == 0);
  std::ifstream stream(folder / "layouts/expected.json");
  const auto expected = nlohmann::json::parse(stream);
  REQUIRE(expected.size() == 6);
  for (const auto& [layout, pairs] : expected.items()) {
    for (const std::string end : {"", ".zip"}) {
      INFO(layout << end);
      const fs::path place = (folder / "layouts" / layout).string() + end;
      if (!end.empty()) {  // as macOS packs it, with __MACOSX/._NAME for each file
        const auto packed = test::python("loader/zips.py pack " + (folder / "layouts" / layout).string() +
                                         " " + place.string());
        REQUIRE(packed.exit_code == 0);
      }
      const RaterStudy study = find_raters(place);
      for (const Fault& fault : study.listing.failures) CHECK(fault.message().empty());
      REQUIRE(study.listing.pairs.size() == pairs.size());
      const RaterFinding finding = inspect_raters(study, {});
      for (const RaterPairFinding& pair : finding.pairs) {
        const std::string key = pair.names.patient + " " + pair.names.sequence;
        INFO(key);
        if (pair.fault) FAIL(pair.fault->message());
        REQUIRE(pairs.contains(key));
        // By hand: 2 |A and B| / (|A| + |B|), |A and B| / |A or B|. Raters are in the order of their names.
        double a = pairs[key][0], b = pairs[key][1];
        const double both = pairs[key][2];
        if (layout == "doctors") std::swap(a, b);  // ChenQi, the second, comes before LiYin
        CHECK(pair.voxels[0] == static_cast<int64_t>(a));
        CHECK(pair.voxels[1] == static_cast<int64_t>(b));
        CHECK(pair.dice == Approx(2 * both / (a + b)));
        CHECK(pair.jaccard == Approx(both / (a + b - both)));
        CHECK(pair.grid.size == std::array<int64_t, 3>{32, 32, 6});
        const bool nifti = layout == "doctors" || layout == "flat";
        CHECK(pair.ml.has_value() == nifti);
        if (nifti) CHECK((*pair.ml)[0] == Approx(a * .5 * .5 * 5.5 / 1000));  // mm^3 a voxel
      }
    }
  }

  SECTION("millimetres_of_tiffs_are_refused") {
    const RaterStudy study = find_raters(folder / "layouts/stacks");
    CHECK(study.listing.images == 9);
    RaterPair pair = read_rater_pair(study, study.listing.pairs[0], {});
    CHECK(test::error_of([&] { require_mm(pair); }) ==
          "millimetres of patient 001, CE-T1WI is unknown: a TIFF holds no distance between slices, and "
          "dataset.rater_spacing_mm says none, expected a spacing, as NIfTI masks have");
    DatasetOptions options;
    options.rater_spacing_mm = {.86, .86, 6};
    pair = read_rater_pair(study, study.listing.pairs[0], options);
    require_mm(pair);
    CHECK(pair.masks[1].grid.spacing_mm().z() == Approx(6));
  }

  SECTION("inspect recognises the folder") {
    const auto shown = test::trivox("inspect " + (folder / "layouts/one_a_slice").string());
    INFO(shown.output);
    CHECK(shown.exit_code == 0);
    CHECK_THAT(shown.output, CONTAINS_TEXT("masks of two raters"));
    CHECK_THAT(shown.output, CONTAINS_TEXT("pairs: 9"));
    CHECK_THAT(shown.output,
               CONTAINS_TEXT("millimetres refused: 9 pairs: a TIFF holds no distance between slices"));
    CHECK_THAT(shown.output, CONTAINS_TEXT("001 T1WI, raters a and b: 32 x 32 x 6, Dice 0."));
    const auto json =
        nlohmann::json::parse(test::trivox("inspect --json " + (folder / "layouts/flat").string()).output);
    CHECK(json["kind"] == "masks of two raters");
    CHECK(json["raters"]["pairs"].size() == 9);
    CHECK(json["raters"]["pairs"][0]["ml"].size() == 2);
  }

  SECTION("masks_of_other_sizes") {
    fs::copy_file(folder / "tiff/8_tiff_lzw.tif", folder / "layouts/stacks/001/T1_mask_r2.tif",
                  fs::copy_options::overwrite_existing);
    const RaterFinding finding = inspect_raters(find_raters(folder / "layouts/stacks"), {});
    const auto& pair = finding.pairs[1];
    REQUIRE(pair.fault);
    CHECK(pair.fault->found == "37 x 21 x 3");
    CHECK(pair.fault->expected == "32 x 32 x 6, as rater r1's");
  }
}

TEST_CASE("tiff_masks_where_white_is_zero", "[raters]") {
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  REQUIRE(test::python("golden/rater_tiffs.py " + folder.path().string()).exit_code == 0);
  const auto inspected = [&](const char* which) {
    const RaterFinding finding = inspect_raters(find_raters(folder / "turned" / which), {});
    REQUIRE(finding.pairs.size() == 1);
    return finding.pairs[0];
  };
  // blob(0, size) on its middle slice: whole x, y with x^2 + y^2 < size.
  const auto lesion = inspected("lesion");
  REQUIRE_FALSE(lesion.fault);
  CHECK(lesion.voxels == std::array<int64_t, 2>{185, 241});
  CHECK(lesion.warnings ==
        Texts{"001/T1_mask_r1.tif: PhotometricInterpretation is 0 (white is 0): values turned round",
              "001/T1_mask_r2.tif: PhotometricInterpretation is 0 (white is 0): values turned round"});
  const auto background = inspected("background");
  REQUIRE(background.fault);
  CHECK_THAT(background.fault->message(),
             CONTAINS_TEXT("PhotometricInterpretation is 0 (white is 0), so that 839 of 1024 pixels are "
                           "foreground, and 185 as they are stored, expected foreground in at most half of "
                           "them, or 1 (black is 0)"));
}

TEST_CASE("raters named in folders of sequences are no dataset without images", "[raters]") {
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  REQUIRE(test::python("golden/rater_tiffs.py " + folder.path().string()).exit_code == 0);
  for (const char* id : {"001", "002"})
    for (const char* sequence : {"T1WI", "T2WI", "CE-T1WI"})
      for (const char* rater : {"zhang", "li"}) {
        const fs::path to = folder / "study" / id / sequence / (std::string(rater) + "-mask.tif");
        fs::create_directories(to.parent_path());
        fs::copy_file(folder / "tiff/8_tiff_lzw.tif", to);
      }
  const auto shown = test::trivox("inspect " + (folder / "study").string());
  INFO(shown.output);
  CHECK(shown.exit_code == 0);
  CHECK_THAT(shown.output, CONTAINS_TEXT("masks of two raters"));
  CHECK_THAT(shown.output, CONTAINS_TEXT("pairs: 6"));
  CHECK_THAT(shown.output, CONTAINS_TEXT("001 T1WI, raters li and zhang"));
}

std::string failure_of(const Texts& names) {
  const RaterListing listing = list_raters(names);
  REQUIRE(listing.failures.size() == 1);
  return listing.failures[0].message();
}

TEST_CASE("masks_that_make_no_pair", "[raters]") {
  CHECK(failure_of({"001/T1_mask_r1.tif"}) ==
        "001: what was drawn of patient 001 on T1WI is of 1 rater by their names: 001/T1_mask_r1.tif, "
        "expected the "
        "same slices of two raters");
  CHECK_THAT(
      failure_of({"001/T1_mask_a.tif", "001/T1_mask_b.tif", "001/T1_mask_d.tif"}),
      CONTAINS_TEXT("of 3 raters by their names: 001/T1_mask_a.tif, 001/T1_mask_b.tif, 001/T1_mask_d.tif"));
  // One rater's slices 1 and 2, or one slice of two raters: the names do not say.
  CHECK_THAT(failure_of({"001/T1_mask_1.tif", "001/T1_mask_2.tif"}),
             CONTAINS_TEXT("of 1 rater by their names"));
  CHECK_THAT(failure_of({"001/T1_mask_r1_1.tif", "001/T1_mask_r1_2.tif", "001/T1_mask_r2_1.tif"}),
             CONTAINS_TEXT("of other slices by the one rater than by the other"));
  CHECK_THAT(failure_of({"mask_a.tif", "mask_b.tif"}), CONTAINS_TEXT("of no patient by their names"));
}

TEST_CASE("names_that_leave_open_which_number_is_the_raters", "[raters]") {
  using Names = std::vector<std::string>;
  const auto said = [](const Names& names) {
    const RaterListing listing = list_raters(names);
    CHECK(listing.pairs.empty());
    return listing.failures.empty() ? std::string() : listing.failures.front().found;
  };
  CHECK_THAT(
      said({"001/T1_mask_02_1.tif", "001/T1_mask_02_2.tif", "001/T1_mask_03_1.tif", "001/T1_mask_03_2.tif"}),
      CONTAINS_TEXT(
          "named by two numbers, of which nothing says which is the rater's and which the slice's"));
  CHECK_THAT(
      said({"1/001/T1_mask_00.tif", "1/002/T1_mask_00.tif", "2/001/T1_mask_00.tif", "2/002/T1_mask_00.tif"}),
      CONTAINS_TEXT("in folders of numbers, of which nothing says which are patients' and which raters'"));
  // A word before the number says it, and so does a number of slices that raters cannot have.
  CHECK(list_raters(Names{"001/T1_mask_r2_1.tif", "001/T1_mask_r2_2.tif", "001/T1_mask_r3_1.tif",
                          "001/T1_mask_r3_2.tif"})
            .pairs.size() == 1);
  CHECK(list_raters(Names{"001/T1_mask_1_1.tif", "001/T1_mask_1_2.tif", "001/T1_mask_1_3.tif",
                          "001/T1_mask_2_1.tif", "001/T1_mask_2_2.tif", "001/T1_mask_2_3.tif"})
            .pairs.size() == 1);
}

TEST_CASE("masks_of_other_sequences are of none that is known", "[raters]") {
  const std::vector<std::string> names = {"001/T2-FLAIR_mask_r1.nii.gz", "001/T2-FLAIR_mask_r2.nii.gz",
                                          "001/T1C-_mask_r1.nii.gz", "001/T1C-_mask_r2.nii.gz"};
  const RaterListing listing = list_raters(names);
  REQUIRE(listing.pairs.size() == 2);
  CHECK(listing.pairs[0].sequence.empty());
  CHECK(listing.pairs[0].raters == std::array<std::string, 2>{"r1", "r2"});
  CHECK(listing.pairs[1].sequence == "T1WI");
}

TEST_CASE("masks_of_three_raters", "[raters]") {
  const test::TemporaryFolder folder;
  for (const char* rater : {"radiologist A", "radiologist B", "radiologist C"})
    for (const char* id : {"001", "002"}) {
      fs::create_directories(folder / rater / id);
      std::ofstream(folder / rater / id / "T1_mask.nii.gz") << "x";
    }
  const auto shown = test::trivox("inspect " + folder.path().string());
  INFO(shown.output);
  CHECK(shown.exit_code == 1);
  CHECK_THAT(shown.output,
             CONTAINS_TEXT("what was drawn of patient 002 on T1WI is of 3 raters by their names: "
                           "radiologist A/002/T1_mask.nii.gz, "));
}

TEST_CASE("what is no mask makes no pair", "[raters]") {
  const RaterListing listing = list_raters(Texts{"001/T1.tif", "001/T1_mask_r1.tif", "001/T1_mask_r2.tif",
                                                 "001/Thumbs.db", "001/note.txt", "readme.tif"});
  CHECK(listing.pairs.size() == 1);
  CHECK(listing.images == 2);
  CHECK(listing.failures.empty());
}

}  // namespace
}  // namespace trivox
