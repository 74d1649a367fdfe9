#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace trivox {

/// One fold of a cross-validation over patients. No torch.
struct Split {
  std::vector<std::string> train, validation;  ///< keys, each sorted
  bool operator==(const Split&) const = default;
};

/// `folds` parts of nearly equal size (the first ones take the remainder) from a seeded shuffle of the
/// sorted keys; fold f validates on part f and trains on the rest. Folds 0 or 1: one split that trains and
/// validates on all. A function of the set of keys, folds and seed. Throws UsageError where there are fewer
/// keys than folds.
[[nodiscard]] std::vector<Split> make_splits(std::vector<std::string> keys, int64_t folds, uint64_t seed);

/// As nnU-Net's splits_final.json: a list of {"train": [...], "val": [...]}.
[[nodiscard]] std::string splits_to_json(const std::vector<Split>& splits);

}  // namespace trivox
