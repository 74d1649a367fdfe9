#pragma once
#include <filesystem>
#include <string>

#include "loader/dataset.h"

namespace trivox {

/// Throws UsageError where what is written into the folder `out` would lie among a dataset's images, masks or
/// tables: it would replace them, or the next run would take it for a patient, a slice or a table. `what` is
/// written, for the message: "the shards". `out` need not be there. Thread safe.
void refuse_output_among(const Dataset& dataset, const std::filesystem::path& out, const std::string& what);

}  // namespace trivox
