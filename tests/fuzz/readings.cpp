#include "tests/fuzz/readings.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "loader/checksum.h"
#include "loader/csv.h"
#include "loader/dicom.h"
#include "loader/dicom/select.h"
#include "loader/file.h"
#include "loader/itk_transform.h"
#include "loader/nifti.h"
#include "loader/npy.h"
#include "loader/shard.h"
#include "loader/tar.h"
#include "loader/tiff.h"
#include "loader/zip.h"
#include "transforms/error.h"
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

Reading read_nifti_file(const fs::path& file) { return from_volume(read_nifti(file).volume); }

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

std::string hexadecimal(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const std::byte b : bytes) {
    out += kDigits[std::to_integer<size_t>(b) / 16];
    out += kDigits[std::to_integer<size_t>(b) % 16];
  }
  return out;
}

void add_members(const fs::path& archive, const fs::path& folder, std::vector<std::string>& out) {
  for (const fs::path& file : files_in(folder)) {
    std::string member = file.string().substr(archive.string().size() + 1);
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 128; };
    if (!std::all_of(member.begin(), member.end(), is_ascii)) member.assign(1, '?');
    member += '\x1f';
    out.push_back(member + hexadecimal(read_file(file)) + '\x1e');
  }
  for (const fs::path& sub : folders_in(folder)) add_members(archive, sub, out);
}

/// An archive's files: name, unit separator, content as hexadecimal digits, record separator.
Reading read_archive(const fs::path& file) {
  std::vector<std::string> members;
  add_members(file, file, members);
  std::sort(members.begin(), members.end());
  Reading reading;
  for (const std::string& member : members) reading.text += member;
  return reading;
}

/// The members of a tar, header by header as shards are checked, up to an empty block: name, unit separator,
/// content, both as hexadecimal digits, record separator.
std::string tar_members(std::span<const std::byte> bytes) {
  std::string text;
  const auto is_end = [&] {
    return bytes.size() >= kTarBlock &&
           std::ranges::all_of(bytes.first(kTarBlock), [](std::byte b) { return b == std::byte{0}; });
  };
  while (!is_end()) {
    const TarMember member = parse_tar_header(bytes);
    bytes = bytes.subspan(kTarBlock);
    if (member.bytes >= kTarMemberLimit || tar_padded(member.bytes) > bytes.size())
      throw Error("tar member", std::to_string(member.bytes) + " bytes",
                  "at most the " + std::to_string(bytes.size()) + " bytes that follow");
    text += hexadecimal(std::as_bytes(std::span(member.name))) + '\x1f' +
            hexadecimal(bytes.first(member.bytes)) + '\x1e';
    bytes = bytes.subspan(tar_padded(member.bytes));
  }
  return text;
}

Reading read_tar(const fs::path& file) {
  Reading reading;
  reading.text = tar_members(read_file(file));
  return reading;
}

Reading read_tiff(const fs::path& file) {
  const TiffStack stack = parse_tiff(read_file(file));
  return {{stack.pages, stack.height, stack.width},
          Eigen::Matrix4d::Identity(),
          {stack.values.begin(), stack.values.end()},
          {}};
}

/// As the affine of a volume, so that it is compared by where it takes points.
Reading read_transform(const fs::path& file) { return {{200, 200, 200}, read_itk_transform(file), {}, {}}; }

struct Format {
  std::string_view name;
  Reading (*read)(const fs::path&);
};

constexpr Format kFormats[] = {
    {"dicom", read_dicom},   {"nifti", read_nifti_file}, {"npy", read_npy},
    {"shards", read_shards}, {"csv", read_table},        {"zip", read_archive},
    {"tiff", read_tiff},     {"tar", read_tar},          {"dicom_series", read_dicom},
    {"itk", read_transform},
};

/// The series of one file whose voxels are stored as they are; compressed ones are the other target's.
void parse_dicom_bytes(std::span<const std::byte> bytes, bool compressed) {
  for (const DicomSeries& series : parse_dicom_series(bytes))
    if (series.headers.front().pixels.is_compressed == compressed && !series.fault)
      (void)decode_dicom_series(bytes, series);
}

void parse_archive(std::span<const std::byte> bytes) {
  const ReadAt read_at = [bytes](uint64_t offset, std::span<std::byte> out) {
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
  };
  const ZipIndex index = parse_zip(bytes);
  for (const ZipMember& member : index.members) {
    try {
      (void)read_zip_member(index, member, read_at, uint64_t{1} << 20);
    } catch (const Error&) {
      // one broken member; the others are read
    }
  }
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
    {"itk",
     [](std::span<const std::byte> bytes) {
       (void)parse_itk_transform({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
     }},
    {"csv", [](std::span<const std::byte> bytes) { (void)parse_csv(bytes); }},
    {"zip", parse_archive},
    {"tiff", [](std::span<const std::byte> bytes) { (void)parse_tiff(bytes); }},
    {"tar", [](std::span<const std::byte> bytes) { (void)tar_members(bytes); }},
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
