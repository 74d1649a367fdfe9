#include "loader/patch_sampler.h"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "transforms/error.h"
#include "transforms/sample.h"

namespace trivox {
namespace {

// RngKey.transform of the two draws that are no transform.
constexpr uint16_t kCaseOrder = 1;  // RngKey.sample: the round within the epoch
constexpr uint16_t kPosition = 2;

void check(const FeedOptions& o) {
  const auto need = [](bool holds, const char* name, const std::string& found, const char* expected) {
    if (!holds) throw Error(name, found, expected);
  };
  for (const int64_t side : o.patch) need(side > 0, "feed.patch", std::to_string(side), "> 0");
  // Also keeps products of sides and channels far from where 64 bits overflow.
  const double voxels =
      static_cast<double>(o.patch[0]) * static_cast<double>(o.patch[1]) * static_cast<double>(o.patch[2]);
  need(voxels < 0x1p31, "voxels of feed.patch", std::to_string(voxels), "fewer than 2^31");
  need(o.batch > 0 && o.batch < INT64_C(1) << 20, "feed.batch", std::to_string(o.batch), "1 to 2^20");
  need(o.batches_per_epoch > 0, "feed.batches_per_epoch", std::to_string(o.batches_per_epoch), "> 0");
  need(o.queue > 0, "feed.queue", std::to_string(o.queue), "> 0");
  need(o.foreground >= 0 && o.foreground <= 1, "feed.foreground", std::to_string(o.foreground), "0 to 1");
}

}  // namespace

ForegroundIndex::ForegroundIndex(const SourceView& view) : size_(view.size) {
  if (view.voxels() >= INT64_C(1) << 31)
    throw Error("voxels of a channel", std::to_string(view.voxels()), "fewer than 2^31");
  for (int64_t l = 0; l < view.labels; ++l) {
    std::array<std::vector<Run>, 256> runs;
    const auto label =
        view.label.subspan(static_cast<size_t>(l * view.voxels()), static_cast<size_t>(view.voxels()));
    for (size_t i = 0; i < label.size();) {
      const uint8_t value = label[i];
      const size_t first = i;
      while (i < label.size() && label[i] == value) ++i;
      if (value == 0 || value == kIgnoreLabel) continue;
      auto& of = runs[value];
      const uint64_t before = of.empty() ? 0 : of.back().before + of.back().length;
      of.push_back({before, static_cast<uint32_t>(first), static_cast<uint32_t>(i - first)});
    }
    for (size_t value = 0; value < runs.size(); ++value)
      if (!runs[value].empty()) {
        runs[value].shrink_to_fit();
        classes_.push_back({l, static_cast<uint8_t>(value), std::move(runs[value])});
      }
  }
}

std::array<int64_t, 3> ForegroundIndex::draw(Rng& rng) const {
  const size_t chosen = rng.below(classes_.size());
  const std::vector<Run>& runs = classes_[chosen].runs;
  const uint64_t nth = rng.below(voxels(chosen));
  const auto after = std::ranges::upper_bound(runs, nth, {}, &Run::before);
  const Run& run = *std::prev(after);
  const auto voxel = static_cast<int64_t>(run.first + (nth - run.before));
  return {voxel % size_[0], voxel / size_[0] % size_[1], voxel / (size_[0] * size_[1])};
}

PatchSampler::PatchSampler(CaseSource cases, FeedOptions options, const AugmentOptions& augment,
                           uint64_t seed)
    : cases_(std::move(cases)), options_(options), augmentation_(make_augmentation(augment)), seed_(seed) {
  check(options_);
  const size_t n = cases_.keys.size();
  if (n == 0) throw Error("samples to draw from", "0", "at least 1");
  sizes_.resize(n);
  foreground_.resize(n);
  std::vector<PatchShape> shapes(n);
  std::vector<std::optional<Error>> errors(n);
  tbb::parallel_for(size_t{0}, n, [&](size_t i) {
    try {
      const SourceView view = cases_.view(i);
      sizes_[i] = view.size;
      shapes[i] = {options_.patch, view.channels, view.labels};
      foreground_[i] = ForegroundIndex(view);
    } catch (const Error& error) {
      errors[i] = error.in("case " + cases_.keys[i]);
    }
  });
  for (const auto& error : errors)
    if (error) throw *error;
  shape_ = shapes[0];
  for (size_t i = 0; i < n; ++i) {
    if (shapes[i].channels != shape_.channels)
      throw Error("channels", std::to_string(shapes[i].channels),
                  std::to_string(shape_.channels) + " as in case " + cases_.keys[0])
          .in("case " + cases_.keys[i]);
    // A case without labels gives patches of 255 beside cases that have some.
    if (shapes[i].labels != 0 && shape_.labels != 0 && shapes[i].labels != shape_.labels)
      throw Error("label channels", std::to_string(shapes[i].labels),
                  std::to_string(shape_.labels) + " or none")
          .in("case " + cases_.keys[i]);
    shape_.labels = std::max(shape_.labels, shapes[i].labels);
  }
}

PatchPlan PatchSampler::plan(uint32_t epoch, int64_t index, int64_t i) const {
  const auto sample = static_cast<uint32_t>(index * options_.batch + i);
  const size_t n = sizes_.size();
  PatchPlan plan;

  std::vector<uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0U);
  Rng shuffle({seed_, epoch, static_cast<uint32_t>(sample / n), kCaseOrder});
  const size_t place = sample % n;
  for (size_t k = 0; k <= place; ++k) std::swap(order[k], order[k + shuffle.below(n - k)]);
  plan.case_index = order[place];

  const auto& size = sizes_[plan.case_index];
  const ForegroundIndex& foreground = foreground_[plan.case_index];
  Rng rng({seed_, epoch, sample, kPosition});
  const auto first_forced = std::nearbyint(static_cast<double>(options_.batch) * (1 - options_.foreground));
  plan.forced = static_cast<double>(i) >= first_forced && foreground.classes() > 0;
  const auto voxel = plan.forced ? foreground.draw(rng) : std::array<int64_t, 3>{};
  for (size_t a = 0; a < 3; ++a) {
    const int64_t spare = size[a] - options_.patch[a];
    if (spare <= 0)
      plan.start[a] = -((-spare) / 2);  // centred, the odd voxel of padding at the end
    else if (plan.forced)
      plan.start[a] = std::clamp<int64_t>(voxel[a] - options_.patch[a] / 2, 0, spare);
    else
      plan.start[a] = static_cast<int64_t>(rng.below(static_cast<uint64_t>(spare) + 1));
  }
  if (options_.augment) plan.draws = draw(augmentation_, seed_, epoch, sample, shape_);
  return plan;
}

Batch PatchSampler::allocate(uint32_t epoch, int64_t index) const {
  Batch batch;
  batch.n = options_.batch;
  batch.channels = shape_.channels;
  batch.labels = shape_.labels;
  batch.patch = options_.patch;
  batch.epoch = epoch;
  batch.index = index;
  batch.image.assign(static_cast<size_t>(batch.n * shape_.channels * shape_.voxels()), 0.0F);
  batch.label.assign(static_cast<size_t>(batch.n * shape_.labels * shape_.voxels()), uint8_t{0});
  batch.keys.resize(static_cast<size_t>(batch.n));
  return batch;
}

void PatchSampler::fill(const PatchPlan& plan, Batch& batch, int64_t i) const {
  const std::string& key = cases_.keys[plan.case_index];
  try {
    const SourceView view = cases_.view(plan.case_index);
    const auto image = static_cast<size_t>(shape_.channels * shape_.voxels());
    const auto label = static_cast<size_t>(shape_.labels * shape_.voxels());
    const auto at = static_cast<size_t>(i);
    batch.keys[at] = key;
    Patch patch{shape_, std::span(batch.image).subspan(at * image, image),
                std::span(batch.label).subspan(at * label, label), view.air};
    cut_and_augment(view, plan.start, plan.draws, patch);
  } catch (const Error& error) {
    throw error.in("case " + key);
  }
}

Batch PatchSampler::make_batch(uint32_t epoch, int64_t index) const {
  Batch batch = allocate(epoch, index);
  for (int64_t i = 0; i < batch.n; ++i) fill(plan(epoch, index, i), batch, i);
  return batch;
}

}  // namespace trivox
