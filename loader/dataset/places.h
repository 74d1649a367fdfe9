#pragma once
#include <optional>
#include <span>

#include "loader/dataset/layouts.h"

// Where datasets lie. Internal to loader/.
namespace trivox {

struct DatasetPlace {
  const DatasetLayout* layout;
  std::filesystem::path path;
};

struct DatasetPlaces {
  std::vector<DatasetPlace> found;  ///< each once, those without images only where none has any
  bool is_deep = false;             ///< two folders down, where nothing lies nearer
  std::vector<std::string> notes;   ///< archives that cannot be looked into
  std::optional<Fault> fault;       ///< that of the first of them
};

/// `path` is `folder` or lies below it, by their names.
[[nodiscard]] bool is_within(const std::filesystem::path& path, const std::filesystem::path& folder);

/// All datasets of these layouts at `root`, in its folders and archives, and beside those found there; else
/// in the folders of its folders. By names, and of several by the first bytes of files, but no more of them
/// than show an image. Throws UsageError for options that do not fit.
[[nodiscard]] DatasetPlaces find_places(const std::filesystem::path& root, const DatasetOptions& options,
                                        std::span<const DatasetLayout* const> layouts);

/// Says that two datasets lie under `root`; `found` are several.
[[noreturn]] void refuse_several(const std::vector<DatasetPlace>& found, const std::filesystem::path& root);

}  // namespace trivox
