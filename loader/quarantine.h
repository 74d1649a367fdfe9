#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loader/dataset.h"
#include "loader/manifest.h"
#include "transforms/sample.h"

namespace trivox {

inline constexpr std::string_view kQuarantineName = "quarantine.csv";
inline constexpr std::string_view kWarningsName = "warnings.csv";
/// The faults of a run that could use no case, beside the shards of an earlier one; as quarantine.csv.
inline constexpr std::string_view kFailedRunName = "failed-run.csv";

/// Writes quarantine.csv ("id,path,attribute,found,expected,context", quoted as RFC 4180 asks) into `folder`:
/// one line for every case that could not be used, in the order given; only the header where there is none.
/// Atomic; throws Error. `name`: of the file.
void write_quarantine(const std::filesystem::path& folder, const std::vector<CaseFailure>& failures,
                      std::string_view name = kQuarantineName);

/// Writes warnings.csv ("id,sequence,warning") likewise.
void write_warnings(const std::filesystem::path& folder, const std::vector<CaseWarning>& warnings);

/// The same failure without the dataset's place on this machine: the path, also of a file elsewhere ("../"),
/// and every mention of an absolute `root` in the other parts become relative to it.
[[nodiscard]] CaseFailure relative_to(const CaseFailure& failure, const std::filesystem::path& root);

/// Those of a case's channels, in their order.
[[nodiscard]] std::vector<CaseWarning> warnings_of(const std::string& id,
                                                   std::span<const ChannelProvenance> channels);

}  // namespace trivox
