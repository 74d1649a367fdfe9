#include "loader/dataset/places.h"

#include <algorithm>
#include <optional>
#include <set>

#include "loader/file.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

class Search {
 public:
  Search(const fs::path& root, const DatasetOptions& options, std::span<const DatasetLayout* const> layouts)
      : root_(root), options_(options), layouts_(layouts) {}

  void run(DatasetPlaces& out) {
    examine(root_, &DatasetLayout::places);
    const bool is_table = std::ranges::all_of(layouts_, [](const auto* l) { return l == &table_layout; });
    if (is_table || !is_folder(root_)) return finish(out);
    const std::vector<fs::path> near = children(root_);
    std::vector<fs::path> far;
    walk(near);
    // What lies in an archive's folder is as far as what lies in a folder's.
    const bool is_within_archives = std::ranges::all_of(found_, [&](const DatasetPlace& place) {
      return archive_of(root_).empty() && is_two_down(place.path);
    });
    if (is_within_archives) {
      for (const fs::path& folder : near)
        for (fs::path& deeper : children(folder)) far.push_back(std::move(deeper));
      const bool is_nothing_near = found_.empty();
      walk(far);
      out.is_deep = is_nothing_near && !found_.empty();
    }
    examine_neighbours();
    finish(out);
  }

 private:
  /// Whether a folder of an archive that lies in the root leads to a place.
  [[nodiscard]] bool is_two_down(const fs::path& place) const {
    const fs::path archive = archive_of(place);
    if (archive.empty() || archive.parent_path() != root_) return false;
    const fs::path inside = place.lexically_relative(archive);
    const std::string first = inside.begin()->string();
    return first != "." && first != "data" && first != "MRI-Segments";
  }

  /// By names first: a rule's pattern may well match folders far above the patients'.
  void walk(const std::vector<fs::path>& folders) {
    for (const fs::path& folder : folders) examine(folder, &DatasetLayout::places);
    if (std::ranges::any_of(found_, [](const auto& place) { return place.layout->places_by_rule; })) return;
    if (folders_are_near_) examine(root_, &DatasetLayout::places_by_rule);
    for (const fs::path& folder : folders) examine(folder, &DatasetLayout::places_by_rule);
    folders_are_near_ = false;
  }

  void examine(const fs::path& folder, DatasetLayout::Places DatasetLayout::* places) {
    for (const DatasetLayout* layout : layouts_) {
      if (layout->*places == nullptr) continue;
      for (fs::path& place : look([&] { return (layout->*places)(folder, options_, folder == root_); })) {
        // What lies among patients is one of them, or within one; but not data/MRI-Segments beside patients.
        const bool may_be_within = layout == &npc_layout && folder != root_;
        const bool is_known = std::ranges::any_of(found_, [&](const DatasetPlace& other) {
          return other.layout == layout &&
                 (may_be_within ? is_within(place, other.path) : place == other.path);
        });
        if (!is_known) found_.push_back({layout, std::move(place)});
      }
    }
  }

  /// What cannot be opened may hold the dataset; where that is found elsewhere, it is no more than said.
  template <class Action>
  std::vector<fs::path> look(const Action& action) {
    try {
      return action();
    } catch (const UsageError&) {
      throw;
    } catch (const Error& error) {
      Fault fault = error.fault();
      if (!fault_) fault_ = fault;
      fault.path = fs::path(fault.path).lexically_relative(root_).string();
      if (faults_.insert(fault.path).second) notes_.push_back(fault.message() + "; it is not looked into");
      return {};
    }
  }

  /// What lies beside a dataset that was found in a folder of its own.
  void examine_neighbours() {
    std::set<fs::path> parents;
    for (const DatasetPlace& place : found_)
      if (place.path != root_ && is_within(place.path, root_)) parents.insert(place.path.parent_path());
    for (const fs::path& parent : parents)
      if (parent != root_ && is_folder(parent))
        for (const fs::path& folder : look([&] { return folders_in(parent); }))
          examine(folder, &DatasetLayout::places);
  }

  /// The folders in a folder, and the archives as such; in an archive all may lie one folder deeper.
  std::vector<fs::path> children(const fs::path& folder) {
    std::vector<fs::path> out = look([&] { return folders_in(folder); });
    if (!archive_of(folder).empty()) return out;
    for (const fs::path& file : look([&] { return files_in(folder); })) {
      if (archive_of(file).empty()) continue;
      const std::vector<fs::path> within = look([&] { return folders_in(file); });
      out.push_back(file);
      out.insert(out.end(), within.begin(), within.end());
    }
    return out;
  }

  /// Each once, since links lead to one place by several ways. Two raters' masks, pictures and empty folders
  /// may be named as sequences are: of several places those with images count.
  void finish(DatasetPlaces& out) {
    std::set<std::pair<const DatasetLayout*, fs::path>> seen;
    std::erase_if(found_, [&](const auto& place) {
      return !seen.emplace(place.layout, canonical_path(place.path)).second;
    });
    if (found_.size() > 1) {
      std::vector<DatasetPlace> filled = found_;
      std::erase_if(filled, [](const auto& place) { return !place.layout->has_images(place.path); });
      if (!filled.empty()) found_ = std::move(filled);
    }
    out.found = std::move(found_);
    out.notes = std::move(notes_);
    out.fault = std::move(fault_);
  }

  const fs::path& root_;
  const DatasetOptions& options_;
  std::span<const DatasetLayout* const> layouts_;
  std::vector<DatasetPlace> found_;
  std::optional<Fault> fault_;
  std::set<std::string> faults_;  ///< paths
  std::vector<std::string> notes_;
  bool folders_are_near_ = true;
};

}  // namespace

bool is_within(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

DatasetPlaces find_places(const fs::path& root, const DatasetOptions& options,
                          std::span<const DatasetLayout* const> layouts) {
  DatasetPlaces out;
  Search(root, options, layouts).run(out);
  return out;
}

void refuse_several(const std::vector<DatasetPlace>& found, const fs::path& root) {
  const DatasetPlace& one = found.front();
  const auto other = std::ranges::find_if(found, [&](const auto& p) { return p.layout != one.layout; });
  if (other == found.end())
    throw Error(Fault{root.string(),
                      std::string("place of a dataset of layout ") + one.layout->name,
                      "both " + one.path.string() + " and " + found[1].path.string(),
                      "one: give its path",
                      {}});
  throw UsageError(
      Fault{root.string(),
            "dataset.layout",
            "auto, and both " + one.path.string() + " and " + other->path.string() + " are there",
            std::string(one.layout->name) + " or " + other->layout->name + ", or the path of one of them",
            {}});
}

}  // namespace trivox
