#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "loader/case_registration.h"
#include "loader/dataset.h"

namespace trivox {

/// One sample of a shard. Offsets and bytes are of the members' contents (the whole .npy or .json)
/// within the shard; 0 bytes where a member is absent.
struct SampleEntry {
  std::string key;                   ///< WebDataset key: the case's id
  std::string shard;                 ///< file name beside the manifest
  std::vector<int64_t> image_shape;  ///< C, D, H, W
  std::vector<int64_t> label_shape;  ///< L, D, H, W; empty without labels
  uint64_t image_offset = 0, image_bytes = 0;
  uint64_t valid_offset = 0, valid_bytes = 0;  ///< absent where every voxel is valid
  uint64_t label_offset = 0, label_bytes = 0;
  uint64_t json_offset = 0, json_bytes = 0;
  std::string inputs_hash;  ///< XXH3 over names, sizes and contents of the input files

  /// Where the sample's tar members begin and end within the shard, headers and padding included.
  [[nodiscard]] uint64_t begin() const;
  [[nodiscard]] uint64_t end() const;
};

struct ShardEntry {
  std::string file;
  uint64_t bytes = 0;
  std::string xxh3;  ///< of the whole file, 16 hex digits
};

/// What is odd about a case that was used all the same.
struct CaseWarning {
  std::string id;        ///< empty: about a table
  std::string sequence;  ///< "T1WI"; empty: about the case among the others
  std::string text;
  bool operator==(const CaseWarning&) const = default;
};

/// Where the data come from, as far as it is known; empty parts are not known.
struct DatasetSource {
  std::string name, doi, licence;
};

/// `manifest.json` beside the shards: what is in them and how it was made. Holds no time stamp, no
/// absolute path and no patient identifier, so that equal input gives equal bytes.
struct Manifest {
  std::filesystem::path folder;  ///< where it was read from; not stored
  std::string version;           ///< of trivox
  std::string config_hash;       ///< of everything that shapes a sample
  std::string config_yaml;       ///< the dataset, preprocess and shards sections in full
  DatasetSource source;
  std::vector<std::string> channels;
  std::map<int, std::string> labels;     ///< without background
  std::vector<ShardEntry> shards;        ///< sorted by file
  std::vector<SampleEntry> samples;      ///< sorted by key
  std::vector<CaseFailure> quarantined;  ///< sorted by id; paths relative to the dataset's root
  std::vector<CaseWarning> warnings;     ///< of the samples, as PreprocessSummary has them
  RegistrationCounts registration;       ///< quarantined cases' too; empty where none was asked for
};

inline constexpr std::string_view kManifestName = "manifest.json";
/// The same while a run writes.
inline constexpr std::string_view kPartialManifestName = "manifest.partial.json";

/// The manifest as JSON text, and back. Both are pure; parsing checks every type, that keys and
/// files are sorted and unique, that file names stay in the folder, and that every member lies in
/// its shard. Throws Error naming the field.
[[nodiscard]] std::string manifest_to_json(const Manifest& manifest);
[[nodiscard]] Manifest manifest_from_json(std::string_view text);

/// Reads and checks `folder/manifest.json`. Throws Error.
[[nodiscard]] Manifest read_manifest(const std::filesystem::path& folder);
/// Writes `manifest.folder/manifest.json` atomically. Throws Error.
void write_manifest(const Manifest& manifest);

}  // namespace trivox
