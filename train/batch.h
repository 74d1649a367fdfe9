#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "loader/feed.h"
#include "loader/shard.h"

namespace trivox {

/// Where each of `wanted` stands among `available`; all of them in order where `wanted` is empty. Throws
/// UsageError naming `what` for one that is absent or named twice.
[[nodiscard]] std::vector<int64_t> channel_indices(const std::vector<std::string>& available,
                                                   const std::vector<std::string>& wanted,
                                                   const std::string& what);

/// Indices into the manifest of the samples with these keys; throws Error for a sample without a label.
[[nodiscard]] std::vector<size_t> sample_indices(const Manifest& manifest,
                                                 const std::vector<std::string>& keys);

struct TrainBatch {
  at::Tensor image;  ///< N x C x D x H x W float, the chosen channels; may be a view of the batch
  at::Tensor label;  ///< N x 1 x D x H x W uint8, class numbers or 255; a view of the batch
};

/// Batches of the feed as the network takes them. Thread safe once made.
class BatchView {
 public:
  /// labels: value to name; class k is the k-th value.
  BatchView(std::vector<int64_t> channels, const std::map<int, std::string>& labels);
  /// Turns label values into classes in place. Throws Error for a value that `labels` does not name and
  /// for batches of several label channels. The batch must outlive the result.
  [[nodiscard]] TrainBatch view(Batch& batch) const;

 private:
  std::vector<int64_t> channels_;
  std::array<int, 256> class_of_{};  // -1: none
};

/// Overlap of the most probable classes with the label over many batches, a foreground class at a time.
class PseudoDice {
 public:
  explicit PseudoDice(int64_t classes);
  /// logits: N x K x D x H x W; label: N x 1 x D x H x W, 255 ignored.
  void add(const at::Tensor& logits, const at::Tensor& label);
  /// 2 TP / (2 TP + FP + FN) by foreground class; NaN where the class is in neither.
  [[nodiscard]] std::vector<double> values() const;

 private:
  std::vector<int64_t> both_, either_;
};

}  // namespace trivox
