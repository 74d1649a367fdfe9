#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <string>
#include <thread>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/progress.h"
#include "train/prediction.h"
#include "train/run_info.h"
#include "transforms/error.h"

namespace trivox {
namespace {

constexpr const char* kHelp =
    R"(Writes a predicted mask, ID.nii.gz on the reference's own grid, for every case of a dataset or a folder of
shards. Cases that cannot be read are counted; their reasons are in quarantine.csv.

example (after `trivox train`):
  trivox predict run data --out predictions
)";

}  // namespace

int run_predict(int argc, char** argv) {
  CLI::App app(kHelp, "trivox predict");
  std::string run, input, out, checkpoint = "final", split = "all";
  std::vector<std::string> overrides;
  std::vector<int64_t> permutation;
  bool mirror = false;
  int threads = 0;
  app.add_option("RUN", run, "folder that `trivox train` wrote")->required();
  app.add_option("INPUT", input, "a dataset or a folder of shards")->required();
  app.add_option("--out", out, "folder of the masks")->required();
  app.add_option("--checkpoint", checkpoint, "best, last, final or the path of a file")->capture_default_str();
  app.add_option("--split", split, "cases of INPUT: all, train or validation, as the run divided them")
      ->check(CLI::IsMember({"all", "train", "validation"}))->capture_default_str();
  app.add_flag("--mirror", mirror, "average over the inputs mirrored as in training (predict.mirror)");
  app.add_option("--permute-channels", permutation,
                 "feed input i channel P[i], e.g. 1,2,0: shows that a network needs each contrast")->delimiter(',');
  app.add_option("--threads", threads, "LibTorch's threads; 0: the run's setting");
  app.add_option("--set", overrides, "predict.key=value, over the run's configuration")->allow_extra_args(false);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }

  const auto file = find_checkpoint(run, checkpoint);
  const RunInfo info = read_run_info(file);
  const Config config = parse_config(info.config_yaml, file.string(), overrides);
  PredictorOptions options;
  options.model = config.model;
  options.predict = config.predict;
  options.predict.mirror = options.predict.mirror || mirror;
  options.patch = config.feed.patch;
  options.mirror = {config.augment.mirror_x, config.augment.mirror_y, config.augment.mirror_z};
  options.precision = config.train.precision;
  options.torch_threads = threads > 0 ? threads : config.threads.torch;
  if (options.torch_threads <= 0)
    options.torch_threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  options.permutation = permutation;
  const Predictor predictor(file, options);

  PredictJob job;
  job.dataset = config.dataset;
  job.assemble = config.preprocess;
  job.split = split;
  Progress progress("predict");
  job.progress = [&](size_t done, size_t total, const std::string& id) { progress.update(done, total, id); };
  const PredictSummary summary = predict(predictor, input, out, job);
  progress.finish();
  std::printf("%zu masks in %s; %zu cases quarantined", summary.written, out.c_str(), summary.quarantined.size());
  if (!summary.quarantined.empty()) std::printf(", reasons in %s/quarantine.csv", out.c_str());
  std::printf("\n");
  return summary.written > 0 ? kDone : kFailed;
}

}  // namespace trivox
