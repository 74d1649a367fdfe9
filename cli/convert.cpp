#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/print.h"
#include "cli/replace.h"
#include "loader/image_source.h"
#include "loader/nifti.h"
#include "loader/patient.h"
#include "loader/text.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kProgram = "trivox convert";

/// An image to write, and how it came.
struct Converted {
  NativeVolume volume;
  std::string kind, source, series, why;
  std::vector<std::string> passed_over, warnings;
};

Converted convert_dicom(ImageSource source, bool philips) {
  Converted out;
  out.kind = "DICOM series";
  out.source = source.series->folder.string();
  out.series = describe_series(*source.series);
  out.why = std::move(source.why);
  out.passed_over = std::move(source.passed_over);
  out.warnings = std::move(source.warnings);
  out.volume = read_dicom_native(*source.series, philips, &out.warnings);
  if (std::holds_alternative<Volume<float>>(out.volume.stored))
    out.warnings.emplace_back(
        "slices differ in type or scaling, or the scaling is of floating point: the values are written as "
        "float32");
  return out;
}

Converted convert_nifti(const fs::path& file, const DatasetOptions& options) {
  NiftiNative image = read_nifti_native(file, nifti_form(options));
  if (!image.header.has_geometry)
    throw Error(
        Fault{file.string(), "geometry", "absent (qform_code and sform_code are 0)", "one, to write", {}});
  Converted out;
  out.kind = "NIfTI image";
  out.source = file.string();
  out.warnings = std::move(image.header.warnings);
  out.volume = std::move(image.volume);
  return out;
}

Converted read(const fs::path& path, const SeriesQuery& query, const DatasetOptions& options) {
  const bool is_nifti = is_nifti_file(path);
  if (is_nifti && (asks(query) || options.philips_scaling))
    throw UsageError("--series, --te, --where, --philips-scaling", "given with a NIfTI file",
                     "a folder of DICOM files");
  if (!is_nifti && options.nifti_form != DatasetOptions().nifti_form)
    throw UsageError("--form", "given with a DICOM series", "a NIfTI file");
  return is_nifti ? convert_nifti(path, options)
                  : convert_dicom(find_image(path, query), options.philips_scaling);
}

void print_json(const Converted& image, const std::string& out) {
  const Grid& grid = image.volume.grid();
  const Eigen::Vector3d spacing = grid.spacing_mm();
  nlohmann::ordered_json affine = nlohmann::ordered_json::array();
  for (int i = 0; i < 4; ++i)
    affine.push_back({grid.affine(i, 0), grid.affine(i, 1), grid.affine(i, 2), grid.affine(i, 3)});
  const nlohmann::ordered_json all = {{"out", out},
                                      {"kind", image.kind},
                                      {"source", image.source},
                                      {"series", image.series},
                                      {"chosen", image.why},
                                      {"passed_over", image.passed_over},
                                      {"size", grid.size},
                                      {"channels", image.volume.channels()},
                                      {"spacing_mm", {spacing[0], spacing[1], spacing[2]}},
                                      {"affine", affine},
                                      {"datatype", datatype_name(image.volume)},
                                      {"slope", image.volume.slope},
                                      {"intercept", image.volume.intercept},
                                      {"warnings", image.warnings}};
  print_answer(all);
}

void print_text(const Converted& image, const std::string& out) {
  std::ostringstream text;
  text << out << ": " << image.volume.grid().describe() << ", " << datatype_name(image.volume);
  if (image.volume.is_scaled())
    text << ", slope " << image.volume.slope << ", intercept " << image.volume.intercept;
  text << '\n';
  if (!image.series.empty()) text << "  from " << image.series << "\n  chosen: " << image.why << '\n';
  for (const std::string& other : image.passed_over) text << "  passed over: " << other << '\n';
  for (const std::string& warning : image.warnings) text << "  warning: " << warning << '\n';
  std::fputs(printable(text.str()).c_str(), stdout);
}

}  // namespace

int run_convert(int argc, char** argv) {
  std::string series, out;
  SeriesQuery query;
  std::vector<std::string> where;
  query.given_by = "--where KEY=VALUE";
  DatasetOptions options;
  bool json = false;
  CLI::App app(
      "Writes an image as NIfTI as it was read, so that any other tool can check it: in its own voxel type,\n"
      "with its scaling, at its place.",
      "trivox convert");
  app.add_option("SERIES", series,
                 "folder of DICOM files (and its sub-folders), one of a series' files, or a NIfTI file")
      ->required();
  app.add_option(
         "OUT", out,
         "file to write, .nii or .nii.gz; of what is there, an image that convert wrote alone is replaced")
      ->required();
  app.add_option("--series", query.name,
                 "of several in the folder: pattern of SeriesDescription (* any text, ? any character), or a "
                 "SeriesInstanceUID");
  app.add_option("--te", query.te_ms, "of several: the one of this EchoTime in ms");
  app.add_option("--where", where,
                 "KEY=VALUE, of several: the one that a rule of dataset.series would pick (docs/dicom.md),\n"
                 "such as orientation=sagittal, image_type='*\\P\\*', part='StackID 2*' or te_ms=[60,130];\n"
                 "may be repeated; a key's patterns are any of them, but for those with !, such as "
                 "folder='!*CE*'; keys: " +
                     rule_keys())
      ->allow_extra_args(false);
  app.add_flag("--philips-scaling", options.philips_scaling,
               "Philips' own floating-point values instead of the rescaled ones");
  app.add_option("--form", options.nifti_form,
                 "qform or sform: the one taken where a NIfTI file's two lie more than .2 mm apart")
      ->check(CLI::IsMember({"qform", "sform"}));
  app.add_flag("--json", json, "print what was written as JSON");
  app.footer(help_footer(
      "Axes run as DICOM stores them: x along a row, y down a column, z along the slices' positions.\n"
      "MONOCHROME1 is inverted; where slices differ in type or scaling the values are float32.",
      "  trivox convert phantoms/data/MRI-Segments/001/T2WI t2.nii.gz\n", {}));
  if (const auto code = parse(app, argc, argv)) return *code;
  if (!out.ends_with(".nii") && !out.ends_with(".nii.gz"))
    throw UsageError("OUT", "'" + out + "'", "a name that ends in .nii or .nii.gz");
  query.rule = parse_rule(where, "--where");
  std::error_code code;
  if (fs::equivalent(series, out, code)) throw UsageError("OUT", "the file that is read", "another");
  refuse_to_replace(out, "a file that trivox convert did not write", "another name for OUT",
                    [&](std::string_view) { return is_own_image(out, kProgram); });
  Converted image = read(series, query, options);
  write_nifti(out, image.volume, NiftiWriteForm::kBoth, mark_of(image.volume, kProgram));
  if (!std::visit([](const auto& volume) { return fits_qform(volume.grid); }, image.volume.stored))
    image.warnings.emplace_back(
        "the axes are not at right angles (sheared), so that OUT holds an sform and no qform: programs "
        "that need one, ITK's among them, cannot open it");
  if (json)
    print_json(image, out);
  else
    print_text(image, out);
  return kDone;
}

}  // namespace trivox
