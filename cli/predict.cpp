#include <tbb/global_control.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"
#include "cli/case_warnings.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "loader/dataset.h"
#include "loader/log.h"
#include "loader/quarantine.h"
#include "train/prediction.h"
#include "train/run_info.h"
#include "transforms/error.h"

namespace trivox {
namespace {

constexpr const char* kHelp =
    R"(Writes a predicted mask, ID.nii.gz on the reference's own grid, for every case of a dataset or a
folder of shards. Cases that cannot be read are counted; their reasons are in quarantine.csv, what is odd
about the others in warnings.csv, how their sequences were registered in registration.csv. A folder of
shards, or one that holds the input's own images or masks, or masks of these cases that predict did not
write, is refused.)";
constexpr std::string_view kSections[] = {"threads", "registration", "predict"};

void print_json(const PredictSummary& summary, const std::string& out) {
  const nlohmann::ordered_json all = {{"cases", summary.cases},
                                      {"written", summary.written},
                                      {"quarantined_cases", summary.cases - summary.written},
                                      {"quarantined", quarantined_json(summary.quarantined)},
                                      {"cases_with_warnings", warned_cases(summary.warnings)},
                                      {"warnings", warnings_json(summary.warnings)},
                                      {"registration", count_registrations(summary.registrations)},
                                      {"masks", out}};
  print_answer(all);
}

void print_text(const PredictSummary& summary, const std::string& out) {
  for (const std::string& line : warning_lines(summary.warnings)) log::warning(line);
  std::printf("%zu masks in %s; %zu cases quarantined", summary.written, out.c_str(),
              summary.cases - summary.written);
  if (!summary.quarantined.empty())
    std::printf(" (reasons: %s/%s)", out.c_str(), std::string(kQuarantineName).c_str());
  print_warned_and_registered(summary.warnings, count_registrations(summary.registrations), out);
  std::printf("\n");
}

}  // namespace

int run_predict(int argc, char** argv) {
  CLI::App app(kHelp, "trivox predict");
  std::string run, input, out, checkpoint = "final", split = "all";
  std::vector<std::string> overrides;
  std::vector<int64_t> permutation;
  bool mirror = false, json = false;
  int threads = 0;
  app.add_option("RUN", run, "folder that `trivox train` wrote")->required();
  app.add_option("INPUT", input, "a dataset or a folder of shards")->required();
  app.add_option("--out", out, "folder of the masks")->required();
  app.add_option("--checkpoint", checkpoint, "best, last, final or the path of a file")
      ->capture_default_str();
  app.add_option("--split", split, "cases of INPUT: all, train or validation, as the run divided them")
      ->check(CLI::IsMember({"all", "train", "validation"}))
      ->capture_default_str();
  app.add_flag("--mirror", mirror, "average over the inputs mirrored as in training (predict.mirror)");
  app.add_option("--permute-channels", permutation,
                 "feed input i channel P[i], e.g. 1,2,0: shows that a network needs each contrast")
      ->delimiter(',');
  app.add_option("--threads", threads, "LibTorch's threads; 0: threads.torch of the run")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--set", overrides, "KEY=VALUE over the run's configuration; may be repeated")
      ->allow_extra_args(false);
  app.add_flag("--json", json, "print the summary as JSON");
  app.footer(help_footer("Exit code 1 where no mask could be written.",
                         "  trivox predict trained phantoms --out predictions\n", kSections));
  if (const auto code = parse(app, argc, argv)) return *code;

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
  options.torch_threads = or_all_cores(threads > 0 ? threads : config.threads.torch);
  options.permutation = permutation;
  const tbb::global_control budget(tbb::global_control::max_allowed_parallelism,
                                   static_cast<size_t>(or_all_cores(config.threads.feed)));
  const Predictor predictor(file, options);

  PredictJob job;
  job.dataset = config.dataset;
  // Which of the training data were used says nothing about these; nor how they were laid out, where there is
  // nothing laid out so.
  const auto is_set = [&overrides](const char* key) {
    return std::ranges::any_of(overrides, [&](const std::string& o) { return o.starts_with(key); });
  };
  if (!is_set("dataset.cases=")) job.dataset.cases.clear();
  if (!is_set("dataset.layout=") && !is_laid_out(input, job.dataset)) job.dataset.layout = "auto";
  job.assemble = config.preprocess;
  job.registration = config.registration;
  job.split = split;
  Progress progress("predict");
  job.progress = [&](size_t done, size_t total, const std::string& id) { progress.update(done, total, id); };
  const PredictSummary summary = predict(predictor, input, out, job);
  progress.finish();
  if (json)
    print_json(summary, out);
  else
    print_text(summary, out);
  return summary.written > 0 ? kDone : kFailed;
}

}  // namespace trivox
