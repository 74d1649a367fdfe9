#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "loader/options.h"
#include "loader/patch_sampler.h"
#include "loader/shard.h"
#include "transforms/augment/options.h"

namespace trivox {

struct FeedStatistics {
  double consumer_waited_s = 0;   ///< in next()
  double producer_blocked_s = 0;  ///< on a full queue
  int64_t batches = 0;
};

/// Batches over tbb::parallel_pipeline: draw (serial, decides all chance) -> read and augment
/// (parallel, sample by sample) -> collate in order -> bounded queue. Batch (epoch, index) is
/// PatchSampler::make_batch(epoch, index) to the bit, for any number of threads and wherever the
/// feed was started. Runs in a thread and an arena of its own, of options.threads (0: all cores);
/// beyond the machine's cores only under a tbb::global_control that allows it. One consumer at a
/// time; statistics() from any thread.
class Feed {
 public:
  /// samples: indices into the manifest to draw from. Starts at batch `first_index` of
  /// `first_epoch`; after options.batches_per_epoch batches comes the next epoch. Throws Error as
  /// PatchSampler does.
  Feed(std::shared_ptr<const ShardSet> shards, std::vector<size_t> samples, FeedOptions options,
       AugmentOptions augment, uint64_t seed, uint32_t first_epoch = 0, int64_t first_index = 0);
  /// From cases anywhere, e.g. in memory.
  Feed(CaseSource cases, FeedOptions options, AugmentOptions augment, uint64_t seed, uint32_t first_epoch = 0,
       int64_t first_index = 0);
  /// Ends at once, whatever is in flight: work begun is finished and dropped.
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;
  /// The next batch, endless. Throws the Error that a producer met once the batches before it were
  /// taken, and again at every later call.
  [[nodiscard]] Batch next();
  [[nodiscard]] FeedStatistics statistics() const;
  [[nodiscard]] const PatchSampler& sampler() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trivox
