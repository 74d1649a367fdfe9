#include "train/trainer.h"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/progress.h"
#include "loader/shard.h"
#include "transforms/error.h"

namespace trivox {
namespace {

constexpr const char* kHelp =
    R"(Trains a 3D U-Net on shards. RUN receives checkpoint_last, checkpoint_best and checkpoint_final
(safetensors), log.csv, timing.csv and splits.json. Ctrl-C writes checkpoint_last and stops; --resume
continues from it to the bit.

example:
  trivox phantom data --patients 6 --no-motion
  trivox preprocess data --out shards --config configs/demo.yaml
  trivox train shards --config configs/demo.yaml --out run

)";
constexpr std::string_view kSections[] = {"seed", "threads", "feed", "augment", "model", "train"};

volatile std::sig_atomic_t stop_requested = 0;

// The first signal asks for a checkpoint; a second one ends the program at once.
void stop_on_signals() {
  struct sigaction action = {};
  action.sa_handler = [](int) { stop_requested = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int cores() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

std::string percent(double dice) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", dice);
  return text;
}

}  // namespace

int run_train(int argc, char** argv) {
  CLI::App app(kHelp + config_help(kSections), "trivox train");
  std::string shards_folder, out, config_file;
  std::vector<std::string> overrides, channels;
  bool resume = false;
  app.add_option("SHARDS", shards_folder, "folder that `trivox preprocess` wrote")->required();
  app.add_option("--out", out, "folder of the run")->required();
  app.add_option("--config", config_file, "YAML file; absent keys keep their defaults");
  app.add_option("--set", overrides, "section.key=value, over the file's")->allow_extra_args(false);
  app.add_option("--channels", channels, "train on these alone, e.g. T1WI,CE-T1WI (train.channels)")->delimiter(',');
  app.add_flag("--resume", resume, "continue the run in RUN from checkpoint_last");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }

  Config config = read_config(config_file, overrides);
  if (!channels.empty()) config.train.channels = channels;
  auto shards = std::make_shared<const ShardSet>(read_manifest(shards_folder));
  // Predictions must read and assemble a patient as these shards did, whatever the file says.
  const Config shaped = parse_config(shards->manifest().config_yaml, shards_folder + "/manifest.json");
  config.dataset = shaped.dataset;
  config.preprocess = shaped.preprocess;
  config.shards = shaped.shards;

  TrainJob job;
  job.model = config.model;
  job.train = config.train;
  job.feed = config.feed;
  job.feed.threads = config.threads.feed > 0 ? config.threads.feed : cores();
  job.augment = config.augment;
  job.seed = config.seed;
  job.torch_threads = config.threads.torch > 0 ? config.threads.torch : cores();
  // How many threads fed the training changes no bit of it, nor should it of the checkpoint.
  Config stored = config;
  stored.threads.feed = 0;
  job.config_yaml = dump_config(stored);
  job.resume = resume;
  stop_on_signals();
  job.stop = [] { return stop_requested != 0; };
  Progress progress("train");
  job.progress = [&](const TrainProgress& at) {
    std::string note = "epoch " + std::to_string(at.epoch) + "/" + std::to_string(at.epochs) + "  loss " + percent(at.loss);
    if (at.pseudo_dice) note += "  Dice " + percent(*at.pseudo_dice);
    progress.update(static_cast<size_t>((at.epoch - 1) * at.iterations + at.iteration),
                    static_cast<size_t>(at.epochs * at.iterations), note);
  };
  const TrainSummary summary = train(shards, out, job);
  progress.finish();
  if (!summary.finished) {
    std::printf("stopped in epoch %lld of %lld; `trivox train ... --resume` continues\n",
                static_cast<long long>(summary.epochs + 1), static_cast<long long>(config.train.epochs));
    return kFailed;
  }
  std::printf("trained %lld epochs in %.0f s, %.1f s of them waiting for batches", static_cast<long long>(summary.epochs),
              summary.seconds, summary.feed_waited_s);
  if (summary.best_ema) std::printf("; pseudo Dice %.3f, at best %.3f (moving averages)", *summary.ema, *summary.best_ema);
  std::printf("\n%s/checkpoint_final.safetensors\n", out.c_str());
  return kDone;
}

}  // namespace trivox
