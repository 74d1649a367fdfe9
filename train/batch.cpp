#include "train/batch.h"

#include <ATen/ops/tensor.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "models/tensor.h"
#include "transforms/error.h"
#include "transforms/sample.h"

namespace trivox {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

std::vector<int64_t> channel_indices(const std::vector<std::string>& available,
                                     const std::vector<std::string>& wanted, const std::string& what) {
  std::vector<int64_t> indices(available.size());
  std::iota(indices.begin(), indices.end(), int64_t{0});
  if (wanted.empty()) return indices;
  indices.clear();
  for (const std::string& name : wanted) {
    const auto found = std::ranges::find(available, name);
    if (found == available.end()) throw UsageError(what, name, "of the data's " + joined(available));
    const int64_t index = found - available.begin();
    if (std::ranges::find(indices, index) != indices.end())
      throw UsageError(what, name + " twice", "each once");
    indices.push_back(index);
  }
  return indices;
}

std::vector<size_t> sample_indices(const Manifest& manifest, const std::vector<std::string>& keys) {
  std::vector<size_t> indices;
  for (size_t i = 0; i < manifest.samples.size(); ++i) {
    const SampleEntry& sample = manifest.samples[i];
    if (std::ranges::find(keys, sample.key) == keys.end()) continue;
    if (sample.label_shape.empty())
      throw Error(
          Fault{manifest.folder.string(), "label of sample " + sample.key, "absent", "one to train on", {}});
    if (sample.label_shape.front() != 1)
      throw Error(Fault{manifest.folder.string(),
                        "label of sample " + sample.key,
                        std::to_string(sample.label_shape.front()) + " channels (preprocess.label_policy: "
                                                                     "per_sequence)",
                        "1: training on several is not there yet",
                        {}});
    indices.push_back(i);
  }
  return indices;
}

BatchView::BatchView(std::vector<int64_t> channels, const std::map<int, std::string>& labels)
    : channels_(std::move(channels)) {
  class_of_.fill(-1);
  class_of_[0] = 0;
  class_of_[kIgnoreLabel] = kIgnoreLabel;
  int next = 0;
  for (const auto& [value, name] : labels) {
    if (value < 1 || value >= kIgnoreLabel) throw Error("label " + name, std::to_string(value), "1 to 254");
    class_of_[static_cast<size_t>(value)] = ++next;
  }
}

TrainBatch BatchView::view(Batch& batch) const {
  if (batch.labels != 1) throw Error("label channels of a batch", std::to_string(batch.labels), "1");
  for (uint8_t& value : batch.label) {
    if (class_of_[value] < 0)
      throw Error("label value", std::to_string(value), "one that the manifest names");
    value = static_cast<uint8_t>(class_of_[value]);
  }
  TrainBatch out{tensor_view(batch.image.data(), batch.n, batch.channels, batch.patch),
                 tensor_view(batch.label.data(), batch.n, batch.labels, batch.patch)};
  std::vector<int64_t> all(static_cast<size_t>(batch.channels));
  std::iota(all.begin(), all.end(), int64_t{0});
  if (channels_ != all) out.image = out.image.index_select(1, at::tensor(channels_));
  return out;
}

PseudoDice::PseudoDice(int64_t classes)
    : both_(static_cast<size_t>(classes - 1)), either_(static_cast<size_t>(classes - 1)) {}

void PseudoDice::add(const at::Tensor& logits, const at::Tensor& label) {
  const at::Tensor counts = label.select(1, 0).ne(kIgnoreLabel);
  const at::Tensor predicted = logits.argmax(1);
  for (size_t k = 0; k < both_.size(); ++k) {
    const auto value = static_cast<int64_t>(k) + 1;
    const at::Tensor p = predicted.eq(value).logical_and(counts);
    const at::Tensor t = label.select(1, 0).eq(value);
    both_[k] += p.logical_and(t).sum().item().toLong();
    either_[k] += p.sum().item().toLong() + t.sum().item().toLong();
  }
}

std::vector<double> PseudoDice::values() const {
  std::vector<double> out;
  for (size_t k = 0; k < both_.size(); ++k)
    out.push_back(either_[k] == 0 ? std::numeric_limits<double>::quiet_NaN()
                                  : 2 * static_cast<double>(both_[k]) / static_cast<double>(either_[k]));
  return out;
}

}  // namespace trivox
