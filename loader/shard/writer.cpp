#include "loader/shard/writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <utility>

#include "loader/npy.h"
#include "loader/sample_json.h"
#include "loader/tar.h"
#include "loader/text.h"
#include "transforms/float16.h"

static_assert(std::endian::native == std::endian::little, "shards are little endian, as npy says");

namespace trivox {
namespace {

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

NpyType type_of(const ShardOptions& options) {
  if (options.dtype == "float16") return NpyType::kFloat16;
  if (options.dtype == "float32") return NpyType::kFloat32;
  throw Error("shards.dtype", "'" + options.dtype + "'", "float16 or float32");
}

// The first voxel that `type` cannot hold, named; a network would turn it into NaN much later.
void check_values(const Sample& sample, NpyType type) {
  const float limit = type == NpyType::kFloat16 ? kFloat16Max : 3.40282347e38F;
  const auto& image = sample.image;
  for (int64_t c = 0; c < image.channels; ++c) {
    const auto values = image.channel(c);
    const auto bad =
        std::find_if(values.begin(), values.end(), [&](float v) { return !(std::fabs(v) <= limit); });
    if (bad == values.end()) continue;
    const int64_t i = bad - values.begin(), w = image.grid.size[0], h = image.grid.size[1];
    const auto index = static_cast<size_t>(c);
    char found[120];
    std::snprintf(found, sizeof found, "%g at voxel (%lld, %lld, %lld)", static_cast<double>(*bad),
                  static_cast<long long>(i % w), static_cast<long long>(i / w % h),
                  static_cast<long long>(i / (w * h)));
    throw Error(
        "channel " + (index < sample.channels.size() ? sample.channels[index].name : std::to_string(c)),
        found,
        type == NpyType::kFloat16 && std::isfinite(*bad)
            ? "at most 65504 in size (shards.dtype: float32 holds more)"
            : "a finite number");
  }
}

void check_shapes(const Sample& s) {
  const auto fits = [&](const Volume<uint8_t>& v) {
    return v.empty() || (v.grid.size == s.image.grid.size &&
                         static_cast<int64_t>(v.data.size()) == v.grid.voxels() * v.channels);
  };
  if (s.image.empty() || !fits(s.label) || !fits(s.valid) ||
      (!s.valid.empty() && s.valid.channels != s.image.channels))
    throw Error("sample", "of unlike image, label and valid", "one grid");
}

std::vector<int64_t> shape_of(const Grid& grid, int64_t channels) {
  return {channels, grid.size[2], grid.size[1], grid.size[0]};
}

// Lays out one member after another; `fill` writes the content in place.
class Members {
 public:
  explicit Members(EncodedSample& out) : out_(out) {}

  template <class Fill>
  void add(const std::string& name, uint64_t bytes, uint64_t& offset, uint64_t& stored, Fill fill) {
    const std::string header = tar_header(name, bytes);
    const size_t at = out_.bytes.size();
    out_.bytes.resize(at + kTarBlock + tar_padded(bytes));
    std::memcpy(out_.bytes.data() + at, header.data(), kTarBlock);
    offset = at + kTarBlock;
    stored = bytes;
    fill(out_.bytes.data() + offset);
  }

  void add_array(const std::string& name, NpyType type, const std::vector<int64_t>& shape, uint64_t& offset,
                 uint64_t& stored, const void* values) {
    const std::string header = npy_header(type, shape);
    size_t count = 1;
    for (const int64_t n : shape) count *= static_cast<size_t>(n);
    add(name, header.size() + count * npy_size(type), offset, stored, [&](std::byte* to) {
      std::memcpy(to, header.data(), header.size());
      to += header.size();
      if (type == NpyType::kFloat16)
        encode_float16({static_cast<const float*>(values), count}, {reinterpret_cast<uint16_t*>(to), count});
      else
        std::memcpy(to, values, count * npy_size(type));
    });
  }

 private:
  EncodedSample& out_;
};

}  // namespace

void check_key(const std::string& key) {
  const auto refused = [](char c) {
    return c == '.' || c == '/' || c == '\\' || static_cast<unsigned char>(c) < ' ' || c == 127;
  };
  if (key.empty() || key.size() > 80 || std::any_of(key.begin(), key.end(), refused))
    throw Error(
        "case id", "'" + key + "'",
        "1 to 80 bytes without dots, slashes, backslashes and control characters, because a WebDataset "
        "key ends at the first dot and is part of a path");
  if (!is_utf8(key)) throw Error("case id", "no UTF-8: '" + printable(key) + "'", "UTF-8");
}

EncodedSample encode_sample(const Sample& sample, const ShardOptions& options) {
  const NpyType type = type_of(options);
  check_key(sample.id);
  check_shapes(sample);
  check_values(sample, type);
  EncodedSample out;
  SampleEntry& e = out.entry;
  e.key = sample.id;
  e.image_shape = shape_of(sample.image.grid, sample.image.channels);
  Members members(out);
  const uint64_t guess = sample.image.data.size() * npy_size(type) + sample.label.data.size() + (64U << 10);
  out.bytes.reserve(guess);
  members.add_array(e.key + ".image.npy", type, e.image_shape, e.image_offset, e.image_bytes,
                    sample.image.data.data());
  const auto& valid = sample.valid.data;
  if (std::find(valid.begin(), valid.end(), uint8_t{0}) != valid.end())
    members.add_array(e.key + ".valid.npy", NpyType::kUint8, e.image_shape, e.valid_offset, e.valid_bytes,
                      valid.data());
  if (!sample.label.empty()) {
    e.label_shape = shape_of(sample.label.grid, sample.label.channels);
    members.add_array(e.key + ".label.npy", NpyType::kUint8, e.label_shape, e.label_offset, e.label_bytes,
                      sample.label.data.data());
  }
  const std::string text = sample_to_json(sample);
  members.add(e.key + ".json", text.size(), e.json_offset, e.json_bytes,
              [&](std::byte* to) { std::memcpy(to, text.data(), text.size()); });
  return out;
}

ShardWriter::ShardWriter(std::filesystem::path file)
    : file_(std::move(file)),
      temporary_(file_.parent_path() /
                 std::string(".").append(file_.filename().string()).append(kPartialSuffix)) {
  fd_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd_ < 0) fail("cannot be created", errno);
}

ShardWriter::~ShardWriter() {
  if (fd_ < 0) return;
  close(fd_);
  unlink(temporary_.c_str());
}

void ShardWriter::fail(const char* action, int code) const {
  throw Error(Fault{file_.string(), std::string("shard ") + action + ": " + std::strerror(code), "", "", {}});
}

void ShardWriter::write(std::span<const std::byte> bytes) {
  checksum_.add(bytes);
  bytes_ += bytes.size();
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("cannot be written", errno);
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
}

SampleEntry ShardWriter::append(SampleEntry entry, std::span<const std::byte> members) {
  entry.shard = file_.filename().string();
  for (const auto& [offset, size] :
       {std::pair(&entry.image_offset, entry.image_bytes), std::pair(&entry.valid_offset, entry.valid_bytes),
        std::pair(&entry.label_offset, entry.label_bytes), std::pair(&entry.json_offset, entry.json_bytes)})
    if (size > 0) *offset += bytes_;
  const auto from = static_cast<off_t>(bytes_);
  write(members);
  // Begins the way to the disk, so that finish()'s fsync has little left to wait for. Best effort: fsync
  // reports.
  ::sync_file_range(fd_, from, static_cast<off_t>(members.size()), SYNC_FILE_RANGE_WRITE);
  return entry;
}

ShardEntry ShardWriter::finish() {
  write(as_bytes(tar_end()));
  if (fsync(fd_) != 0) fail("cannot be synced", errno);
  const int code = close(std::exchange(fd_, -1)) == 0 ? 0 : errno;
  if (code != 0 || std::rename(temporary_.c_str(), file_.c_str()) != 0) {
    const int reason = code != 0 ? code : errno;
    unlink(temporary_.c_str());
    fail("cannot be finished", reason);
  }
  // The rename itself reaches the disk with its folder.
  if (const int folder = open(file_.has_parent_path() ? file_.parent_path().c_str() : ".",
                              O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      folder >= 0) {
    fsync(folder);
    close(folder);
  }
  return {file_.filename().string(), bytes_, checksum_.hex()};
}

ShardEntry write_shard(const std::filesystem::path& file, std::span<const Sample> samples,
                       const ShardOptions& options, std::vector<SampleEntry>& entries) {
  ShardWriter writer(file);
  for (const Sample& sample : samples) {
    EncodedSample encoded = encode_sample(sample, options);
    entries.push_back(writer.append(std::move(encoded.entry), encoded.bytes));
  }
  return writer.finish();
}

}  // namespace trivox
