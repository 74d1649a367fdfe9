#include "train/prediction.h"

#include <algorithm>

#include "loader/nifti.h"
#include "tests/models/golden.h"
#include "tests/test.h"
#include "tests/train/spheres.h"
#include "transforms/resample.h"

using namespace trivox;
using namespace trivox::test;

namespace {

PredictorOptions options_of(const TrainJob& job) {
  PredictorOptions options;
  options.model = job.model;
  options.patch = job.feed.patch;
  options.torch_threads = 1;
  return options;
}

// Writes three balls to `shards` and what was trained on them to `run`.
TrainJob train_for_one_epoch(const fs::path& folder) {
  TrainJob job = small_job();
  job.train.epochs = 1;
  (void)train(write_balls(folder / "shards", balls(3)), folder / "run", job);
  return job;
}

// The sample's label on its reference grid, of which it is a part, by copying.
Volume<uint8_t> truth_of(const Sample& sample) {
  Volume<uint8_t> out(sample.reference_grid, 1);
  for (int64_t z = 0; z < 8; ++z)
    for (int64_t y = 0; y < 24; ++y)
      for (int64_t x = 0; x < 24; ++x) out.at(0, x + 3, y + 2, z + 1) = sample.label.at(0, x, y, z);
  return out;
}

double dice(const Volume<uint8_t>& a, const Volume<uint8_t>& b) {
  double both = 0, either = 0;
  for (size_t i = 0; i < a.data.size(); ++i) {
    both += a.data[i] == 1 && b.data[i] == 1;
    either += (a.data[i] == 1) + (b.data[i] == 1);
  }
  return 2 * both / either;
}

}  // namespace

TEST_CASE("a trained network finds unseen balls on their own grid", "[prediction]") {
  const TemporaryFolder folder;
  const auto shards = write_balls(folder / "shards", balls(6));
  TrainJob job = small_job();
  job.train.epochs = 6;
  job.feed.batches_per_epoch = 15;
  job.train.momentum = 0.9;
  REQUIRE(train(shards, folder / "run", job).best_ema.value_or(0) > 0.5);
  const fs::path checkpoint = folder / "run" / "checkpoint_final.safetensors";
  PredictorOptions options = options_of(job);
  const Sample unseen = ball(50);
  {
    const Predictor predictor(checkpoint, options);
    const auto probabilities = predictor.probabilities(unseen);
    CHECK(probabilities.channels == 1);
    CHECK(same_place(probabilities.grid, unseen.image.grid));
    const auto mask = predictor.mask(unseen);
    CHECK(same_place(mask.grid, unseen.reference_grid));
    CHECK(dice(mask, truth_of(unseen)) > 0.85);

    PredictJob run;
    run.split = "validation";
    const PredictSummary summary = predict(predictor, folder / "shards", folder / "out", run);
    CHECK(summary.written == 2);
    CHECK(summary.quarantined.empty());
    CHECK(read_text((folder / "out" / "quarantine.csv").string()) ==
          "id,path,attribute,found,expected,context\n");
    const std::string id = predictor.info().split.validation[0];
    const NiftiImage image = read_nifti(folder / "out" / (id + ".nii.gz"));
    CHECK(image.datatype == "uint8");
    CHECK(image.geometry_source == "both agree");
    CHECK(same_place(image.volume.grid, unseen.reference_grid, 1e-3));
    CHECK_FALSE(fs::exists(folder / "out" / (predictor.info().split.train[0] + ".nii.gz")));
  }
  options.predict.mirror = true;
  options.predict.batch = 3;
  CHECK(dice(Predictor(checkpoint, options).mask(unseen), truth_of(unseen)) > 0.85);
  options.permutation = {1, 0};  // as if the channels' voxels had changed places
  Sample swapped = unseen;
  std::ranges::swap_ranges(swapped.image.channel(0), swapped.image.channel(1));
  const Predictor permuted(checkpoint, options);
  CHECK(dice(permuted.mask(unseen), truth_of(unseen)) < 0.5);
  options.permutation = {};
  CHECK(permuted.probabilities(unseen).data == Predictor(checkpoint, options).probabilities(swapped).data);
  options.permutation = {0, 0};
  CHECK_THAT(error_of([&] { Predictor(checkpoint, options); }),
             CONTAINS_TEXT("permutation of the channels is 2 numbers, expected each of 0 to 1 once"));
}

TEST_CASE("data that lack one of the channels", "[prediction][bad]") {
  const TemporaryFolder folder;
  const TrainJob job = train_for_one_epoch(folder.path());
  const Predictor predictor(folder / "run" / "checkpoint_final.safetensors", options_of(job));
  Sample other = ball(1);
  other.channels[1].name = "T2";
  CHECK_THAT(error_of([&] { (void)predictor.mask(other); }),
             CONTAINS_TEXT("the network's channel is dark, expected of the data's bright, T2"));
  Manifest manifest = read_manifest(folder / "shards");
  manifest.channels[1] = "T2";
  write_manifest(manifest);
  CHECK_THAT(error_of([&] { (void)predict(predictor, folder / "shards", folder / "out", {}); }),
             CONTAINS_TEXT("shards: the network's channel is dark"));
  CHECK_FALSE(fs::exists(folder / "out"));
}

TEST_CASE("a checkpoint of another network", "[prediction][bad]") {
  const TemporaryFolder folder;
  const TrainJob job = train_for_one_epoch(folder.path());
  PredictorOptions options = options_of(job);
  options.model.features = {8, 24};
  CHECK_THAT(
      error_of([&] { Predictor(folder / "run" / "checkpoint_final.safetensors", options); }),
      CONTAINS_TEXT(
          "checkpoint_final.safetensors: weight encoder.stages.1.0.convs.0.conv.weight is [16, 8, 3, 3, 3]"));
}

TEST_CASE("a split that has no case in the input", "[prediction][bad]") {
  const TemporaryFolder folder;
  const TrainJob job = train_for_one_epoch(folder.path());
  const Predictor predictor(folder / "run" / "checkpoint_final.safetensors", options_of(job));
  (void)write_balls(folder / "others", {ball(90)});
  PredictJob run;
  run.split = "validation";
  CHECK_THAT(error_of([&] { (void)predict(predictor, folder / "others", folder / "out", run); }),
             CONTAINS_TEXT("cases of the split validation is none, expected at least one"));
}

TEST_CASE("mask_of_an_earlier_run_whose_case_is_now_quarantined", "[prediction][bad]") {
  const TemporaryFolder folder;
  const TrainJob job = train_for_one_epoch(folder.path());
  const Predictor predictor(folder / "run" / "checkpoint_final.safetensors", options_of(job));
  fs::create_directories(folder / "raw/imagesTs");
  std::ofstream(folder / "raw/dataset.json")
      << R"({"channel_names": {"0": "bright", "1": "dark"}, "labels": {"background": 0, "ball": 1}})";
  const Sample one = ball(50);
  for (const char* id : {"a", "b"})
    for (int64_t c = 0; c < 2; ++c) {
      Volume<float> image(one.image.grid, 1);
      std::ranges::copy(one.image.channel(c), image.data.begin());
      write_nifti(folder / "raw/imagesTs" / (id + ("_000" + std::to_string(c)) + ".nii.gz"), image);
    }
  CHECK(predict(predictor, folder / "raw/imagesTs", folder / "out", {}).written == 2);
  std::ofstream(folder / "out/other.nii.gz") << "of another model";
  std::ofstream(folder / "raw/imagesTs/b_0001.nii.gz") << "cut off";
  CHECK(predict(predictor, folder / "raw/imagesTs", folder / "out", {}).written == 1);
  CHECK(fs::exists(folder / "out/a.nii.gz"));
  CHECK_FALSE(fs::exists(folder / "out/b.nii.gz"));
  CHECK(fs::exists(folder / "out/b.nii.gz.earlier"));
  CHECK(fs::exists(folder / "out/other.nii.gz"));
  // Once more, as if somebody had drawn b meanwhile: neither is lost.
  std::ofstream(folder / "out/b.nii.gz") << "drawn by hand";
  (void)predict(predictor, folder / "raw/imagesTs", folder / "out", {});
  CHECK_FALSE(fs::exists(folder / "out/b.nii.gz"));
  CHECK(read_text((folder / "out/b.nii.gz.earlier2").string()) == "drawn by hand");
  // Two masks of one case could not be scored.
  std::ofstream(folder / "out/a.nii") << "drawn by hand";
  (void)predict(predictor, folder / "raw/imagesTs", folder / "out", {});
  CHECK(read_text((folder / "out/a.nii.earlier").string()) == "drawn by hand");
  // The input's own folders.
  CHECK_THROWS_AS(predict(predictor, folder / "raw/imagesTs", folder / "raw/imagesTs", {}), UsageError);
  CHECK_THAT(
      error_of([&] { (void)predict(predictor, folder / "raw/imagesTs", folder / "raw/imagesTs", {}); }),
      CONTAINS_TEXT("imagesTs: folder for the predicted masks is within "));
  // A folder that no run filled.
  fs::create_directory(folder / "mine");
  std::ofstream(folder / "mine/b.nii.gz") << "drawn by hand";
  CHECK_THAT(error_of([&] { (void)predict(predictor, folder / "raw/imagesTs", folder / "mine", {}); }),
             CONTAINS_TEXT("mine: it is a folder with masks of these cases that predict did not write, such "
                           "as b.nii.gz, expected a folder without"));
  CHECK(read_text((folder / "mine/b.nii.gz").string()) == "drawn by hand");
}
