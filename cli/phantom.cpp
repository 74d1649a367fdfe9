#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "loader/phantom/phantom.h"
#include "transforms/error.h"

namespace trivox {

int run_phantom(int argc, char** argv) {
  PhantomOptions options;
  std::string out;
  CLI::App app(
      "Writes synthetic patients in the layout of the NPC dataset: three MR series as DICOM,\n"
      "a mask for each as NIfTI, the three CSVs, and truth.json with what chance decided.",
      "trivox phantom");
  app.add_option("OUT", out, "folder to write; empty, new, or an earlier phantom, which is replaced")
      ->required();
  app.add_option("--patients", options.patients, "good patients to write")->capture_default_str();
  app.add_option("--first-id", options.first_id, "number of the first patient's folder")
      ->capture_default_str();
  app.add_option(
         "--size", options.size,
         "tiny: matrix 64-80, 20 slices; demo: matrix 256-320, 20 slices; full: matrix 432-640, 22-30 slices")
      ->capture_default_str();
  app.add_flag("--motion,!--no-motion", options.motion,
               "move the head by a known 1-3 mm and 1-3 degrees before T1WI and T2WI (on by default)");
  app.add_option("--seed", options.seed, "everything drawn follows from it and the patient's number")
      ->capture_default_str();
  app.add_option("--defect", options.defect,
                 "add one patient broken in this way after the good ones; all: one of each");
  app.add_option(
      "--oddity", options.oddity,
      "add one patient stored in this way, to be read all the same, after those; all: one of each");
  app.add_option("--threads", options.threads, "0: all cores")->capture_default_str();
  std::string lists;
  for (const auto& [title, all] : {std::pair{"Defects, which preprocess quarantines:", &phantom_defects()},
                                   std::pair{"\n\nOddities, which it reads:", &phantom_oddities()}}) {
    lists += title;
    for (const PhantomAlteration& one : *all) {
      std::string line = "\n  " + std::string(one.name);
      line.resize(35, ' ');
      lists += line + std::string(one.what);
    }
  }
  app.footer(help_footer(lists, "  trivox phantom phantoms --patients 4 --no-motion --seed 7\n", {}));
  if (const auto code = parse(app, argc, argv)) return *code;

  if (options.patients == 0 && options.defect.empty() && options.oddity.empty())
    throw UsageError("--patients", std::to_string(options.patients), "at least 1, a --defect or an --oddity");
  Progress progress("phantom");
  write_phantoms(out, options, [&](size_t done, size_t total, const std::string& note) {
    progress.update(done, total, note);
  });
  progress.finish();
  std::printf("phantoms in %s; what chance decided is in %s/truth.json\n", out.c_str(), out.c_str());
  return kDone;
}

}  // namespace trivox
