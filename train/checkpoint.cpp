#include "train/checkpoint.h"

#include <string_view>

#include "loader/file.h"
#include "transforms/error.h"

namespace trivox {
namespace {

constexpr std::string_view kMomentum = "momentum.";

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  WeightFile file{checkpoint.weights, to_metadata(checkpoint.info, checkpoint.state)};
  for (const auto& [name, value] : checkpoint.momentum)
    file.tensors.push_back({std::string(kMomentum) + name, value});
  write_file_atomically(path, [&](std::ostream& out) { write_safetensors(out, file); });
}

Checkpoint read_checkpoint(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  return with_path(path.string(), [&] {
    WeightFile file = parse_safetensors(bytes);
    Checkpoint checkpoint{{}, {}, info_from_metadata(file.metadata), state_from_metadata(file.metadata)};
    for (auto& [name, value] : file.tensors) {
      if (name.starts_with(kMomentum))
        checkpoint.momentum.push_back({name.substr(kMomentum.size()), value});
      else
        checkpoint.weights.push_back({name, value});
    }
    return checkpoint;
  });
}

}  // namespace trivox
