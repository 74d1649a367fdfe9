#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/print.h"
#include "cli/replace.h"
#include "evaluate/inspect.h"
#include "evaluate/inspect_page.h"
#include "evaluate/inspect_text.h"
#include "loader/file.h"
#include "loader/text.h"

namespace trivox {
namespace {

constexpr std::string_view kSections[] = {"dataset"};

}  // namespace

int run_inspect(int argc, char** argv) {
  std::filesystem::path path, html;
  std::vector<std::string> cases, where;
  ConfigArguments configuration;
  int slices = 8;
  bool json = false;
  CLI::App app(
      "Says what a path holds, what would be read of it and why: geometry, parameters, where masks lie,\n"
      "what is wrong, and what to look at in the masks (docs/masks.md).",
      "trivox inspect");
  app.add_option("PATH", path,
                 "folder of DICOM files or one of them, NIfTI file, patient's folder, dataset (folder,\n"
                 ".zip archive or table of cases), two raters' masks, clinical table, or folder of shards")
      ->required();
  app.add_option("--html", html,
                 "page to write, with the sequences side by side and masks outlined; of what is there,\n"
                 "an HTML page alone is replaced");
  app.add_option("--case", cases, "of a dataset: look into this case (may be repeated)")
      ->allow_extra_args(false);
  app.add_option("--slices", slices, "slices in the page; 0: all")
      ->capture_default_str()
      ->check(CLI::Range(0, 10000));
  app.add_option("--where", where,
                 "KEY=VALUE, of several series in a folder: as convert takes it (docs/dicom.md)")
      ->allow_extra_args(false);
  configuration.add_to(app);
  app.add_flag("--json", json, "print JSON instead of text");
  app.footer(
      help_footer("Exit code 1 where a sequence or mask cannot be used, or of a dataset no case or not the "
                  "one asked for.",
                  "  trivox inspect phantoms/data/MRI-Segments/001 --html patient.html\n", kSections));
  if (const auto code = parse(app, argc, argv)) return *code;
  Config config = configuration.read();
  if (!cases.empty()) config.dataset.cases = cases;
  const SeriesRule rule = parse_rule(where, "--where");
  if (!html.empty())  // before the work
    refuse_to_replace(
        html, "a file that is no HTML page", "another name for --html",
        [](std::string_view head) { return lower(std::string(head)).starts_with("<!doctype html"); });
  Finding finding;
  try {
    finding =
        inspect(path, config.dataset, html.empty() ? InspectDepth::kMasks : InspectDepth::kPixels, rule);
  } catch (const Error& error) {
    if (json && !error.fault().is_usage) print_answer({{"path", path.string()}, {"fault", error.what()}});
    throw;
  }
  std::fputs((json ? finding_json(finding) : printable(finding_text(finding))).c_str(), stdout);
  if (!html.empty()) {
    write_file_atomically(html, inspect_html(finding, slices, version()));
    if (!json) std::printf("%s\n", html.string().c_str());
  }
  return all_well(finding, config.dataset.cases) ? kDone : kFailed;
}

}  // namespace trivox
