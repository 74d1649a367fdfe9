#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "loader/assemble.h"
#include "loader/dataset.h"
#include "loader/shard.h"

namespace trivox {

struct PreprocessJob {
  DatasetOptions dataset;
  AssembleOptions assemble;
  ShardOptions shards;
  std::string config_yaml;  ///< the same as text, for the manifest
  int threads = 0;          ///< 0: all cores
  bool strict = false;      ///< the first bad case ends the run with its Error
};

struct PreprocessSummary {
  size_t cases = 0;    ///< found in the dataset
  size_t written = 0;  ///< samples made in this run
  size_t kept = 0;     ///< samples up to date from an earlier run
  std::vector<CaseFailure> quarantined;
};

/// Dataset to shards and manifest over a TBB pipeline: read + assemble in parallel, write in order.
/// The same bytes for any number of threads. A bad case is quarantined with its reason (also in
/// `quarantine.csv` beside the manifest). `progress(done, total, id)` is called in order, from one thread at a time.
PreprocessSummary preprocess(const std::filesystem::path& dataset_root,
                             const std::filesystem::path& out, const PreprocessJob& job,
                             const std::function<void(size_t, size_t, const std::string&)>& progress);

}  // namespace trivox
