#include <algorithm>
#include <cctype>

#include "loader/dataset_layouts.h"
#include "loader/file.h"
#include "loader/log.h"
#include "loader/text.h"

// MRI-Segments/NNN/{T1WI,T2WI,CE-T1WI}/*.dcm with ROI-T1.nii, ROI-T2.nii, ROI-CE-T1.nii beside
// them.
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

bool is_patient(const fs::path& folder, const std::vector<std::string>& channels) {
  return std::ranges::any_of(channels,
                             [&](const std::string& channel) { return is_folder(folder / channel); });
}

bool holds_patients(const fs::path& folder, const std::vector<std::string>& channels) {
  if (!is_folder(folder)) return false;
  return std::ranges::any_of(folders_in(folder),
                             [&](const fs::path& f) { return is_patient(f, channels); });
}

/// The archives right in a folder on the disk: the dataset is published as one.
std::vector<fs::path> archives_in(const fs::path& folder) {
  if (!archive_of(folder).empty()) return {};
  std::vector<fs::path> archives = files_in(folder);
  std::erase_if(archives, [](const fs::path& file) { return archive_of(file).empty(); });
  return archives;
}

/// Where patients lie, beginning in a folder that holds them, data/ or MRI-Segments/.
std::vector<fs::path> places_below(const fs::path& folder, const std::vector<std::string>& channels) {
  std::vector<fs::path> places;
  for (const fs::path& place : {folder, folder / "MRI-Segments", folder / "data/MRI-Segments"})
    if (holds_patients(place, channels)) places.push_back(place);
  return places;
}

/// The same from one folder further down.
std::vector<fs::path> places_deeper(const fs::path& folder, const std::vector<std::string>& channels) {
  std::vector<fs::path> places;
  for (const fs::path& deeper : folders_in(folder)) {
    const std::vector<fs::path> found = places_below(deeper, channels);
    places.insert(places.end(), found.begin(), found.end());
  }
  return places;
}

/// Places in the archives of a folder. One that cannot be opened may hold the dataset: its fault is
/// thrown unless another place is known.
std::vector<fs::path> places_in_archives(const fs::path& folder, const std::vector<std::string>& channels,
                                         bool is_found) {
  std::vector<fs::path> places;
  for (const fs::path& archive : archives_in(folder)) {
    try {
      (void)folders_in(archive);
    } catch (const Error& error) {
      if (!is_found) throw;
      log::warning(std::string(error.what()) + "; it is not looked into");
      continue;
    }
    std::vector<fs::path> found = places_below(archive, channels);
    if (found.empty()) found = places_deeper(archive, channels);
    places.insert(places.end(), found.begin(), found.end());
  }
  return places;
}

fs::path locate(const fs::path& root, const DatasetOptions& options) {
  const auto& channels = channels_of(options);
  if (is_patient(root, channels)) return root;
  std::vector<fs::path> places = places_below(root, channels);
  if (places.empty()) places = places_deeper(root, channels);
  const std::vector<fs::path> packed = places_in_archives(root, channels, !places.empty());
  places.insert(places.end(), packed.begin(), packed.end());
  if (places.empty())
    for (const fs::path& deeper : folders_in(root)) {
      const std::vector<fs::path> found = places_in_archives(deeper, channels, false);
      places.insert(places.end(), found.begin(), found.end());
    }
  return only_place(places, root, npc_layout.name);
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

/// A name that is not there; with the one that is almost it, which is not taken for it.
std::string absent(const std::string& name, const std::vector<fs::path>& there) {
  for (const fs::path& other : there) {
    const std::string found = other.filename().string();
    const std::string stem = found.substr(0, found.find(".nii"));
    if (likeness(stem) == likeness(name.substr(0, name.find(".nii"))) || likeness(found) == likeness(name))
      return name + " (there is '" + found + "')";
  }
  return name;
}

/// Files of a patient; what is missing goes into the lists.
CaseFiles list_patient(const fs::path& folder, const std::vector<std::string>& channels,
                       std::vector<std::string>& no_sequence, std::vector<std::string>& no_mask,
                       std::vector<std::string>& two_masks) {
  CaseFiles files{folder.filename().string(), folder, {}};
  for (const std::string& channel : channels) {
    if (!is_folder(folder / channel)) no_sequence.push_back(absent(channel, folders_in(folder)));
    const std::string stem = mask_stem(channel);
    const fs::path plain = folder / (stem + ".nii"), packed = folder / (stem + ".nii.gz");
    const bool has_plain = is_file(plain), has_packed = is_file(packed);
    if (has_plain && has_packed) two_masks.push_back(stem + ".nii and " + stem + ".nii.gz");
    if (!has_plain && !has_packed) no_mask.push_back(absent(stem + ".nii", files_in(folder)));
    files.channels.push_back({channel, folder / channel,
                              has_plain    ? plain
                              : has_packed ? packed
                                           : fs::path()});
  }
  return files;
}

Dataset list(const fs::path& place, const DatasetOptions& options) {
  Dataset dataset;
  dataset.root = root_of(place);
  dataset.channels = channels_of(options);
  dataset.labels = options.labels.empty() ? std::map<int, std::string>{{1, "tumour"}} : options.labels;
  std::vector<fs::path> patients;
  if (is_patient(place, dataset.channels)) {
    patients = {canonical_path(place)};  // canonical: "." has no name to take for the id
  } else {
    patients = folders_in(place);
    for (const fs::path& file : files_in(place))
      if (!is_file(file))
        dataset.failures.push_back({file.filename().string(),
                                    {file.string(),
                                     "it",
                                     "a link that is broken or within an archive",
                                     "a patient's folder",
                                     {}}});
  }
  for (const fs::path& folder : patients) {
    std::vector<std::string> no_sequence, no_mask, two_masks;
    CaseFiles files = list_patient(folder, dataset.channels, no_sequence, no_mask, two_masks);
    const auto fail = [&](const char* attribute, const std::string& found, const std::string& expected) {
      dataset.failures.push_back({files.id, {folder.string(), attribute, found, expected, {}}});
    };
    if (!no_sequence.empty())
      fail("sequence folder", "absent: " + joined(no_sequence), joined(dataset.channels));
    else if (!two_masks.empty())
      fail("mask", "there twice: " + joined(two_masks), "one of them");
    else if (options.require_masks && !no_mask.empty())
      fail("mask", "absent: " + joined(no_mask), "a mask for each sequence");
    else
      dataset.cases.push_back(std::move(files));
  }
  return dataset;
}

}  // namespace

const DatasetLayout npc_layout = {"npc", locate, list};

}  // namespace trivox
