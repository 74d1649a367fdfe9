#include "loader/shard.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <utility>

#include "loader/checksum.h"
#include "loader/sample_json.h"
#include "loader/tar.h"
#include "transforms/float16.h"

namespace trivox {
namespace {

// What the signal handler may look at: nodes are never freed, only reused, and change under a mutex
// with `begin` cleared first and set last, so that the handler needs neither lock nor allocation.
struct Watch {
  std::atomic<const std::byte*> begin{nullptr};
  std::atomic<size_t> size{0};
  std::atomic<const char*> name{nullptr};
  Watch* next = nullptr;
};
std::atomic<Watch*> watches{nullptr};
std::mutex watches_mutex;
struct sigaction previous_sigbus;

void say(const char* text) {
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text, std::strlen(text));
}

void on_sigbus(int, siginfo_t* info, void*) {
  const auto* address = static_cast<const std::byte*>(info->si_addr);
  for (const Watch* w = watches.load(); w != nullptr; w = w->next) {
    const std::byte* begin = w->begin.load();
    if (begin == nullptr || address < begin || address >= begin + w->size.load()) continue;
    say("\ntrivox: ");
    say(w->name.load());
    say(": shard became shorter, or its disk failed, while it was read; run 'trivox preprocess' again\n");
    _exit(1);
  }
  // Not ours: the instruction runs again under whoever handled the signal before.
  sigaction(SIGBUS, &previous_sigbus, nullptr);
}

Watch* watch(const std::byte* begin, size_t size, const std::string& name) {
  static std::once_flag installed;
  std::call_once(installed, [] {
    struct sigaction action{};
    action.sa_sigaction = on_sigbus;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &previous_sigbus);
  });
  const std::lock_guard lock(watches_mutex);
  Watch* node = watches.load();
  while (node != nullptr && node->begin.load() != nullptr) node = node->next;
  if (node == nullptr) {
    node = new Watch;  // stays: the handler may be walking the list
    node->next = watches.load();
    watches.store(node);
  }
  node->size = size;
  node->name = strdup(name.c_str());
  node->begin = begin;
  return node;
}

void unwatch(void* node) {
  const std::lock_guard lock(watches_mutex);
  auto* w = static_cast<Watch*>(node);
  w->begin = nullptr;
  std::free(const_cast<char*>(w->name.exchange(nullptr)));
}

}  // namespace

MappedShard::MappedShard(const std::filesystem::path& file, uint64_t expected_bytes) : file_(file) {
  const auto fail = [&](const char* what) {
    return Error(
        Fault{file.string(), std::string("shard ") + what + ": " + std::strerror(errno), "", "", {}});
  };
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw fail("cannot be opened");
  struct stat about{};
  if (fstat(fd, &about) != 0) {
    const Error error = fail("cannot be opened");
    close(fd);
    throw error;
  }
  if (static_cast<uint64_t>(about.st_size) != expected_bytes || expected_bytes == 0) {
    close(fd);
    throw Error(Fault{file.string(),
                      "shard's length",
                      std::to_string(about.st_size) + " bytes",
                      std::to_string(expected_bytes) + " bytes, as its manifest says",
                      {}});
  }
  size_ = static_cast<size_t>(expected_bytes);
  void* at = mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) {
    const Error error = fail("cannot be mapped");
    close(fd);
    throw error;
  }
  close(fd);
  data_ = static_cast<const std::byte*>(at);
  watch_ = watch(data_, size_, file.string());
}

MappedShard::~MappedShard() {
  unwatch(watch_);
  munmap(const_cast<std::byte*>(data_), size_);
}

void MappedShard::verify(const std::string& expected_xxh3) const {
  if (const std::string found = xxh3_hex(bytes()); found != expected_xxh3)
    throw Error(Fault{file_.string(), "shard's XXH3", found, expected_xxh3 + ", as its manifest says", {}});
}

ShardSet::ShardSet(Manifest manifest) : manifest_(std::move(manifest)) {
  for (const ShardEntry& s : manifest_.shards) {
    shards_.push_back(std::make_unique<MappedShard>(manifest_.folder / s.file, s.bytes));
    shards_.back()->verify(s.xxh3);
  }
  for (const SampleEntry& sample : manifest_.samples) {
    const auto found = std::find_if(manifest_.shards.begin(), manifest_.shards.end(),
                                    [&](const ShardEntry& s) { return s.file == sample.shard; });
    if (found == manifest_.shards.end())
      throw Error("shard of sample " + sample.key, "'" + sample.shard + "'", "one of the manifest's shards");
    shard_of_.push_back(static_cast<size_t>(found - manifest_.shards.begin()));
    const size_t i = shard_of_.size() - 1;
    check_header(i, ".image.npy", sample.image_offset, sample.image_bytes);
    check_header(i, ".valid.npy", sample.valid_offset, sample.valid_bytes);
    check_header(i, ".label.npy", sample.label_offset, sample.label_bytes);
    check_header(i, ".json", sample.json_offset, sample.json_bytes);
  }
}

// A manifest that was put together by hand may well be of equal checksums and shapes, and another member's.
void ShardSet::check_header(size_t sample, const char* name, uint64_t offset, uint64_t bytes) const {
  if (bytes == 0) return;
  const std::string expected = manifest_.samples[sample].key + name;
  const std::string file = shards_[shard_of_[sample]]->file().string();
  try {
    if (offset < kTarBlock) throw Error("offset", std::to_string(offset), "behind a tar header");
    const TarMember found = parse_tar_header(member(sample, offset - kTarBlock, kTarBlock));
    if (found.name != expected || found.bytes != bytes)
      throw Error("tar header before byte " + std::to_string(offset),
                  found.name + " of " + std::to_string(found.bytes) + " bytes",
                  expected + " of " + std::to_string(bytes) + " bytes, as the manifest says");
  } catch (const Error& error) {
    throw error.in(expected + "; shard or manifest were altered").with_path(file);
  }
}

std::span<const std::byte> ShardSet::member(size_t sample, uint64_t offset, uint64_t bytes) const {
  const auto all = shards_.at(shard_of_.at(sample))->bytes();
  if (offset > all.size() || bytes > all.size() - offset)
    throw Error(Fault{shards_[shard_of_[sample]]->file().string(),
                      "member",
                      "at " + std::to_string(offset) + " with " + std::to_string(bytes) + " bytes",
                      "within the shard's " + std::to_string(all.size()) + " bytes",
                      {}});
  return all.subspan(offset, bytes);
}

NpyView ShardSet::array(size_t sample, uint64_t offset, uint64_t bytes, const std::vector<int64_t>& shape,
                        const char* name) const {
  if (bytes == 0) return {};
  const auto file = [&] { return shards_[shard_of_[sample]]->file().string(); };
  try {
    const NpyView view = parse_npy(member(sample, offset, bytes));
    if (view.shape != shape) throw Error("npy shape", "another", "the shape in the manifest");
    if (reinterpret_cast<uintptr_t>(view.data.data()) % npy_size(view.type) != 0)
      throw Error("npy header", "of an odd length", "data at a multiple of their elements' size");
    return view;
  } catch (const Error& error) {
    throw error.in(manifest_.samples[sample].key + "." + name + ".npy; the shard was altered")
        .with_path(file());
  }
}

NpyView ShardSet::image(size_t sample) const {
  const SampleEntry& s = manifest_.samples.at(sample);
  NpyView view = array(sample, s.image_offset, s.image_bytes, s.image_shape, "image");
  if (view.type == NpyType::kUint8) throw Error("image of sample " + s.key, "uint8", "float16 or float32");
  return view;
}

NpyView ShardSet::label(size_t sample) const {
  const SampleEntry& s = manifest_.samples.at(sample);
  NpyView view = array(sample, s.label_offset, s.label_bytes, s.label_shape, "label");
  if (view.type != NpyType::kUint8) throw Error("label of sample " + s.key, "not uint8", "uint8");
  return view;
}

NpyView ShardSet::valid(size_t sample) const {
  const SampleEntry& s = manifest_.samples.at(sample);
  NpyView view = array(sample, s.valid_offset, s.valid_bytes, s.image_shape, "valid");
  if (view.type != NpyType::kUint8) throw Error("valid of sample " + s.key, "not uint8", "uint8");
  return view;
}

std::string ShardSet::json(size_t sample) const {
  const SampleEntry& s = manifest_.samples.at(sample);
  const auto bytes = member(sample, s.json_offset, s.json_bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Sample ShardSet::load(size_t sample) const {
  const NpyView image_view = image(sample), label_view = label(sample), valid_view = valid(sample);
  Sample out;
  try {
    out = sample_from_json(json(sample));
  } catch (const Error& error) {
    throw error.in(manifest_.samples[sample].key + ".json")
        .with_path(shards_[shard_of_[sample]]->file().string());
  }
  const Grid grid = out.image.grid;
  const auto& shape = image_view.shape;
  if (shape[0] != out.image.channels || shape[1] != grid.size[2] || shape[2] != grid.size[1] ||
      shape[3] != grid.size[0])
    throw Error(Fault{shards_[shard_of_[sample]]->file().string(),
                      "\"shape\"",
                      "another than the image's",
                      "the same",
                      {manifest_.samples[sample].key + ".json"}});
  out.image = Volume<float>(grid, shape[0]);
  const auto count = static_cast<size_t>(image_view.elements());
  if (image_view.type == NpyType::kFloat16)
    decode_float16({reinterpret_cast<const uint16_t*>(image_view.data.data()), count}, out.image.data);
  else
    std::memcpy(out.image.data.data(), image_view.data.data(), image_view.data.size());
  const auto copy = [&](const NpyView& view, const char* name, Volume<uint8_t>& to) {
    if (view.shape.empty()) return;
    if (view.shape.size() != 4 || !std::equal(shape.begin() + 1, shape.end(), view.shape.begin() + 1))
      throw Error(Fault{shards_[shard_of_[sample]]->file().string(),
                        "npy shape",
                        "on another grid",
                        "the image's depth, height and width",
                        {manifest_.samples[sample].key + "." + name + ".npy"}});
    to = Volume<uint8_t>(grid, view.shape[0]);
    std::memcpy(to.data.data(), view.data.data(), view.data.size());
  };
  copy(label_view, "label", out.label);
  copy(valid_view, "valid", out.valid);
  return out;
}

}  // namespace trivox
