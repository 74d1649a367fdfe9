#include "tests/fuzz/readings.h"

#include <cstring>
#include <utility>

#include "loader/checksum.h"
#include "loader/csv.h"
#include "loader/dicom.h"
#include "loader/dicom_select.h"
#include "loader/file.h"
#include "loader/nifti.h"
#include "loader/npy.h"
#include "loader/shard.h"
#include "transforms/float16.h"

namespace trivox::fuzz {
namespace {

namespace fs = std::filesystem;

Reading from_volume(const Volume<float>& volume) {
  const auto& size = volume.grid.size;
  return {{volume.channels, size[2], size[1], size[0]},
          volume.grid.affine,
          {volume.data.begin(), volume.data.end()},
          {}};
}

/// A folder that holds one series.
Reading read_dicom(const fs::path& folder) {
  return from_volume(read_dicom_series(find_dicom_series(folder)));
}

Reading read_nifti_file(const fs::path& file) {
  return from_volume(read_nifti(file).volume);
}

Reading from_npy(const NpyView& view) {
  Reading reading;
  reading.shape = view.shape;
  reading.values.resize(static_cast<size_t>(view.elements()));
  if (view.type == NpyType::kFloat32) {
    std::memcpy(reading.values.data(), view.data.data(), view.data.size());
  } else if (view.type == NpyType::kFloat16) {
    std::vector<uint16_t> half(reading.values.size());
    std::memcpy(half.data(), view.data.data(), view.data.size());
    decode_float16(half, reading.values);
  } else {
    for (size_t i = 0; i < reading.values.size(); ++i)
      reading.values[i] = static_cast<float>(std::to_integer<int>(view.data[i]));
  }
  return reading;
}

Reading read_npy(const fs::path& file) { return from_npy(parse_npy(read_file(file))); }

/// A folder of shards, its manifest's checksums made those of the shards as they are: what lies
/// behind the checksum is to be tested.
Reading read_shards(const fs::path& folder) {
  Manifest manifest = read_manifest(folder);
  for (ShardEntry& shard : manifest.shards) shard.xxh3 = xxh3_hex(read_file(folder / shard.file));
  const ShardSet set(std::move(manifest));
  Reading all;
  for (size_t i = 0; i < set.manifest().samples.size(); ++i) {
    const Sample sample = set.load(i);
    Reading one = from_volume(sample.image);
    all.shape.insert(all.shape.end(), one.shape.begin(), one.shape.end());
    all.affine = one.affine;
    all.values.insert(all.values.end(), one.values.begin(), one.values.end());
    for (const auto* part : {&sample.label, &sample.valid})
      all.values.insert(all.values.end(), part->data.begin(), part->data.end());
    all.text += sample.id + "\n";
  }
  return all;
}

/// Cells end in the unit separator, rows in the record separator.
Reading read_table(const fs::path& file) {
  const CsvTable table = read_csv(file);
  Reading reading;
  const auto add = [&](const CsvRow& row) {
    for (size_t c = 0; c < row.cells.size(); ++c) reading.text += (c == 0 ? "" : "\x1f") + row.cells[c];
    reading.text += '\x1e';
  };
  add(table.header);
  for (const CsvRow& row : table.rows) add(row);
  return reading;
}

struct Format {
  std::string_view name;
  Reading (*read)(const fs::path&);
};

constexpr Format kFormats[] = {
    {"dicom", read_dicom},
    {"nifti", read_nifti_file},
    {"npy", read_npy},
    {"shards", read_shards},
    {"csv", read_table},
};

/// A classic image whose voxels are stored as they are; compressed ones are the other target's.
void parse_dicom_bytes(std::span<const std::byte> bytes, bool compressed) {
  const auto header = parse_dicom(bytes);
  if (!header || header->pixels.is_compressed != compressed) return;
  // What is asked for is bounded here as in reading, so that the fuzzer's memory limit tells.
  std::vector<float> voxels(static_cast<size_t>(header->rows * header->columns));
  decode_dicom(bytes, *header, voxels);
}

struct Target {
  std::string_view name;
  void (*parse)(std::span<const std::byte>);
};

constexpr Target kTargets[] = {
    {"dicom", [](std::span<const std::byte> bytes) { parse_dicom_bytes(bytes, false); }},
    {"dicom_compressed", [](std::span<const std::byte> bytes) { parse_dicom_bytes(bytes, true); }},
    {"nifti", [](std::span<const std::byte> bytes) { (void)parse_nifti(bytes); }},
    {"npy", [](std::span<const std::byte> bytes) { (void)parse_npy(bytes); }},
    {"csv", [](std::span<const std::byte> bytes) { (void)parse_csv(bytes); }},
};

}  // namespace

Reading read_path(std::string_view format, const fs::path& path) {
  for (const Format& f : kFormats)
    if (f.name == format) return f.read(path);
  throw UsageError("format", std::string(format), "one that is read");
}

std::vector<std::string_view> formats() {
  std::vector<std::string_view> names;
  for (const Format& f : kFormats) names.push_back(f.name);
  return names;
}

void parse_bytes(std::string_view target, std::span<const std::byte> bytes) {
  for (const Target& t : kTargets)
    if (t.name == target) return t.parse(bytes);
  throw UsageError("target", std::string(target), "one of the list");
}

std::vector<std::string_view> targets() {
  std::vector<std::string_view> names;
  for (const Target& t : kTargets) names.push_back(t.name);
  return names;
}

}  // namespace trivox::fuzz
