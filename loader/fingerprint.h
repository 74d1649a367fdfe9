#pragma once
#include <string>
#include <string_view>

#include "loader/dataset.h"
#include "loader/options.h"

namespace trivox {

/// XXH3 over the channel names and every input file's relative name, size and content, files of a
/// folder by name. Hidden files are left out. Throws Error where a file cannot be read. Thread safe.
[[nodiscard]] std::string hash_inputs(const CaseFiles& files);

/// XXH3 over all that shapes a sample besides its input files: options, resolved channels and
/// labels, version of the program. Which cases are taken and how many samples a shard holds shape
/// no sample and stay out.
[[nodiscard]] std::string hash_config(const Dataset& dataset, const DatasetOptions& dataset_options,
                                      const AssembleOptions& assemble,
                                      const CoregistrationOptions& registration, const ShardOptions& shards,
                                      std::string_view version);

}  // namespace trivox
