#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "loader/options.h"
#include "loader/shard.h"
#include "transforms/augment/list.h"
#include "transforms/patch.h"
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

/// Where cases come from. `view` is called from many threads at a time; it may throw Error, and
/// what it returns stays valid as long as the function object lives.
struct CaseSource {
  std::vector<std::string> keys;
  std::function<SourceView(size_t)> view;
};

/// The samples (indices into the manifest) of mapped shards, air from each sample's json. Throws
/// Error.
[[nodiscard]] CaseSource shard_cases(std::shared_ptr<const ShardSet> shards, std::span<const size_t> samples);

/// Foreground of one case: for each class (value of a label channel, 0 and 255 apart) its voxels,
/// as runs along x, so that every voxel can be drawn with equal chance and little memory.
class ForegroundIndex {
 public:
  ForegroundIndex() = default;
  /// Throws Error where a volume has 2^31 voxels or more.
  explicit ForegroundIndex(const SourceView& view);
  [[nodiscard]] size_t classes() const { return classes_.size(); }
  [[nodiscard]] uint64_t voxels(size_t index) const {
    return classes_[index].runs.back().before + classes_[index].runs.back().length;
  }
  /// A voxel (x, y, z): class uniform among those present, then voxel uniform. classes() > 0.
  [[nodiscard]] std::array<int64_t, 3> draw(Rng& rng) const;

 private:
  struct Run {
    uint64_t before;  // voxels in earlier runs
    uint32_t first;   // index into D x H x W
    uint32_t length;
  };
  struct Class {
    int64_t channel;
    uint8_t value;
    std::vector<Run> runs;
  };
  std::array<int64_t, 3> size_ = {0, 0, 0};
  std::vector<Class> classes_;  // by channel, then value
};

/// All that chance decides about one sample of a batch.
struct PatchPlan {
  size_t case_index = 0;
  std::array<int64_t, 3> start = {0, 0, 0};  ///< x, y, z; negative where the volume is smaller
  /// Placed on foreground: before rotation and scaling the voxel lies in the patch.
  bool forced = false;
  AugmentDraws draws;
};

/// Draws patches; const and thread safe once made, with no state that moves on: everything is a
/// function of (seed, epoch, index). Sampling follows nnU-Net (nnUNetDataLoader): sample i of a
/// batch is forced to foreground when i >= round(batch * (1 - foreground)), halves rounded to even;
/// a case without foreground is sampled anywhere. Unlike there, cases are drawn without
/// replacement: an epoch goes through shuffled rounds of all cases.
class PatchSampler {
 public:
  /// Reads all labels once, in parallel, to find foreground. Throws Error where there is no case,
  /// where cases differ in channels, or where an option is out of range.
  PatchSampler(CaseSource cases, FeedOptions options, const AugmentOptions& augment, uint64_t seed);

  [[nodiscard]] const FeedOptions& options() const { return options_; }
  [[nodiscard]] const PatchShape& shape() const { return shape_; }
  [[nodiscard]] const ForegroundIndex& foreground(size_t case_index) const { return foreground_[case_index]; }

  /// Sample i of batch (epoch, index). Cheap: reads no voxel.
  [[nodiscard]] PatchPlan plan(uint32_t epoch, int64_t index, int64_t i) const;
  /// A batch (epoch, index) with its buffers and keys, not filled yet.
  [[nodiscard]] Batch allocate(uint32_t epoch, int64_t index) const;
  /// Reads, cuts and augments sample i of a batch; distinct samples may be filled at the same time.
  void fill(const PatchPlan& plan, Batch& batch, int64_t i) const;
  /// The whole batch, in the calling thread: what every Feed gives for (epoch, index).
  [[nodiscard]] Batch make_batch(uint32_t epoch, int64_t index) const;

 private:
  CaseSource cases_;
  FeedOptions options_;
  Augmentation augmentation_;
  uint64_t seed_;
  PatchShape shape_;
  std::vector<std::array<int64_t, 3>> sizes_;
  std::vector<ForegroundIndex> foreground_;
};

}  // namespace trivox
