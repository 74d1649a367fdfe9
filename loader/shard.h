#pragma once
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "loader/manifest.h"
#include "loader/npy.h"
#include "loader/shard/writer.h"
#include "transforms/sample.h"

namespace trivox {

/// A shard mapped read-only; const access is thread safe. Its length is compared with the
/// manifest's when it is opened: a truncated or grown shard is an Error with both. Should the file
/// shrink or its disk fail later, a SIGBUS handler (installed once a process) names the shard on
/// standard error and ends the process with exit code 1; other causes of SIGBUS go to whoever
/// handled them before.
class MappedShard {
 public:
  MappedShard(const std::filesystem::path& file, uint64_t expected_bytes);
  ~MappedShard();
  MappedShard(const MappedShard&) = delete;
  MappedShard& operator=(const MappedShard&) = delete;
  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }
  /// Reads all of it; throws Error where the checksum is another than `expected_xxh3`.
  void verify(const std::string& expected_xxh3) const;

 private:
  std::filesystem::path file_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
  void* watch_ = nullptr;  // this mapping's place in the handler's list
};

/// All samples of a manifest, mapped. Thread safe once made. Samples are named by their index in
/// manifest().samples.
class ShardSet {
 public:
  /// Reads every shard once to compare length and XXH3 with the manifest's, and the name and size in each
  /// member's tar header with what the manifest says lies there; throws Error naming the shard that was
  /// truncated or altered.
  explicit ShardSet(Manifest manifest);
  [[nodiscard]] const Manifest& manifest() const { return manifest_; }
  /// C x D x H x W, float16 or float32. Throws Error where the array is not what the manifest says.
  [[nodiscard]] NpyView image(size_t sample) const;
  [[nodiscard]] NpyView label(size_t sample) const;  ///< L x D x H x W; empty shape without labels
  [[nodiscard]] NpyView valid(size_t sample) const;  ///< C x D x H x W; empty shape: 1 everywhere
  [[nodiscard]] std::string json(size_t sample) const;
  /// The sample in full, image as float32, provenance from its json.
  [[nodiscard]] Sample load(size_t sample) const;

 private:
  [[nodiscard]] std::span<const std::byte> member(size_t sample, uint64_t offset, uint64_t bytes) const;
  void check_header(size_t sample, const char* name, uint64_t offset, uint64_t bytes) const;
  [[nodiscard]] NpyView array(size_t sample, uint64_t offset, uint64_t bytes,
                              const std::vector<int64_t>& shape, const char* name) const;

  Manifest manifest_;
  std::vector<std::unique_ptr<MappedShard>> shards_;
  std::vector<size_t> shard_of_;
};

}  // namespace trivox
