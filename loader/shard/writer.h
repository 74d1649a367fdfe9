#pragma once
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loader/checksum.h"
#include "loader/manifest.h"
#include "loader/options.h"
#include "transforms/sample.h"

namespace trivox {

/// A sample as the bytes that go into a shard: whole tar members, one after another.
struct EncodedSample {
  SampleEntry entry;  ///< offsets from the first of `bytes`; without shard and inputs_hash
  std::vector<std::byte> bytes;
};

/// Throws Error where `key` cannot name WebDataset members: empty, above 80 bytes, with a dot (a key
/// ends at the first), a slash or a control character.
void check_key(const std::string& key);

/// KEY.image.npy, KEY.valid.npy (only where some voxel is invalid), KEY.label.npy (only with
/// labels) and KEY.json. Voxels are stored as options.dtype. The same bytes for the same sample.
/// Throws Error for a voxel that is not finite or does not fit the type, naming channel and voxel.
/// Thread safe.
[[nodiscard]] EncodedSample encode_sample(const Sample& sample, const ShardOptions& options);

/// Writes one shard under a temporary name beside `file`; `finish` ends the tar, syncs and renames.
/// Without `finish` the temporary is removed, so that nothing half-written is left. Every failure
/// is an Error with the shard's path and the system's reason.
class ShardWriter {
 public:
  explicit ShardWriter(std::filesystem::path file);
  ~ShardWriter();
  ShardWriter(const ShardWriter&) = delete;
  ShardWriter& operator=(const ShardWriter&) = delete;
  /// `members`: the tar members of one sample; entry: their offsets from members[0]. Returns the
  /// entry with its place in this shard.
  SampleEntry append(SampleEntry entry, std::span<const std::byte> members);
  ShardEntry finish();

 private:
  void write(std::span<const std::byte> bytes);
  [[noreturn]] void fail(const char* action, int code) const;

  std::filesystem::path file_, temporary_;
  int fd_ = -1;
  uint64_t bytes_ = 0;
  Checksum checksum_;
};

/// A shard's temporary name is a dot, its name and this; a killed run may leave one behind.
inline constexpr std::string_view kPartialSuffix = ".partial";

/// All samples into one shard; entries are appended to `entries`.
ShardEntry write_shard(const std::filesystem::path& file, std::span<const Sample> samples,
                       const ShardOptions& options, std::vector<SampleEntry>& entries);

}  // namespace trivox
