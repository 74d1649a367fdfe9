#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "train/split.h"

namespace trivox {

/// What a checkpoint says about its run besides tensors: enough to predict from the file alone. No torch.
struct RunInfo {
  std::string config_yaml;  ///< the whole configuration, dataset and preprocess as the shards have it
  std::string shards_hash;  ///< Manifest::config_hash of the shards trained on
  std::vector<std::string> channels;  ///< the network's input, in this order
  std::map<int, std::string> labels;  ///< class k is the k-th value, class 0 the background
  Split split;                        ///< the fold that was trained
  int threads = 1;                    ///< of LibTorch; other counts round otherwise
  std::string precision;              ///< float32 or bfloat16

  bool operator==(const RunInfo&) const = default;
};

/// How far a run was when a checkpoint was written.
struct RunState {
  int64_t epoch = 0;                    ///< epochs finished
  int64_t iteration = 0;                ///< batches done of the next one
  double loss_sum = 0;                  ///< of those
  std::optional<double> ema, best_ema;  ///< moving average of the pseudo Dice (.9)
  std::string log;                      ///< log.csv so far
};

/// As the text that a checkpoint carries, numbers exact.
[[nodiscard]] std::map<std::string, std::string> to_metadata(const RunInfo& info, const RunState& state);
/// The reverse; throws Error naming the field that is absent or malformed.
[[nodiscard]] RunInfo info_from_metadata(const std::map<std::string, std::string>& metadata);
[[nodiscard]] RunState state_from_metadata(const std::map<std::string, std::string>& metadata);

/// Reads a checkpoint's RunInfo, not its tensors. Throws Error with the path.
[[nodiscard]] RunInfo read_run_info(const std::filesystem::path& checkpoint);

/// `name` is best, last or final in the folder `run`, or a path. Throws Error that says which
/// checkpoints there are where this one is not.
[[nodiscard]] std::filesystem::path find_checkpoint(const std::filesystem::path& run,
                                                    const std::string& name);

}  // namespace trivox
