#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "loader/dataset/layouts.h"
#include "loader/file.h"
#include "loader/json.h"
#include "loader/text.h"

// dataset.json, imagesTr/ID_0000.nii.gz, labelsTr/ID.nii.gz. Source: nnU-Net v2,
// documentation/dataset_format.md; of v1 (the Medical Segmentation Decathlon's) "modality" and the
// labels' reversed order are understood.
namespace trivox {
namespace {

namespace fs = std::filesystem;
using json::Json;

bool is_dataset(const fs::path& folder) {
  return is_file(folder / "dataset.json") && is_folder(folder / "imagesTr");
}

/// Whether dataset.json lists the images of each case itself, wherever they lie.
bool lists_images(const fs::path& folder) {
  const fs::path file = folder / "dataset.json";
  if (!is_file(file)) return false;
  try {
    const std::vector<std::byte> bytes = read_file(file);
    const Json all = json::parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    return all.is_object() && all.contains("dataset") && all.contains("file_ending");
  } catch (const Error&) {
    return false;
  }
}

/// A dataset's root; where it is asked for, one of its folders of images, such as imagesTs.
std::vector<fs::path> places(const fs::path& folder, const DatasetOptions&, bool is_root) {
  if (is_dataset(folder) || lists_images(folder)) return {folder};
  if (!is_root || !is_folder(folder)) return {};
  const fs::path clean = canonical_path(folder);  // "." has no parent to look into
  if (clean.filename().string().starts_with("images") && is_file(clean.parent_path() / "dataset.json"))
    return {clean};
  return {};
}

bool has_images(const fs::path& place) {
  if (lists_images(place)) return true;
  const fs::path images = is_dataset(place) ? place / "imagesTr" : place;
  return std::ranges::any_of(files_in(images), [](const fs::path& file) {
    const std::string name = file.filename().string();
    return name.ends_with(".nii.gz") || name.ends_with(".nii");
  });
}

/// A case of dataset.json's "dataset".
struct ListedCase {
  std::string id;
  std::vector<fs::path> images;  ///< by channel
  fs::path label;                ///< empty: none
};

struct Description {
  std::vector<std::string> channels;  ///< by number
  std::map<int, std::string> labels;  ///< without background
  std::optional<Fault> labels_fault;  ///< why labels cannot be read by dataset.json alone
  std::string ending;
  std::optional<int64_t> cases;  ///< "numTraining", where it is a number
  std::optional<std::vector<ListedCase>> listed;
};

std::optional<int64_t> number_in(const std::string& text) {
  int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string> parse_channels(const Json& all) {
  // Version 1 of the layout called it modality.
  const bool version_1 = !all.contains("channel_names") && all.contains("modality");
  const char* key = version_1 ? "modality" : "channel_names";
  const Json& names = json::at(all, key);
  std::map<int64_t, std::string> by_number;
  for (const auto& [number, name] : names.items()) {
    const auto n = number_in(number);
    if (!n || !name.is_string()) throw Error(key, names.dump(), "numbers with names");
    by_number[*n] = name.get<std::string>();
  }
  std::vector<std::string> channels;
  for (const auto& [number, name] : by_number) {
    if (number != static_cast<int64_t>(channels.size()))
      throw Error(key, names.dump(), "numbers from 0, none left out");
    if (std::ranges::find(channels, name) != channels.end())
      throw Error(key, "'" + name + "' twice", "names that differ");
    channels.push_back(name);
  }
  if (channels.empty()) throw Error(key, "empty", "at least one channel");
  return channels;
}

std::map<int, std::string> parse_labels(const Json& all) {
  std::map<int, std::string> labels;
  const Json& entries = json::at(all, "labels");
  for (const auto& [key, value] : entries.items()) {
    if (value.is_array())
      throw Error("label '" + key + "'", value.dump() + ", a region of several values",
                  "one value: regions are not read");
    const auto number = value.is_number_integer() ? std::optional(value.get<int64_t>()) : number_in(key);
    const std::string name = value.is_string() ? value.get<std::string>() : key;
    if (!number) throw Error("labels", entries.dump(), "names with whole numbers");
    if (*number == 0) continue;
    if (name == "ignore")
      throw Error("label 'ignore'", std::to_string(*number), "none: partly drawn labels are not read");
    if (*number < 1 || *number > 254)
      throw Error("label '" + name + "'", std::to_string(*number), "1 to 254");
    if (!labels.emplace(static_cast<int>(*number), name).second)
      throw Error("label '" + name + "'", std::to_string(*number) + ", as another one", "values that differ");
  }
  return labels;
}

/// Source: nnU-Net v2, get_filenames_of_train_images_and_targets: paths from dataset.json on.
std::vector<ListedCase> parse_cases(const Json& entries, const fs::path& root) {
  const auto refuse = [](const std::string& attribute, const Json& found, const char* expected) {
    throw Error(attribute, std::string(clipped(found.dump(), 100)), expected);
  };
  if (!entries.is_object()) refuse("dataset", entries, "a case each, with images and label");
  const auto path = [&](const std::string& attribute, const Json& value) {
    const std::string text = value.is_string() ? value.get<std::string>() : std::string();
    if (text.empty() || text.find('$') != std::string::npos)
      refuse(attribute, value, "a path, from dataset.json's folder on or absolute, without variables");
    return root / text;
  };
  std::vector<ListedCase> cases;
  for (const auto& [id, entry] : entries.items()) {
    const std::string attribute = "dataset, case '" + id + "'";
    if (!entry.is_object() || !entry.contains("images") || !entry["images"].is_array())
      refuse(attribute, entry, "images, a path for each channel, and label");
    ListedCase one{id, {}, {}};
    for (const Json& image : entry["images"]) one.images.push_back(path(attribute + ", images", image));
    if (entry.contains("label")) one.label = path(attribute + ", label", entry["label"]);
    cases.push_back(std::move(one));
  }
  return cases;
}

Description read_description(const fs::path& file) {
  const std::vector<std::byte> bytes = read_file(file);
  return with_path(file.string(), [&] {
    const Json all = json::parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    Description out;
    out.channels = parse_channels(all);
    out.ending = ".nii.gz";
    try {
      out.labels = parse_labels(all);
    } catch (const Error& error) {
      out.labels_fault = error.with_path(file.string()).fault();
    }
    if (const auto told = all.find("dataset"); told != all.end())
      out.listed = parse_cases(*told, file.parent_path());
    if (const auto told = all.find("numTraining"); told != all.end() && told->is_number_integer())
      out.cases = told->get<int64_t>();
    if (all.contains("file_ending")) out.ending = json::text(all, "file_ending");
    if (out.ending != ".nii.gz" && out.ending != ".nii")
      throw Error("file_ending", "'" + out.ending + "'", ".nii.gz or .nii");
    return out;
  });
}

/// The numbers of the channels that the options ask for, in their order.
std::vector<size_t> wanted_channels(const Description& description, const DatasetOptions& options,
                                    const fs::path& file) {
  std::vector<size_t> wanted;
  if (options.channels.empty())
    for (size_t i = 0; i < description.channels.size(); ++i) wanted.push_back(i);
  for (const std::string& name : options.channels) {
    const auto at = std::ranges::find(description.channels, name);
    if (at == description.channels.end()) {
      throw UsageError("dataset.channels", "'" + name + "'",
                       "one of " + joined(description.channels) + " as in " + file.string());
    }
    wanted.push_back(static_cast<size_t>(at - description.channels.begin()));
  }
  return wanted;
}

std::string image_name(const std::string& id, size_t channel, const std::string& ending) {
  std::string number = std::to_string(channel);
  number.insert(0, 4 - std::min<size_t>(4, number.size()), '0');
  return id + "_" + number + ending;
}

/// ID of ID_0000.nii.gz; nothing for another name.
std::optional<std::string> id_of_image(const std::string& name, const std::string& ending) {
  constexpr size_t kNumber = 5;  // _0000
  if (!name.ends_with(ending) || name.size() <= ending.size() + kNumber) return std::nullopt;
  const size_t at = name.size() - ending.size() - kNumber;
  const std::string number = name.substr(at + 1, kNumber - 1);
  if (name[at] != '_' || !std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  return name.substr(0, at);
}

/// What a folder of images or labels holds beside files of NIfTI: what nnU-Net reads by other readers, or a
/// patient's folder, would be lost silently.
void note_others(Dataset& dataset, const fs::path& folder) {
  if (!is_folder(folder)) return;
  std::vector<std::string> others;
  for (const fs::path& sub : folders_in(folder)) others.push_back(sub.filename().string() + "/");
  for (const fs::path& file : files_in(folder)) {
    const std::string name = file.filename().string();
    if (!name.ends_with(".nii") && !name.ends_with(".nii.gz")) others.push_back(name);
  }
  if (others.empty()) return;
  dataset.notes.push_back(folder.filename().string() + " holds " + others.front() +
                          (others.size() > 1 ? " and " + std::to_string(others.size() - 1) + " more" : "") +
                          ": not read, only files whose names end in .nii.gz or .nii, in small letters, are");
}

/// The cases that dataset.json lists itself: of these paths, whatever imagesTr and labelsTr hold.
void take_listed(Dataset& dataset, const Description& description, const std::vector<size_t>& wanted,
                 bool requires_masks) {
  for (const ListedCase& one : *description.listed) {
    CaseFiles files{one.id, dataset.root, {}};
    const auto fail = [&](const fs::path& path, const char* attribute, const std::string& found,
                          const std::string& expected) {
      dataset.failures.push_back({one.id, {path.string(), attribute, found, expected, {}}});
    };
    if (one.images.size() != description.channels.size()) {
      fail(dataset.root / "dataset.json", "images of the case", std::to_string(one.images.size()),
           std::to_string(description.channels.size()) + ", one for each channel");
      continue;
    }
    const bool has_label = !one.label.empty() && is_file(one.label);
    for (const size_t channel : wanted)
      files.channels.push_back(
          {description.channels[channel], one.images[channel], has_label ? one.label : fs::path()});
    const auto absent = std::ranges::find_if(
        files.channels, [](const ChannelFiles& channel) { return !is_file(channel.image); });
    if (absent != files.channels.end())
      fail(absent->image, "image", "absent", "a file, as dataset.json lists it");
    else if (!one.label.empty() && !has_label)
      fail(one.label, "mask", "absent", "a file, as dataset.json lists it");
    else if (requires_masks && !has_label)
      fail(dataset.root / "dataset.json", "mask", "absent", "a label for each case");
    else
      dataset.cases.push_back(std::move(files));
  }
}

/// What may be said of masks that the description does not explain.
void settle_labels(Dataset& dataset, const Description& description, const DatasetOptions& options) {
  dataset.labels = options.labels.empty() ? description.labels : options.labels;
  if (!description.labels_fault || !options.labels.empty()) return;
  if (options.require_masks) {
    Fault fault = *description.labels_fault;
    fault.expected += "; or dataset.labels, to name each value that the files hold";
    throw Error(std::move(fault));
  }
  Fault fault = *description.labels_fault;
  fault.path.clear();
  dataset.notes.push_back("dataset.json: " + fault.message() + "; masks are not read");
  for (CaseFiles& files : dataset.cases)
    for (ChannelFiles& channel : files.channels) channel.mask.clear();
}

Dataset list(const fs::path& place, const DatasetOptions& options) {
  const bool is_root = is_file(place / "dataset.json");
  const fs::path root = is_root ? place : place.parent_path();
  const fs::path images = is_root ? root / "imagesTr" : place;
  const fs::path labels = root / ("labels" + images.filename().string().substr(6));  // imagesTs: labelsTs
  const Description description = read_description(root / "dataset.json");
  const std::vector<size_t> wanted = wanted_channels(description, options, root / "dataset.json");

  Dataset dataset;
  dataset.root = root;
  for (const size_t channel : wanted) dataset.channels.push_back(description.channels[channel]);
  if (is_root && description.listed) {
    take_listed(dataset, description, wanted, options.require_masks);
    dataset.notes.push_back("dataset.json lists " + counted(description.listed->size(), "case") +
                            " with their paths: what else lies in imagesTr and labelsTr is not read");
    settle_labels(dataset, description, options);
    return dataset;
  }

  const auto fail = [&](const std::string& id, const fs::path& path, const char* attribute,
                        const std::string& found, const std::string& expected) {
    dataset.failures.push_back({id, {path.string(), attribute, found, expected, {}}});
  };
  std::set<std::string> ids, whole;
  for (const fs::path& file : files_in(images)) {
    const std::string name = file.filename().string();
    if (const auto id = id_of_image(name, description.ending)) {
      ids.insert(*id);
    } else if (name.ends_with(description.ending) && is_file(labels / name)) {
      const std::string own = name.substr(0, name.size() - description.ending.size());
      whole.insert(own);
      fail(own, file, "name of an image",
           name + ", all channels in one file, as the Medical Segmentation Decathlon has them",
           "a file for each channel, " + image_name(own, 0, description.ending) +
               " and on, as nnU-Net's converter writes them");
    } else if (name.ends_with(".nii") || name.ends_with(".nii.gz")) {
      fail(name, file, "name of an image", name, "ID_0000" + description.ending);
    }
  }
  if (is_folder(labels))
    for (const fs::path& file : files_in(labels)) {
      const std::string name = file.filename().string();
      if (!name.ends_with(description.ending)) continue;
      const std::string id = name.substr(0, name.size() - description.ending.size());
      if (!ids.contains(id) && !whole.contains(id))
        fail(id, file, "image of a label", "absent", image_name(id, 0, description.ending));
    }
  if (const size_t there = ids.size() + whole.size();
      images.filename() == "imagesTr" && description.cases && std::cmp_not_equal(*description.cases, there))
    dataset.notes.push_back("dataset.json: numTraining is " + std::to_string(*description.cases) +
                            ", and imagesTr holds " + counted(there, "case"));
  for (const std::string& id : ids) {
    CaseFiles files{id, root, {}};
    const fs::path label = labels / (id + description.ending);
    const bool has_label = is_file(label);
    std::vector<std::string> absent;
    for (const size_t channel : wanted) {
      const std::string name = image_name(id, channel, description.ending);
      if (!is_file(images / name)) absent.push_back(name);
      files.channels.push_back(
          {description.channels[channel], images / name, has_label ? label : fs::path()});
    }
    const size_t named = description.channels.size();
    const fs::path further = images / image_name(id, named, description.ending);
    if (is_file(further))
      fail(id, further, "channel", "one more than dataset.json names", std::to_string(named) + " channels");
    else if (!absent.empty())
      fail(id, images, "channel", "absent: " + joined(absent), std::to_string(wanted.size()) + " channels");
    else if (options.require_masks && !has_label)
      fail(id, label, "mask", "absent", "a label for each case");
    else
      dataset.cases.push_back(std::move(files));
  }
  note_others(dataset, images);
  note_others(dataset, labels);
  settle_labels(dataset, description, options);
  return dataset;
}

}  // namespace

const DatasetLayout nnunet_layout = {"nnunet", places, nullptr, has_images, list};

}  // namespace trivox
