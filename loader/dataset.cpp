#include "loader/dataset.h"

#include <algorithm>
#include <array>
#include <set>

#include "loader/dataset/labels.h"
#include "loader/dataset/places.h"
#include "loader/file.h"
#include "loader/text.h"
#include "loader/text/encoding.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

// In the order in which `auto` tries them.
constexpr const DatasetLayout* kLayouts[] = {&table_layout, &nnunet_layout, &npc_layout};

void check_options(const DatasetOptions& options) {
  std::set<std::string> seen;
  for (const std::string& channel : options.channels)
    if (!seen.insert(channel).second)
      throw UsageError("dataset.channels", "'" + channel + "' twice", "each once");
  if (const std::string demand = demand_on_labels(options.labels); !demand.empty()) {
    std::string found;
    for (const auto& [value, name] : options.labels)
      found += (found.empty() ? "" : ", ") + std::to_string(value) + ": " + name;
    throw UsageError("dataset.labels", found, demand);
  }
}

/// A patient's masks without the sequences' folders beside them: where the images lie, nobody said.
std::string hint_of_masks(const std::vector<fs::path>& places) {
  for (const fs::path& place : places)
    for (const fs::path& patient : folders_in(place))
      for (const fs::path& file : files_in(patient)) {
        if (!file.filename().string().starts_with("ROI-")) continue;
        std::vector<std::string> names;
        for (const fs::path& one : folders_in(patient)) names.push_back("'" + one.filename().string() + "'");
        return ": " + file.string() + " lies beside " +
               (names.empty() ? "no folder"
                              : "folders that no sequence's name or rule fits: " + joined(names));
      }
  return {};
}

/// What lies in a folder without a dataset, where that helps.
std::string undescribed_images(const fs::path& folder) {
  std::vector<fs::path> folders = folders_in(folder);
  folders.insert(folders.begin(), folder);
  for (const fs::path& one : folders)
    if (is_folder(one / "imagesTr"))
      return ": there is " + (one / "imagesTr").string() + ", but no dataset.json beside it";
  for (const fs::path& one : folders)
    if (is_file(one / "cases.csv"))
      return ": a table is asked for by its path, " + (one / "cases.csv").string();
  for (const char* below : {"data/MRI-Segments", "MRI-Segments"})
    for (size_t i = 0, n = folders.size(); i < n; ++i)
      if (fs::path one = folders[i] / below; is_folder(one)) folders.push_back(std::move(one));
  if (std::string hint = hint_of_masks(folders); !hint.empty()) return hint;
  std::vector<std::string> archives;
  for (const fs::path& one : folders)
    for (const fs::path& file : files_in(one))
      if (!archive_of(file).empty() && archive_of(one).empty()) archives.push_back(file.string());
  if (!archives.empty())
    return ": " + counted(archives.size(), "archive") + ", such as " + archives.front() +
           ", without one (an archive for each patient is not read: unpack them)";
  for (const fs::path& file : files_in(folder))
    if (is_packed(file))
      return ": " + file.filename().string() + " is an archive that is not read: unpack it";
  for (const fs::path& file : files_in(folder)) {
    const std::string name = file.filename().string();
    if (name.ends_with("_0000.nii.gz") || name.ends_with("_0000.nii"))
      return ": images such as " + name +
             " without a dataset.json beside their folder, which names the channels";
  }
  return {};
}

bool holds_nothing(const fs::path& folder) { return files_in(folder).empty() && folders_in(folder).empty(); }

/// A rule for a channel that is not there would choose nothing, unseen.
void check_rules(const Dataset& dataset, const DatasetOptions& options) {
  for (const auto& [channel, rule] : options.series)
    if (std::ranges::find(dataset.channels, channel) == dataset.channels.end())
      throw UsageError("dataset.series", "'" + channel + "'", "one of " + joined(dataset.channels));
  for (const auto& [id, rules] : options.series_of_case)
    for (const auto& [channel, rule] : rules)
      if (std::ranges::find(dataset.channels, channel) == dataset.channels.end())
        throw UsageError("dataset.series_of_case", "'" + channel + "' of case " + id,
                         "one of " + joined(dataset.channels));
}

/// One configuration may serve for a dataset and for a part of it: a case that is not there is no error.
void note_unused_rules(Dataset& dataset, const DatasetOptions& options) {
  for (const auto& [id, rules] : options.series_of_case)
    if (std::ranges::find(dataset.cases, id, &CaseFiles::id) == dataset.cases.end() &&
        std::ranges::find(dataset.failures, id, &CaseFailure::id) == dataset.failures.end())
      dataset.notes.push_back("dataset.series_of_case: there is no case '" + id + "'");
}

/// A name for people; of one that is no UTF-8 all bytes beyond ASCII are told.
std::string told(const std::string& name) {
  std::string out;
  for (const char c : name)
    if (const auto byte = static_cast<unsigned char>(c); byte >= 0x80 || byte == '\t' || byte == '\n')
      out += byte == '\t' ? "\\t" : byte == '\n' ? "\\n" : printable(std::string(1, c));
    else
      out += c;
  return printable(is_utf8(name) && name.find_first_of("\t\n") == std::string::npos ? name : out);
}

/// The id becomes the name of a sample, a member and a file: JSON holds UTF-8 alone. Archives made by Windows
/// may name folders in the encoding of its country, which they do not tell.
void refuse_odd_ids(Dataset& dataset) {
  for (CaseFailure& failure : dataset.failures) failure.id = told(failure.id);
  const auto is_odd = [](const CaseFiles& files) { return told(files.id) != files.id; };
  for (const CaseFiles& files : dataset.cases) {
    if (!is_odd(files)) continue;
    const std::string id = told(files.id);
    std::string found = "'" + id + "'", expected = "UTF-8 without control characters";
    if (!is_utf8(files.id) && !archive_of(files.folder).empty()) {
      const PossibleReadings readings = possible_readings(files.id, files.id, true);
      if (!readings.names.empty()) found += ": " + readings.quoted;
      expected = "UTF-8, or dataset.text_encoding to name what the archive's names are stored in";
      if (!readings.names.empty()) expected += " (" + readings.names + ")";
    }
    dataset.failures.push_back({id, {printable(files.folder.string()), "case's id", found, expected, {}}});
  }
  std::erase_if(dataset.cases, is_odd);
}

/// Only the cases that were asked for, however their letters are composed. One that is not there is a slip of
/// whoever asked: nothing is done.
void keep_wanted(Dataset& dataset, const std::vector<std::string>& wanted) {
  if (wanted.empty()) return;
  std::set<std::string> ids, known;
  for (const std::string& id : wanted) ids.insert(normalised(id));
  for (const CaseFiles& files : dataset.cases) known.insert(normalised(files.id));
  for (const CaseFailure& failure : dataset.failures) known.insert(normalised(failure.id));
  for (const std::string& id : known)
    if (!ids.contains(id)) dataset.left_out.push_back(id);
  std::erase_if(dataset.cases, [&](const CaseFiles& c) { return !ids.contains(normalised(c.id)); });
  std::erase_if(dataset.failures, [&](const CaseFailure& f) { return !ids.contains(normalised(f.id)); });
  for (const std::string& id : ids)
    if (!known.contains(id))
      throw UsageError(Fault{dataset.root.string(),
                             "dataset.cases",
                             "'" + id + "'",
                             "one of the " + std::to_string(known.size()) + " cases there" +
                                 (known.empty() ? "" : ", such as " + *known.begin()),
                             {}});
}

/// The layouts that are looked for.
std::vector<const DatasetLayout*> layouts_of(const fs::path& root, const std::string& wanted) {
  std::vector<const DatasetLayout*> layouts(std::begin(kLayouts), std::end(kLayouts));
  if (wanted == "auto") return layouts;
  std::erase_if(layouts, [&](const DatasetLayout* layout) { return layout->name != wanted; });
  if (layouts.empty()) throw UsageError("dataset.layout", "'" + wanted + "'", "auto, npc, nnunet or table");
  if (!is_folder(root) && layouts.front() != &table_layout)
    throw UsageError(Fault{root.string(), "dataset.layout", wanted, "table, for a file, or auto", {}});
  return layouts;
}

/// A dataset is there, but not as the configuration says.
void refuse_other_layout(const fs::path& root, const DatasetOptions& options) {
  DatasetOptions any = options;
  any.channels.clear();
  const DatasetPlaces places = find_places(root, any, kLayouts);
  if (places.found.empty() || places.is_deep) return;
  if (options.layout != "auto" && options.layout != places.found.front().layout->name)
    throw UsageError(Fault{root.string(),
                           "dataset.layout",
                           options.layout,
                           std::string(places.found.front().layout->name) + ", as the folder is laid out",
                           {}});
  throw UsageError(Fault{root.string(),
                         "dataset.channels",
                         joined(options.channels),
                         "names of sequences that the patients have",
                         {}});
}

/// `place` is where the cases lie. All that lead to it, the deepest first.
std::vector<fs::path> folders_of_tables(const fs::path& asked, const fs::path& root, const fs::path& place) {
  const auto above = [](const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
  };
  fs::path top = is_within(root, asked) ? asked : root;
  if (const fs::path archive = archive_of(top); !archive.empty()) top = above(archive);
  const bool is_below = root == "." ? place.is_relative() : is_within(place, root);
  std::vector<fs::path> folders = {is_below && is_folder(place) ? place : root};
  while (folders.back() != top && folders.back() != "." && folders.back() != folders.back().root_path())
    folders.push_back(above(folders.back()));
  return folders;
}

/// The dataset if one is there, else what was met; several without images are none yet, since two raters'
/// masks may lie in folders of such names.
std::optional<Dataset> find(const fs::path& root, const DatasetOptions& options, DatasetPlaces& places) {
  check_options(options);
  read_archive_names_as(options.text_encoding);
  if (const fs::path archive = archive_of(root); !archive.empty())
    (void)folders_in(archive);  // says why it is none
  if (!is_folder(root) && table_layout.places(root, options, true).empty())
    throw Error(Fault{root.string(),
                      "it",
                      is_packed(root) ? "an archive that is not read: unpack it"
                      : is_file(root) ? "no folder"
                                      : "absent",
                      "a folder or .zip archive with a dataset, or a table of cases (.csv)",
                      {}});
  places = find_places(root, options, layouts_of(root, options.layout));
  if (places.found.empty()) {
    refuse_other_layout(root, options);
    return {};
  }
  if (places.found.size() > 1) {
    const DatasetPlace& first = places.found.front();
    if (first.layout->has_images(first.path)) refuse_several(places.found, root);
    return {};
  }
  const DatasetPlace& place = places.found.front();
  Dataset dataset = place.layout->list(place.path, options);
  dataset.layout = place.layout->name;
  dataset.table_folders =
      folders_of_tables(root.has_filename() ? root : root.parent_path(), dataset.root, place.path);
  dataset.notes.insert(dataset.notes.begin(), places.notes.begin(), places.notes.end());
  refuse_odd_ids(dataset);
  check_rules(dataset, options);
  note_unused_rules(dataset, options);
  keep_wanted(dataset, options.cases);
  std::ranges::sort(dataset.cases, {}, &CaseFiles::id);
  std::ranges::stable_sort(dataset.failures, {}, &CaseFailure::id);
  return dataset;
}

}  // namespace

bool is_laid_out(const fs::path& root, const DatasetOptions& options) {
  return is_folder(root) && !find_places(root, options, layouts_of(root, options.layout)).found.empty();
}

std::vector<std::string> archive_notes(const Dataset& dataset) {
  std::set<fs::path> archives;
  for (const CaseFiles& files : dataset.cases)
    for (const ChannelFiles& channel : files.channels)
      for (const fs::path& file : {channel.image, channel.mask})
        if (fs::path archive = archive_of(file); !archive.empty()) archives.insert(std::move(archive));
  if (fs::path archive = archive_of(dataset.root); !archive.empty()) archives.insert(std::move(archive));
  std::vector<std::string> notes;
  for (const fs::path& archive : archives)
    for (const std::string& warning : warnings_of_archive(archive))
      notes.push_back(archive.filename().string() + ": " + warning);
  return notes;
}

bool is_packed(const fs::path& file) {
  const std::string name = lower(file.filename().string());
  return is_file(file) &&
         std::ranges::any_of(std::array{".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".7z", ".rar"},
                             [&](const char* end) { return name.ends_with(end); });
}

std::optional<Dataset> find_dataset_if_any(const fs::path& root, const DatasetOptions& options) {
  DatasetPlaces places;
  return find(root, options, places);
}

Dataset find_dataset(const fs::path& root, const DatasetOptions& options) {
  DatasetPlaces places;
  if (std::optional<Dataset> found = find(root, options, places)) return std::move(*found);
  if (!places.found.empty()) refuse_several(places.found, root);
  if (places.fault) throw Error(*places.fault);
  throw Error(Fault{root.string(),
                    "dataset",
                    holds_nothing(root) ? "absent: the folder is empty" : "absent" + undescribed_images(root),
                    "patients' folders that hold T1WI, T2WI, CE-T1WI (npc), imagesTr beside "
                    "dataset.json (nnunet), or cases.csv (table)",
                    {}});
}

}  // namespace trivox
