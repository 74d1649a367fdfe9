#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "loader/dataset.h"
#include "loader/npy.h"
#include "loader/options.h"
#include "transforms/sample.h"

namespace trivox {

/// One entry of the manifest.
struct SampleEntry {
  std::string key;    ///< WebDataset key: the case's id
  std::string shard;  ///< file name beside the manifest
  std::vector<int64_t> image_shape;  ///< C, D, H, W
  std::vector<int64_t> label_shape;  ///< L, D, H, W; empty without labels
  /// Voxel indices (of D x H x W, x fastest) of foreground are found by the feed, not stored.
  uint64_t image_offset = 0, image_bytes = 0;  ///< of the .npy member's content within the shard
  uint64_t label_offset = 0, label_bytes = 0;
  uint64_t valid_offset = 0, valid_bytes = 0;
  uint64_t json_offset = 0, json_bytes = 0;
  std::string inputs_hash;           ///< XXH3 over names, sizes and contents' checksums of the input files
};

struct ShardEntry {
  std::string file;
  uint64_t bytes = 0;
  std::string xxh3;  ///< of the whole file, hex
};

struct Manifest {
  std::filesystem::path folder;  ///< where it was read from; not stored
  std::string version;           ///< of trivox
  std::string config_hash;       ///< of everything that shapes a sample
  std::string config_yaml;       ///< the dataset, preprocess and shards sections in full
  std::string source;            ///< dataset's name, DOI and licence where known
  std::vector<std::string> channels;
  std::map<int, std::string> labels;
  std::vector<ShardEntry> shards;
  std::vector<SampleEntry> samples;  ///< sorted by key
  std::vector<CaseFailure> quarantined;
};

/// Reads and checks `folder/manifest.json`. Throws Error.
[[nodiscard]] Manifest read_manifest(const std::filesystem::path& folder);
void write_manifest(const Manifest& manifest);

/// A shard mapped read-only. Length is checked at open against the manifest; thread safe.
class MappedShard {
 public:
  MappedShard(const std::filesystem::path& file, uint64_t expected_bytes);
  ~MappedShard();
  MappedShard(const MappedShard&) = delete;
  MappedShard& operator=(const MappedShard&) = delete;
  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

/// All samples of a manifest, mapped. Thread safe once made.
class ShardSet {
 public:
  /// `verify`: also compare every shard's checksum, not only its length.
  explicit ShardSet(Manifest manifest, bool verify = false);
  [[nodiscard]] const Manifest& manifest() const { return manifest_; }
  [[nodiscard]] NpyView image(size_t sample) const;
  [[nodiscard]] NpyView label(size_t sample) const;  ///< empty shape without labels
  [[nodiscard]] NpyView valid(size_t sample) const;  ///< empty shape where all is valid
  [[nodiscard]] std::string json(size_t sample) const;
  /// The sample in full, float32, provenance from its json.
  [[nodiscard]] Sample load(size_t sample) const;

 private:
  Manifest manifest_;
  std::vector<std::shared_ptr<MappedShard>> shards_;
  std::vector<size_t> shard_of_;
};

/// Writes one shard: ustar members KEY.image.npy, KEY.valid.npy, KEY.label.npy, KEY.json for each sample, to a
/// temporary name, synced, renamed. The same bytes for the same samples. Fills the entries' offsets.
ShardEntry write_shard(const std::filesystem::path& file, const std::vector<Sample>& samples,
                       const ShardOptions& options, std::vector<SampleEntry>& entries);

}  // namespace trivox
