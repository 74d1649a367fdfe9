#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/progress.h"
#include "cli/replace.h"
#include "evaluate/html.h"
#include "evaluate/report.h"
#include "evaluate/tables.h"
#include "loader/dataset/output_place.h"
#include "loader/file.h"
#include "loader/log.h"
#include "loader/sample_json.h"
#include "loader/shard.h"
#include "loader/text.h"
#include "transforms/error.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSections[] = {"threads.feed", "dataset", "preprocess.reference"};

struct Arguments {
  fs::path predictions, dataset, out, registration;
  ConfigArguments configuration;
  std::vector<std::tuple<std::string, std::string, std::string>> groups;
  bool html = true, json = false, strict = false;
};

GroupScore score(const std::string& name, const fs::path& predictions, const fs::path& dataset,
                 const ScoreJob& job) {
  Progress bar(name.empty() ? "evaluate" : "evaluate " + name);
  GroupScore group =
      score_group(predictions, dataset, job,
                  [&](size_t done, size_t total, const std::string& id) { bar.update(done, total, id); });
  group.name = name;
  return group;
}

/// Before anything is scored: scores.csv would be taken for a table about the patients.
void refuse_folder_of(const fs::path& dataset, const fs::path& out, DatasetOptions options) {
  options.require_masks = false;  // what is missing is told case by case
  refuse_output_among(find_dataset(dataset, options), out, "the scores");
}

/// Before anything is scored: files of these names that somebody else wrote.
void refuse_foreign_files(const fs::path& out, bool html) {
  for (const auto& [name, mark] : {std::pair<const char*, std::string_view>{"scores.json", kScoresMark},
                                   {"scores.csv", kScoresHeader},
                                   {"report.html", kPageMark}}) {
    if (mark == kPageMark && !html) continue;
    refuse_to_replace(out / name, "a file that trivox evaluate did not write", "another folder for --out",
                      [&mark = mark](std::string_view head) { return head.find(mark) != head.npos; });
  }
}

/// What was repaired or assumed of predictions: it changes what was scored.
void warn_of_predictions(const GroupScore& group) {
  size_t n = 0;
  std::string first;
  for (const CaseScore& score : group.cases)
    for (const std::string& warning : score.warnings) {
      if (!warning.starts_with("prediction: ")) continue;
      if (n++ == 0) first = score.id + ": " + warning;
    }
  if (n == 0) return;
  const std::string more = n > 1 ? " (" + counted(n, "warning") + " of predictions in scores.json)" : "";
  log::warning((group.name.empty() ? "" : group.name + ", ") + first + more);
}

/// Of every sample in a folder of shards.
std::vector<CaseRegistration> read_registrations(const fs::path& shards) {
  const ShardSet set(read_manifest(shards));
  std::vector<CaseRegistration> all;
  for (size_t i = 0; i < set.manifest().samples.size(); ++i)
    for (CaseRegistration& one :
         registrations_of(set.manifest().samples[i].key, sample_from_json(set.json(i)).channels))
      all.push_back(std::move(one));
  if (all.empty())
    throw UsageError("--registration", shards.string() + ", whose sequences were not registered",
                     "shards made with registration.reference: auto");
  return all;
}

bool complete(const std::vector<GroupScore>& groups, bool strict) {
  for (const GroupScore& group : groups)
    if (group.cases.empty() || (strict && !(group.quarantined.empty() && group.not_predicted.empty())))
      return false;
  return true;
}

}  // namespace

int run_evaluate(int argc, char** argv) {
  Arguments a;
  CLI::App app("Scores predicted masks against the radiologists' on each patient's own grid.",
               "trivox evaluate");
  app.add_option("PREDICTIONS", a.predictions, "folder with ID.nii.gz, each on its reference's grid")
      ->required();
  app.add_option("DATASET", a.dataset, "dataset with the reference masks")->required();
  app.add_option("--out", a.out,
                 "folder for scores.json, scores.csv and report.html; of what is there, files that evaluate\n"
                 "wrote alone are replaced")
      ->required();
  a.configuration.add_to(app);
  app.add_option("--group", a.groups,
                 "NAME PREDICTIONS DATASET: a further set, at NAME (dotted) in scores.json, e.g.\n"
                 "motion.header moved moving-phantoms")
      ->expected(1, 1000);
  app.add_option("--registration", a.registration,
                 "folder of shards: how registering changed the overlap of their masks goes into the report");
  app.add_flag("--html,!--no-html", a.html, "write report.html (default)");
  app.add_flag("--json", a.json, "print scores.json instead of the table");
  app.add_flag("--strict", a.strict, "exit 1 when a case is quarantined or not predicted");
  app.footer(help_footer(
      "Every prediction found is scored. Cases of the dataset without one are listed as not predicted;\n"
      "a prediction without a case, or on another grid, is quarantined with its reason. Exit code 1 where\n"
      "nothing could be scored.",
      "  trivox evaluate predictions phantoms --out scores\n", kSections));
  if (const auto code = parse(app, argc, argv)) return *code;
  std::vector<std::string> names;
  for (const auto& group : a.groups) names.push_back(std::get<0>(group));
  check_group_names(names);

  const Config config = a.configuration.read();
  const ScoreJob job{config.dataset, config.preprocess.reference, config.threads.feed, a.html};
  refuse_folder_of(a.dataset, a.out, config.dataset);
  for (const auto& [name, predictions, dataset] : a.groups) refuse_folder_of(dataset, a.out, config.dataset);
  refuse_foreign_files(a.out, a.html);
  make_output_folder(a.out);
  std::vector<CaseRegistration> registrations;
  if (!a.registration.empty()) registrations = read_registrations(a.registration);
  std::vector<GroupScore> groups = {score("", a.predictions, a.dataset, job)};
  for (const auto& [name, predictions, dataset] : a.groups)
    groups.push_back(score(name, predictions, dataset, job));

  for (const GroupScore& group : groups) warn_of_predictions(group);

  const std::string scores = scores_json(groups, version());
  write_file_atomically(a.out / "scores.json", scores);
  write_file_atomically(a.out / "scores.csv", scores_csv(groups));
  if (a.html) write_file_atomically(a.out / "report.html", report_html(groups, registrations, version()));
  const std::string files =
      (a.out / "scores.json").string() + (a.html ? ", " + (a.out / "report.html").string() : "");
  if (a.json) {
    std::fputs(scores.c_str(), stdout);
  } else {
    std::fputs(printable(text_table(groups) + files + "\n").c_str(), stdout);
  }
  if (complete(groups, a.strict)) return kDone;
  log::error("not every case could be scored; reasons are in " + (a.out / "scores.json").string());
  return kFailed;
}

}  // namespace trivox
