// The commands train and predict, as a user starts them.
#include <nlohmann/json.hpp>

#include "loader/dicom/select.h"
#include "loader/nifti.h"
#include "tests/models/golden.h"
#include "tests/quoted.h"
#include "tests/test.h"
#include "tests/train/spheres.h"
#include "train/run_info.h"

using namespace trivox;
using namespace trivox::test;

namespace {

// A small network in flow YAML, so that it fits a command line.
const std::string kSmall =
    " --set seed=3 --set 'model.features=[8, 16]' --set 'model.strides=[[1, 1, 1], [2, 2, 1]]'"
    " --set model.convolutions=1 --set train.folds=3 --set train.validation_batches=1 --set threads.torch=1"
    " --set 'feed.patch=[16, 16, 8]' --set feed.batches_per_epoch=3";

// What a program reads: standard output alone.
nlohmann::json json_of(const std::string& arguments) {
  const Outcome outcome =
      shell("{ " + std::string(test::kBinDir) + "/trivox " + arguments + " --json 2>/dev/null; }");
  return nlohmann::json::parse(outcome.output);
}

}  // namespace

TEST_CASE("trivox train then trivox predict on shards", "[command]") {
  const TemporaryFolder folder;
  (void)write_balls(folder / "shards", balls(6));
  const std::string shards = quoted(folder / "shards");
  const std::string run = quoted(folder / "run");
  auto outcome = test::trivox("train " + shards + " --out " + run + kSmall + " --set train.epochs=2");
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("trained 2 epochs in "));
  CHECK_THAT(read_run_info(folder / "run" / "checkpoint_final.safetensors").config_yaml,
             CONTAINS_TEXT("epochs: 2"));

  outcome = test::trivox("predict " + run + " " + shards + " --out " + quoted(folder / "out") +
                         " --split validation --checkpoint best");
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("2 masks in "));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("; 0 cases quarantined"));
  const auto json = json_of("predict " + run + " " + shards + " --out " + quoted(folder / "out"));
  CHECK(json.at("cases") == 6);
  CHECK(json.at("written") == 6);
  CHECK(json.at("quarantined_cases") == 0);

  outcome = test::trivox("predict " + run + " " + shards + " --out " + shards);
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.output,
             CONTAINS_TEXT("it is a folder of shards (manifest.json is there), expected a folder "
                           "of its own for the predicted masks"));

  outcome = test::trivox("train " + shards + " --out " + run + kSmall + " --set train.epochs=2");
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("is that of another training, expected --resume or a new folder"));
  outcome = test::trivox("train " + shards + " --out " + run + kSmall + " --set train.epochs=3 --resume");
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("is 'epochs: 3', expected 'epochs: 2' as it was trained with"));
}

TEST_CASE("a signal writes a checkpoint from which the run continues to the same bytes", "[command]") {
  const TemporaryFolder folder;
  (void)write_balls(folder / "shards", balls(6));
  const std::string train = std::string(test::kBinDir) + "/trivox train " + quoted(folder / "shards") +
                            kSmall + " --set train.epochs=40 --set train.checkpoint_every=1000 --out ";
  const std::string stopped = quoted(folder / "stopped");
  const Outcome outcome = shell(train + stopped + " & until [ -f " + stopped +
                                "/log.csv ]; do sleep .05; done; kill -TERM $!; wait $!");
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("`trivox train ... --resume` continues"));
  REQUIRE(fs::exists(folder / "stopped" / "checkpoint_last.safetensors"));
  CHECK(shell(train + stopped + " --resume").exit_code == 0);
  CHECK(shell(train + quoted(folder / "whole")).exit_code == 0);
  for (const char* file : {"log.csv", "checkpoint_best.safetensors", "checkpoint_final.safetensors"})
    CHECK(read_text((folder / "stopped" / file).string()) == read_text((folder / "whole" / file).string()));
}

TEST_CASE("trivox predict on a dataset writes onto the DICOM grid and counts a broken patient once",
          "[command]") {
  const TemporaryFolder folder;
  const std::string data = quoted(folder / "data"), shards = quoted(folder / "shards");
  REQUIRE(test::trivox("phantom " + data + " --patients 2 --no-motion").exit_code == 0);
  const fs::path patients = folder / "data" / "data" / "MRI-Segments";
  fs::remove_all(patients / "002" / "T1WI");
  fs::remove_all(patients / "002" / "T2WI");
  REQUIRE(test::trivox("preprocess " + data + " --out " + shards + " --set 'preprocess.spacing_mm=[4, 4, 0]'")
              .exit_code == 0);
  REQUIRE(test::trivox("train " + shards + " --out " + quoted(folder / "run") + kSmall +
                       " --set train.folds=0 --set train.epochs=1")
              .exit_code == 0);
  fs::remove(patients / "001" / "ROI-CE-T1.nii");  // no mask is needed to predict
  const auto json =
      json_of("predict " + quoted(folder / "run") + " " + data + " --out " + quoted(folder / "out"));
  CHECK(json.at("cases") == 2);
  CHECK(json.at("written") == 1);
  CHECK(json.at("quarantined_cases") == 1);
  CHECK(json.at("quarantined").size() == 1);              // one reason names both folders
  CHECK(json.at("registration").at("T2WI").size() == 1);  // refined, or the header's place as good
  CHECK(json.at("cases_with_warnings") == 0);
  CHECK(same_place(read_nifti(folder / "out" / "001.nii.gz").volume.grid,
                   find_dicom_series(patients / "001" / "CE-T1WI").grid, 0.2));
}

TEST_CASE("trivox predict says where no transform was credible", "[command]") {
  const TemporaryFolder folder;
  const std::string data = quoted(folder / "data"), shards = quoted(folder / "shards");
  REQUIRE(test::trivox("phantom " + data + " --size tiny --patients 2 --no-motion").exit_code == 0);
  REQUIRE(test::trivox("preprocess " + data + " --out " + shards).exit_code == 0);
  REQUIRE(test::trivox("train " + shards + " --out " + quoted(folder / "run") + kSmall +
                       " --set train.folds=0 --set train.epochs=1")
              .exit_code == 0);
  const std::string command = "predict " + quoted(folder / "run") + " " + data + " --out " +
                              quoted(folder / "out") + " --set registration.least_nats=9";
  const auto json = json_of(command);
  CHECK(json.at("written") == 2);
  CHECK(json.at("registration").at("T1WI").at("rejected") == 2);
  CHECK(json.at("cases_with_warnings") == 2);
  CHECK(json.at("warnings").size() == 4);
  const Outcome said = test::trivox(command);
  CHECK_THAT(said.output, CONTAINS_TEXT("registration onto CE-T1WI rejected, the header alone places it") &&
                              CONTAINS_TEXT("registered: T1WI 2 rejected; T2WI 2 rejected"));
  CHECK_THAT(read_text((folder / "out/warnings.csv").string()), CONTAINS_TEXT("002,T2WI,"));
  CHECK_THAT(read_text((folder / "out/registration.csv").string()),
             CONTAINS_TEXT("001,CE-T1WI,T1WI,rejected,"));

  // A case that is read but cannot be registered is named with its path.
  Grid grid;
  grid.size = {32, 32, 8};
  Volume<float> image(grid, 1, 1);
  image.data[5] = 1e31F;
  fs::create_directory(folder / "tables");
  for (const char* name : {"T1WI", "T2WI", "CE-T1WI"})
    write_nifti((folder / "tables" / name).string() + ".nii", image);
  std::ofstream(folder / "tables/cases.csv")
      << "id,T1WI,T2WI,CE-T1WI\nbroken,T1WI.nii,T2WI.nii,CE-T1WI.nii\n";
  const auto broken = json_of("predict " + quoted(folder / "run") + " " +
                              quoted(folder / "tables/cases.csv") + " --out " + quoted(folder / "broken"));
  REQUIRE(broken.at("quarantined").size() == 1);
  CHECK_THAT(broken.at("quarantined")[0].at("reason").get<std::string>(),
             CONTAINS_TEXT(": largest voxel value is 1e+31, expected at most 1e30 (sequence T1WI)"));
}

TEST_CASE("trivox predict takes the layout of the run first and cases by --set alone", "[command]") {
  const TemporaryFolder folder;
  const std::string data = quoted(folder / "data"), shards = quoted(folder / "shards");
  REQUIRE(test::trivox("phantom " + data + " --patients 2 --no-motion").exit_code == 0);
  REQUIRE(test::trivox("preprocess " + data + " --out " + shards +
                       " --set dataset.layout=npc --set 'dataset.cases=[001]'"
                       " --set 'preprocess.spacing_mm=[4, 4, 0]'")
              .exit_code == 0);
  REQUIRE(test::trivox("train " + shards + " --out " + quoted(folder / "run") + kSmall +
                       " --set train.folds=0 --set train.epochs=1")
              .exit_code == 0);
  const std::string predict = "predict " + quoted(folder / "run") + " ";
  const std::string out = std::string(" --out ").append(quoted(folder / "out"));
  // Which cases were trained on says nothing of the input's.
  CHECK(json_of(predict + data + out).at("cases") == 2);
  const auto one = json_of(predict + data + out + " --set 'dataset.cases=[002]'");
  CHECK(one.at("cases") == 1);
  const Outcome none = test::trivox(predict + data + out + " --set 'dataset.cases=[7]'");
  CHECK(none.exit_code == 2);
  CHECK_THAT(none.output, CONTAINS_TEXT("dataset.cases is '7', expected "));

  // A table of the same images, with ids of its own, beside the patients' folders: the run was of those.
  const fs::path patients = folder / "data/data/MRI-Segments";
  std::ofstream table(folder / "data/cases.csv");
  table << "id,T1WI,T2WI,CE-T1WI\n";
  for (const char* channel : {"another", "/T1WI", "/T2WI", "/CE-T1WI"})
    table << (*channel == '/' ? "," + (patients / "001").string() : "") << channel;
  table << '\n';
  table.close();
  CHECK(json_of(predict + data + out).at("cases") == 2);
  CHECK_FALSE(fs::exists(folder / "out/another.nii.gz"));
  // Where nothing is laid out as the run's data were, it is found out.
  fs::create_directory(folder / "tables");
  fs::rename(folder / "data/cases.csv", folder / "tables/cases.csv");
  const auto by_table = json_of(predict + quoted(folder / "tables/cases.csv") + out);
  CHECK(by_table.at("written") == 1);
  CHECK(fs::exists(folder / "out/another.nii.gz"));
}

TEST_CASE("trivox train and predict say what is wrong with their arguments", "[command][bad]") {
  const TemporaryFolder folder;
  (void)write_balls(folder / "shards", balls(3));
  const std::string shards = quoted(folder / "shards");
  const auto fails = [&](const std::string& arguments, int exit_code, const std::string& text) {
    const Outcome outcome = test::trivox(arguments);
    CHECK(outcome.exit_code == exit_code);
    CHECK_THAT(outcome.output, CONTAINS_TEXT(text));
  };
  fails("train " + shards, 2, "--out is required");
  fails("train " + quoted(folder / "none") + " --out x", 1, "manifest.json");
  fails("train " + shards + " --out x --set train.epoch=3", 2, "train.epochs");
  fails("train " + shards + " --out x --set train.folds=0 --channels T9", 2,
        "train.channels is T9, expected of the data's bright, dark");
  fails("train " + shards + " --out /proc/nowhere --set train.folds=0 --set 'feed.patch=[16, 16, 8]'", 1,
        "/proc/nowhere");
  fails("predict " + quoted(folder / "none") + " " + shards + " --out x", 1,
        "checkpoint_final.safetensors: checkpoint is absent, expected the folder of a training run");
  fails("predict x " + shards + " --out x --split tests", 2, "--split");
  CHECK_THAT(test::trivox("train --help").output, CONTAINS_TEXT("train.learning_rate = 0.01"));
}
