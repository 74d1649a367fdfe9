#include "evaluate/inspect.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>
#include <set>

#include "evaluate/html.h"
#include "evaluate/picture.h"
#include "evaluate/statistics.h"
#include "loader/dicom_select.h"
#include "loader/file.h"
#include "loader/manifest.h"
#include "loader/mask.h"
#include "loader/shard.h"
#include "loader/nifti.h"
#include "loader/patient.h"
#include "loader/text.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

bool is_nifti_name(const fs::path& file) {
  const std::string name = file.filename().string();
  return !name.starts_with('.') && (name.ends_with(".nii") || name.ends_with(".nii.gz"));
}

Fact number_fact(std::string name, double value, int digits) {
  return {std::move(name), fixed(value, digits), value};
}

void add_known(std::vector<Fact>& facts, const char* name, const std::optional<double>& value) {
  if (value) facts.push_back(number_fact(name, *value, 2));
}

// Names of the transfer syntaxes that MR images come in (DICOM PS3.6, table A-1).
std::string transfer_syntax_name(const std::string& uid) {
  static const std::map<std::string, const char*> kNames = {
      {"1.2.840.10008.1.2", "implicit little endian"},
      {"1.2.840.10008.1.2.1", "explicit little endian"},
      {"1.2.840.10008.1.2.1.99", "deflated explicit little endian"},
      {"1.2.840.10008.1.2.2", "explicit big endian"},
      {"1.2.840.10008.1.2.4.50", "JPEG baseline"},
      {"1.2.840.10008.1.2.4.51", "JPEG extended"},
      {"1.2.840.10008.1.2.4.57", "JPEG lossless"},
      {"1.2.840.10008.1.2.4.70", "JPEG lossless, first order"},
      {"1.2.840.10008.1.2.4.80", "JPEG-LS lossless"},
      {"1.2.840.10008.1.2.4.81", "JPEG-LS near-lossless"},
      {"1.2.840.10008.1.2.4.90", "JPEG 2000 lossless"},
      {"1.2.840.10008.1.2.4.91", "JPEG 2000"},
      {"1.2.840.10008.1.2.5", "RLE lossless"}};
  const auto known = kNames.find(uid);
  return known == kNames.end() ? uid : known->second;
}

void add_text(std::vector<Fact>& facts, const char* name, const std::string& text) {
  if (!text.empty()) facts.push_back({name, text});
}

void add_geometry(SeriesFinding& series, const Grid& grid) {
  series.grid = grid;
  const Eigen::Vector3d spacing = grid.spacing_mm();
  const SliceView view = slice_view(grid);
  series.facts.push_back({"matrix", std::to_string(view.width()) + " x " + std::to_string(view.height())});
  series.facts.push_back(number_fact("slices", static_cast<double>(view.slices()), 0));
  series.facts.push_back({"pixel mm", fixed(spacing[view.column_axis], 3) + " x " +
                                          fixed(spacing[view.row_axis], 3)});
  series.facts.push_back(number_fact("between slices mm", spacing[view.slice_axis], 3));
  series.facts.push_back({"plane", describe_plane(grid)});
  series.facts.push_back({"axes run to", orientation_letters(grid)});
}

SeriesFinding series_finding(const DicomSeries& found) {
  SeriesFinding series;
  series.kind = "DICOM series";
  series.path = found.folder.string();
  series.name = found.description.empty() ? "series" : found.description;
  series.warnings = found.warnings;
  if (found.fault) {  // no evenly spaced stack: there is no grid to speak of
    series.fault = found.fault;
    return series;
  }
  add_geometry(series, found.grid);
  add_text(series.facts, "description", found.description);
  add_text(series.facts, "scanner", found.manufacturer_model);
  add_known(series.facts, "TE ms", found.echo_time_ms);
  add_known(series.facts, "TR ms", found.repetition_time_ms);
  add_known(series.facts, "flip angle degrees", found.flip_angle_deg);
  add_known(series.facts, "slice thickness mm", found.slice_thickness_mm);
  series.facts.push_back({"stored as", std::string(found.is_signed ? "signed " : "unsigned ") +
                                           std::to_string(found.bits_allocated) + " bit"});
  add_text(series.facts, "transfer syntax", transfer_syntax_name(found.transfer_syntax));
  series.facts.push_back({"file names run", describe_file_order(found.files)});
  series.facts.push_back(number_fact("largest position error mm", found.largest_position_error_mm, 3));
  return series;
}

SeriesFinding inspect_dicom(const ChannelFiles& channel, const DatasetOptions& options,
                            InspectDepth depth) {
  const auto rule = options.series.find(channel.name);
  const DicomSeries found = find_dicom_series(
      channel.image, rule == options.series.end() ? SeriesRule{} : rule->second, channel.name);
  SeriesFinding series = series_finding(found);
  if (depth == InspectDepth::kPixels) series.image = read_dicom_series(found, options.philips_scaling);
  return series;
}

// check: what reading would refuse in the image.
template <class Check>
SeriesFinding inspect_nifti(const fs::path& file, const DatasetOptions& options, InspectDepth depth,
                            const Check& check) {
  NiftiImage image = read_nifti(file, nifti_form(options));
  SeriesFinding series;
  series.kind = "NIfTI image";
  series.path = file.string();
  series.name = file.filename().string();
  add_geometry(series, image.volume.grid);
  series.facts.push_back({"stored as", image.datatype});
  series.facts.push_back({"geometry from", image.geometry_source});
  if (image.volume.channels > 1)
    series.facts.push_back(number_fact("channels", static_cast<double>(image.volume.channels), 0));
  const auto voxels = image.volume.channel(0);
  float low = INFINITY, high = -INFINITY;
  for (const float v : voxels)
    if (std::isfinite(v)) low = std::min(low, v), high = std::max(high, v);
  series.facts.push_back({"values", low > high ? "none finite" : fixed(low, 2) + " to " + fixed(high, 2)});
  series.warnings = image.warnings;
  try {
    check(image);
  } catch (const Error& error) {
    series.usable = false;
    series.warnings.emplace_back(error.what());
  }
  if (depth == InspectDepth::kPixels) series.image = std::move(image.volume);
  return series;
}

std::vector<LabelVolume> label_volumes(const Volume<uint8_t>& mask) {
  std::array<int64_t, 256> counts{};
  for (const uint8_t v : mask.channel(0)) ++counts[v];
  std::vector<LabelVolume> out;
  for (int value = 1; value < 256; ++value)
    if (const int64_t n = counts[static_cast<size_t>(value)]; n > 0)
      out.push_back({value, n, static_cast<double>(n) * mask.grid.voxel_volume_mm3() / 1000});
  return out;
}

// What the geometry of both files says; the rule itself is resolve_mask's.
std::string decision_on(const fs::path& mask, const Grid& series, const DatasetOptions& options) {
  return describe_mask_place(find_mask_place(read_nifti_header(mask, nifti_form(options)), series, options));
}

MaskFinding inspect_mask(const fs::path& file, const Grid& series, const DatasetOptions& options) {
  MaskFinding finding;
  finding.file = file.filename().string();
  try {
    finding.mask = resolve_mask(file, series, options, finding.notes);
    finding.decision = decision_on(file, series, options);
    finding.usable = true;
    finding.labels = label_volumes(finding.mask);
  } catch (const Error& error) {
    finding.decision = error.what();
  }
  return finding;
}

// The channels of a patient's folder as they lie there, also where some are missing or more are
// there than a dataset would have: each sub-folder is one, a mask belongs to it by name (ROI-T1 to
// T1WI), and masks without one are told.
CaseFinding inspect_patient(const fs::path& folder, const DatasetOptions& options, InspectDepth depth) {
  const std::vector<std::string> wanted =
      options.channels.empty() ? std::vector<std::string>{"T1WI", "T2WI", "CE-T1WI"} : options.channels;
  CaseFiles files;
  files.id = folder.filename().string();
  files.folder = folder;
  std::map<std::string, fs::path> masks;
  std::set<std::string> others;
  for (const fs::path& file : files_in(folder)) {
    const std::string name = file.filename().string();
    if (is_nifti_name(file)) masks[name.substr(0, name.find(".nii"))] = file;
  }
  for (const fs::path& sub : folders_in(folder)) others.insert(sub.filename().string());
  std::vector<SeriesFinding> missing;
  const bool any_mask = !masks.empty();
  const auto mask_of = [&](const std::string& name) {
    const std::string stem = name.ends_with("WI") ? name.substr(0, name.size() - 2) : name;
    auto mask = masks.extract("ROI-" + stem);
    return mask ? mask.mapped() : fs::path();
  };
  const auto add = [&](const std::string& name) {
    files.channels.push_back({name, folder / name, mask_of(name)});
  };
  for (const std::string& name : wanted) {
    if (others.erase(name) > 0) add(name);
    else {
      SeriesFinding absent;
      absent.name = name;
      absent.path = (folder / name).string();
      absent.fault = Fault{absent.path, "sequence folder", "not there", "the files of one series", {}};
      missing.push_back(std::move(absent));
      (void)mask_of(name);  // belongs to it, though it is not there
    }
  }
  for (const std::string& name : others) add(name);
  CaseFinding finding = inspect_case(files, options, depth);
  for (SeriesFinding& absent : missing) finding.series.push_back(std::move(absent));
  // What reading the folder as a dataset would refuse; a patient without any mask may be looked at.
  DatasetOptions read = options;
  read.layout = "npc";
  read.channels = wanted;
  read.cases.clear();
  read.require_masks = options.require_masks && any_mask;
  for (const CaseFailure& failure : find_dataset(folder, read).failures) {
    finding.complete = false;
    if (failure.fault.attribute != "sequence folder") finding.warnings.push_back(failure.fault.message());
  }
  for (const auto& [name, file] : masks)
    finding.warnings.push_back(file.filename().string() + " belongs to no sequence by its name");
  return finding;
}

std::string range_text(std::vector<double> values, int digits) {
  std::sort(values.begin(), values.end());
  return fixed(quantile(values, 0.5), digits) + " (" + fixed(values.front(), digits) + " to " +
         fixed(values.back(), digits) + ")";
}

// Median (least to largest) over the cases of what is a number, channel by channel.
std::vector<Fact> geometry_summary(const std::vector<CaseFinding>& cases) {
  std::vector<std::pair<std::string, std::vector<double>>> columns;
  const auto add = [&](const std::string& name, double value) {
    auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& c) { return c.first == name; });
    if (found == columns.end()) found = columns.insert(columns.end(), {name, {}});
    found->second.push_back(value);
  };
  for (const CaseFinding& one : cases)
    for (const SeriesFinding& series : one.series) {
      if (series.fault) continue;
      const SliceView view = slice_view(series.grid);
      add(series.name + ": matrix", static_cast<double>(view.width()));
      add(series.name + ": pixel mm", series.grid.spacing_mm()[view.column_axis]);
      for (const Fact& fact : series.facts)
        if (fact.number) add(series.name + ": " + fact.name, *fact.number);
    }
  std::vector<Fact> out;
  for (const auto& [name, values] : columns) {
    const bool whole = std::all_of(values.begin(), values.end(), [](double v) { return v == std::floor(v); });
    out.push_back({name, range_text(values, whole ? 0 : 2)});
  }
  return out;
}

Finding inspect_dataset(const fs::path& root, const DatasetOptions& options, InspectDepth depth) {
  DatasetOptions all = options;
  all.cases.clear();
  const Dataset dataset = find_dataset(root, all);
  all.labels = dataset.labels;
  Finding finding;
  finding.kind = "dataset";
  finding.facts.push_back({"layout", dataset.layout});
  finding.facts.push_back(number_fact("cases", static_cast<double>(dataset.cases.size()), 0));
  finding.facts.push_back(number_fact("cases that cannot be used", static_cast<double>(dataset.failures.size()), 0));
  finding.facts.push_back(
      {"checked", "names and headers only; pictures and masks are checked with --case ID or by preprocess"});
  finding.failures = dataset.failures;
  const auto chosen = [&](const std::string& id) {
    return std::find(options.cases.begin(), options.cases.end(), id) != options.cases.end();
  };
  for (const CaseFiles& files : dataset.cases)
    finding.cases.push_back(
        inspect_case(files, all, chosen(files.id) ? depth : InspectDepth::kHeaders));
  for (const std::string& id : options.cases)
    if (std::none_of(finding.cases.begin(), finding.cases.end(), [&](const auto& c) { return c.id == id; }) &&
        std::none_of(finding.failures.begin(), finding.failures.end(), [&](const auto& f) { return f.id == id; }))
      throw Error("case " + id, "not in the dataset", "one of its cases").with_path(root.string());
  for (Fact& fact : geometry_summary(finding.cases)) finding.facts.push_back(std::move(fact));
  return finding;
}

Finding inspect_shards(const fs::path& folder) {
  const ShardSet shards(read_manifest(folder));
  const Manifest& manifest = shards.manifest();
  Finding finding;
  finding.kind = "shards";
  std::string labels;
  for (const auto& [value, name] : manifest.labels)
    labels.append(labels.empty() ? "" : ", ").append(std::to_string(value)).append(" ").append(name);
  double bytes = 0;
  for (const ShardEntry& shard : manifest.shards) bytes += static_cast<double>(shard.bytes);
  finding.facts = {{"written by", "trivox " + manifest.version},
                   {"source", manifest.source.name},
                   {"channels", joined(manifest.channels)},
                   {"labels", labels},
                   number_fact("samples", static_cast<double>(manifest.samples.size()), 0),
                   number_fact("shards", static_cast<double>(manifest.shards.size()), 0),
                   number_fact("MB", bytes / 1e6, 1)};
  static constexpr std::array<const char*, 3> kAxes = {"depth", "height", "width"};
  for (size_t axis = 0; axis < 3 && !manifest.samples.empty(); ++axis) {
    std::vector<double> sizes;
    for (const SampleEntry& sample : manifest.samples)
      sizes.push_back(static_cast<double>(sample.image_shape.at(axis + 1)));
    finding.facts.push_back({kAxes[axis], range_text(sizes, 0)});
  }
  finding.failures = manifest.quarantined;
  return finding;
}

Finding inspect_folder_of_dicom(const DicomScan& scan, InspectDepth depth) {
  Finding finding;
  finding.kind = "DICOM folder";
  CaseFinding one;
  one.id = scan.folder.filename().string();
  for (const DicomSeries& series : scan.series) {
    one.series.push_back(series_finding(series));
    if (depth == InspectDepth::kPixels && !series.fault) one.series.back().image = read_dicom_series(series);
  }
  for (const BrokenFile& file : scan.broken) {
    one.complete = false;
    one.warnings.push_back(file.fault.message());
  }
  for (const IgnoredFile& file : scan.ignored)
    one.warnings.push_back(file.path.lexically_relative(scan.folder).string() + " was ignored: " + file.reason);
  if (scan.series.size() > 1)
    one.warnings.push_back("several series in one folder: as a sequence of a patient it needs a rule in dataset.series");
  finding.cases.push_back(std::move(one));
  return finding;
}

bool has_sequence_folders(const fs::path& folder, const DatasetOptions& options) {
  const std::vector<std::string> names =
      options.channels.empty() ? std::vector<std::string>{"T1WI", "T2WI", "CE-T1WI"} : options.channels;
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return is_folder(folder / name); });
}

Finding recognise(const fs::path& path, const DatasetOptions& options, InspectDepth depth) {
  if (const fs::path archive = archive_of(path); !archive.empty())
    (void)folders_in(archive);  // says why it is none
  if (!is_file(path) && !is_folder(path)) throw Error("path", "not there", "a file or folder");
  Finding finding;
  if (path.extension() == ".csv") return inspect_dataset(path, options, depth);
  if (!is_folder(path)) {
    finding.kind = "NIfTI image";
    if (!is_nifti_name(path))
      throw Error("file", "neither .nii nor .nii.gz", "a NIfTI file, or the folder of a DICOM series");
    finding.cases.push_back({path.filename().string(), {inspect_nifti(path, options, depth, check_finite)}, {}});
    return finding;
  }
  if (is_file(path / kManifestName)) return inspect_shards(path);
  if (has_sequence_folders(path, options)) {
    finding.kind = "patient folder";
    finding.cases.push_back(inspect_patient(path, options, depth));
    return finding;
  }
  if (holds_dicom_files(path)) return inspect_folder_of_dicom(scan_dicom_folder(path), depth);
  return inspect_dataset(path, options, depth);
}

}  // namespace

Finding inspect(const fs::path& path, const DatasetOptions& options, InspectDepth depth) {
  try {
    // A trailing slash would leave no file name to call the case by.
    const fs::path plain = path.has_filename() ? path : path.parent_path();
    Finding finding = recognise(plain, options, depth);
    finding.path = plain.string();
    return finding;
  } catch (const UsageError&) {
    throw;  // it names the option
  } catch (const Error& error) {
    throw error.with_path(path.string());
  }
}

bool usable(const CaseFinding& finding) {
  return finding.complete && std::none_of(finding.series.begin(), finding.series.end(), [](const SeriesFinding& s) {
           return s.fault || !s.usable || (s.mask && !s.mask->usable);
         });
}

bool all_well(const Finding& finding, const std::vector<std::string>& asked) {
  if (finding.kind == "shards") return true;
  if (finding.kind != "dataset") return std::all_of(finding.cases.begin(), finding.cases.end(), usable);
  if (asked.empty()) return std::any_of(finding.cases.begin(), finding.cases.end(), usable);
  return std::all_of(asked.begin(), asked.end(), [&](const std::string& id) {
    const auto found = std::find_if(finding.cases.begin(), finding.cases.end(), [&](const auto& c) { return c.id == id; });
    return found != finding.cases.end() && usable(*found);
  });
}

CaseFinding inspect_case(const CaseFiles& files, const DatasetOptions& options, InspectDepth depth) {
  CaseFinding finding;
  finding.id = files.id;
  const auto check = [&](const NiftiImage& image) { check_channel(image, files.channels.size()); };
  for (const ChannelFiles& channel : files.channels) {
    SeriesFinding series;
    try {
      series = is_folder(channel.image) ? inspect_dicom(channel, options, depth)
                                               : inspect_nifti(channel.image, options, depth, check);
    } catch (const Error& error) {
      series.fault = error.fault();
      series.path = channel.image.string();
    }
    series.name = channel.name;
    if (!series.fault && !channel.mask.empty()) {
      if (depth == InspectDepth::kHeaders) series.facts.push_back({"mask", channel.mask.filename().string()});
      else series.mask = inspect_mask(channel.mask, series.grid, options);
    }
    finding.series.push_back(std::move(series));
  }
  return finding;
}

std::string orientation_letters(const Grid& grid) {
  std::string out;
  const Eigen::Matrix3d directions = grid.direction();
  for (int i = 0; i < 3; ++i) {
    Eigen::Index axis = 0;
    directions.col(i).cwiseAbs().maxCoeff(&axis);
    out += directions(axis, i) >= 0 ? "RAS"[axis] : "LPI"[axis];
  }
  return out;
}

std::string describe_plane(const Grid& grid) {
  const SliceView view = slice_view(grid);
  const Eigen::Matrix3d d = grid.direction();
  const Eigen::Vector3d normal = d.col(view.column_axis).cross(d.col(view.row_axis)).normalized();
  const double tilt = std::acos(std::min(1.0, normal.cwiseAbs().maxCoeff())) * 180 / std::numbers::pi;
  return tilt < 0.05 ? view.plane() : view.plane() + ", tilted " + fixed(tilt, 1) + " degrees";
}

std::string describe_file_order(const std::vector<fs::path>& files) {
  const auto number_of = [](const fs::path& file) {
    const std::string stem = file.stem().string();
    size_t end = stem.size();
    while (end > 0 && std::isdigit(static_cast<unsigned char>(stem[end - 1])) == 0) --end;
    size_t begin = end;
    while (begin > 0 && std::isdigit(static_cast<unsigned char>(stem[begin - 1])) != 0) --begin;
    return begin == end ? -1.0 : std::stod(stem.substr(begin, end - begin));
  };
  const auto before = [&](const fs::path& a, const fs::path& b) {
    const double na = number_of(a), nb = number_of(b);
    return na != nb ? na < nb : a.filename() < b.filename();
  };
  if (std::is_sorted(files.begin(), files.end(), before)) return "with the slices";
  if (std::is_sorted(files.rbegin(), files.rend(), before)) return "against the slices";
  return "not in the slices' order";
}

}  // namespace trivox
