#include "train/trainer.h"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "loader/shard.h"
#include "transforms/error.h"

namespace trivox {
namespace {

constexpr const char* kHelp =
    R"(Trains a 3D U-Net on shards. The folder of the run receives checkpoint_last, checkpoint_best and
checkpoint_final (safetensors), log.csv, timing.csv and splits.json. Ctrl-C writes checkpoint_last and
stops; --resume continues from it to the bit.)";
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

std::string three_digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

void print_json(const TrainSummary& summary, const std::string& out) {
  const auto or_null = [](const std::optional<double>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
  };
  const nlohmann::ordered_json all = {{"finished", summary.finished},
                                      {"epochs", summary.epochs},
                                      {"seconds", summary.seconds},
                                      {"feed_waited_s", summary.feed_waited_s},
                                      {"pseudo_dice_moving_average", or_null(summary.ema)},
                                      {"best_pseudo_dice_moving_average", or_null(summary.best_ema)},
                                      {"run", out}};
  print_answer(all);
}

void print_text(const TrainSummary& summary, const std::string& out, int64_t epochs) {
  if (!summary.finished) {
    std::printf("stopped in epoch %lld of %lld; `trivox train ... --resume` continues\n",
                static_cast<long long>(summary.epochs + 1), static_cast<long long>(epochs));
    return;
  }
  std::printf("trained %lld epochs in %.0f s, %.1f s of them waiting for batches",
              static_cast<long long>(summary.epochs), summary.seconds, summary.feed_waited_s);
  if (summary.best_ema)
    std::printf("; pseudo Dice %.3f, at best %.3f (moving averages)", *summary.ema, *summary.best_ema);
  std::printf("\n%s/checkpoint_final.safetensors\n", out.c_str());
}

}  // namespace

int run_train(int argc, char** argv) {
  CLI::App app(kHelp, "trivox train");
  std::string shards_folder, out;
  ConfigArguments configuration;
  std::vector<std::string> channels;
  bool resume = false, json = false;
  app.add_option("SHARDS", shards_folder, "folder that `trivox preprocess` wrote")->required();
  app.add_option("--out", out, "folder of the run")->required();
  configuration.add_to(app);
  app.add_option("--channels", channels, "train on these alone, e.g. T1WI,CE-T1WI (train.channels)")
      ->delimiter(',');
  app.add_flag("--resume", resume, "continue the run in that folder from checkpoint_last");
  app.add_flag("--json", json, "print the summary as JSON");
  app.footer(help_footer("Exit code 1 where the run was stopped or failed.",
                         "  trivox train shards --config configs/demo.yaml --out trained\n", kSections));
  if (const auto code = parse(app, argc, argv)) return *code;

  Config config = configuration.read();
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
  job.feed.threads = or_all_cores(config.threads.feed);
  job.augment = config.augment;
  job.seed = config.seed;
  job.torch_threads = or_all_cores(config.threads.torch);
  // How many threads fed the training changes no bit of it, nor should it of the checkpoint.
  Config stored = config;
  stored.threads.feed = 0;
  job.config_yaml = dump_config(stored);
  job.resume = resume;
  stop_on_signals();
  job.stop = [] { return stop_requested != 0; };
  Progress progress("train");
  job.progress = [&](const TrainProgress& at) {
    std::string note = "epoch " + std::to_string(at.epoch) + "/" + std::to_string(at.epochs) + "  loss " +
                       three_digits(at.loss);
    if (at.pseudo_dice) note += "  Dice " + three_digits(*at.pseudo_dice);
    progress.update(static_cast<size_t>((at.epoch - 1) * at.iterations + at.iteration),
                    static_cast<size_t>(at.epochs * at.iterations), note);
  };
  const TrainSummary summary = train(shards, out, job);
  progress.finish();
  if (json)
    print_json(summary, out);
  else
    print_text(summary, out, config.train.epochs);
  return summary.finished ? kDone : kFailed;
}

}  // namespace trivox
