#include <tbb/global_control.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/print.h"
#include "cli/replace.h"
#include "evaluate/html.h"
#include "evaluate/registration_page.h"
#include "loader/coregistration.h"
#include "loader/file.h"
#include "loader/image_source.h"
#include "loader/itk_transform.h"
#include "loader/nifti.h"
#include "loader/text.h"
#include "transforms/normalise.h"
#include "transforms/parallel_each.h"
#include "transforms/resample.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSections[] = {"dataset.nifti_form", "dataset.philips_scaling", "registration"};
constexpr std::string_view kProgram = "trivox register";

/// One of the two, read.
struct Side {
  fs::path path;
  std::string role;  ///< "FIXED"
  ImageSource source;
  Volume<float> image;
};

void read(Side& side, const std::vector<std::string>& where, const DatasetOptions& options) {
  const std::string option = "--" + lower(side.role) + "-where";
  SeriesQuery query;
  query.given_by = option + " KEY=VALUE";
  query.rule = parse_rule(where, option);
  if (asks(query) && is_nifti_file(side.path))
    throw UsageError(option, "given with a NIfTI file", "a folder of DICOM files");
  side.source = find_image(side.path, query);
  side.image = read_image(side.source, options);
}

std::string frame_of(const Side& side) {
  return side.source.series ? side.source.series->frame_of_reference_uid : std::string();
}

/// Resampled onto the fixed image's grid; beyond its field of view its own air.
Volume<float> laid_on(const Volume<float>& moving, const Grid& grid, const Eigen::Matrix4d& transform,
                      float air) {
  return resample(moving, grid, transform, Interpolation::kCubic, air).image;
}

std::vector<std::string> all_warnings(const Side& fixed, const Side& moving) {
  std::vector<std::string> out;
  for (const Side* side : {&fixed, &moving})
    for (const std::string& warning : side->source.warnings) out.push_back(side->role + ": " + warning);
  return out;
}

void print_json(const Side& fixed, const Side& moving, const Registration& answer, bool is_wide) {
  std::vector<std::string> warnings = all_warnings(fixed, moving);
  const auto matrix = [](const RigidTransform& transform) {
    const Eigen::Matrix4d m = transform.matrix();
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (int i = 0; i < 4; ++i) rows.push_back({m(i, 0), m(i, 1), m(i, 2), m(i, 3)});
    return rows;
  };
  print_answer({{"fixed", fixed.path.string()},
                {"moving", moving.path.string()},
                {"outcome", to_string(answer.outcome)},
                {"transform", matrix(answer.transform)},
                {"found", matrix(answer.found)},
                {"header_nats", answer.header_nats},
                {"found_nats", answer.found_nats},
                {"shift_mm", answer.shift_mm},
                {"turn_deg", answer.turn_deg},
                {"inconsistency_mm", answer.inconsistency_mm},
                {"overlap", answer.overlap},
                {"other_frame", is_wide},
                {"starts", answer.starts},
                {"evaluations", answer.evaluations},
                {"reasons", answer.warnings},
                {"warnings", warnings}});
}

void print_text(const Side& fixed, const Side& moving, const Registration& answer) {
  std::string text = to_string(answer.outcome) + ": ";
  switch (answer.outcome) {
    case RegistrationOutcome::kHeader:
      text += "the header's place is as good as the best that was found; it stays";
      break;
    case RegistrationOutcome::kRefined:
      text += "the transform found is better than the header's place";
      break;
    case RegistrationOutcome::kGiven:
      text += "the transform is that of the file; nothing was looked for";
      break;
    case RegistrationOutcome::kRejected:
      text += "no transform is credible; the header's place stays, for want of better";
      break;
  }
  const bool is_given = answer.outcome == RegistrationOutcome::kGiven;
  std::array<char, 400> figures{};
  std::snprintf(figures.data(), figures.size(),
                "\n  %s: the body moves by %.2f mm (mean) and turns by %.2f degrees\n"
                "  mutual information %.4f nats by the header, %.4f %s\n"
                "  %.0f %% of the body overlap\n",
                is_given ? "given" : "found", answer.shift_mm, answer.turn_deg, answer.header_nats,
                answer.found_nats, is_given ? "as given" : "found", 100 * answer.overlap);
  text += figures.data();
  if (!is_given) {
    std::snprintf(figures.data(), figures.size(), "  forward and backward differ by %.2f mm\n",
                  answer.inconsistency_mm);
    text += figures.data();
  }
  for (const std::string& reason : answer.warnings)
    text += (answer.outcome == RegistrationOutcome::kRejected ? "  because " : "  warning: ") + reason + "\n";
  for (const std::string& warning : all_warnings(fixed, moving)) text += "  warning: " + warning + "\n";
  std::fputs(printable(text).c_str(), stdout);
}

/// What is asked for; empty: not.
struct Outputs {
  fs::path transform, apply, html;
};

void refuse_own_input(const fs::path& out, const std::string& option, const fs::path& input,
                      const std::string& role) {
  std::error_code code;
  if (!out.empty() && fs::equivalent(input, out, code))
    throw UsageError(option, "the file that is read as " + role, "another");
}

/// One would be written over the other.
void refuse_same(const fs::path& a, const fs::path& b, const std::string& option_a,
                 const std::string& option_b) {
  if (!a.empty() && fs::weakly_canonical(a) == fs::weakly_canonical(b))
    throw UsageError(option_b, "the file of " + option_a, "another");
}

/// Before anything is read: nobody waits for an answer that cannot be written.
void check(const Outputs& outputs, const Side& fixed, const Side& moving, const fs::path& given) {
  for (const auto& [out, option] : {std::pair(outputs.transform, "--out"),
                                    std::pair(outputs.apply, "--apply"), std::pair(outputs.html, "--html")}) {
    if (out.has_parent_path() && !is_folder(out.parent_path()))
      throw UsageError(
          Fault{out.string(), "folder of " + std::string(option), "absent", "one that is there", {}});
    for (const Side* side : {&fixed, &moving}) refuse_own_input(out, option, side->path, side->role);
    refuse_own_input(out, option, given, "--transform");
  }
  refuse_same(outputs.transform, outputs.html, "--out", "--html");
  refuse_same(outputs.apply, outputs.html, "--apply", "--html");
  refuse_to_replace(outputs.transform, "a file that trivox register did not write as it is",
                    "another name for --out", is_own_itk_transform);
  refuse_to_replace(outputs.apply, "a file that trivox register did not write", "another name for --apply",
                    [&](std::string_view) { return is_own_image(outputs.apply, kProgram); });
  refuse_to_replace(
      outputs.html, "a file that is no HTML page", "another name for --html",
      [](std::string_view head) { return lower(std::string(head)).starts_with("<!doctype html"); });
}

/// Takes the fixed image with it.
void write(const Outputs& outputs, Side& fixed, const Side& moving, const Registration& answer, int slices) {
  if (!outputs.transform.empty())
    write_file_atomically(outputs.transform, itk_transform_text(answer.transform));
  if (outputs.apply.empty() && outputs.html.empty()) return;
  const auto air = static_cast<float>(measure_body(moving.image).intensity.raw_air());
  RegistrationView view;
  view.after = laid_on(moving.image, fixed.image.grid, answer.transform.matrix(), air);
  if (!outputs.apply.empty()) {
    const NativeVolume image{view.after};
    write_nifti(outputs.apply, image, NiftiWriteForm::kBoth, mark_of(image, kProgram));
  }
  if (outputs.html.empty()) return;
  view.fixed_name = fixed.path.string();
  view.moving_name = moving.path.string();
  view.before = laid_on(moving.image, fixed.image.grid, Eigen::Matrix4d::Identity(), air);
  if (!is_used(answer.outcome))  // to be seen all the same
    view.after = laid_on(moving.image, fixed.image.grid, answer.found.matrix(), air);
  view.fixed = std::move(fixed.image);
  view.answer = answer;
  view.warnings = all_warnings(fixed, moving);
  write_file_atomically(outputs.html, registration_html(view, slices, version()));
}

}  // namespace

int run_register(int argc, char** argv) {
  Side fixed, moving;
  fixed.role = "FIXED";
  moving.role = "MOVING";
  Outputs outputs;
  fs::path given;
  std::vector<std::string> fixed_where, moving_where;
  ConfigArguments configuration;
  int slices = 6, threads = 0;
  bool json = false;
  CLI::App app(
      "Lays MOVING onto FIXED by a rotation and a shift, from where their headers put them, and says how\n"
      "far the answer can be trusted (docs/registration.md).",
      "trivox register");
  app.add_option("FIXED", fixed.path,
                 "image that stays: folder of DICOM files, one of a series' files, or a NIfTI file")
      ->required();
  app.add_option("MOVING", moving.path, "image that is laid onto it: likewise")->required();
  app.add_option("--out", outputs.transform,
                 "transform to write, from FIXED to MOVING, as ITK's text (.tfm or .txt), which 3D Slicer\n"
                 "and ITK-SNAP read; of what is there, one that register wrote alone is replaced")
      ->check([](const std::string& name) {
        return name.ends_with(".tfm") || name.ends_with(".txt") ? "" : "a name that ends in .tfm or .txt";
      });
  app.add_option("--apply", outputs.apply,
                 "MOVING on FIXED's grid by that transform, as NIfTI (float32); likewise")
      ->check([](const std::string& name) {
        return name.ends_with(".nii") || name.ends_with(".nii.gz") ? ""
                                                                   : "a name that ends in .nii or .nii.gz";
      });
  app.add_option(
         "--transform", given,
         "transform to take instead of looking for one, from FIXED to MOVING, rigid, as ITK's text: of\n"
         "another program, or mended by hand")
      ->check(CLI::ExistingFile);
  app.add_option("--html", outputs.html,
                 "page to write: before and after with a slider, checkerboards, edges; of what is there,\n"
                 "an HTML page alone is replaced");
  app.add_option("--slices", slices, "slices in the page; 0: all")
      ->capture_default_str()
      ->check(CLI::Range(0, 10000));
  app.add_option("--fixed-where", fixed_where,
                 "KEY=VALUE, of several series in FIXED: as convert takes it (docs/dicom.md)")
      ->allow_extra_args(false);
  app.add_option("--moving-where", moving_where, "the same of MOVING")->allow_extra_args(false);
  configuration.add_to(app);
  app.add_option("--threads", threads, "0: all cores; the answer is the same")->check(CLI::Range(0, 1024));
  app.add_flag("--json", json, "print the answer as JSON");
  app.footer(help_footer(
      "Where the header's place is kept, the transform written is none. Exit code 1 where no transform is\n"
      "credible; what was asked for is written all the same, by the header.",
      "  trivox register phantoms/data/MRI-Segments/001/CE-T1WI phantoms/data/MRI-Segments/001/T2WI "
      "--out t2.tfm --html t2.html\n",
      kSections));
  if (const auto code = parse(app, argc, argv)) return *code;
  const Config config = configuration.read();
  check(outputs, fixed, moving, given);

  const tbb::global_control budget(tbb::global_control::max_allowed_parallelism,
                                   static_cast<size_t>(or_all_cores(threads)));
  const uint64_t seed = config.registration.seed;
  const Eigen::Matrix4d transform =
      given.empty() ? Eigen::Matrix4d(Eigen::Matrix4d::Identity()) : read_itk_transform(given);
  const std::array<Side*, 2> sides = {&fixed, &moving};
  const std::array<const std::vector<std::string>*, 2> where = {&fixed_where, &moving_where};
  std::array<PreparedImage, 2> ready;
  parallel_each(sides.size(), [&](size_t i) {
    read(*sides[i], *where[i], config.dataset);
    ready[i] = with_path(sides[i]->path.string(), [&] { return prepare_image(sides[i]->image, seed); });
  });
  const RegistrationOptions options =
      registration_options(config.registration, frame_of(fixed), frame_of(moving));
  const Registration answer =
      given.empty() ? register_rigid(ready[0], ready[1], options)
                    : with_path(given.string(), [&] { return measure_rigid(ready[0], ready[1], transform); });
  write(outputs, fixed, moving, answer, slices);
  if (json)
    print_json(fixed, moving, answer, options.is_wide);
  else
    print_text(fixed, moving, answer);
  return answer.outcome == RegistrationOutcome::kRejected ? kFailed : kDone;
}

}  // namespace trivox
