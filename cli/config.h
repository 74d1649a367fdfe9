#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loader/options.h"
#include "models/options.h"
#include "train/options.h"
#include "transforms/augment/options.h"

namespace trivox {

struct ThreadOptions {
  int feed = 0;   ///< reading, assembling, augmenting (TBB); 0: all cores
  int torch = 0;  ///< LibTorch's own pool; 0: all cores
};

/// Everything a YAML file may say. Defaults are the structs' own. The one list of fields is in
/// config.cpp: parsing, validation, --help and documentation come from it.
struct Config {
  uint64_t seed = 12345;
  ThreadOptions threads;
  DatasetOptions dataset;
  AssembleOptions preprocess;
  CoregistrationOptions registration;
  ShardOptions shards;
  FeedOptions feed;
  AugmentOptions augment;
  ModelOptions model;
  TrainOptions train;
  PredictOptions predict;
};

/// Parses YAML; absent keys keep their defaults; then applies overrides ("section.key=value", the
/// command line's --set). Throws UsageError: an unknown key with file, line and the nearest known
/// key; a value out of range as "FILE:LINE: key is v, expected > y".
[[nodiscard]] Config parse_config(std::string_view yaml, const std::string& file_name,
                                  std::span<const std::string> overrides = {});
/// The same from a file; an empty path gives the defaults.
[[nodiscard]] Config read_config(const std::filesystem::path& file,
                                 std::span<const std::string> overrides = {});

/// A rule from items KEY=VALUE, with the keys of a rule in dataset.series; a text needs no quotes as YAML
/// would. Throws UsageError that names `option`, which gave them.
[[nodiscard]] SeriesRule parse_rule(std::span<const std::string> items, const std::string& option);
/// The keys of a rule, "folder, description, ...".
[[nodiscard]] std::string rule_keys();

/// Every field of the sections as canonical YAML, which `parse_config` reads back to the same values. No
/// sections: all.
[[nodiscard]] std::string dump_config(const Config& config, std::span<const std::string_view> sections = {});

/// Name, default and meaning of every field of the sections, for --help.
[[nodiscard]] std::string config_help(std::span<const std::string_view> sections);

}  // namespace trivox
