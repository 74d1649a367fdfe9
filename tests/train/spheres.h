#pragma once
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "loader/shard.h"
#include "train/trainer.h"
#include "transforms/rng.h"

namespace trivox::test {

/// A ball in noise, bright in one channel and dark in the other, on a cropped part of a tilted reference
/// grid.
inline Sample ball(uint32_t number, uint8_t value = 1) {
  Grid reference;
  reference.size = {30, 28, 10};
  const double tilt = 0.2;
  reference.affine << 1.5 * std::cos(tilt), -1.5 * std::sin(tilt), 0, -20,  //
      1.5 * std::sin(tilt), 1.5 * std::cos(tilt), 0, 10,                    //
      0, 0, 3, -5,                                                          //
      0, 0, 0, 1;
  Sample sample;
  sample.id = "ball" + std::to_string(100 + number);
  sample.reference_grid = reference;
  const Grid grid = sub_grid(reference, {3, 2, 1}, {24, 24, 8});
  sample.image = Volume<float>(grid, 2);
  sample.label = Volume<uint8_t>(grid, 1);
  Rng rng({77, 0, number, 3});
  const double cx = rng.uniform(8, 16), cy = rng.uniform(8, 16), cz = rng.uniform(3, 5);
  const double radius_mm = rng.uniform(6, 8);
  for (int64_t z = 0; z < grid.size[2]; ++z)
    for (int64_t y = 0; y < grid.size[1]; ++y)
      for (int64_t x = 0; x < grid.size[0]; ++x) {
        const auto dx = 1.5 * (static_cast<double>(x) - cx), dy = 1.5 * (static_cast<double>(y) - cy);
        const bool inside = std::hypot(dx, dy, 3 * (static_cast<double>(z) - cz)) < radius_mm;
        sample.label.at(0, x, y, z) = inside ? value : uint8_t{0};
        sample.image.at(0, x, y, z) = static_cast<float>((inside ? 2 : 0) + 0.3 * rng.normal());
        sample.image.at(1, x, y, z) = static_cast<float>((inside ? -2 : 0) + 0.3 * rng.normal());
      }
  for (const char* name : {"bright", "dark"}) {
    ChannelProvenance channel;
    channel.name = name;
    channel.native_grid = reference;
    channel.alignment = "reference";
    channel.air = -1;
    sample.channels.push_back(channel);
  }
  return sample;
}

inline std::shared_ptr<const ShardSet> write_balls(const std::filesystem::path& folder,
                                                   const std::vector<Sample>& samples) {
  std::filesystem::create_directories(folder);
  Manifest manifest;
  manifest.folder = folder;
  manifest.version = "test";
  manifest.config_hash = "0123456789abcdef";
  manifest.config_yaml = "";
  manifest.channels = {"bright", "dark"};
  manifest.labels = {{1, "ball"}};
  manifest.shards.push_back(write_shard(folder / "shard-000000.tar", samples, {}, manifest.samples));
  write_manifest(manifest);
  return std::make_shared<const ShardSet>(read_manifest(folder));
}

inline std::vector<Sample> balls(uint32_t count) {
  std::vector<Sample> samples;
  for (uint32_t i = 0; i < count; ++i) samples.push_back(ball(i));
  return samples;
}

inline TrainJob small_job() {
  TrainJob job;
  job.model.features = {8, 16};
  job.model.strides = {{1, 1, 1}, {2, 2, 1}};
  job.model.convolutions = 1;
  job.train.epochs = 3;
  job.train.folds = 3;
  job.train.validation_batches = 2;
  job.train.checkpoint_every = 2;
  job.feed.patch = {16, 16, 8};
  job.feed.batch = 2;
  job.feed.batches_per_epoch = 4;
  job.feed.threads = 2;
  job.torch_threads = 1;  // two would wait for each other on a busy machine
  job.config_yaml = "seed: 1\n";
  return job;
}

}  // namespace trivox::test
