#include "cli/config.h"

#include <fstream>
#include <sstream>

#include "cli/config_fields.h"
#include "loader/dicom/select.h"
#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

TEST_CASE("unknown_config_key names file and line and the nearest key") {
  const std::string text = error_of([] {
    (void)parse_config("seed: 3\npreprocess:\n  crop_to_body: true\n  spacing: [1, 1, 1]\n", "my.yaml");
  });
  CHECK(
      text ==
      "my.yaml:4: key is 'preprocess.spacing', expected a known key; the nearest is 'preprocess.spacing_mm'");
}

TEST_CASE("config value out of range says key and value and limit") {
  CHECK(error_of([] { (void)parse_config("feed:\n  foreground: 1.5\n", "c.yaml"); }) ==
        "c.yaml:2: feed.foreground is 1.5, expected between 0 and 1");
  CHECK(error_of([] { (void)parse_config("feed:\n  patch: [0, 8, 8]\n", "c.yaml"); }) ==
        "c.yaml:2: feed.patch is [0, 8, 8], expected >= 1");
  CHECK(error_of([] { (void)parse_config("train: {learning_rate: fast}\n", "c.yaml"); }) ==
        "c.yaml:1: train.learning_rate is fast, expected a number");
  CHECK(error_of([] { (void)parse_config("train: {epochs: 2.5}\n", "c.yaml"); }) ==
        "c.yaml:1: train.epochs is 2.5, expected a whole number");
  CHECK(error_of([] { (void)parse_config("train: {folds: 5, fold: 5}\n", "c.yaml"); }) ==
        "c.yaml: train.fold is 5, expected < train.folds, which is 5");
  CHECK(error_of([] { (void)parse_config("shards: {dtype: float64}\n", "c.yaml"); }) ==
        "c.yaml:1: shards.dtype is float64, expected one of float16, float32");
  CHECK(error_of([] { (void)parse_config("augment: {scaling: [1.4, 0.7]}\n", "c.yaml"); }) ==
        "c.yaml:1: augment.scaling is [1.4, 0.7], expected [low, high] with low <= high");
}

TEST_CASE("value_of_set_out_of_range is said to come of --set") {
  const auto said = [](const std::string& item) {
    const std::vector<std::string> set = {item};
    return error_of([&] { (void)parse_config("train: {folds: 3}\n", "c.yaml", set); });
  };
  CHECK(said("dataset.labels={0: a}") ==
        "--set:1: dataset.labels is {0: a}, expected values between 1 and 254");
  CHECK(said("train.fold=3") == "--set: train.fold is 3, expected < train.folds, which is 3");
}

TEST_CASE("two_values_of_one_label") {
  CHECK(error_of([] { (void)parse_config("dataset:\n  labels: {1: t, 2: t}\n", "c.yaml"); }) ==
        "c.yaml:2: dataset.labels is {1: t, 2: t}, expected a name of its own for each value, 't' is there "
        "twice");
}

TEST_CASE("second_yaml_document") {
  const std::string one = "dataset: {layout: npc}\n";
  CHECK(error_of([&] { (void)parse_config(one + "---\ndataset: {layout: table}\n", "c.yaml"); }) ==
        "c.yaml:3: YAML is a second document, after ---, expected one");
  CHECK(parse_config("---\n" + one + "...\n", "c.yaml").dataset.layout == "npc");
  for (const char* end : {"---\n", "---\n# end\n"})
    CHECK(parse_config(one + end, "c.yaml").dataset.layout == "npc");
  CHECK(parse_config("# nothing\n", "c.yaml").dataset.layout == "auto");
}

TEST_CASE("config broken YAML and repeated keys are refused") {
  CHECK_THAT(error_of([] { (void)parse_config("a: [1, 2\n", "c.yaml"); }), CONTAINS_TEXT("YAML is"));
  CHECK_THAT(error_of([] { (void)parse_config("seed: 1\nseed: 2\n", "c.yaml"); }),
             CONTAINS_TEXT("given twice"));
  CHECK_THAT(error_of([] { (void)parse_config("feed: 3\n", "c.yaml"); }), CONTAINS_TEXT("section 'feed'"));
  CHECK(error_of([] { (void)parse_config("seed: 1\n? [a, b]\n: 2\n", "c.yaml"); }) ==
        "c.yaml:2: key is [a, b], expected a word");
  CHECK_THAT(error_of([] { (void)parse_config("feed:\n  {a: 1}: 2\n", "c.yaml"); }),
             CONTAINS_TEXT("c.yaml:2: key is {a: 1}"));
  CHECK_THAT(error_of([] { (void)parse_config("- 1\n", "c.yaml"); }), CONTAINS_TEXT("not a map"));
}

TEST_CASE("rule_with_an_unknown_key names its own line and the nearest key") {
  const auto said = [](const std::string& yaml) {
    return error_of([&] { (void)parse_config(yaml, "c.yaml"); });
  };
  const std::string head = "dataset:\n  series:\n    T1WI: {modality: MR}\n    T2WI:\n";
  CHECK(said(head + "      descripton: \"*t2*\"\n") ==
        "c.yaml:5: key is 'dataset.series.T2WI.descripton', expected a known key; the nearest is "
        "'dataset.series.T2WI.description'");
  CHECK(said(head + "      te_ms: 90\n") ==
        "c.yaml:5: dataset.series.T2WI.te_ms is 90, expected [low, high] with low <= high");
  CHECK(said(head + "      folder: {a: b}\n") ==
        "c.yaml:5: dataset.series.T2WI.folder is {a: b}, expected a pattern or a list of them");
  CHECK(said(head + "      folder: a\n      folder: b\n") ==
        "c.yaml:6: key 'folder' is given twice, expected once");
  CHECK(said(head + "      folder: a\n    T1WI: {folder: b}\n") ==
        "c.yaml:6: key 'T1WI' is given twice, expected once");
  CHECK(said("dataset: {series: {T2WI: t2}}\n") ==
        "c.yaml:1: dataset.series.T2WI is t2, expected {folder, description, image_type, modality, "
        "orientation, part, series_uid: a pattern or a list of them; te_ms, tr_ms: [low, high]}");
  CHECK_THAT(said("dataset: {series: [T2WI]}\n"),
             CONTAINS_TEXT("dataset.series is [T2WI], expected channel: {folder, "));
  CHECK(said("dataset: {labels: {1: a, 1: b}}\n") == "c.yaml:1: key '1' is given twice, expected once");
  CHECK(said("feed: {batch: 2}\nfeed: {queue: 2}\n") == "c.yaml:2: key 'feed' is given twice, expected once");
}

TEST_CASE("rules of series read back from their dump") {
  const std::vector<std::string> set = {
      "dataset.series={T2WI: {description: \"*t2: \\\"x\\\"*\", te_ms: [60, 130.5], tr_ms: [0, 1e4]}, "
      "CE-T1WI: {folder: [c*, \"!*old*\"], image_type: ORIGINAL*, modality: MR, orientation: axial, part: "
      "StackID 1*}}",
      "dataset.series_of_case={\"007\": {T2WI: {series_uid: \"1.2.3\"}}}",
      "dataset.rater_spacing_mm=[0.5, 0.5, 5]",
      "dataset.patient_identity=warn",
      "dataset.philips_scaling=true",
      "dataset.text_encoding=big5"};
  const Config config = parse_config("", "c.yaml", set);
  const Config again = parse_config(dump_config(config), "dump");
  CHECK(dump_config(again) == dump_config(config));
  REQUIRE(again.dataset.series.size() == 2);
  const SeriesRule& rule = again.dataset.series.at("T2WI");
  CHECK(rule.description.all == std::vector<std::string>{"*t2: \"x\"*"});
  CHECK(rule.folder.empty());
  REQUIRE(rule.te_ms);
  CHECK(rule.te_ms->high == 130.5);
  REQUIRE(rule.tr_ms);
  CHECK(rule.tr_ms->high == 1e4);
  const SeriesRule& other = again.dataset.series.at("CE-T1WI");
  CHECK(other.folder.all == std::vector<std::string>{"c*", "!*old*"});
  CHECK(other.image_type.all == std::vector<std::string>{"ORIGINAL*"});
  CHECK(other.orientation.all == std::vector<std::string>{"axial"});
  CHECK(other.part.all == std::vector<std::string>{"StackID 1*"});
  CHECK(again.dataset.series_of_case.at("007").at("T2WI").series_uid.all ==
        std::vector<std::string>{"1.2.3"});
  CHECK_FALSE(again.dataset.series.at("CE-T1WI").te_ms);
  CHECK(again.dataset.rater_spacing_mm[2] == 5);
  CHECK(again.dataset.patient_identity == "warn");
  CHECK(again.dataset.philips_scaling);
  CHECK(again.dataset.text_encoding == "big5");
}

TEST_CASE("pattern_with_a_control_character comes of YAML's double quotes") {
  const auto said = [](const std::string& rule) {
    return error_of([&] { (void)parse_config("dataset: {series: {T2WI: {" + rule + "}}}\n", "c.yaml"); });
  };
  CHECK(said("image_type: \"ORIGINAL\\PRIMARY*\"") ==
        "c.yaml:1: dataset.series.T2WI.image_type is \"ORIGINAL<U+2029>RIMARY*\", expected no control "
        "characters: YAML makes one of a backslash in double quotes, and none in single ones, "
        "'...\\PRIMARY*'");
  CHECK_THAT(said("image_type: [\"*\\N*\", a]"), CONTAINS_TEXT("is \"*<U+0085>*\", expected no control"));
  CHECK_THAT(said("image_type: \"*\\M\\*\""),
             CONTAINS_TEXT("expected valid YAML: a backslash stands for itself in single quotes"));
  CHECK(said("image_type: 'ORIGINAL\\PRIMARY*'").empty());
}

TEST_CASE("pattern_that_is_empty") {
  for (const char* rule : {"''", "'!'", "[a, '']"})
    CHECK_THAT(error_of([&] {
                 (void)parse_config(std::string("dataset: {series: {T2WI: {folder: ") + rule + "}}}\n",
                                    "c.yaml");
               }),
               CONTAINS_TEXT("expected a pattern that is not empty, or the key left out"));
  CHECK_THAT(error_of([] { (void)parse_config("dataset: {series: {T2WI: {folder: []}}}\n", "c.yaml"); }),
             CONTAINS_TEXT("folder is [], expected a pattern or a list of them"));
}

TEST_CASE("config dump reads back to the same dump") {
  const Config config = parse_config(
      "seed: 7\ndataset: {channels: [\"T1: odd\", T2WI], labels: {1: a, 2: b}}\n"
      "preprocess: {spacing_mm: [0.1, 1.7, 0]}\nmodel: {kernels: [[1, 3, 3], [3, 3, 3]]}\n",
      "c.yaml");
  const std::string text = dump_config(config);
  const Config again = parse_config(text, "dump");
  CHECK(dump_config(again) == text);
  CHECK(again.dataset.channels == std::vector<std::string>{"T1: odd", "T2WI"});
  CHECK(again.preprocess.spacing_mm == std::array<double, 3>{0.1, 1.7, 0});
  CHECK(again.model.kernels == config.model.kernels);
  CHECK(again.seed == 7);
}

TEST_CASE("config overrides come after the file and are checked alike") {
  const std::vector<std::string> set = {"train.epochs=3", "feed.patch=[8, 9, 10]"};
  const Config config = parse_config("train: {epochs: 50}\n", "c.yaml", set);
  CHECK(config.train.epochs == 3);
  CHECK(config.feed.patch == std::array<int64_t, 3>{8, 9, 10});
  const std::vector<std::string> wrong = {"train.epoch=3"};
  CHECK_THAT(error_of([&] { (void)parse_config("", "c.yaml", wrong); }),
             CONTAINS_TEXT("nearest is 'train.epochs'"));
}

TEST_CASE("every config shipped reads and names every key") {
  for (const auto& entry : fs::directory_iterator(fs::path(test::kSourceDir) / "configs")) {
    INFO(entry.path().string());
    const Config config = read_config(entry.path());
    std::ifstream stream(entry.path());
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    std::istringstream dump(dump_config(config));
    for (std::string line; std::getline(dump, line);) {
      const size_t start = line.find_first_not_of(' ');
      CHECK_THAT(text, CONTAINS_TEXT(line.substr(start, line.find(':') - start + 1)));
    }
  }
}

TEST_CASE("every key's meaning is one line of the help") {
  Config config;
  for (const ConfigField& field : config_fields(config)) {
    INFO(field.key);
    CHECK(field.what.find('\n') == std::string::npos);
  }
}

TEST_CASE("the rules that docs/dicom.md shows pick the series that it says") {
  NEEDS_PYTHON();
  std::ifstream stream(fs::path(kSourceDir) / "docs/dicom.md");
  const std::string page{std::istreambuf_iterator<char>(stream), {}};
  const std::string mark = "```yaml\n";
  const size_t start = page.find(mark);
  REQUIRE(start != std::string::npos);
  const size_t end = page.find("```", start + mark.size());
  REQUIRE(page.find(mark, end) == std::string::npos);  // the only one
  const Config config =
      parse_config(page.substr(start + mark.size(), end - start - mark.size()), "docs/dicom.md");
  const auto& rules = config.dataset.series;
  REQUIRE(rules.size() == 2);
  const TemporaryFolder folder;
  const std::string all = " apart t2 t1 t1_again t1_sub t1_ce t1_ce_sub ct localiser";
  REQUIRE(python("golden/dicom_folder.py " + folder.path().string() + all).exit_code == 0);
  for (const auto& [channel, description, image_type, te_ms, directory] :
       {std::tuple{"T2WI", "t2_tse_tra", "ORIGINAL", 100.0, "AX_T2"},
        std::tuple{"CE-T1WI", "t1_tse_tra", "ORIGINAL", 12.0, "AX_T1_CE"}}) {
    const DicomSeries series = find_dicom_series(folder.path(), rules.at(channel), channel);
    CHECK(series.description == description);
    CHECK(series.image_type.starts_with(image_type));
    CHECK(series.echo_time_ms == te_ms);
    CHECK(series.files.front().parent_path().filename() == directory);
  }
}
