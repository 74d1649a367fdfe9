#pragma once
#include <filesystem>
#include <vector>

#include "loader/dataset.h"

namespace trivox {

/// Writes quarantine.csv ("case,reason", quoted as RFC 4180 asks) into `folder`: one line for every case that could not
/// be used, in the order given; only the header where there is none. Atomic; throws Error.
void write_quarantine(const std::filesystem::path& folder, const std::vector<CaseFailure>& failures);

}  // namespace trivox
