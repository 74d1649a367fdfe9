#pragma once
#include <filesystem>

#include "evaluate/inspect.h"

namespace trivox {

/// A dataset: every case's headers, and the cases of options.cases as deep as asked. Throws Error where it
/// cannot be listed.
[[nodiscard]] Finding inspect_dataset(const std::filesystem::path& root, const DatasetOptions& options,
                                      InspectDepth depth);

/// A folder with a manifest of shards.
[[nodiscard]] Finding inspect_shards(const std::filesystem::path& folder);

}  // namespace trivox
