#pragma once
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "loader/dataset.h"
#include "loader/manifest.h"
#include "loader/options.h"
#include "transforms/sample.h"

namespace trivox {

struct PreprocessJob {
  DatasetOptions dataset;
  AssembleOptions assemble;
  CoregistrationOptions registration;
  ShardOptions shards;
  std::string config_yaml;  ///< the same as text, for the manifest
  int threads = 0;          ///< 0: all cores
  bool strict = false;      ///< the first bad case, by id, ends the run with its Error
};

struct PreprocessSummary {
  size_t cases = 0;                      ///< found in the dataset
  size_t written = 0;                    ///< samples made in this run
  size_t kept = 0;                       ///< samples up to date from an earlier run
  std::vector<CaseFailure> quarantined;  ///< sorted by id
  /// First, without an id, of the dataset's tables; of every sample, made or kept, as its json has them, by
  /// id and channel; then, by id and without
  /// a sequence, of every two cases that hold the same series or the same voxels.
  std::vector<CaseWarning> warnings;
  /// Of every sample, made or kept, and of every case that was quarantined for it, by id and channel.
  std::vector<CaseRegistration> registrations;
  Manifest manifest;          ///< as written
  Dataset dataset;            ///< as it was found; of the second form empty, since the caller has it
  bool keeps_shards = false;  ///< no case could be used: the folder stays as an earlier run left it
};

/// Dataset to shards and manifest over a TBB pipeline: read + assemble + encode in parallel, write
/// in order of ids; at most threads + 2 cases are in memory. The same bytes for any number of
/// threads and whatever an earlier run left in `out`: shard k holds cases k * samples_per_shard and
/// so on of the sorted ids. A bad case is quarantined with its reason, also in `quarantine.csv`
/// beside the manifest, tried again in the next run, and the rest goes on. What is odd about a case
/// that is used goes to `warnings.csv`, how its sequences were laid onto each other to `registration.csv`. An
/// earlier sample is kept where its input files, the configuration and the version are the same. Where no
/// case at all can be used, all that an earlier run left in a folder with shards stays as it is, the reasons
/// go to `failed-run.csv`, and the answer's manifest is empty.
///
/// `progress(done, total, id)` is called in order, from one thread at a time; may be empty.
/// Throws Error where there is no dataset or the output cannot be written, UsageError for options and where
/// `out` lies among the input's images. A case
/// for which memory does not suffice is quarantined as one that is broken.
PreprocessSummary preprocess(const std::filesystem::path& dataset_root, const std::filesystem::path& out,
                             const PreprocessJob& job,
                             const std::function<void(size_t, size_t, const std::string&)>& progress);

/// How a case becomes a sample; what `preprocess` does with `read_patient` and `assemble`.
using MakeSample = std::function<Sample(const CaseFiles&)>;

/// The same for a dataset that was found already. Thread safe `make` is called from many threads;
/// an Error that it throws quarantines the case.
PreprocessSummary preprocess(const Dataset& dataset, const MakeSample& make, const std::filesystem::path& out,
                             const PreprocessJob& job,
                             const std::function<void(size_t, size_t, const std::string&)>& progress);

}  // namespace trivox
