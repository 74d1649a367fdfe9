#pragma once
#include <filesystem>

#include "models/weights.h"
#include "train/run_info.h"

namespace trivox {

/// A run at one moment. Stored as safetensors: weights under the network's names, momentum buffers under
/// "momentum.NAME", the rest in the metadata.
struct Checkpoint {
  NamedTensors weights;
  NamedTensors momentum;
  RunInfo info;
  RunState state;
};

/// Atomic (temporary name, synced, renamed); the same bytes for the same content. Throws Error.
void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

/// Throws Error with the path for a file that is no checkpoint.
[[nodiscard]] Checkpoint read_checkpoint(const std::filesystem::path& path);

}  // namespace trivox
