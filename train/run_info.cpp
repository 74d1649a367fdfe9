#include "train/run_info.h"

#include <nlohmann/json.hpp>

#include "loader/file.h"
#include "models/weights.h"
#include "transforms/error.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kInfo = "trivox.run";
constexpr const char* kState = "trivox.state";

Json parse(const std::map<std::string, std::string>& metadata, const char* name) {
  const auto found = metadata.find(name);
  if (found == metadata.end()) throw Error(name, "absent", "the metadata of a trivox checkpoint");
  Json json = Json::parse(found->second, nullptr, false);
  if (!json.is_object()) throw Error(name, "not a JSON object", "one");
  return json;
}

template <class T>
void read(const Json& json, const char* name, T& out) {
  const auto found = json.find(name);
  if (found == json.end()) throw Error(std::string("checkpoint's ") + name, "absent", "a value");
  try {
    out = found->get<T>();
  } catch (const nlohmann::json::exception&) {
    throw Error(std::string("checkpoint's ") + name, found->dump(), "another type");
  }
}

void read(const Json& json, const char* name, std::optional<double>& out) {
  if (!json.contains(name) || json[name].is_null()) return;
  out.emplace();
  read(json, name, *out);
}

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

}  // namespace

std::map<std::string, std::string> to_metadata(const RunInfo& info, const RunState& state) {
  Json labels = Json::object();
  for (const auto& [value, name] : info.labels) labels[std::to_string(value)] = name;
  const Json run = {{"config", info.config_yaml}, {"shards_hash", info.shards_hash},
                    {"channels", info.channels},  {"labels", labels},
                    {"train", info.split.train},  {"validation", info.split.validation},
                    {"threads", info.threads},    {"precision", info.precision}};
  const Json at = {
      {"epoch", state.epoch},     {"iteration", state.iteration},       {"loss_sum", state.loss_sum},
      {"ema", number(state.ema)}, {"best_ema", number(state.best_ema)}, {"log", state.log}};
  return {{kInfo, run.dump()}, {kState, at.dump()}};
}

RunInfo info_from_metadata(const std::map<std::string, std::string>& metadata) {
  const Json json = parse(metadata, kInfo);
  RunInfo info;
  read(json, "config", info.config_yaml);
  read(json, "shards_hash", info.shards_hash);
  read(json, "channels", info.channels);
  std::map<std::string, std::string> labels;
  read(json, "labels", labels);
  for (const auto& [value, name] : labels) {
    if (value.empty() || value.size() > 3 || value.find_first_not_of("0123456789") != value.npos)
      throw Error("checkpoint's labels", value, "whole numbers from 1 to 254");
    info.labels[std::stoi(value)] = name;
  }
  read(json, "train", info.split.train);
  read(json, "validation", info.split.validation);
  read(json, "threads", info.threads);
  read(json, "precision", info.precision);
  return info;
}

RunState state_from_metadata(const std::map<std::string, std::string>& metadata) {
  const Json json = parse(metadata, kState);
  RunState state;
  read(json, "epoch", state.epoch);
  read(json, "iteration", state.iteration);
  read(json, "loss_sum", state.loss_sum);
  read(json, "ema", state.ema);
  read(json, "best_ema", state.best_ema);
  read(json, "log", state.log);
  return state;
}

RunInfo read_run_info(const fs::path& checkpoint) {
  const auto bytes = read_file(checkpoint);
  return with_path(checkpoint.string(),
                   [&] { return info_from_metadata(parse_safetensors_metadata(bytes)); });
}

fs::path find_checkpoint(const fs::path& run, const std::string& name) {
  if (name != "best" && name != "last" && name != "final") {
    if (!fs::is_regular_file(name))
      throw Error(Fault{name, "checkpoint", "absent", "best, last, final or the path of a file", {}});
    return name;
  }
  const fs::path path = run / ("checkpoint_" + name + ".safetensors");
  if (fs::is_regular_file(path)) return path;
  std::string there;
  for (const char* other : {"best", "last", "final"})
    if (fs::is_regular_file(run / (std::string("checkpoint_") + other + ".safetensors")))
      there += (there.empty() ? "" : ", ") + std::string(other);
  throw Error(Fault{path.string(),
                    "checkpoint",
                    "absent",
                    there.empty() ? "the folder of a training run" : "one of those that are there: " + there,
                    {}});
}

}  // namespace trivox
