#include "evaluate/report.h"

#include <nlohmann/json.hpp>

#include "evaluate/tables.h"
#include "tests/test.h"

using namespace trivox;
using Json = nlohmann::json;

namespace {

const std::map<int, std::string> kTwoLabels = {{1, "anterior"}, {2, "posterior"}};

Grid small_grid() {
  Grid grid;
  grid.size = {12, 10, 4};
  grid.affine.diagonal() << -2, -2, 5, 1;
  return grid;
}

// A case whose masks are bars of `reference` and `prediction` voxels from the same start.
CaseScore bars(const std::string& id, int64_t reference, int64_t prediction,
               const std::map<int, std::string>& labels = {{1, "tumour"}}) {
  const Volume<float> image(small_grid(), 1, 1.0F);
  Volume<uint8_t> r(small_grid(), 1), p(small_grid(), 1);
  for (int64_t x = 0; x < reference; ++x) r.at(0, x, 3, 2) = 1;
  for (int64_t x = 0; x < prediction; ++x) p.at(0, x, 3, 2) = 1;
  return score_case(id, image, r, p, labels, true);
}

GroupScore group_of(const std::string& name, std::vector<CaseScore> cases,
                    const std::map<int, std::string>& labels = {{1, "tumour"}}) {
  GroupScore group;
  group.name = name;
  group.predictions = "predictions";
  group.dataset = "dataset";
  group.reference = "CE-T1WI";
  group.cases = std::move(cases);
  summarise_group(group, labels);
  return group;
}

std::vector<GroupScore> example() {
  std::vector<GroupScore> groups = {
      group_of("", {bars("001", 8, 4), bars("002", 6, 6), bars("003", 0, 0), bars("004", 0, 3)}),
      group_of("motion.header", {bars("101", 4, 12)})};
  groups[0].not_predicted = {"009"};
  groups[0].quarantined = {{"<bad>", Fault{"p/x.nii.gz", "mask's grid", "elsewhere", "here", {}}}};
  return groups;
}

}  // namespace

TEST_CASE("case score has counts and volumes in ml") {
  // 8 against 4 voxels of 2 x 2 x 5 mm = .02 ml: tp 4, fn 4.
  const CaseScore score = bars("a", 8, 4);
  CHECK(score.dice == Approx(8.0 / 12.0));
  CHECK(score.jaccard == Approx(0.5));
  CHECK(score.volume_reference_ml == Approx(0.16));
  CHECK(score.volume_prediction_ml == Approx(0.08));
  CHECK(score.figure.slice == 2);  // where the masks lie
  CHECK(score.figure.slices == 4);
  CHECK(score.figure.letters == std::array<char, 4>{'R', 'L', 'A', 'P'});
}

TEST_CASE("case of several labels is the mean of those that have a value") {
  const CaseScore score = bars("a", 8, 4, kTwoLabels);
  CHECK(std::isnan(score.labels[1].dice));
  CHECK(score.dice == Approx(8.0 / 12.0));
}

TEST_CASE("group pools voxels for the aggregated Dice") {
  const auto groups = example();
  // 2 (4 + 6 + 0 + 0) / (8 + 4 + 6 + 6 + 0 + 0 + 0 + 3).
  CHECK(groups[0].dice_aggregated == Approx(20.0 / 27.0));
  CHECK(groups[0].dice.n == 3);
  CHECK(groups[0].dice.n_nan == 1);
  CHECK(groups[0].dice.mean == Approx((8.0 / 12.0 + 1 + 0) / 3));
}

TEST_CASE("scores.json has the main group at the top and dotted groups nested") {
  const Json scores = Json::parse(scores_json(example(), "1.2.3"));
  CHECK(scores["trivox"] == "1.2.3");
  CHECK(scores["definitions"].contains("dice"));
  CHECK(scores["summary"]["dice"]["mean"].get<double>() == Approx(5.0 / 9.0));
  CHECK(scores["summary"]["dice"]["n"] == 3);
  CHECK(scores["summary"]["dice"]["n_nan"] == 1);
  CHECK(scores["summary"]["dice"]["ci95"].size() == 2);
  CHECK(scores["summary"]["dice"].contains("median"));
  CHECK(scores["summary"]["jaccard"].contains("sd"));
  CHECK(scores["summary"]["labels"]["tumour"]["dice"]["n"] == 3);
  CHECK(scores["cases"].size() == 4);
  CHECK(scores["cases"][0]["id"] == "001");
  CHECK(scores["cases"][0]["label"] == "tumour");
  CHECK(scores["cases"][0]["labels"][0]["tp"] == 4);
  CHECK(scores["cases"][0]["volume_difference_ml"].get<double>() == Approx(-0.08));
  CHECK(scores["cases"][2]["dice"].is_null());
  CHECK(scores["cases"][2]["both_empty"] == true);
  CHECK(scores["cases"][3]["dice"] == 0);
  CHECK(scores["not_predicted"] == Json{"009"});
  CHECK_THAT(scores["quarantined"][0]["reason"].get<std::string>(),
             CONTAINS_TEXT("mask's grid is elsewhere, expected here"));
  const Json& header = scores["motion"]["header"];
  CHECK(header["dice"]["mean"].get<double>() == Approx(0.5));
  CHECK(header["dice"]["ci95"][0].is_null());
  CHECK(header["cases"][0]["id"] == "101");
  CHECK(scores_json(example(), "1") == scores_json(example(), "1"));
}

TEST_CASE("a path that is no UTF-8 is replaced in scores.json") {
  auto groups = example();
  groups[0].quarantined[0].fault.path = "p/\xe4.nii.gz";
  CHECK_THAT(scores_json(groups, "1"), CONTAINS_TEXT("p/\xef\xbf\xbd.nii.gz"));
}

TEST_CASE("group names that would not fit are refused") {
  const auto message = [](const std::vector<std::string>& names) {
    return test::error_of([&] { check_group_names(names); });
  };
  CHECK(message({"motion.header", "motion.registered"}).empty());
  CHECK_THAT(message({"motion..header"}), CONTAINS_TEXT("--group is 'motion..header'"));
  CHECK_THAT(message({"a b"}), CONTAINS_TEXT("expected letters, digits"));
  CHECK_THAT(message({"summary.x"}), CONTAINS_TEXT("no key of scores.json"));
  CHECK_THAT(message({"quarantined"}), CONTAINS_TEXT("no key of scores.json"));
  CHECK_THAT(message({"a", "a"}), CONTAINS_TEXT("twice"));
  CHECK_THAT(message({"motion", "motion.header"}), CONTAINS_TEXT("outside the group 'motion'"));
}

TEST_CASE("scores.csv has a row a case and label and an empty cell for NaN") {
  const std::string csv = scores_csv(example());
  CHECK_THAT(csv, CONTAINS_TEXT("group,id,label,name,dice,jaccard"));
  CHECK_THAT(csv, CONTAINS_TEXT("\n,002,1,tumour,1.0,1.0,6,0,0,"));
  CHECK_THAT(csv, CONTAINS_TEXT("\n,003,1,tumour,,,0,0,0,"));
  CHECK_THAT(csv, CONTAINS_TEXT("\nmotion.header,101,1,tumour,0.5,"));
}

TEST_CASE("text table names what was not scored") {
  const std::string text = text_table(example());
  CHECK_THAT(text, CONTAINS_TEXT("3 + 1 empty"));
  CHECK_THAT(text, CONTAINS_TEXT("4 scored on CE-T1WI, 1 not predicted, 1 quarantined"));
  CHECK_THAT(text, CONTAINS_TEXT("<bad>: p/x.nii.gz: mask's grid is elsewhere, expected here"));
  CHECK_THAT(text, CONTAINS_TEXT("motion.header  tumour"));
}

TEST_CASE("report refers to nothing outside itself and escapes what it was given") {
  const std::string page = report_html(example(), {}, "1.2.3");
  for (const char* outside : {"http", "src=", "<link", "<script", "@import", "url(", "<iframe", "<bad>"}) {
    INFO(outside);
    CHECK(page.find(outside) == std::string::npos);
  }
  for (size_t at = page.find("href="); at != std::string::npos; at = page.find("href=", at + 1))
    CHECK(
        (page.compare(at, 27, "href=\"data:image/png;base64") == 0 || page.compare(at, 7, "href=\"#") == 0));
  CHECK_THAT(page, CONTAINS_TEXT("name=\"viewport\""));
  CHECK_THAT(page, CONTAINS_TEXT("&lt;bad&gt;"));
  CHECK_THAT(page, CONTAINS_TEXT("009"));
  CHECK_THAT(page, CONTAINS_TEXT("both masks empty"));
  CHECK(page.find(">001</b>") < page.find(">002</b>"));  // worse first
  CHECK(page.find(">002</b>") < page.find(">003</b>"));  // no value last
}

TEST_CASE("report of a group without figures has no overlays") {
  GroupScore group = group_of("", {bars("1", 2, 2)});
  group.cases[0].figure = {};
  const std::vector<GroupScore> groups = {group};
  CHECK(report_html(groups, {}, "1").find("Overlays") == std::string::npos);
}
