#include <fstream>
#include <nlohmann/json.hpp>

#include "loader/nifti.h"
#include "tests/test.h"

using namespace trivox;
using test::fs::path;
using Json = nlohmann::json;

namespace {

Grid small_grid(double shift = 0) {
  Grid grid;
  grid.size = {12, 10, 6};
  grid.affine.diagonal() << -2, -2, 5, 1;
  grid.affine(0, 3) = shift;
  return grid;
}

// Voxels first <= x < last of one row are `value`.
Volume<uint8_t> bar(int64_t first, int64_t last, uint8_t value = 1, const Grid& grid = small_grid()) {
  Volume<uint8_t> mask(grid, 1);
  for (int64_t x = first; x < last; ++x) mask.at(0, x, 4, 2) = value;
  return mask;
}

std::string text_of(const path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// An nnU-Net dataset of cases a, b, c, whose reference is a bar of 6 voxels, and predictions beside it.
struct Dataset {
  test::TemporaryFolder folder;
  path root = folder / "set", predictions = folder / "predictions", out = folder / "out";

  explicit Dataset(const std::string& labels = R"({"background": 0, "lesion": 1})") {
    for (const path& p : {root / "imagesTr", root / "labelsTr", predictions}) test::fs::create_directories(p);
    std::ofstream(root / "dataset.json") << R"({"channel_names": {"0": "MRI"}, "labels": )" << labels
                                         << R"(, "numTraining": 3, "file_ending": ".nii.gz"})";
    for (const char* id : {"a", "b", "c"}) add_case(id, bar(2, 8));
  }
  void add_case(const std::string& id, const Volume<uint8_t>& mask) const {
    Volume<float> image(mask.grid, 1);
    for (size_t i = 0; i < image.data.size(); ++i) image.data[i] = static_cast<float>(i % 97);
    write_nifti(root / "imagesTr" / (id + "_0000.nii.gz"), image);
    write_nifti(root / "labelsTr" / (id + ".nii.gz"), mask);
  }
  void predict(const std::string& id, const Volume<uint8_t>& mask) const {
    write_nifti(predictions / (id + ".nii.gz"), mask);
  }
  [[nodiscard]] test::Outcome evaluate(const std::string& more = "") const {
    return test::trivox("evaluate " + predictions.string() + " " + root.string() + " --out " + out.string() +
                        " " + more);
  }
  [[nodiscard]] Json scores() const { return Json::parse(text_of(out / "scores.json")); }
};

}  // namespace

TEST_CASE("scores_among_the_data are refused", "[evaluate][cli]") {
  Dataset set;
  set.predict("a", bar(2, 8));
  set.out = set.root / "labelsTr";
  const auto outcome = set.evaluate();
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("labelsTr: folder for the scores is within "));
  CHECK_FALSE(test::fs::exists(set.out / "scores.csv"));
  set.out = set.folder / "out";
  CHECK(set.evaluate("--group moved " + set.predictions.string() + " " + set.root.string()).exit_code == 0);
}

TEST_CASE("evaluate scores predictions and writes json csv and page") {
  const Dataset set;
  for (const char* id : {"a", "b", "c"}) set.predict(id, bar(2, id[0] == 'a' ? 8 : 5));
  const auto outcome = set.evaluate();
  INFO(outcome.output);
  REQUIRE(outcome.exit_code == 0);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("3 scored on MRI, 0 not predicted, 0 quarantined"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("report.html"));
  const Json scores = set.scores();
  // 1 and twice 2 * 3 / (6 + 3).
  CHECK(scores["summary"]["dice"]["mean"].get<double>() == Approx((1 + 4.0 / 3) / 3));
  CHECK(scores["summary"]["labels"]["lesion"]["dice"]["n"] == 3);
  CHECK(scores["cases"][1]["volume_reference_ml"].get<double>() == Approx(0.12));
  CHECK_THAT(text_of(set.out / "scores.csv"), CONTAINS_TEXT(",b,1,lesion,0.666"));
  const std::string page = text_of(set.out / "report.html");
  CHECK_THAT(page, CONTAINS_TEXT("data:image/png;base64,"));
  CHECK(page.find("http") == std::string::npos);
  const auto again = set.evaluate("--json --no-html");
  CHECK(Json::parse(again.output.substr(again.output.find('{'))) == scores);
}

TEST_CASE("files_of_others_in_the_folder_of_the_scores are not overwritten") {
  const Dataset set;
  set.predict("a", bar(2, 8));
  test::fs::create_directories(set.out);
  for (const auto& [name, content] :
       {std::pair{"scores.csv", "id,dice\na,1\n"}, std::pair{"scores.json", "{\"dice\": 1}\n"},
        std::pair{"report.html", "<!doctype html>\n<p>of another program"}}) {
    std::ofstream(set.out / name) << content;
    const auto outcome = set.evaluate();
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.output, CONTAINS_TEXT(std::string(name) +
                                             ": it is a file that trivox evaluate did not write, expected "
                                             "another folder for --out: it would be lost"));
    CHECK(text_of(set.out / name) == content);
    if (std::string(name) == "report.html") CHECK(set.evaluate("--no-html").exit_code == 0);
    test::fs::remove(set.out / name);
  }
  const std::string table = "id,T1,label\na,a.nii,m.nii\n";
  std::ofstream(set.out / "cases.csv") << table;  // a dataset's, whose name is no score's
  CHECK(set.evaluate().exit_code == 0);
  CHECK(set.evaluate().exit_code == 0);  // over its own
  CHECK(text_of(set.out / "cases.csv") == table);
}

TEST_CASE("case without a prediction is listed as not predicted") {
  const Dataset set;
  set.predict("b", bar(2, 8));
  const auto outcome = set.evaluate();
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("1 scored on MRI, 2 not predicted"));
  CHECK(set.scores()["not_predicted"] == Json{"a", "c"});
  CHECK(set.evaluate("--strict").exit_code == 1);
}

TEST_CASE("prediction on another grid is quarantined by name") {
  const Dataset set;
  set.predict("a", bar(2, 8));
  set.predict("b", bar(2, 8, 1, small_grid(7)));
  const auto outcome = set.evaluate();
  INFO(outcome.output);
  CHECK(outcome.exit_code == 0);
  const Json scores = set.scores();
  REQUIRE(scores["quarantined"].size() == 1);
  CHECK(scores["quarantined"][0]["id"] == "b");
  CHECK_THAT(scores["quarantined"][0]["reason"].get<std::string>(), CONTAINS_TEXT("b.nii.gz"));
  CHECK_THAT(scores["quarantined"][0]["reason"].get<std::string>(), CONTAINS_TEXT("12 x 10 x 6 voxels"));
  CHECK(scores["summary"]["dice"]["n"] == 1);
}

TEST_CASE("prediction stored with reversed axes is put in order and said so") {
  const Dataset set;
  Grid reversed = small_grid();
  reversed.affine(0, 0) = 2;
  reversed.affine(0, 3) = -22;  // x runs the other way over the same places
  set.predict("a", bar(4, 10, 1, reversed));
  const auto outcome = set.evaluate();
  INFO(outcome.output);
  const Json scores = set.scores();
  CHECK(scores["cases"][0]["dice"] == 1);
  CHECK_THAT(scores["cases"][0]["warnings"].dump(), CONTAINS_TEXT("prediction: "));
}

TEST_CASE("prediction_of_probabilities is no mask") {
  const Dataset set;
  set.predict("a", bar(2, 8));
  Volume<float> probable(small_grid(), 1);
  probable.at(0, 3, 4, 2) = 0.1F;  // nothing was found
  write_nifti(set.predictions / "b.nii.gz", probable);
  CHECK(set.evaluate().exit_code == 0);
  CHECK_THAT(set.scores()["quarantined"].dump(),
             CONTAINS_TEXT("b.nii.gz: mask value is fractions up to 0.1, expected whole numbers"));
}

TEST_CASE("prediction without a case is quarantined by name") {
  const Dataset set;
  set.predict("a", bar(2, 8));
  set.predict("stranger", bar(2, 8));
  CHECK(set.evaluate().exit_code == 0);
  CHECK_THAT(set.scores()["quarantined"].dump(), CONTAINS_TEXT("case stranger is not in the dataset"));
}

TEST_CASE("reference without a mask is quarantined by name") {
  const Dataset set;
  set.predict("a", bar(2, 8));
  set.predict("b", bar(2, 8));
  test::fs::remove(set.root / "labelsTr" / "b.nii.gz");
  CHECK(set.evaluate().exit_code == 0);
  CHECK_THAT(set.scores()["quarantined"].dump(), CONTAINS_TEXT("mask of MRI is missing"));
}

TEST_CASE("empty prediction scores 0 and both empty scores nothing") {
  const Dataset set;
  set.add_case("d", bar(0, 0));
  set.predict("a", bar(0, 0));
  set.predict("d", bar(0, 0));
  const auto outcome = set.evaluate();
  INFO(outcome.output);
  REQUIRE(outcome.exit_code == 0);
  const Json scores = set.scores();
  CHECK(scores["cases"][0]["dice"] == 0);
  CHECK(scores["cases"][1]["dice"].is_null());
  CHECK(scores["summary"]["dice"]["n_nan"] == 1);
}

TEST_CASE("prediction that holds only the second label keeps it") {
  const Dataset set(R"({"background": 0, "front": 1, "back": 2})");
  Volume<uint8_t> both = bar(2, 8);
  for (int64_t x = 2; x < 8; ++x) both.at(0, x, 6, 3) = 2;
  set.add_case("d", both);
  Volume<uint8_t> second(small_grid(), 1);
  for (int64_t x = 2; x < 8; ++x) second.at(0, x, 6, 3) = 2;
  set.predict("d", second);
  const auto outcome = set.evaluate();
  INFO(outcome.output);
  const Json scores = set.scores();
  CHECK(scores["cases"][0]["labels"][0]["dice"] == 0);
  CHECK(scores["cases"][0]["labels"][1]["dice"] == 1);
  CHECK(scores["cases"][0]["dice"] == 0.5);
}

TEST_CASE("groups land at their dotted names") {
  const Dataset set;
  const Dataset moved;
  set.predict("a", bar(2, 8));
  moved.predict("b", bar(2, 5));
  const auto outcome =
      set.evaluate("--group motion.header " + moved.predictions.string() + " " + moved.root.string() +
                   " --group motion.none " + set.predictions.string() + " " + set.root.string());
  INFO(outcome.output);
  REQUIRE(outcome.exit_code == 0);
  const Json scores = set.scores();
  CHECK(scores["summary"]["dice"]["mean"] == 1);
  CHECK(scores["motion"]["header"]["dice"]["mean"].get<double>() == Approx(2.0 / 3));
  CHECK(scores["motion"]["none"]["cases"][0]["id"] == "a");
  CHECK(set.evaluate("--group summary " + set.predictions.string() + " " + set.root.string()).exit_code == 2);
}

TEST_CASE("folder without predictions is refused") {
  const Dataset set;
  const auto outcome = set.evaluate();
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("number of predictions is 0, expected at least one ID.nii.gz"));
  const auto nowhere = test::trivox("evaluate /nowhere " + set.root.string() + " --out " + set.out.string());
  CHECK_THAT(nowhere.output, CONTAINS_TEXT("folder of predictions is not there"));
}

TEST_CASE("same predictions give the same scores and page") {
  const Dataset set;
  for (const char* id : {"a", "b", "c"}) set.predict(id, bar(2, 6));
  REQUIRE(set.evaluate("--set threads.feed=1").exit_code == 0);
  const std::string scores = text_of(set.out / "scores.json"), page = text_of(set.out / "report.html");
  REQUIRE(set.evaluate("--set threads.feed=3").exit_code == 0);
  CHECK(text_of(set.out / "scores.json") == scores);
  CHECK(text_of(set.out / "report.html") == page);
}
