#include "loader/manifest.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "loader/file.h"
#include "loader/json.h"
#include "loader/tar.h"

namespace trivox {
namespace {

using json::Json;

constexpr std::string_view kFormat = "trivox shards 1";

Json member(uint64_t offset, uint64_t bytes) {
  return bytes == 0 ? Json(nullptr) : Json{{"offset", offset}, {"bytes", bytes}};
}

void read_member(const Json& sample, const char* key, uint64_t& offset, uint64_t& bytes) {
  const Json& value = json::at(sample, key);
  if (value.is_null()) return;
  offset = json::whole(value, "offset");
  bytes = json::whole(value, "bytes");
}

void check_member(const SampleEntry& sample, const char* what, uint64_t offset, uint64_t bytes,
                  const ShardEntry& shard) {
  if (bytes == 0) return;
  if (offset < kTarBlock || offset % kTarBlock != 0 || bytes >= kTarMemberLimit || offset > shard.bytes ||
      tar_padded(bytes) > shard.bytes - offset)
    throw Error(what, "at " + std::to_string(offset) + " with " + std::to_string(bytes) + " bytes",
                "a member within the " + std::to_string(shard.bytes) + " bytes of " + shard.file)
        .in("sample " + sample.key);
}

Json to_json(const SampleEntry& s) {
  return {{"key", s.key},
          {"shard", s.shard},
          {"image_shape", s.image_shape},
          {"label_shape", s.label_shape},
          {"image", member(s.image_offset, s.image_bytes)},
          {"valid", member(s.valid_offset, s.valid_bytes)},
          {"label", member(s.label_offset, s.label_bytes)},
          {"json", member(s.json_offset, s.json_bytes)},
          {"inputs_xxh3", s.inputs_hash}};
}

SampleEntry sample_from(const Json& j) {
  SampleEntry s;
  s.key = json::text(j, "key");
  s.shard = json::text(j, "shard");
  s.image_shape = json::shape(j, "image_shape");
  s.label_shape = json::shape(j, "label_shape");
  read_member(j, "image", s.image_offset, s.image_bytes);
  read_member(j, "valid", s.valid_offset, s.valid_bytes);
  read_member(j, "label", s.label_offset, s.label_bytes);
  read_member(j, "json", s.json_offset, s.json_bytes);
  s.inputs_hash = json::text(j, "inputs_xxh3");
  if (s.image_shape.size() != 4 || s.image_bytes == 0)
    throw Error("\"image_shape\"", std::to_string(s.image_shape.size()) + " numbers", "4 (C, D, H, W)");
  if (!s.label_shape.empty() && s.label_shape.size() != 4)
    throw Error("\"label_shape\"", std::to_string(s.label_shape.size()) + " numbers", "4 or none");
  if (s.label_shape.empty() != (s.label_bytes == 0))
    throw Error("\"label\"", "at odds with \"label_shape\"", "both or neither");
  if (s.json_bytes == 0) throw Error("\"json\"", "absent", "present");
  return s;
}

void check_samples(const Manifest& m) {
  for (size_t i = 0; i + 1 < m.shards.size(); ++i)
    if (m.shards[i].file >= m.shards[i + 1].file)
      throw Error("\"shards\"", "not in order at " + m.shards[i + 1].file, "sorted and unique");
  for (size_t i = 0; i < m.samples.size(); ++i) {
    const SampleEntry& s = m.samples[i];
    if (i > 0 && m.samples[i - 1].key >= s.key)
      throw Error("\"samples\"", "not in order at " + s.key, "sorted by key and unique");
    const auto shard = std::lower_bound(m.shards.begin(), m.shards.end(), s.shard,
                                        [](const ShardEntry& a, const std::string& b) { return a.file < b; });
    if (shard == m.shards.end() || shard->file != s.shard)
      throw Error("\"shard\"", s.shard, "one of \"shards\"").in("sample " + s.key);
    check_member(s, "image", s.image_offset, s.image_bytes, *shard);
    check_member(s, "valid", s.valid_offset, s.valid_bytes, *shard);
    check_member(s, "label", s.label_offset, s.label_bytes, *shard);
    check_member(s, "json", s.json_offset, s.json_bytes, *shard);
  }
}

}  // namespace

uint64_t SampleEntry::begin() const { return image_offset - kTarBlock; }
uint64_t SampleEntry::end() const { return json_offset + tar_padded(json_bytes); }

std::string manifest_to_json(const Manifest& m) {
  Json labels = Json::object();
  for (const auto& [value, name] : m.labels) labels[std::to_string(value)] = name;
  Json shards = Json::array(), samples = Json::array(), quarantined = Json::array();
  for (const ShardEntry& s : m.shards)
    shards.push_back({{"file", s.file}, {"bytes", s.bytes}, {"xxh3", s.xxh3}});
  for (const SampleEntry& s : m.samples) samples.push_back(to_json(s));
  for (const CaseFailure& q : m.quarantined)
    quarantined.push_back({{"id", q.id},
                           {"path", q.fault.path},
                           {"attribute", q.fault.attribute},
                           {"found", q.fault.found},
                           {"expected", q.fault.expected},
                           {"context", q.fault.context}});
  Json warnings = Json::array();
  for (const CaseWarning& w : m.warnings)
    warnings.push_back({{"id", w.id}, {"sequence", w.sequence}, {"warning", w.text}});
  Json registration = Json::object();
  for (const auto& [sequence, outcomes] : m.registration) registration[sequence] = Json(outcomes);
  const Json all = {
      {"format", kFormat},
      {"version", m.version},
      {"source", {{"name", m.source.name}, {"doi", m.source.doi}, {"licence", m.source.licence}}},
      {"channels", m.channels},
      {"labels", labels},
      {"config", m.config_yaml},
      {"config_xxh3", m.config_hash},
      {"shards", shards},
      {"samples", samples},
      {"quarantined", quarantined},
      {"warnings", warnings},
      {"registration", registration}};
  return json::dump(all, 1) + "\n";
}

Manifest manifest_from_json(std::string_view text) {
  const Json all = json::parse(text);
  if (const std::string format = json::text(all, "format"); format != kFormat)
    throw Error("\"format\"", "'" + format + "'", "'" + std::string(kFormat) + "'");
  Manifest m;
  m.version = json::text(all, "version");
  const Json& source = json::at(all, "source");
  m.source = {json::text(source, "name"), json::text(source, "doi"), json::text(source, "licence")};
  m.channels = json::texts(all, "channels");
  for (const auto& [value, name] : json::object(all, "labels").items()) {
    int number = 0;
    const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (code != std::errc() || end != value.data() + value.size() || !name.is_string())
      throw Error("\"labels\"", value, "whole numbers with names");
    m.labels[number] = name.get<std::string>();
  }
  m.config_yaml = json::text(all, "config");
  m.config_hash = json::text(all, "config_xxh3");
  for (const Json& j : json::array(all, "shards")) {
    ShardEntry s{json::text(j, "file"), json::whole(j, "bytes"), json::text(j, "xxh3")};
    if (s.file.empty() || s.file.front() == '.' || s.file.find('/') != std::string::npos)
      throw Error("\"file\"", "'" + s.file + "'", "the name of a file beside the manifest");
    m.shards.push_back(std::move(s));
  }
  for (const Json& j : json::array(all, "samples")) m.samples.push_back(sample_from(j));
  for (const Json& j : json::array(all, "quarantined"))
    m.quarantined.push_back({json::text(j, "id"),
                             {json::text(j, "path"), json::text(j, "attribute"), json::text(j, "found"),
                              json::text(j, "expected"), json::texts(j, "context")}});
  // Manifests of versions before it lack the list.
  if (all.contains("warnings"))
    for (const Json& j : json::array(all, "warnings"))
      m.warnings.push_back({json::text(j, "id"), json::text(j, "sequence"), json::text(j, "warning")});
  if (all.contains("registration"))
    for (const auto& [sequence, outcomes] : json::object(all, "registration").items())
      for (const auto& [outcome, count] : json::object(all["registration"], sequence.c_str()).items())
        m.registration[sequence][outcome] = json::whole(outcomes, outcome.c_str());
  check_samples(m);
  return m;
}

Manifest read_manifest(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / kManifestName;
  if (!std::filesystem::exists(file))
    throw Error(Fault{file.string(), "manifest", "absent", "a folder that 'trivox preprocess' finished", {}});
  const std::vector<std::byte> bytes = read_file(file);
  Manifest manifest = with_path(file.string(), [&] {
    return manifest_from_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  });
  manifest.folder = folder;
  return manifest;
}

void write_manifest(const Manifest& manifest) {
  write_file_atomically(manifest.folder / kManifestName, manifest_to_json(manifest));
}

}  // namespace trivox
