#include "evaluate/inspect_case.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "evaluate/inspect_series.h"
#include "evaluate/picture.h"
#include "loader/dicom/select.h"
#include "loader/file.h"
#include "loader/nifti.h"
#include "loader/patient.h"
#include "loader/text.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostPictured = 12;  // series of a DICOM folder; of more only the chosen one is shown

/// The message without the context that the finding stands in anyway.
std::string plain_message(const Error& error) {
  Fault fault = error.fault();
  fault.context.clear();
  return fault.message();
}

/// Adds what is not said yet.
void add_new(std::vector<std::string>& to, const std::vector<std::string>& texts,
             const std::vector<std::string>& known) {
  const auto holds = [](const std::vector<std::string>& list, const std::string& text) {
    return std::find(list.begin(), list.end(), text) != list.end();
  };
  for (const std::string& text : texts)
    if (!holds(to, text) && !holds(known, text)) to.push_back(text);
}

std::vector<FileNote> notes_of(const DicomScan& scan) {
  std::vector<FileNote> out;
  for (const IgnoredFile& file : scan.ignored)
    out.push_back({file.path.lexically_relative(scan.folder).generic_string(), file.reason, false});
  for (const BrokenFile& file : scan.broken) {
    Fault fault = file.fault;
    fault.path.clear();
    out.push_back(
        {fs::path(file.fault.path).lexically_relative(scan.folder).generic_string(), fault.message(), true});
  }
  return out;
}

/// What lies in the folder of a channel, and which of it is the channel.
void inspect_sequence_folder(const ChannelFiles& channel, const SeriesRule& rule, SeriesFinding& series) {
  const DicomFilePlace place =
      is_folder(channel.image) ? DicomFilePlace{channel.image, {}} : place_of_dicom_file(channel.image);
  const DicomScan scan = scan_dicom_folder(place.folder);
  series.kind = "DICOM series";
  series.ignored = notes_of(scan);
  const DicomChoice choice = choose_dicom_series(scan, rule, channel.name, place.file);
  SeriesFinding found = describe_dicom(scan.series[choice.series]);
  found.choice = choice.why;
  found.passed_over = choice.passed_over;
  if (choice.left_out) found.warnings.push_back(*choice.left_out);
  found.ignored = std::move(series.ignored);
  series = std::move(found);
}

SeriesFinding inspect_channel_file(const fs::path& file, size_t channels, const DatasetOptions& options) {
  const NiftiHeader header = read_nifti_header(file, nifti_form(options));
  SeriesFinding series = describe_nifti(file, header);
  try {
    check_channel(header.channels, header.has_geometry, channels);
  } catch (const Error& error) {
    series.refusal = plain_message(error);
  }
  return series;
}

MaskFinding inspect_mask(const fs::path& file, const Grid& series, const DatasetOptions& options) {
  MaskFinding finding;
  finding.file = file.filename().string();
  finding.path = file.string();
  finding.expected = series;
  try {
    const NiftiHeader header = read_nifti_header(file, nifti_form(options));
    finding.found = header.grid;
    finding.mask = resolve_mask(file, series, options, finding.notes);
    finding.place = find_mask_place(header, series, options);
    finding.decision = describe_mask_place(*finding.place);
    finding.quality = mask_quality(finding.mask, slice_view(series).slice_axis);
    finding.usable = true;
  } catch (const Error& error) {
    finding.decision = plain_message(error);
  }
  return finding;
}

void compare_all_masks(CaseFinding& finding) {
  std::vector<const SeriesFinding*> with;
  for (const SeriesFinding& series : finding.series)
    if (series.mask && series.mask->usable && !series.mask->quality.labels.empty()) with.push_back(&series);
  for (size_t j = 1; j < with.size(); ++j)
    for (size_t i = 0; i < j; ++i) {
      if (with[i]->mask->path == with[j]->mask->path) continue;  // one mask for all channels
      finding.masks.push_back(
          {with[i]->name, with[j]->name, compare_masks(with[i]->mask->mask, with[j]->mask->mask)});
    }
}

/// What reading the voxels told.
void take_sequence(Sequence&& sequence, InspectDepth depth, SeriesFinding& series) {
  std::vector<std::string> known = series.passed_over;
  if (series.mask) {
    known.insert(known.end(), series.mask->notes.begin(), series.mask->notes.end());
    if (series.mask->usable)  // among what to look at already, as reading words it
      known.push_back("mask " + edge_text(edge_contact(series.mask->mask, 2)));
  }
  add_new(series.warnings, sequence.warnings, known);
  add_value_range(series, sequence.image);
  if (depth == InspectDepth::kPixels) series.image = std::move(sequence.image);
}

/// The image by itself, where the case as a whole is refused.
void read_alone(const CaseFiles& files, ChannelFiles channel, const DatasetOptions& options,
                InspectDepth depth, SeriesFinding& series) {
  channel.mask.clear();
  try {
    take_sequence(read_sequence(files, channel, options), depth, series);
  } catch (const Error& error) {
    series.refusal = plain_message(error);
  }
}

bool is_fine(const SeriesFinding& series) {
  return !series.fault && series.refusal.empty() && (!series.mask || series.mask->usable);
}

SeriesFinding absent_series(const fs::path& folder, const std::string& name) {
  SeriesFinding absent;
  absent.name = name;
  absent.path = (folder / name).string();
  absent.fault = Fault{absent.path, "sequence folder", "not there", "the files of one series", {}};
  return absent;
}

SeriesQuery asked_by(const SeriesRule& where, const fs::path& file) {
  SeriesQuery query;
  query.file = file;
  query.rule = where;
  query.given_by = "--where KEY=VALUE";
  return query;
}

/// All series of a scan; the one that is chosen is looked at as deep as asked.
CaseFinding inspect_scan(const DicomScan& scan, bool is_asked, const std::function<DicomChoice()>& choose,
                         const DatasetOptions& options, InspectDepth depth) {
  CaseFinding one;
  one.id = scan.folder.filename().string();
  one.ignored = notes_of(scan);
  if (scan.series.empty() && scan.broken.empty() && !is_asked) return one;
  std::optional<DicomChoice> choice;
  try {
    choice = choose();
  } catch (const Error& error) {
    one.refusals.push_back(plain_message(error));
  }
  for (size_t i = 0; i < scan.series.size(); ++i) {
    SeriesFinding series = describe_dicom(scan.series[i]);
    series.chosen = choice && choice->series == i;
    if (series.chosen) series.choice = choice->why;
    if (series.chosen && choice->left_out) series.warnings.push_back(*choice->left_out);
    const bool pictured =
        depth == InspectDepth::kPixels && (series.chosen || scan.series.size() <= kMostPictured);
    if (!series.fault && (pictured || (series.chosen && depth != InspectDepth::kHeaders))) {
      try {
        Volume<float> image = read_dicom_series(scan.series[i], options.philips_scaling, &series.warnings);
        add_value_range(series, image);
        check_finite(image);
        if (pictured) series.image = std::move(image);
      } catch (const Error& error) {
        series.refusal = plain_message(error);
      }
    }
    one.series.push_back(std::move(series));
  }
  return one;
}

}  // namespace

bool is_nifti_name(const fs::path& file) {
  const std::string name = lower(file.filename().string());
  return !name.starts_with('.') && (name.ends_with(".nii") || name.ends_with(".nii.gz"));
}

std::vector<std::string> wanted_channels(const DatasetOptions& options) {
  return options.channels.empty() ? std::vector<std::string>{"T1WI", "T2WI", "CE-T1WI"} : options.channels;
}

CaseFinding inspect_case(const CaseFiles& files, const DatasetOptions& options, InspectDepth depth) {
  CaseFinding finding;
  finding.id = files.id;
  finding.looked_into = depth != InspectDepth::kHeaders;
  for (const ChannelFiles& channel : files.channels) {
    SeriesFinding series;
    series.path = channel.image.string();
    try {
      if (is_folder(channel.image) || is_dicom_file(channel.image))
        inspect_sequence_folder(channel, rule_of(options, files.id, channel.name), series);
      else
        series = inspect_channel_file(channel.image, files.channels.size(), options);
    } catch (const Error& error) {
      series.fault = error.fault();
    }
    series.name = channel.name;
    if (!finding.looked_into && !series.fault && !channel.mask.empty())
      series.facts.push_back({"mask", channel.mask.filename().string()});
    finding.series.push_back(std::move(series));
  }
  if (!finding.looked_into) return finding;

  // Read as preprocessing reads it, so that both refuse the same; sequence by sequence only where it does.
  std::optional<Patient> patient;
  std::string refusal;
  try {
    if (std::all_of(finding.series.begin(), finding.series.end(), is_fine))
      patient = read_patient(files, options);
  } catch (const Error& error) {
    refusal = plain_message(error);
  }
  for (size_t i = 0; i < files.channels.size(); ++i) {
    SeriesFinding& series = finding.series[i];
    if (series.fault) continue;
    if (!files.channels[i].mask.empty())
      series.mask = inspect_mask(files.channels[i].mask, series.grid, options);
    if (patient)
      take_sequence(std::move(patient->sequences[i]), depth, series);
    else
      read_alone(files, files.channels[i], options, depth, series);
  }
  if (!refusal.empty() && std::all_of(finding.series.begin(), finding.series.end(), is_fine))
    finding.refusals.push_back(refusal);
  compare_all_masks(finding);
  return finding;
}

CaseFinding inspect_patient(const fs::path& folder, const DatasetOptions& options, InspectDepth depth) {
  const std::vector<std::string> wanted = wanted_channels(options);
  std::map<std::string, fs::path> masks;
  std::vector<FileNote> ignored;
  for (const fs::path& file : files_in(folder)) {
    const std::string name = file.filename().string();
    if (is_nifti_name(file))
      masks[name.substr(0, name.find(".nii"))] = file;
    else
      ignored.push_back({name,
                         lower(name).starts_with("roi") ? "named like a mask, but no NIfTI in one file"
                                                        : "neither a sequence's folder nor a mask",
                         false});
  }
  // What reading the folder as a dataset finds; a patient without any mask may be looked at.
  DatasetOptions read = options;
  read.layout = "npc";
  read.channels = wanted;
  read.cases.clear();
  read.require_masks = options.require_masks && !masks.empty();
  const Dataset dataset = find_dataset(folder, read);

  CaseFiles files{folder.filename().string(), folder, {}};
  if (dataset.cases.size() == 1) files.channels = dataset.cases.front().channels;
  std::set<std::string> others, taken;
  for (const fs::path& sub : folders_in(folder)) others.insert(sub.filename().string());
  for (const ChannelFiles& channel : files.channels) {
    taken.insert(channel.name);
    others.erase(channel.image.filename().string());
    // By name: the dataset's paths are absolute.
    std::erase_if(masks, [&](const auto& mask) { return mask.second.filename() == channel.mask.filename(); });
  }
  const auto mask_of = [&](const std::string& name) {
    const std::string stem = name.ends_with("WI") ? name.substr(0, name.size() - 2) : name;
    auto mask = masks.extract("ROI-" + stem);
    return mask ? mask.mapped() : fs::path();
  };
  std::vector<SeriesFinding> missing;
  for (const std::string& name : wanted) {
    if (taken.contains(name)) continue;
    const fs::path mask = mask_of(name);
    if (others.erase(name) > 0)
      files.channels.push_back({name, folder / name, mask});
    else
      missing.push_back(absent_series(folder, name));
  }
  CaseFinding finding = inspect_case(files, options, depth);
  for (SeriesFinding& absent : missing) finding.series.push_back(std::move(absent));
  for (const std::string& name : others)
    finding.ignored.push_back({name, "a folder of none of the channels", false});
  for (const CaseFailure& failure : dataset.failures)
    if (!failure.is_absent_sequence) finding.refusals.push_back(failure.fault.message());
  for (const auto& [name, file] : masks)
    finding.warnings.push_back(file.filename().string() + " belongs to no sequence by its name");
  for (FileNote& note : ignored) finding.ignored.push_back(std::move(note));
  return finding;
}

CaseFinding inspect_dicom_folder(const fs::path& folder, const SeriesRule& where,
                                 const DatasetOptions& options, InspectDepth depth) {
  const DicomScan scan = scan_dicom_folder(folder);
  const fs::path place = canonical_path(folder);
  const std::string channel = place.filename().string();
  const SeriesRule rule = rule_of(options, place.parent_path().filename().string(), channel);
  const bool is_asked = !describe_rule(where).empty();
  const bool is_channel = !describe_rule(rule).empty();
  const auto choose = [&] {
    if (is_asked || !is_channel) return choose_dicom_series(scan, asked_by(where, {}));
    return choose_dicom_series(scan, rule, channel);
  };
  return inspect_scan(scan, false, choose, options, depth);
}

CaseFinding inspect_dicom_file(const fs::path& file, const SeriesRule& where, const DatasetOptions& options,
                               InspectDepth depth) {
  const DicomFilePlace place = place_of_dicom_file(file);
  const DicomScan scan = scan_dicom_folder(place.folder);
  const auto choose = [&] { return choose_dicom_series(scan, asked_by(where, place.file)); };
  CaseFinding one = inspect_scan(scan, true, choose, options, depth);
  one.id = file.filename().string();
  return one;
}

CaseFinding inspect_nifti_file(const fs::path& file, const DatasetOptions& options, InspectDepth depth) {
  CaseFinding one;
  one.id = file.filename().string();
  SeriesFinding series;
  if (depth == InspectDepth::kHeaders) {
    series = describe_nifti(file, read_nifti_header(file, nifti_form(options)));
  } else {
    NiftiImage image = read_nifti(file, nifti_form(options));
    series = describe_nifti(file, read_nifti_header(file, nifti_form(options)));
    add_value_range(series, image.volume);
    try {
      check_finite(image.volume);
    } catch (const Error& error) {
      series.refusal = plain_message(error);
    }
    if (depth == InspectDepth::kPixels) series.image = std::move(image.volume);
  }
  one.series.push_back(std::move(series));
  return one;
}

}  // namespace trivox
