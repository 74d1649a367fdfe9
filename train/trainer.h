#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "loader/options.h"
#include "loader/shard.h"
#include "models/options.h"
#include "train/options.h"
#include "train/run_info.h"
#include "transforms/augment/options.h"

namespace trivox {

/// Where a training run is, after every batch.
struct TrainProgress {
  int64_t epoch = 0, epochs = 0;          ///< the current epoch counted from 1
  int64_t iteration = 0, iterations = 0;  ///< batches done in it
  double loss = 0;                        ///< mean of this epoch so far
  std::optional<double> pseudo_dice;      ///< of the last validation, mean over classes
};

struct TrainJob {
  ModelOptions model;
  TrainOptions train;
  FeedOptions feed;
  AugmentOptions augment;
  uint64_t seed = 12345;
  int torch_threads = 1;
  std::string config_yaml;                             ///< all of the above as text, for the checkpoint
  bool resume = false;                                 ///< continue from checkpoint_last where there is one
  std::function<void(const TrainProgress&)> progress;  ///< may be empty
  std::function<bool()> stop;  ///< asked before every batch; true: write checkpoint_last and return
};

struct TrainSummary {
  bool finished = false;                  ///< false: stopped on request
  int64_t epochs = 0;                     ///< finished, earlier runs included
  std::optional<double> ema, best_ema;    ///< of the pseudo Dice
  double seconds = 0, feed_waited_s = 0;  ///< of this run
};

/// Trains a U-Net on shards and writes into `run`:
///   log.csv       a line an epoch: learning rate, losses, pseudo Dice a class; the same bytes in every run
///   timing.csv    a line an epoch: seconds, seconds waited for batches
///   splits.json   every fold; train.fold is the one held out
///   checkpoint_last (every train.checkpoint_every epochs, at a stop and at the end), checkpoint_best
///   (highest moving average of the pseudo Dice), checkpoint_final; see checkpoint.h.
/// Pseudo Dice: over all validation patches of an epoch together, as nnU-Net's. The same bits for the same
/// thread count, instruction set and LibTorch version, also when stopped and resumed anywhere.
/// Throws UsageError for options that do not fit the shards or each other; Error for samples without labels,
/// labels that the manifest does not name, a loss that is not finite.
TrainSummary train(const std::shared_ptr<const ShardSet>& shards, const std::filesystem::path& run,
                   const TrainJob& job);

}  // namespace trivox
