#pragma once
#include "loader/dataset.h"

// The layouts of datasets. Internal to loader/.
namespace trivox {

struct DatasetLayout {
  using Places = std::vector<std::filesystem::path> (*)(const std::filesystem::path& folder,
                                                        const DatasetOptions& options, bool is_root);
  const char* name;
  /// Where such datasets lie in a folder that holds them by itself, told by names. `is_root`: it is the path
  /// that was asked for, which may be a part of a dataset.
  Places places;
  /// The same by the options' rules, where none is known by its names; may be null.
  Places places_by_rule;
  /// Whether any image lies at a place that `places` gave.
  bool (*has_images)(const std::filesystem::path& place);
  /// The dataset at such a place; cases and failures in any order.
  Dataset (*list)(const std::filesystem::path& place, const DatasetOptions& options);
};

extern const DatasetLayout table_layout;
extern const DatasetLayout nnunet_layout;
extern const DatasetLayout npc_layout;

}  // namespace trivox
