#pragma once
#include "loader/dataset.h"

// The layouts of datasets. Internal to loader/.
namespace trivox {

struct DatasetLayout {
  const char* name;
  /// Where under `root` such a dataset lies, itself or one folder deeper (a table: itself alone);
  /// empty: nowhere. Throws Error where it lies in two places.
  std::filesystem::path (*locate)(const std::filesystem::path& root, const DatasetOptions& options);
  /// The dataset at what `locate` gave; cases and failures in any order.
  Dataset (*list)(const std::filesystem::path& place, const DatasetOptions& options);
};

extern const DatasetLayout table_layout;
extern const DatasetLayout nnunet_layout;
extern const DatasetLayout npc_layout;

/// `places` if one, the root of a dataset; empty if none; throws Error naming two.
[[nodiscard]] std::filesystem::path only_place(const std::vector<std::filesystem::path>& places,
                                               const std::filesystem::path& root, const char* layout);

}  // namespace trivox
