#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace trivox {

/// Config section `train`.
struct TrainOptions {
  std::vector<std::string> channels;  ///< of the shards', by name, in this order; empty: all of them
  int64_t epochs = 1000;              ///< of feed.batches_per_epoch iterations
  double learning_rate = 0.01;
  double momentum = 0.99;  ///< Nesterov
  double weight_decay = 3e-5;
  double poly_exponent = 0.9;
  double gradient_clip = 12;       ///< largest Euclidean norm of all gradients together
  bool batch_dice = false;         ///< one Dice over the batch instead of one a sample
  std::string precision = "auto";  ///< auto, float32, bfloat16 (autocast; auto where the CPU has it)
  int64_t folds = 5;               ///< of the cross-validation over keys; 0 or 1 trains on all
  int64_t fold = 0;                ///< the one held out
  int64_t validation_batches = 5;  ///< scored after an epoch (pseudo Dice); 0: none, and no checkpoint_best
  int64_t checkpoint_every = 10;   ///< epochs between two writings of checkpoint_last
};

/// Config section `predict`.
struct PredictOptions {
  double step = 0.5;    ///< of the patch, between tiles
  bool mirror = false;  ///< average over the inputs mirrored along the axes that training mirrored
  int64_t batch = 1;    ///< tiles at once
};

}  // namespace trivox
