#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "loader/manifest.h"
#include "loader/shard.h"
#include "loader/shard/writer.h"

namespace trivox {

/// The folder that a preprocessing run fills, shard by shard in the order of keys. It keeps what an
/// earlier run left: a sample whose inputs, configuration and version are the same is taken over as
/// bytes, and a shard all of whose samples are taken over stays as it is. So the folder ends the
/// same to the byte whatever was there before.
///
/// While the folder is incomplete it has `manifest.partial.json`, rewritten after every shard, and
/// no `manifest.json`: a killed run continues from there, and nobody reads half a folder.
/// Used from one thread, but for `find`, which is thread safe between calls to the others.
class ShardFolder {
 public:
  /// A sample of an earlier run; its bytes are its whole tar members.
  struct Earlier {
    SampleEntry entry;  ///< offsets from the first of `bytes`
    std::span<const std::byte> bytes;
    std::string shard;
    uint64_t begin = 0;  ///< where it stood in that shard
  };

  /// Makes the folder and locks it until destruction; removes temporaries of a killed run. Throws
  /// Error where it cannot be written to, holds files of somebody else, or another run fills it.
  explicit ShardFolder(std::filesystem::path folder);
  ~ShardFolder();
  ShardFolder(const ShardFolder&) = delete;
  ShardFolder& operator=(const ShardFolder&) = delete;

  /// Takes the head of the manifest (all but shards, samples, quarantined) and finds earlier
  /// samples of the same configuration and version. Shards that were truncated or altered are named
  /// in a warning and not used.
  void open(Manifest head);
  /// The earlier sample of that key, where its inputs were the same.
  [[nodiscard]] const Earlier* find(const std::string& key, const std::string& inputs_hash) const;

  /// The next sample goes to shard number `index`; indices ascend, and keys within them.
  void start_shard(size_t index);
  void keep(const Earlier& earlier);
  void add(const EncodedSample& sample, const std::string& inputs_hash);

  /// Whether shards of an earlier run stand in it.
  [[nodiscard]] bool holds_shards() const;

  /// Ends the last shard, writes the manifest, then removes what it no longer names.
  Manifest finish(std::vector<CaseFailure> quarantined, std::vector<CaseWarning> warnings,
                  RegistrationCounts registration = {});

 private:
  struct Shard {
    ShardEntry entry;
    std::vector<SampleEntry> samples;
    std::unique_ptr<MappedShard> mapped;  // of an earlier run only
  };
  void read_earlier(const std::filesystem::path& file);
  void append(const SampleEntry& entry, std::span<const std::byte> bytes);
  [[nodiscard]] bool untouched() const;
  void begin_writing();
  void end_shard();
  void write_partial() const;

  std::filesystem::path folder_;
  int lock_ = -1;
  Manifest head_;
  std::map<std::string, Shard> earlier_;    // by file name
  std::map<std::string, Earlier> samples_;  // by key
  std::map<std::string, Shard> done_;       // by file name
  std::string current_;                     // the shard being filled; empty: none
  std::vector<const Earlier*> pending_;     // kept so far, while the shard may stay as it is
  std::vector<SampleEntry> entries_;        // written so far
  std::unique_ptr<ShardWriter> writer_;
};

}  // namespace trivox
