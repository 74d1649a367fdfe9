#include "loader/preprocess.h"

#include <tbb/global_control.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
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
#include "evaluate/registration_cases.h"
#include "evaluate/registration_quality.h"
#include "loader/file.h"
#include "loader/log.h"
#include "loader/quarantine.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSections[] = {"dataset", "preprocess", "registration", "shards"};
constexpr std::string_view kHelpSections[] = {"threads.feed", "dataset", "preprocess", "registration",
                                              "shards"};
constexpr size_t kReasonsShown = 10;

uint64_t total_bytes(const Manifest& manifest) {
  return std::accumulate(manifest.shards.begin(), manifest.shards.end(), uint64_t{0},
                         [](uint64_t sum, const ShardEntry& s) { return sum + s.bytes; });
}

// A case may have several faults; people count cases.
size_t quarantined_cases(const PreprocessSummary& summary) {
  return summary.cases - summary.written - summary.kept;
}

void print_json(const PreprocessSummary& summary) {
  const nlohmann::ordered_json all = {{"cases", summary.cases},
                                      {"written", summary.written},
                                      {"kept", summary.kept},
                                      {"quarantined_cases", quarantined_cases(summary)},
                                      {"quarantined", quarantined_json(summary.quarantined)},
                                      {"cases_with_warnings", warned_cases(summary.warnings)},
                                      {"warnings", warnings_json(summary.warnings)},
                                      {"registration", summary.manifest.registration},
                                      {"keeps_earlier_shards", summary.keeps_shards},
                                      {"shards", summary.manifest.shards.size()},
                                      {"bytes", total_bytes(summary.manifest)},
                                      {"channels", summary.manifest.channels}};
  print_answer(all);
}

void print_text(const PreprocessSummary& summary, const std::string& out) {
  for (size_t i = 0; i < std::min(summary.quarantined.size(), kReasonsShown); ++i)
    log::warning("quarantined " + summary.quarantined[i].id + ": " + summary.quarantined[i].fault.message());
  if (summary.quarantined.size() > kReasonsShown)
    log::warning("and " + std::to_string(summary.quarantined.size() - kReasonsShown) + " more");
  for (const std::string& line : warning_lines(summary.warnings)) log::warning(line);
  std::printf("%zu of %zu cases: %zu written, %zu kept, %zu quarantined", summary.written + summary.kept,
              summary.cases, summary.written, summary.kept, quarantined_cases(summary));
  if (!summary.quarantined.empty())
    std::printf(" (reasons: %s/%s)", out.c_str(),
                std::string(summary.keeps_shards ? kFailedRunName : kQuarantineName).c_str());
  if (summary.keeps_shards) {
    std::printf("\nno case could be used: what an earlier run left in %s stays as it was\n", out.c_str());
    return;
  }
  print_warned_and_registered(summary.warnings, summary.manifest.registration, out);
  const size_t shards = summary.manifest.shards.size();
  std::printf("\n%zu shard%s with %.1f MB in %s\n", shards, shards == 1 ? "" : "s",
              static_cast<double>(total_bytes(summary.manifest)) / 1e6, out.c_str());
}

constexpr size_t kPicturedCases = 10;
constexpr std::string_view kRegistrationPage = "registration.html";

/// Beside the shards: how the sequences were laid onto each other, the least certain with pictures; none
/// where nothing was registered or none is asked for.
void write_registration_page(const fs::path& out, const Config& config, const PreprocessSummary& summary,
                             bool is_asked_for) {
  if (summary.keeps_shards) return;
  if (!is_asked_for || summary.registrations.empty()) {
    fs::remove(out / kRegistrationPage);  // of an earlier run
    return;
  }
  const std::vector<CaseRegistration> worst =
      worst_registrations(summary.registrations, kPicturedCases, config.registration.limits);
  DatasetOptions options = config.dataset;
  options.channels = summary.dataset.channels;
  options.labels = summary.dataset.labels;
  const std::vector<RegistrationPictures> pictures = picture_registrations(worst, summary.dataset, options);
  write_file_atomically(
      out / kRegistrationPage,
      registration_quality_html(summary.registrations, pictures, version(), config.registration.limits));
}

}  // namespace

int run_preprocess(int argc, char** argv) {
  std::string dataset, out;
  ConfigArguments configuration;
  int threads = 0;
  bool strict = false, json = false, html = true;
  CLI::App app(
      "Turns a dataset into shards: reads every case, puts its sequences onto one grid, normalises\n"
      "them, and writes WebDataset tars with a manifest.json beside them. A case that cannot be used\n"
      "is quarantined with its reason and the rest goes on; what is odd about the others is counted at the\n"
      "end and written to warnings.csv. Run again, it does only what changed.",
      "trivox preprocess");
  app.add_option("DATASET", dataset,
                 "folder with data/MRI-Segments/NNN/... (DICOM) or with imagesTr and dataset.json (NIfTI),\n"
                 "a .zip archive of such, or a table of cases (cases.csv)")
      ->required();
  app.add_option("--out", out, "folder for the shards; new, empty or filled by an earlier run")->required();
  configuration.add_to(app);
  app.add_option("--threads", threads,
                 "cases read at once; 0: threads.feed of the configuration, or all cores")
      ->check(CLI::Range(0, 1024));
  app.add_flag("--html,!--no-html", html,
               "write registration.html beside the shards, with pictures of the ten least certain (default)");
  app.add_flag("--strict", strict, "the first bad case ends the run");
  app.add_flag("--json", json, "print the summary as JSON");
  app.footer(help_footer(
      "Exit code 0: done, with or without quarantined cases; 1: failed, or no case could be used;\n"
      "2: wrong usage or configuration.",
      "  trivox preprocess phantoms --config configs/demo.yaml --out shards\n", kHelpSections));
  if (const auto code = parse(app, argc, argv)) return *code;

  const Config config = configuration.read();
  PreprocessJob job;
  job.dataset = config.dataset;
  job.assemble = config.preprocess;
  job.registration = config.registration;
  job.shards = config.shards;
  job.config_yaml = dump_config(config, kSections);
  job.threads = threads > 0 ? threads : config.threads.feed;
  job.strict = strict;
  Progress bar("preprocess");
  const PreprocessSummary summary =
      preprocess(dataset, out, job,
                 [&](size_t done, size_t total, const std::string& id) { bar.update(done, total, id); });
  bar.finish();
  const tbb::global_control budget(tbb::global_control::max_allowed_parallelism,
                                   static_cast<size_t>(or_all_cores(job.threads)));
  write_registration_page(out, config, summary, html);
  if (json)
    print_json(summary);
  else
    print_text(summary, out);
  return summary.written + summary.kept == 0 ? kFailed : kDone;
}

}  // namespace trivox
