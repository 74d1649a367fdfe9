#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <set>
#include <span>
#include <string_view>

#include "loader/dataset/layouts.h"
#include "loader/dicom/select.h"
#include "loader/file.h"
#include "loader/text.h"

// MRI-Segments/NNN/{T1WI,T2WI,CE-T1WI}/*.dcm with ROI-T1.nii, ROI-T2.nii, ROI-CE-T1.nii beside
// them. A sequence may be one NIfTI instead: T1WI.nii, T1WI.nii.gz, or the only one in its folder.
namespace trivox {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string>& channels_of(const DatasetOptions& options) {
  static const std::vector<std::string> all = {"T1WI", "T2WI", "CE-T1WI"};
  return options.channels.empty() ? all : options.channels;
}

/// "CE-T1WI" to "ROI-CE-T1".
std::string mask_stem(std::string channel) {
  if (channel.ends_with("WI")) channel.resize(channel.size() - 2);
  return "ROI-" + channel;
}

/// "ROI-T1.nii", "tumour mask.nii", "T1_seg.nii": what people call a mask.
bool is_mask_name(const std::string& name) {
  const std::string plain = lower(name);
  return std::ranges::any_of(std::array{"roi", "mask", "seg", "label"},
                             [&](const char* word) { return plain.find(word) != std::string::npos; });
}

/// The patterns by which a channel's folder is known where none has the channel's name.
Patterns folder_rule(const fs::path& patient, const std::string& channel, const DatasetOptions& options) {
  return rule_of(options, patient.filename().string(), channel).folder;
}

/// Sub-folders of a patient that match; not those that have another channel's name.
std::vector<fs::path> folders_by_rule(const fs::path& patient, const Patterns& patterns,
                                      const std::vector<std::string>& channels) {
  std::vector<fs::path> folders = folders_in(patient);
  std::erase_if(folders, [&](const fs::path& folder) {
    const std::string name = folder.filename().string();
    return std::ranges::find(channels, name) != channels.end() || !matches(patterns, name);
  });
  return folders;
}

constexpr std::array kNiftiEndings = {".nii", ".nii.gz"};

bool is_nifti_name(const std::string& name) {
  return std::ranges::any_of(kNiftiEndings, [&](const char* end) { return name.ends_with(end); });
}

/// The NIfTI files of that stem, T1WI.nii and T1WI.nii.gz; a link that is broken is one that cannot be read.
std::vector<fs::path> niftis_of(const fs::path& folder, const std::string& stem) {
  std::vector<fs::path> files;
  for (const char* ending : kNiftiEndings)
    if (const fs::path file = folder / (stem + ending); is_file(file) || is_broken_link(file))
      files.push_back(file);
  return files;
}

/// A sequence as NIfTI and its mask: raters' masks bear the sequence's name as well, but have no ROI beside.
bool holds_nifti_and_mask(const fs::path& patient, const std::string& channel) {
  return !niftis_of(patient, channel).empty() && !niftis_of(patient, mask_stem(channel)).empty();
}

/// How a patient's folder is told from others.
using IsPatient = std::function<bool(const fs::path& folder)>;

IsPatient by_name(const DatasetOptions& options) {
  return [&options](const fs::path& folder) {
    return std::ranges::any_of(channels_of(options), [&](const std::string& channel) {
      return is_folder(folder / channel) ||
             (options.layout == "npc" || !options.require_masks ? !niftis_of(folder, channel).empty()
                                                                : holds_nifti_and_mask(folder, channel));
    });
  };
}

/// Some exports put the files one folder deeper, AX_T2/DICOM/1.dcm. No further: a pattern may well match
/// folders far above the patients'.
bool holds_dicom_nearby(const fs::path& folder) {
  return holds_dicom_files(folder) || std::ranges::any_of(folders_in(folder), holds_dicom_files);
}

IsPatient by_rule(const DatasetOptions& options) {
  return [&options](const fs::path& folder) {
    const auto& channels = channels_of(options);
    return std::ranges::any_of(channels, [&](const std::string& channel) {
      const Patterns patterns = folder_rule(folder, channel, options);
      return !patterns.empty() &&
             std::ranges::any_of(folders_by_rule(folder, patterns, channels), holds_dicom_nearby);
    });
  };
}

bool holds_patients(const fs::path& folder, const IsPatient& is_patient) {
  return is_folder(folder) && std::ranges::any_of(folders_in(folder), is_patient);
}

/// Beginning in a folder that holds patients, data/ or MRI-Segments/; or of one patient.
std::vector<fs::path> places_of(const fs::path& folder, const IsPatient& is_patient, bool is_root) {
  if (is_root && is_patient(folder)) return {folder};
  std::vector<fs::path> places;
  for (const fs::path& place : {folder, folder / "MRI-Segments", folder / "data/MRI-Segments"})
    if (holds_patients(place, is_patient)) places.push_back(place);
  return places;
}

std::vector<fs::path> places(const fs::path& folder, const DatasetOptions& options, bool is_root) {
  return places_of(folder, by_name(options), is_root);
}

std::vector<fs::path> places_by_rule(const fs::path& folder, const DatasetOptions& options, bool is_root) {
  return places_of(folder, by_rule(options), is_root);
}

bool has_images(const fs::path& place) {
  return std::ranges::any_of(folders_in(place), [](const fs::path& patient) {
    const bool has_nifti = std::ranges::any_of(files_in(patient), [&](const fs::path& file) {
      const std::string name = file.filename().string(), channel = name.substr(0, name.find(".nii"));
      return is_nifti_name(name) && !is_mask_name(name) && holds_nifti_and_mask(patient, channel);
    });
    return has_nifti || holds_dicom_files(patient) ||
           std::ranges::any_of(folders_in(patient), holds_dicom_nearby);
  });
}

/// The folder or archive in which data/MRI-Segments lies.
fs::path root_of(const fs::path& place) {
  fs::path root = place;
  if (root.filename() == "MRI-Segments") {
    root = root.parent_path();
    if (root.filename() == "data") root = root.parent_path();
  }
  return root.empty() ? fs::path(".") : root;
}

/// "CE-T1WI " and "ce_t1wi" alike.
std::string likeness(std::string_view name) {
  std::string plain;
  for (const char c : name)
    if (const auto u = static_cast<unsigned char>(c); std::isalnum(u) != 0)
      plain += static_cast<char>(std::tolower(u));
  return plain;
}

/// "ROI-T1" of "ROI-T1.nii.gz", "ROI-T1.seg.nrrd" and "ROI-T1.img"; an ending with a number is none.
std::string_view stem_of(std::string_view name) {
  const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  for (size_t dot = name.rfind('.'); dot != std::string_view::npos && dot > 0; dot = name.rfind('.')) {
    if (!std::ranges::all_of(name.substr(dot + 1), is_letter)) break;
    name = name.substr(0, dot);
  }
  return name;
}

/// A name that is not there; with the one that is almost it, which is not taken for it.
std::string absent(const std::string& name, const std::vector<fs::path>& there) {
  for (const fs::path& other : there) {
    const std::string found = other.filename().string();
    if (likeness(stem_of(found)) == likeness(stem_of(name)) || likeness(found) == likeness(name))
      return name + " (there is '" + found + "')";
  }
  return name;
}

/// The same for a mask: one in another format or with more behind its name, "ROI-T1 (1).nii", is told of too.
std::string absent_mask(const std::string& stem, const std::vector<fs::path>& there) {
  const std::string name = stem + ".nii", near = absent(name, there);
  if (near == name) {
    for (const fs::path& other : there)
      if (const std::string found = other.filename().string();
          found.size() > stem.size() && lower(found).starts_with(lower(stem)) &&
          std::isalnum(static_cast<unsigned char>(found[stem.size()])) == 0)
        return name + " (there is '" + found + "')";
    return name;
  }
  const std::string small = lower(near);
  if (small.ends_with(".hdr')") || small.ends_with(".img')"))
    return near.substr(0, near.size() - 1) + " of a pair .hdr/.img: nibabel makes one file of it)";
  return is_nifti_name(small.substr(0, small.size() - 2))
             ? near
             : near.substr(0, near.size() - 1) + ", which is no NIfTI in one file)";
}

/// In what annotators' programs write masks, those that are not read too.
constexpr std::array<std::string_view, 7> kMaskEndings = {".nii", ".nii.gz", ".img", ".mha",
                                                          ".mhd", ".nrrd",   ".mgz"};

bool has_ending(const std::string& name, std::span<const std::string_view> endings) {
  const std::string small = lower(name);
  return std::ranges::any_of(endings, [&](std::string_view ending) { return small.ends_with(ending); });
}

/// What keeps a patient from being a case.
struct Lacks {
  std::vector<std::string> sequences, masks;  ///< absent
  std::vector<std::string> two_masks;         ///< there twice
  std::vector<Fault> doubts;                  ///< which folder a channel is
};

std::string quoted_name(const fs::path& folder) {
  std::string out(1, '\'');
  return out.append(folder.filename().string()).append(1, '\'');
}

std::string names_of(const std::vector<fs::path>& folders) {
  std::vector<std::string> out;
  for (const fs::path& folder : folders) out.push_back(quoted_name(folder));
  return joined(out);
}

/// A sequence's folder, or the only NIfTI in it where no DICOM lies there.
fs::path image_in(const fs::path& folder) {
  const std::vector<fs::path> files = files_in(folder);
  const auto is_nifti = [](const fs::path& file) { return is_nifti_name(file.filename().string()); };
  const auto found = std::ranges::find_if(files, is_nifti);
  if (found == files.end() || std::ranges::count_if(files, is_nifti) > 1 || !is_file(*found)) return folder;
  const bool is_other =
      is_mask_name(found->filename().string()) || !folders_in(folder).empty() || holds_dicom_files(folder);
  return is_other ? folder : *found;
}

/// Whether a series that the rule's other keys fit lies there, or something that they cannot be held against.
bool may_hold(const fs::path& folder, SeriesRule rule) {
  rule.folder = {};
  if (image_in(folder) != folder) return true;
  const DicomScan scan = scan_dicom_folder(folder);
  return scan.series.empty() ? !scan.broken.empty()
                             : std::ranges::any_of(scan.series, [&](const DicomSeries& series) {
                                 return matches_rule(series, rule);
                               });
}

/// The image of a channel: the folder or NIfTI of its name, else the only folder that its rule matches.
fs::path channel_image(const fs::path& patient, const std::string& channel, const DatasetOptions& options,
                       Lacks& lacks) {
  const fs::path named = patient / channel;
  std::vector<fs::path> images = niftis_of(patient, channel);
  if (is_folder(named)) images.insert(images.begin(), named);
  if (images.size() > 1)
    lacks.doubts.push_back(Fault{
        patient.string(), "image of " + channel, "there twice: " + names_of(images), "one of them", {}});
  if (!images.empty()) return images.front() == named ? image_in(named) : images.front();
  const std::vector<fs::path> there = folders_in(patient);
  const SeriesRule rule = rule_of(options, patient.filename().string(), channel);
  if (rule.folder.empty()) {
    std::vector<fs::path> all = there;
    for (fs::path& file : files_in(patient)) all.push_back(std::move(file));
    lacks.sequences.push_back(absent(channel, all));
    return named;
  }
  std::vector<fs::path> matching = folders_by_rule(patient, rule.folder, channels_of(options));
  if (matching.size() > 1) {
    std::vector<fs::path> fitting = matching;
    std::erase_if(fitting, [&](const fs::path& folder) { return !may_hold(folder, rule); });
    if (!fitting.empty()) matching = std::move(fitting);
  }
  if (matching.size() == 1) return image_in(matching.front());
  const std::string found = there.empty() ? "absent: there is no folder"
                            : matching.empty()
                                ? "absent among " + names_of(there)
                                : std::to_string(matching.size()) + " folders: " + names_of(matching);
  lacks.doubts.push_back(Fault{
      patient.string(),
      "folder of " + channel,
      found,
      channel + ", or one that matches " + describe(rule.folder) + ", as dataset.series." + channel + " says",
      {}});
  return named;
}

/// Files of a patient, and what it lacks.
CaseFiles list_patient(const fs::path& folder, const DatasetOptions& options, Lacks& lacks) {
  const fs::path name = archive_of(folder) == folder ? folder.stem() : folder.filename();  // 001 of 001.zip
  CaseFiles files{name.string(), folder, {}};
  for (const std::string& channel : channels_of(options)) {
    const fs::path image = channel_image(folder, channel, options, lacks);
    for (const ChannelFiles& other : files.channels)
      if (other.image == image)
        lacks.doubts.push_back(Fault{folder.string(),
                                     "folder of " + other.name + " and of " + channel,
                                     quoted_name(image) + " for both",
                                     "one for each",
                                     {}});
    const std::string stem = mask_stem(channel);
    std::vector<fs::path> masks = niftis_of(folder, stem);
    if (masks.empty()) masks = niftis_of(folder, "ROI-" + channel);  // ROI-T1WI.nii of T1WI
    if (masks.size() > 1)
      lacks.two_masks.push_back(masks[0].filename().string() + " and " + masks[1].filename().string());
    if (masks.empty()) lacks.masks.push_back(absent_mask(stem, files_in(folder)));
    files.channels.push_back({channel, image, masks.empty() ? fs::path() : masks.front()});
  }
  return files;
}

/// Files among the patients' folders that may be patients, packed or without a folder; not tables and texts.
std::vector<std::string> passed_over(const fs::path& place) {
  constexpr std::array<std::string_view, 17> kEndings = {".zip", ".7z",  ".rar", ".tar",  ".tgz", ".gz",
                                                         ".xz",  ".bz2", ".nii", ".dcm",  ".ima", ".img",
                                                         ".hdr", ".mha", ".mhd", ".nrrd", ".mgz"};
  std::vector<std::string> names;
  for (const fs::path& file : files_in(place)) {
    const std::string name = file.filename().string();
    if (is_file(file) && has_ending(name, kEndings)) names.push_back(name);
  }
  return names;
}

/// What masks of the sequences that lie in the patient's folder would be called, those that are read or not.
std::set<std::string> stems_of_folders(const fs::path& folder) {
  std::set<std::string> stems;
  for (const fs::path& sequence : folders_in(folder)) stems.insert(mask_stem(sequence.filename().string()));
  return stems;
}

/// Files that are named as a sequence's mask with more behind it, beside that mask: which one is meant,
/// nobody said. The masks of other sequences' folders are none of them.
std::vector<std::string> further_masks(const fs::path& folder, const CaseFiles& files) {
  const std::set<std::string> stems = stems_of_folders(folder);
  std::vector<std::string> out;
  for (const fs::path& file : files_in(folder)) {
    const std::string name = file.filename().string();
    if (!is_nifti_name(name)) continue;
    if (stems.contains(name.substr(0, name.rfind(".nii")))) continue;
    const bool is_like = std::ranges::any_of(files.channels, [&](const ChannelFiles& channel) {
      const std::string stem = mask_stem(channel.name);
      if (channel.mask.empty() || channel.mask.filename() == name) return false;
      return name.starts_with("ROI-" + channel.name + ".nii") ||
             (name.starts_with(stem) && std::isalnum(static_cast<unsigned char>(name[stem.size()])) == 0);
    });
    if (is_like) out.push_back(files.id + "/" + name);
  }
  return out;
}

/// Files of a patient that are named like masks and that no sequence takes, though one lacks its mask: it may
/// be one of these under another name or in another format.
std::vector<std::string> unclaimed_masks(const fs::path& folder, const CaseFiles& files) {
  const std::set<std::string> stems = stems_of_folders(folder);
  std::vector<std::string> out;
  for (const fs::path& file : files_in(folder)) {
    const std::string name = file.filename().string();
    const bool is_taken = std::ranges::any_of(files.channels, [&](const ChannelFiles& channel) {
      return channel.mask.filename() == name || channel.image.filename() == name;
    });
    const std::string stem(stem_of(name));
    const bool is_other = stems.contains(stem) && std::ranges::none_of(files.channels, [&](const auto& c) {
                            return mask_stem(c.name) == stem;
                          });
    if (is_mask_name(name) && !is_taken && !is_other) out.push_back(files.id + "/" + name);
  }
  for (const fs::path& deeper : folders_in(folder))
    for (const fs::path& file : files_in(deeper))
      if (const std::string name = file.filename().string();
          is_mask_name(name) && has_ending(name, kMaskEndings))
        out.push_back(files.id + "/" + deeper.filename().string() + "/" + name);
  return out;
}

Dataset list(const fs::path& place, const DatasetOptions& options) {
  Dataset dataset;
  dataset.root = root_of(place);
  dataset.channels = channels_of(options);
  dataset.labels = options.labels.empty() ? std::map<int, std::string>{{1, "tumour"}} : options.labels;
  std::vector<fs::path> patients;
  if (by_name(options)(place) || by_rule(options)(place)) {
    patients = {canonical_path(place)};  // canonical: "." has no name to take for the id
  } else {
    patients = folders_in(place);
    for (const fs::path& file : files_in(place))
      if (!is_file(file))
        dataset.failures.push_back(
            {file.filename().string(),
             {file.string(), "it", "a link that is broken or within an archive", "a patient's folder", {}}});
    if (const std::vector<std::string> names = passed_over(place); !names.empty())
      dataset.notes.push_back(counted(names.size(), "file") +
                              " among the patients' folders, archives or images, not read, such as " +
                              names.front() + ": a patient is a folder");
  }
  std::vector<std::string> further;
  for (const fs::path& folder : patients) {
    Lacks lacks;
    CaseFiles files = list_patient(folder, options, lacks);
    for (std::string& mask : further_masks(folder, files)) further.push_back(std::move(mask));
    const auto fail = [&](const char* attribute, const std::string& found, const std::string& expected) {
      dataset.failures.push_back({files.id, {folder.string(), attribute, found, expected, {}}});
    };
    if (!lacks.sequences.empty()) {
      fail("sequence folder", "absent: " + joined(lacks.sequences), joined(dataset.channels));
      dataset.failures.back().is_absent_sequence = true;
    } else if (!lacks.doubts.empty()) {
      dataset.failures.push_back({files.id, lacks.doubts.front()});
    } else if (!lacks.two_masks.empty()) {
      fail("mask", "there twice: " + joined(lacks.two_masks), "one of them");
      for (ChannelFiles& channel : files.channels) channel.mask.clear();
      dataset.failures.back().images = std::move(files);
    } else if (options.require_masks && !lacks.masks.empty()) {
      fail("mask", "absent: " + joined(lacks.masks), "a mask for each sequence");
    } else {
      if (!lacks.masks.empty())
        for (const std::string& name : unclaimed_masks(folder, files))
          dataset.notes.push_back(name + " belongs to no sequence by its name and is not read, though " +
                                  files.id + " lacks a mask: " + joined(lacks.masks));
      dataset.cases.push_back(std::move(files));
    }
  }
  if (!further.empty())
    dataset.notes.push_back(counted(further.size(), "mask") +
                            " beside those that are read: not used, such as " + further.front());
  return dataset;
}

}  // namespace

const DatasetLayout npc_layout = {"npc", places, places_by_rule, has_images, list};

}  // namespace trivox
