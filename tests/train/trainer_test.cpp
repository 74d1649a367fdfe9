#include "train/trainer.h"

#include "tests/models/golden.h"
#include "tests/test.h"
#include "tests/train/spheres.h"

using namespace trivox;
using namespace trivox::test;

namespace {

std::string contents(const fs::path& file) { return read_text(file.string()); }

// What must be the same in two runs.
constexpr std::array kSame = {"log.csv", "splits.json", "checkpoint_best.safetensors",
                              "checkpoint_last.safetensors", "checkpoint_final.safetensors"};

}  // namespace

TEST_CASE("two trainings with one seed write the same bytes", "[trainer]") {
  const TemporaryFolder folder;
  const auto shards = write_balls(folder / "shards", balls(6));
  TrainJob job = small_job();
  for (const char* precision : {"float32", "bfloat16"}) {
    job.train.precision = precision;
    const fs::path first = folder / (std::string("a") + precision),
                   second = folder / (std::string("b") + precision);
    CHECK(train(shards, first, job).finished);
    job.feed.threads = 1;  // batches do not depend on it
    CHECK(train(shards, second, job).finished);
    for (const char* file : kSame) CHECK(contents(first / file) == contents(second / file));
  }
  CHECK(contents(folder / "afloat32" / "log.csv") != contents(folder / "abfloat16" / "log.csv"));
}

TEST_CASE("a run stopped anywhere resumes to the bit", "[trainer]") {
  const TemporaryFolder folder;
  const auto shards = write_balls(folder / "shards", balls(6));
  TrainJob job = small_job();
  REQUIRE(train(shards, folder / "whole", job).finished);
  for (const int stop_before : {1, 6, 8}) {  // in the first epoch, in the second, between two
    const fs::path run = folder / ("stopped" + std::to_string(stop_before));
    TrainJob part = job;
    int batches = 0;
    part.stop = [&] { return batches++ == stop_before; };
    CHECK_FALSE(train(shards, run, part).finished);
    CHECK_FALSE(fs::exists(run / "checkpoint_final.safetensors"));
    TrainJob rest = job;
    rest.resume = true;
    CHECK(train(shards, run, rest).finished);
    for (const char* file : kSame) CHECK(contents(run / file) == contents(folder / "whole" / file));
  }
  TrainJob again = job;  // a finished run has nothing left to do
  again.resume = true;
  const TrainSummary summary = train(shards, folder / "whole", again);
  CHECK(summary.finished);
  CHECK(summary.epochs == 3);
}

TEST_CASE("a run killed between two checkpoints resumes to the bit", "[trainer]") {
  const TemporaryFolder folder;
  const auto shards = write_balls(folder / "shards", balls(6));
  TrainJob job = small_job();
  REQUIRE(train(shards, folder / "whole", job).finished);
  TrainJob killed = job;
  int batches = 0;
  killed.progress = [&](const TrainProgress&) {
    if (++batches == 11) throw std::runtime_error("killed");  // in epoch 3; checkpoint_last is of epoch 2
  };
  CHECK_THROWS(train(shards, folder / "run", killed));
  job.resume = true;
  CHECK(train(shards, folder / "run", job).finished);
  for (const char* file : kSame) CHECK(contents(folder / "run" / file) == contents(folder / "whole" / file));
}

TEST_CASE("the log has a line an epoch and no times", "[trainer]") {
  const TemporaryFolder folder;
  const auto shards = write_balls(folder / "shards", balls(6));
  std::vector<TrainProgress> seen;
  TrainJob job = small_job();
  job.progress = [&](const TrainProgress& at) { seen.push_back(at); };
  (void)train(shards, folder / "run", job);
  std::istringstream log(contents(folder / "run" / "log.csv"));
  std::string line;
  std::getline(log, line);
  CHECK(line ==
        "epoch,learning_rate,train_loss,validation_loss,pseudo_dice_ball,pseudo_dice_mean,pseudo_dice_moving_"
        "average");
  std::getline(log, line);
  CHECK_THAT(line, CONTAINS_TEXT("1,0.010000,"));
  std::getline(log, line);
  CHECK_THAT(line, CONTAINS_TEXT("2,0.006943,"));  // .01 * (2/3)^.9
  REQUIRE(seen.size() == 12);
  CHECK(seen.back().epoch == 3);
  CHECK(seen.back().iteration == 4);
  std::istringstream timing(contents(folder / "run" / "timing.csv"));
  std::getline(timing, line);
  CHECK(line == "epoch,seconds,feed_wait_seconds");
}

TEST_CASE("without validation there is no best checkpoint", "[trainer]") {
  const TemporaryFolder folder;
  const auto shards = write_balls(folder / "shards", balls(3));
  TrainJob job = small_job();
  job.train.validation_batches = 0;
  job.train.epochs = 1;
  job.train.folds = 0;
  CHECK_FALSE(train(shards, folder / "run", job).best_ema.has_value());
  CHECK_FALSE(fs::exists(folder / "run" / "checkpoint_best.safetensors"));
  CHECK(fs::exists(folder / "run" / "checkpoint_final.safetensors"));
}

TEST_CASE("a network of one channel is trained where one is asked for", "[trainer]") {
  const TemporaryFolder folder;
  const auto shards = write_balls(folder / "shards", balls(3));
  TrainJob job = small_job();
  job.train.epochs = 1;
  job.train.channels = {"dark"};
  (void)train(shards, folder / "run", job);
  CHECK(read_run_info(folder / "run" / "checkpoint_final.safetensors").channels ==
        std::vector<std::string>{"dark"});
}

TEST_CASE("a folder that holds a training is not trained into again", "[trainer][bad]") {
  const TemporaryFolder folder;
  const auto shards = write_balls(folder / "shards", balls(6));
  TrainJob job = small_job();
  job.train.epochs = 1;
  (void)train(shards, folder / "run", job);
  const auto fault = [&](const TrainJob& j) {
    return error_of([&] { (void)train(shards, folder / "run", j); });
  };
  CHECK_THAT(fault(job), CONTAINS_TEXT("is that of another training, expected --resume or a new folder"));
  job.resume = true;
  TrainJob other = job;
  other.config_yaml = "seed: 2\n";
  CHECK_THAT(fault(other), CONTAINS_TEXT("is 'seed: 2', expected 'seed: 1' as it was trained with"));
  other = job;
  other.train.fold = 1;
  CHECK_THAT(fault(other), CONTAINS_TEXT("is others than it was trained on, expected the same"));
}

TEST_CASE("options that do not fit the shards or the network", "[trainer][bad]") {
  const TemporaryFolder folder;
  const auto shards = write_balls(folder / "shards", balls(3));
  const auto fault = [&](auto change) {
    TrainJob job = small_job();
    change(job);
    return error_of([&] { (void)train(shards, folder / "run", job); });
  };
  CHECK_THAT(fault([](TrainJob& j) { j.feed.patch = {15, 16, 8}; }),
             CONTAINS_TEXT("feed.patch along x is 15, expected a multiple of 2"));
  CHECK_THAT(fault([](TrainJob& j) { j.train.channels = {"T9"}; }),
             CONTAINS_TEXT("train.channels is T9, expected of the data's bright, dark"));
  CHECK_THAT(fault([](TrainJob& j) { j.train.channels = {"dark", "dark"}; }),
             CONTAINS_TEXT("train.channels is dark twice, expected each once"));
  CHECK_THAT(fault([](TrainJob& j) { j.train.folds = 5; }), CONTAINS_TEXT("train.folds is 5"));
  CHECK_THAT(fault([](TrainJob& j) { j.train.fold = 3; }), CONTAINS_TEXT("train.fold is 3"));
  CHECK_THAT(fault([](TrainJob& j) { j.train.precision = "half"; }),
             CONTAINS_TEXT("train.precision is half"));
  CHECK_THAT(fault([](TrainJob& j) { j.train.learning_rate = 1e30; }),
             CONTAINS_TEXT("expected a finite number"));
}

TEST_CASE("a sample without a label cannot be trained on", "[trainer][bad]") {
  const TemporaryFolder folder;
  auto samples = balls(3);
  samples[1].label = {};
  const auto shards = write_balls(folder / "shards", samples);
  TrainJob job = small_job();
  CHECK_THAT(error_of([&] { (void)train(shards, folder / "run", job); }),
             CONTAINS_TEXT("label of sample ball101 is absent, expected one to train on"));
}

TEST_CASE("labels_of_several_sequences_cannot_be_trained_on_yet", "[trainer][bad]") {
  const TemporaryFolder folder;
  auto samples = balls(3);
  for (Sample& sample : samples) sample.label = Volume<uint8_t>(sample.image.grid, 2, 1);
  const auto shards = write_balls(folder / "shards", samples);
  CHECK_THAT(error_of([&] { (void)train(shards, folder / "run", small_job()); }),
             CONTAINS_TEXT("label of sample ball100 is 2 channels (preprocess.label_policy: per_sequence), "
                           "expected 1: training on several is not there yet"));
}

TEST_CASE("a label value that the manifest does not name", "[trainer][bad]") {
  const TemporaryFolder folder;
  auto samples = balls(3);
  samples[0] = ball(0, 7);
  samples[1] = ball(1, 7);
  samples[2] = ball(2, 7);
  const auto shards = write_balls(folder / "shards", samples);
  CHECK_THAT(error_of([&] { (void)train(shards, folder / "run", small_job()); }),
             CONTAINS_TEXT("label value is 7, expected one that the manifest names"));
}
