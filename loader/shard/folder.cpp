#include "loader/shard/folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "loader/file.h"
#include "loader/log.h"
#include "loader/quarantine.h"
#include "loader/tar.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

bool is_shard_name(const std::string& name) {
  return name.size() >= 15 && name.starts_with("shard-") && name.ends_with(".tar") &&
         std::all_of(name.begin() + 6, name.end() - 4, [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

void refuse_foreign(const fs::path& folder) {
  std::vector<std::string> visible = names_in(folder);
  std::erase_if(visible, [](const std::string& name) { return name.starts_with('.'); });
  const auto is_there = [&](std::string_view name) { return fs::exists(folder / name); };
  if (visible.empty() || is_there(kManifestName) || is_there(kPartialManifestName)) return;
  throw Error(Fault{folder.string(),
                    "output folder",
                    "not empty: it holds '" + visible.front() + "'" +
                        (visible.size() > 1 ? " and " + std::to_string(visible.size() - 1) + " more" : ""),
                    "an empty or new folder, or one that trivox filled",
                    {}});
}

}  // namespace

ShardFolder::ShardFolder(fs::path folder) : folder_(std::move(folder)) {
  make_output_folder(folder_);
  refuse_foreign(folder_);
  lock_ = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ < 0)
    throw Error(
        Fault{folder_.string(), std::string("folder cannot be opened: ") + std::strerror(errno), "", "", {}});
  // Some network file systems know no locks; there a second run is not noticed.
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    close(lock_);
    throw Error(
        Fault{folder_.string(), "output folder", "being filled by another run", "one run at a time", {}});
  }
  for (const std::string& name : names_in(folder_))
    if (name.ends_with(kPartialSuffix) &&
        (name.starts_with(".shard-") || name.starts_with(".manifest") || name.starts_with(".quarantine") ||
         name.starts_with(".warnings") || name.starts_with(".failed-run") ||
         name.starts_with(".registration")))
      fs::remove(folder_ / name);
}

ShardFolder::~ShardFolder() {
  if (lock_ >= 0) close(lock_);
}

void ShardFolder::open(Manifest head) {
  head_ = std::move(head);
  head_.folder = folder_;
  read_earlier(folder_ / kManifestName);
  read_earlier(folder_ / kPartialManifestName);
  for (auto& [file, shard] : earlier_)
    for (const SampleEntry& s : shard.samples) {
      Earlier e{s, shard.mapped->bytes().subspan(s.begin(), s.end() - s.begin()), file, s.begin()};
      for (const auto& [offset, bytes] :
           {std::pair(&e.entry.image_offset, s.image_bytes), std::pair(&e.entry.valid_offset, s.valid_bytes),
            std::pair(&e.entry.label_offset, s.label_bytes), std::pair(&e.entry.json_offset, s.json_bytes)})
        if (bytes > 0) *offset -= e.begin;
      samples_[s.key] = std::move(e);
    }
  // Marks the folder as ours before the first shard stands in it.
  if (!fs::exists(folder_ / kManifestName)) write_partial();
}

void ShardFolder::read_earlier(const fs::path& file) {
  if (!fs::exists(file)) return;
  Manifest m;
  try {
    const std::vector<std::byte> bytes = read_file(file);
    m = manifest_from_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  } catch (const Error& error) {
    log::warning(std::string(error.with_path(file.string()).what()) + "; all samples are made again");
    return;
  }
  if (m.version != head_.version || m.config_hash != head_.config_hash) {
    log::info(folder_.string() +
              ": made with another configuration or version of trivox; its samples are made again");
    return;
  }
  for (const ShardEntry& s : m.shards) {
    if (const auto known = earlier_.find(s.file);
        known != earlier_.end() && known->second.entry.xxh3 == s.xxh3)
      continue;
    try {
      auto mapped = std::make_unique<MappedShard>(folder_ / s.file, s.bytes);
      mapped->verify(s.xxh3);
      earlier_[s.file] = {s, {}, std::move(mapped)};
    } catch (const Error& error) {
      log::warning(std::string(error.what()) + "; its samples are made again");
    }
  }
  for (const SampleEntry& s : m.samples) {
    const auto shard = earlier_.find(s.shard);
    if (shard == earlier_.end() || s.end() <= s.begin() || s.end() > shard->second.entry.bytes) continue;
    auto& known = shard->second.samples;
    if (std::none_of(known.begin(), known.end(), [&](const SampleEntry& k) { return k.key == s.key; }))
      known.push_back(s);
  }
}

const ShardFolder::Earlier* ShardFolder::find(const std::string& key, const std::string& inputs_hash) const {
  const auto found = samples_.find(key);
  return found != samples_.end() && !inputs_hash.empty() && found->second.entry.inputs_hash == inputs_hash
             ? &found->second
             : nullptr;
}

void ShardFolder::start_shard(size_t index) {
  char name[40];
  std::snprintf(name, sizeof name, "shard-%05zu.tar", index);
  if (current_ == name) return;
  end_shard();
  current_ = name;
}

void ShardFolder::keep(const Earlier& earlier) {
  if (writer_ == nullptr)
    pending_.push_back(&earlier);
  else
    append(earlier.entry, earlier.bytes);
}

void ShardFolder::add(const EncodedSample& sample, const std::string& inputs_hash) {
  if (writer_ == nullptr) begin_writing();
  SampleEntry entry = sample.entry;
  entry.inputs_hash = inputs_hash;
  append(entry, sample.bytes);
}

void ShardFolder::append(const SampleEntry& entry, std::span<const std::byte> bytes) {
  entries_.push_back(writer_->append(entry, bytes));
}

// True where the kept samples are all there is in the earlier shard of this name, in its order.
bool ShardFolder::untouched() const {
  const auto shard = earlier_.find(current_);
  if (writer_ != nullptr || shard == earlier_.end()) return false;
  uint64_t at = 0;
  for (const Earlier* e : pending_) {
    if (e->shard != current_ || e->begin != at) return false;
    at += e->bytes.size();
  }
  return at + tar_end().size() == shard->second.entry.bytes;
}

void ShardFolder::begin_writing() {
  // From here on manifest.json would describe a shard that is no more.
  write_partial();
  fs::remove(folder_ / kManifestName);
  writer_ = std::make_unique<ShardWriter>(folder_ / current_);
  for (const Earlier* e : std::exchange(pending_, {})) append(e->entry, e->bytes);
}

void ShardFolder::end_shard() {
  if (writer_ == nullptr && pending_.empty()) return;
  if (untouched()) {
    const Shard& old = earlier_.at(current_);
    Shard& shard = done_[current_];
    shard.entry = old.entry;
    for (const Earlier* e : pending_)
      shard.samples.push_back(*std::find_if(old.samples.begin(), old.samples.end(),
                                            [&](const SampleEntry& s) { return s.key == e->entry.key; }));
    pending_.clear();
    return;
  }
  if (writer_ == nullptr) begin_writing();
  const ShardEntry entry = writer_->finish();
  writer_.reset();
  done_[current_] = {entry, std::exchange(entries_, {}), nullptr};
  write_partial();
}

void ShardFolder::write_partial() const {
  Manifest m = head_;
  std::map<std::string, const Shard*> shards;
  for (const auto& [file, shard] : earlier_) shards[file] = &shard;
  for (const auto& [file, shard] : done_) shards[file] = &shard;
  std::map<std::string, const SampleEntry*> samples;
  const auto list = [&](const std::map<std::string, Shard>& from) {
    for (const auto& [file, shard] : from)
      if (shards.at(file) == &shard)
        for (const SampleEntry& s : shard.samples) samples[s.key] = &s;
  };
  list(earlier_);
  list(done_);
  for (const auto& [file, shard] : shards) m.shards.push_back(shard->entry);
  for (const auto& [key, sample] : samples) m.samples.push_back(*sample);
  write_file_atomically(folder_ / kPartialManifestName, manifest_to_json(m));
}

bool ShardFolder::holds_shards() const {
  const std::vector<std::string> names = names_in(folder_);
  return std::any_of(names.begin(), names.end(), is_shard_name);
}

Manifest ShardFolder::finish(std::vector<CaseFailure> quarantined, std::vector<CaseWarning> warnings,
                             RegistrationCounts registration) {
  end_shard();
  Manifest m = head_;
  for (const auto& [file, shard] : done_) {
    m.shards.push_back(shard.entry);
    m.samples.insert(m.samples.end(), shard.samples.begin(), shard.samples.end());
  }
  m.quarantined = std::move(quarantined);
  m.warnings = std::move(warnings);
  m.registration = std::move(registration);
  write_manifest(m);
  fs::remove(folder_ / kPartialManifestName);
  fs::remove(folder_ / kFailedRunName);
  for (const std::string& name : names_in(folder_))
    if (is_shard_name(name) && !done_.contains(name)) fs::remove(folder_ / name);
  return m;
}

}  // namespace trivox
