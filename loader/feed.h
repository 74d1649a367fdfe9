#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "loader/options.h"
#include "loader/shard.h"
#include "transforms/augment/options.h"
#include "transforms/volume.h"

namespace trivox {

/// image: N x C x D x H x W; label: N x L x D x H x W (255 = ignore).
struct Batch {
  int64_t n = 0, channels = 0, labels = 0;
  std::array<int64_t, 3> patch = {0, 0, 0};  ///< x, y, z
  AlignedVector<float> image;
  AlignedVector<uint8_t> label;
  std::vector<std::string> keys;
  uint32_t epoch = 0;
  int64_t index = 0;  ///< within the epoch
};

struct FeedStatistics {
  double consumer_waited_s = 0;   ///< in next()
  double producer_blocked_s = 0;  ///< on a full queue
  int64_t batches = 0;
};

/// Batches from shards over tbb::parallel_pipeline: draw (serial, decides all chance) -> read and
/// augment (parallel) -> collate in order -> bounded queue. Batch (epoch, index) is the same to the bit for
/// any number of threads and wherever the feed was started. One consumer.
class Feed {
 public:
  /// samples: indices into the manifest to draw from. Starts at batch `first_index` of `first_epoch`.
  Feed(std::shared_ptr<const ShardSet> shards, std::vector<size_t> samples, FeedOptions options,
       AugmentOptions augment, uint64_t seed, uint32_t first_epoch = 0, int64_t first_index = 0);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;
  /// The next batch, endless; throws the Error that a producer met.
  [[nodiscard]] Batch next();
  [[nodiscard]] FeedStatistics statistics() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trivox
