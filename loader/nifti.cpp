#include "loader/nifti.h"

#include <nifti2_io.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "loader/bytes.h"
#include "loader/dicom/elements.h"
#include "loader/file.h"
#include "loader/gzip.h"
#include "loader/nifti/header.h"
#include "loader/text.h"
#include "transforms/error.h"
#include "transforms/multiversion.h"

namespace trivox {
namespace {

constexpr size_t kHeadBytes = 65536;  // of a file, for its header: room for gzip's own fields

template <class T>
T load(const std::byte* from, bool swapped) {
  std::array<std::byte, sizeof(T)> raw;
  std::memcpy(raw.data(), from, sizeof(T));
  if (swapped) std::reverse(raw.begin(), raw.end());
  return std::bit_cast<T>(raw);
}

/// Calls `work(T{})` with the C++ type of the datatype.
template <class Work>
auto with_type(const NiftiDatatype& datatype, const Work& work) {
  switch (datatype.code) {
    case DT_UINT8:
      return work(uint8_t{});
    case DT_INT8:
      return work(int8_t{});
    case DT_INT16:
      return work(int16_t{});
    case DT_UINT16:
      return work(uint16_t{});
    case DT_INT32:
      return work(int32_t{});
    case DT_UINT32:
      return work(uint32_t{});
    case DT_INT64:
      return work(int64_t{});
    case DT_UINT64:
      return work(uint64_t{});
    case DT_FLOAT32:
      return work(float{});
    default:
      return work(double{});
  }
}

std::span<const std::byte> voxels_of(std::span<const std::byte> bytes, const NiftiLayout& header) {
  const size_t there = bytes.size() < header.offset ? 0 : bytes.size() - header.offset;
  if (there < header.voxel_bytes)
    throw Error("voxel data", std::to_string(there) + " bytes (truncated)",
                std::to_string(header.voxel_bytes) + " bytes for " + header.grid.describe());
  return bytes.subspan(header.offset, header.voxel_bytes);
}

std::vector<std::byte> read_content(const std::filesystem::path& path, NiftiForm form) {
  refuse_image_of_pair(path);
  std::vector<std::byte> bytes = read_file(path);
  if (is_gzip(bytes))
    bytes = gunzip(bytes, kNiftiHeaderBytes, [form](std::span<const std::byte> head) {
      const NiftiLayout header = parse_nifti_layout(head, form);
      return header.offset + header.voxel_bytes;
    });
  return bytes;
}

}  // namespace

NiftiImage parse_nifti(std::span<const std::byte> bytes, NiftiForm form) {
  NiftiLayout header = parse_nifti_layout(bytes, form);
  const auto voxels = voxels_of(bytes, header);
  NiftiImage image;
  image.volume = Volume<float>::uninitialised(header.grid, header.channels);
  with_type(*header.type, [&](auto zero) {
    using T = decltype(zero);
    const auto each = [&](bool swapped, const auto& value) TRIVOX_INLINED {
      const std::byte* from = voxels.data();
      for (float& out : image.volume.data) {
        out = value(load<T>(from, swapped));
        from += sizeof(T);
      }
    };
    // What is decided once lies outside the loops, so that these run on several voxels at once.
    const auto in_order = [&](const auto& value) { header.swapped ? each(true, value) : each(false, value); };
    // In double, as the standard's formula is meant; without scaling a float32 keeps its very bits.
    if (const double slope = header.slope, add = header.intercept; slope != 1 || add != 0)
      in_order([=](T v) { return static_cast<float>(static_cast<double>(v) * slope + add); });
    else
      in_order([](T v) { return static_cast<float>(v); });
  });
  image.has_geometry = header.has_geometry;
  image.geometry_source = std::move(header.geometry_source);
  image.datatype = std::move(header.datatype);
  image.warnings = std::move(header.warnings);
  return image;
}

NiftiNative parse_nifti_native(std::span<const std::byte> bytes, NiftiForm form) {
  const NiftiLayout header = parse_nifti_layout(bytes, form);
  const auto voxels = voxels_of(bytes, header);
  using Stored = decltype(NativeVolume::stored);
  Stored any = with_type(*header.type, [&](auto zero) -> Stored {
    using T = decltype(zero);
    auto volume = Volume<T>::uninitialised(header.grid, header.channels);
    if (!header.swapped) {
      std::memcpy(volume.data.data(), voxels.data(), voxels.size());
    } else {
      const std::byte* from = voxels.data();
      for (T& value : volume.data) {
        value = load<T>(from, true);
        from += sizeof(T);
      }
    }
    return volume;
  });
  return {
      header,
      {std::move(any), header.slope, header.intercept, header.shape, header.further_steps, header.time_unit}};
}

NiftiHeader parse_nifti_header(std::span<const std::byte> bytes, NiftiForm form) {
  return parse_nifti_layout(bytes, form);
}

bool may_be_nifti(std::span<const std::byte> bytes) {
  constexpr uint32_t kFirst = 348, kSecond = 540;  // sizeof_hdr of NIfTI-1 and -2
  if (is_gzip(bytes)) return !is_gzipped_dicom(bytes);
  if (has_dicom_mark(bytes)) return false;  // whose preamble may hold any number
  if (bytes.size() < sizeof(uint32_t)) return false;
  const auto little = little_endian<uint32_t>(bytes, 0), big = big_endian<uint32_t>(bytes, 0);
  return little == kFirst || little == kSecond || big == kFirst || big == kSecond;
}

void refuse_image_of_pair(const std::filesystem::path& path) {
  std::filesystem::path header = path;
  if (lower(header.extension().string()) == ".gz") header.replace_extension();
  if (lower(header.extension().string()) != ".img") return;
  const std::string name = header.stem().string();
  for (const char* ending : {".hdr", ".HDR", ".hdr.gz"}) {
    header.replace_filename(name + ending);
    if (!is_file(header)) continue;
    std::vector<std::byte> bytes = read_head(header, kHeadBytes);
    if (!may_be_nifti(bytes)) continue;
    const std::string of_pair = "the voxels of an .hdr/.img pair, whose header ";
    std::string found = of_pair + "is " + header.filename().string(), expected = kOneFile;
    try {
      if (is_gzip(bytes)) bytes = gunzip_start(bytes, kNiftiHeaderBytes);
      (void)parse_nifti_layout(bytes, NiftiForm::kRefuse);
    } catch (const Error& error) {  // ANALYZE 7.5, which a conversion would not help
      if (error.fault().expected != kOneFile) {
        found = of_pair + header.filename().string() + " has a " + error.fault().attribute + " that is " +
                error.fault().found;
        expected = error.fault().expected;
      }
    }
    throw Error(Fault{path.string(), "file", std::move(found), std::move(expected), {}});
  }
}

std::string datatype_name(const NativeVolume& volume) {
  return std::visit(
      [](const auto& stored) {
        using T = typename std::decay_t<decltype(stored.data)>::value_type;
        return std::string(std::is_floating_point_v<T> ? "float"
                           : std::is_signed_v<T>       ? "int"
                                                       : "uint") +
               std::to_string(8 * sizeof(T));
      },
      volume.stored);
}

NiftiImage read_nifti(const std::filesystem::path& path, NiftiForm form) {
  return with_path(path.string(), [&] { return parse_nifti(read_content(path, form), form); });
}

NiftiNative read_nifti_native(const std::filesystem::path& path, NiftiForm form) {
  return with_path(path.string(), [&] { return parse_nifti_native(read_content(path, form), form); });
}

NiftiHeader read_nifti_header(const std::filesystem::path& path, NiftiForm form) {
  refuse_image_of_pair(path);
  return with_path(path.string(), [&] {
    std::vector<std::byte> bytes = read_head(path, kHeadBytes);
    if (is_gzip(bytes)) bytes = gunzip_start(bytes, kNiftiHeaderBytes);
    return parse_nifti_layout(bytes, form);
  });
}

}  // namespace trivox
