#include "loader/dataset.h"

#include <algorithm>
#include <set>

#include "loader/dataset_layouts.h"
#include "loader/file.h"
#include "loader/text.h"

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
  for (const auto& [value, name] : options.labels)
    if (value < 1 || value > 254)
      throw UsageError("dataset.labels", std::to_string(value) + " (" + name + ")", "values 1 to 254");
}

/// What lies in a folder without a dataset, where that helps.
std::string undescribed_images(const fs::path& folder) {
  for (const fs::path& file : files_in(folder)) {
    const std::string name = file.filename().string();
    if (name.ends_with("_0000.nii.gz") || name.ends_with("_0000.nii"))
      return ": images such as " + name +
             " without a dataset.json beside their folder, which names the channels";
  }
  return {};
}

bool holds_nothing(const fs::path& folder) { return files_in(folder).empty() && folders_in(folder).empty(); }

/// A table that lies in a dataset of another layout: which one is meant is not guessed.
void check_only_table(const fs::path& table, const fs::path& root, const DatasetOptions& options) {
  for (const DatasetLayout* other : {&nnunet_layout, &npc_layout}) {
    fs::path place;
    try {
      place = other->locate(root, options);
    } catch (const Error&) {
      continue;
    }
    if (!place.empty())
      throw UsageError(Fault{root.string(),
                             "dataset.layout",
                             "auto, and both " + table.string() + " and " + place.string() + " are there",
                             std::string("table or ") + other->name,
                             {}});
  }
}

/// A rule for a channel that is not there would choose nothing, unseen.
void check_rules(const Dataset& dataset, const DatasetOptions& options) {
  for (const auto& [channel, rule] : options.series)
    if (std::ranges::find(dataset.channels, channel) == dataset.channels.end())
      throw UsageError("dataset.series", "'" + channel + "'", "one of " + joined(dataset.channels));
}

/// Only the cases that were asked for. One that is not there is a slip of whoever asked: nothing is done.
void keep_wanted(Dataset& dataset, const std::vector<std::string>& wanted) {
  if (wanted.empty()) return;
  const std::set<std::string> ids(wanted.begin(), wanted.end());
  std::set<std::string> known;
  for (const CaseFiles& files : dataset.cases) known.insert(files.id);
  for (const CaseFailure& failure : dataset.failures) known.insert(failure.id);
  std::erase_if(dataset.cases, [&](const CaseFiles& c) { return !ids.contains(c.id); });
  std::erase_if(dataset.failures, [&](const CaseFailure& f) { return !ids.contains(f.id); });
  for (const std::string& id : ids)
    if (!known.contains(id))
      throw UsageError(Fault{dataset.root.string(),
                             "dataset.cases",
                             "'" + id + "'",
                             "one of the " + std::to_string(known.size()) + " cases there" +
                                 (known.empty() ? "" : ", such as " + *known.begin()),
                             {}});
}

}  // namespace

fs::path only_place(const std::vector<fs::path>& places, const fs::path& root, const char* layout) {
  if (places.size() > 1)
    throw Error(Fault{root.string(),
                      std::string("place of a dataset of layout ") + layout,
                      "both " + places[0].string() + " and " + places[1].string(),
                      "one: give its path",
                      {}});
  return places.empty() ? fs::path() : places.front();
}

std::vector<fs::path> table_folders(const Dataset& dataset) {
  std::vector<fs::path> folders = {dataset.root};
  if (const fs::path archive = archive_of(dataset.root); !archive.empty())
    folders.push_back(archive.has_parent_path() ? archive.parent_path() : fs::path("."));
  return folders;
}

std::optional<Dataset> find_dataset_if_any(const fs::path& root, const DatasetOptions& options) {
  check_options(options);
  if (const fs::path archive = archive_of(root); !archive.empty())
    (void)folders_in(archive);  // says why it is none
  if (!is_folder(root) && table_layout.locate(root, options).empty())
    throw Error(Fault{root.string(),
                      "it",
                      is_file(root) ? "no folder" : "absent",
                      "a folder or .zip archive with a dataset, or a table of cases (.csv)",
                      {}});
  if (!is_folder(root) && options.layout != "auto" && options.layout != table_layout.name)
    throw UsageError(
        Fault{root.string(), "dataset.layout", options.layout, "table, for a file, or auto", {}});
  bool known = options.layout == "auto";
  for (const DatasetLayout* layout : kLayouts) {
    if (options.layout != "auto" && options.layout != layout->name) continue;
    known = true;
    const fs::path place = layout->locate(root, options);
    if (place.empty()) continue;
    if (options.layout == "auto" && layout == &table_layout && place != root)
      check_only_table(place, root, options);
    Dataset dataset = layout->list(place, options);
    dataset.layout = layout->name;
    check_rules(dataset, options);
    keep_wanted(dataset, options.cases);
    std::ranges::sort(dataset.cases, {}, &CaseFiles::id);
    std::ranges::stable_sort(dataset.failures, {}, &CaseFailure::id);
    return dataset;
  }
  if (!known) throw UsageError("dataset.layout", "'" + options.layout + "'", "auto, npc, nnunet or table");
  // A dataset is there, but not as the configuration says.
  DatasetOptions any = options;
  any.channels.clear();
  for (const DatasetLayout* layout : kLayouts) {
    if (layout->locate(root, any).empty()) continue;
    if (options.layout != "auto" && options.layout != layout->name)
      throw UsageError(Fault{root.string(),
                             "dataset.layout",
                             options.layout,
                             std::string(layout->name) + ", as the folder is laid out",
                             {}});
    throw UsageError(Fault{root.string(),
                           "dataset.channels",
                           joined(options.channels),
                           "names of sequences that the patients have",
                           {}});
  }
  return {};
}

Dataset find_dataset(const fs::path& root, const DatasetOptions& options) {
  if (std::optional<Dataset> found = find_dataset_if_any(root, options)) return std::move(*found);
  throw Error(Fault{root.string(),
                    "dataset",
                    holds_nothing(root) ? "absent: the folder is empty" : "absent" + undescribed_images(root),
                    "patients' folders that hold T1WI, T2WI, CE-T1WI (npc), imagesTr beside "
                    "dataset.json (nnunet), or cases.csv (table)",
                    {}});
}

}  // namespace trivox
