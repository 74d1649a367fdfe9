#include "train/split.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "transforms/error.h"
#include "transforms/rng.h"

namespace trivox {
namespace {

constexpr uint16_t kSplitStream = 0x4001;  // transform number of Philox: splits

}  // namespace

std::vector<Split> make_splits(std::vector<std::string> keys, int64_t folds, uint64_t seed) {
  std::ranges::sort(keys);
  if (keys.empty()) throw UsageError("samples to train on", "none", "at least one");
  if (folds <= 1) return {{keys, keys}};
  if (std::ssize(keys) < folds)
    throw UsageError("train.folds", std::to_string(folds),
                     "at most the number of samples, " + std::to_string(keys.size()));
  std::vector<std::string> shuffled = keys;
  Rng rng({seed, 0, 0, kSplitStream});
  for (size_t i = shuffled.size() - 1; i > 0; --i)  // Fisher and Yates
    std::swap(shuffled[i], shuffled[rng.below(i + 1)]);
  std::vector<Split> splits(static_cast<size_t>(folds));
  const size_t each = shuffled.size() / splits.size();
  const size_t longer = shuffled.size() % splits.size();
  size_t next = 0;
  for (size_t f = 0; f < splits.size(); ++f) {
    const size_t end = next + each + (f < longer ? 1 : 0);
    for (size_t i = 0; i < shuffled.size(); ++i)
      (i >= next && i < end ? splits[f].validation : splits[f].train).push_back(shuffled[i]);
    std::ranges::sort(splits[f].train);
    std::ranges::sort(splits[f].validation);
    next = end;
  }
  return splits;
}

std::string splits_to_json(const std::vector<Split>& splits) {
  auto json = nlohmann::ordered_json::array();
  for (const Split& split : splits) json.push_back({{"train", split.train}, {"val", split.validation}});
  return json.dump(2) + "\n";
}

}  // namespace trivox
