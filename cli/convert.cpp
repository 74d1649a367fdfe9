#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "loader/dicom_select.h"
#include "loader/file.h"
#include "loader/gzip.h"
#include "loader/nifti.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

/// An image to write, and how it came.
struct Converted {
  NativeVolume volume;
  std::string kind, source, series, why;
  std::vector<std::string> passed_over, warnings;
};

struct Wanted {
  std::string series;  ///< pattern of a description, or a UID; empty: the only one
  std::optional<double> te_ms;
};

bool is_wanted(const DicomSeries& series, const Wanted& wanted) {
  constexpr double kSameTeMs = 0.05;
  if (wanted.te_ms && !(series.echo_time_ms && std::abs(*series.echo_time_ms - *wanted.te_ms) <= kSameTeMs))
    return false;
  return wanted.series.empty() || series.series_uid == wanted.series ||
         matches_pattern(wanted.series, series.description);
}

/// Of the series that are left the one to be converted.
Converted convert_dicom(DicomScan scan, const Wanted& wanted, const std::optional<fs::path>& file,
                        bool philips) {
  std::vector<std::string> others;
  const size_t all = scan.series.size();
  std::erase_if(scan.series, [&](const DicomSeries& series) {
    const bool other_file =
        file && std::find(series.files.begin(), series.files.end(), *file) == series.files.end();
    if (!other_file && is_wanted(series, wanted)) return false;
    others.push_back((other_file ? "does not hold the file: " : "not asked for: ") + describe_series(series));
    return true;
  });
  if (scan.series.empty() && all > 0) {
    std::string there;
    for (const std::string& other : others) there += (there.empty() ? "" : "; ") + other;
    throw Error(Fault{scan.folder.string(),
                      "number of series that were asked for",
                      "0 of " + std::to_string(all) + " (" + there + ")",
                      "one",
                      {}});
  }
  if (scan.series.size() > 1) {
    std::string there;
    for (const DicomSeries& series : scan.series)
      there += (there.empty() ? "" : "; ") + describe_series(series);
    throw Error(Fault{scan.folder.string(),
                      "number of series",
                      std::to_string(scan.series.size()) + ": " + there,
                      "one, or --series and --te that leave one",
                      {}});
  }
  if (scan.series.size() == 1 &&
      all > 1)  // a broken file that says that it is of another series is no matter
    std::erase_if(scan.broken, [&](const BrokenFile& broken) {
      if (broken.series_uid.empty() || broken.series_uid == scan.series.front().series_uid) return false;
      others.push_back("of another series and not read: " + broken.fault.message());
      return true;
    });
  const DicomChoice choice = choose_dicom_series(scan);
  const DicomSeries& series = scan.series[choice.series];
  Converted out;
  out.kind = "DICOM series";
  out.source = scan.folder.string();
  out.series = describe_series(series);
  out.why = all == 1 ? choice.why : "the only one of " + std::to_string(all) + " series that was asked for";
  out.passed_over = std::move(others);
  out.passed_over.insert(out.passed_over.end(), choice.passed_over.begin(), choice.passed_over.end());
  out.warnings = series.warnings;
  out.volume = read_dicom_native(series, philips);
  if (std::holds_alternative<Volume<float>>(out.volume.stored))
    out.warnings.emplace_back(
        "slices differ in type or scaling, or the scaling is of floating point: the values are written as "
        "float32");
  return out;
}

Converted convert_nifti(const fs::path& file) {
  NiftiNative image = read_nifti_native(file);
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

/// By content, since DICOM files have any name.
bool is_nifti(const fs::path& file) {
  constexpr size_t kHead = 65536;
  constexpr size_t kSizeField = 4;
  std::vector<std::byte> head = read_head(file, kHead);
  if (is_gzip(head)) return true;  // DICOM is never
  if (head.size() < kSizeField) return false;
  const auto at = [&](size_t i) { return std::to_integer<uint32_t>(head[i]); };
  const uint32_t little = at(0) | at(1) << 8 | at(2) << 16 | at(3) << 24;
  const uint32_t big = at(3) | at(2) << 8 | at(1) << 16 | at(0) << 24;
  return little == 348 || little == 540 || big == 348 || big == 540;
}

Converted read(const fs::path& path, const Wanted& wanted, bool philips) {
  if (is_folder(path)) {
    DicomScan scan = scan_dicom_folder(path);
    return convert_dicom(std::move(scan), wanted, std::nullopt, philips);
  }
  if (!is_file(path))
    throw Error(Fault{
        path.string(), "path", "not there", "a folder of DICOM files, one of them, or a NIfTI file", {}});
  if (is_nifti(path)) {
    if (!wanted.series.empty() || wanted.te_ms)
      throw UsageError("--series, --te", "given with a NIfTI file", "a folder of DICOM files");
    return convert_nifti(path);
  }
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  return convert_dicom(scan_dicom_folder(folder), wanted, folder / path.filename(), philips);
}

template <class T>
constexpr const char* type_name() {
  if constexpr (std::is_same_v<T, float>) return "float32";
  if constexpr (std::is_same_v<T, double>) return "float64";
  constexpr std::array<const char*, 4> kSigned = {"int8", "int16", "int32", "int64"};
  constexpr std::array<const char*, 4> kUnsigned = {"uint8", "uint16", "uint32", "uint64"};
  constexpr size_t i = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
  return std::is_signed_v<T> ? kSigned[i] : kUnsigned[i];
}

std::string type_name(const NativeVolume& volume) {
  return std::visit(
      [](const auto& v) {
        return std::string(type_name<typename std::decay_t<decltype(v.data)>::value_type>());
      },
      volume.stored);
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
                                      {"datatype", type_name(image.volume)},
                                      {"slope", image.volume.slope},
                                      {"intercept", image.volume.intercept},
                                      {"warnings", image.warnings}};
  std::cout << all.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

void print_text(const Converted& image, const std::string& out) {
  std::printf("%s: %s, %s", out.c_str(), image.volume.grid().describe().c_str(),
              type_name(image.volume).c_str());
  if (image.volume.is_scaled())
    std::printf(", slope %g, intercept %g", image.volume.slope, image.volume.intercept);
  std::printf("\n");
  if (!image.series.empty())
    std::printf("  from %s\n  chosen: %s\n", image.series.c_str(), image.why.c_str());
  for (const std::string& other : image.passed_over) std::printf("  passed over: %s\n", other.c_str());
  for (const std::string& warning : image.warnings) std::printf("  warning: %s\n", warning.c_str());
}

}  // namespace

int run_convert(int argc, char** argv) {
  std::string series, out;
  Wanted wanted;
  bool philips = false, json = false;
  CLI::App app(
      "Writes an image as NIfTI as it was read, so that any other tool can check it: in its own voxel type,\n"
      "with its scaling, at its place.",
      "trivox convert");
  app.add_option("SERIES", series,
                 "folder of DICOM files (and its sub-folders), one of a series' files, or a NIfTI file")
      ->required();
  app.add_option("OUT", out, "file to write, .nii or .nii.gz; one that is there is replaced")->required();
  app.add_option("--series", wanted.series,
                 "of several in the folder: pattern of SeriesDescription (* any text, ? any character), or a "
                 "SeriesInstanceUID");
  app.add_option("--te", wanted.te_ms, "of several: the one of this EchoTime in ms");
  app.add_flag("--philips-scaling", philips,
               "Philips' own floating-point values instead of the rescaled ones");
  app.add_flag("--json", json, "print what was written as JSON");
  app.footer(help_footer(
      "Axes run as DICOM stores them: x along a row, y down a column, z along the slices' positions.\n"
      "MONOCHROME1 is inverted; where slices differ in type or scaling the values are float32.",
      "  trivox convert phantoms/data/MRI-Segments/001/T2WI t2.nii.gz\n", {}));
  if (const auto code = parse(app, argc, argv)) return *code;
  if (!out.ends_with(".nii") && !out.ends_with(".nii.gz"))
    throw UsageError("OUT", "'" + out + "'", "a name that ends in .nii or .nii.gz");
  std::error_code code;
  if (fs::equivalent(series, out, code)) throw UsageError("OUT", "the file that is read", "another");
  const Converted image = read(series, wanted, philips);
  write_nifti(out, image.volume);
  if (json)
    print_json(image, out);
  else
    print_text(image, out);
  return kDone;
}

}  // namespace trivox
