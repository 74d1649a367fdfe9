#include <algorithm>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "loader/dicom.h"
#include "loader/dicom/bit_use.h"
#include "loader/dicom/elements.h"
#include "loader/dicom/pixels.h"
#include "loader/file.h"
#include "loader/log.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

/// Where the bytes of a series come from: its files, by path, or one file that lies in memory.
struct FromFiles {
  std::vector<std::byte> all(const fs::path& path) const { return read_file(path); }
  void part(const fs::path& path, uint64_t offset, std::span<std::byte> out) const {
    read_part(path, offset, out);
  }
  uint64_t size(const fs::path& path) const { return size_of_file(path); }
};

struct FromBytes {
  std::span<const std::byte> bytes;

  std::vector<std::byte> all(const fs::path&) const { return {bytes.begin(), bytes.end()}; }
  void part(const fs::path&, uint64_t offset, std::span<std::byte> out) const {
    if (offset > bytes.size() || bytes.size() - offset < out.size())
      throw Error("length", std::to_string(bytes.size()) + " bytes",
                  std::to_string(offset + out.size()) + " bytes or more");
    std::ranges::copy(bytes.subspan(static_cast<size_t>(offset), out.size()), out.begin());
  }
  uint64_t size(const fs::path&) const { return bytes.size(); }
};

/// Gathers what slices tell by their voxels alone, and says it at the end.
class Oddities {
 public:
  void look_at(std::span<const std::byte> bytes, const DicomPixels& pixels) { use_.look_at(bytes, pixels); }
  void look_at(const DicomDecompressed& decoded) {
    use_.look_at(decoded.bytes, decoded.pixels);
    is_extended_ = is_extended_ || decoded.is_sign_extended;
    if (decoded.is_sign_cut) cut_bits_ = decoded.pixels.bits_stored;
    if (decoded.is_sign_cut) ++cut_;
  }
  /// Throws Error where there is doubt.
  void tell(std::vector<std::string>* warnings) const {
    std::vector<std::string> all = use_.warnings();
    const std::string slices = "bit " + std::to_string(cut_bits_ - 1) + " alone in " + std::to_string(cut_) +
                               (cut_ == 1 ? " slice" : " slices");
    if (cut_ > 0 && is_extended_)
      throw Error("sign of the compressed samples", slices + " and all higher bits in others",
                  "one of them in all slices");
    if (cut_ > 0)
      all.push_back("the sign of the compressed samples is " + slices +
                    ": read as BitsStored says, where programs that know no BitsStored read large numbers");
    for (const std::string& warning : all) {
      if (warnings != nullptr)
        warnings->push_back(warning);
      else
        log::warning(warning);
    }
  }

 private:
  DicomBitUse use_;
  bool is_extended_ = false;
  int cut_bits_ = 0;
  size_t cut_ = 0;  // slices
};

/// Calls `take(slice index, bytes of the slice, how they are stored)` for every slice, file by file.
/// One buffer serves all plain files, so that it stays in the cache.
template <class From, class Take>
void each_slice(const DicomSeries& series, const From& from, std::vector<std::string>* warnings,
                const Take& take) {
  std::vector<std::byte> buffer;
  Oddities oddities;
  std::vector<std::vector<size_t>> of_file(series.files.size());
  for (size_t k = 0; k < series.slices.size(); ++k) of_file[series.slices[k].file].push_back(k);
  for (size_t f = 0; f < series.files.size(); ++f) {
    const fs::path& path = series.files[f];
    const DicomFile& header = series.headers[f];
    const DicomPixels& pixels = header.pixels;
    const size_t one = dicom_frame_bytes(header);
    const auto take_frames = [&](std::span<const std::byte> data, size_t first_frame) {
      const DicomFragments fragments = pixels.is_compressed ? dicom_fragments(data) : DicomFragments();
      for (const size_t k : of_file[f]) {
        const size_t frame = series.slices[k].frame;
        if (pixels.is_compressed) {
          const DicomDecompressed decoded = decompress_dicom(fragments, header, frame);
          oddities.look_at(decoded);
          take(k, std::span<const std::byte>(decoded.bytes), decoded.pixels);
        } else {
          const auto bytes = data.subspan((frame - first_frame) * one, one);
          oddities.look_at(bytes, pixels);
          take(k, bytes, pixels);
        }
      }
    };
    with_path(path.string(), [&] {
      if (pixels.is_deflated || pixels.is_compressed) {
        std::vector<std::byte> bytes = from.all(path);
        if (pixels.is_deflated) bytes = inflate_dicom(bytes).value_or(std::vector<std::byte>());
        const std::span<const std::byte> data =
            std::span(bytes).subspan(std::min<size_t>(bytes.size(), pixels.offset));
        if (!pixels.is_compressed && data.size() < pixels.frames * one)  // it changed meanwhile
          throw Error("PixelData", std::to_string(data.size()) + " bytes (truncated)",
                      std::to_string(pixels.frames * one) + " bytes");
        return take_frames(data, 0);
      }
      size_t first = pixels.frames, last = 0;
      for (const size_t k : of_file[f]) {
        first = std::min(first, series.slices[k].frame);
        last = std::max(last, series.slices[k].frame);
      }
      buffer.resize((last - first + 1) * one);
      from.part(path, pixels.offset + first * one, buffer);
      take_frames(buffer, first);
    });
  }
  with_path(series.folder.string(), [&] { oddities.tell(warnings); });
}

/// The scaling of each slice; throws Error where Philips' is asked for and not there.
std::vector<DicomScaling> scalings(const DicomSeries& series, bool philips_scaling) {
  std::vector<DicomScaling> out;
  for (const DicomSlice& slice : series.slices) {
    if (philips_scaling && !slice.header.philips_slope)
      throw Error(Fault{series.files[slice.file].string(),
                        "Philips' ScaleSlope (2005,xx0e)",
                        "absent",
                        "one in each slice, as dataset.philips_scaling asks",
                        {}});
    out.push_back(dicom_scaling(slice.header, philips_scaling));
  }
  return out;
}

/// Once the first slice is there: a header alone asks for no memory.
template <class T>
void make_room(const DicomSeries& series, Volume<T>& volume) {
  if (volume.empty()) volume = Volume<T>::uninitialised(series.grid, 1);
}

template <class T>
Volume<T> read_as(const DicomSeries& series, std::vector<std::string>* warnings) {
  Volume<T> volume;
  const auto voxels = static_cast<size_t>(series.grid.size[0] * series.grid.size[1]);
  each_slice(series, FromFiles(), warnings,
             [&](size_t k, std::span<const std::byte> bytes, const DicomPixels& pixels) {
               make_room(series, volume);
               convert_dicom_pixels<T>(bytes, pixels, std::span(volume.data).subspan(k * voxels, voxels));
             });
  return volume;
}

/// Compressed headers of a few bytes each may ask for more than any memory: no coder makes so much of what
/// is there.
template <class From>
void check_room(const DicomSeries& series, const From& from) {
  constexpr uint64_t kHarmless = uint64_t{1} << 26, kLargestRatio = 1024;
  const auto voxels = static_cast<uint64_t>(series.grid.voxels());
  if (voxels <= kHarmless) return;
  uint64_t bytes = 0;
  for (const fs::path& file : series.files) bytes += from.size(file);
  if (voxels / kLargestRatio > bytes)
    throw Error(Fault{series.folder.string(),
                      "PixelData",
                      std::to_string(voxels) + " voxels in " + std::to_string(bytes) + " bytes of files",
                      "at least " + std::to_string(voxels / kLargestRatio) + " bytes",
                      {}});
}

template <class From>
Volume<float> read_scaled(const DicomSeries& series, const From& from, bool philips_scaling,
                          std::vector<std::string>* warnings) {
  if (series.fault) throw Error(*series.fault);
  check_room(series, from);
  const std::vector<DicomScaling> scaling = scalings(series, philips_scaling);
  Volume<float> volume;
  const auto voxels = static_cast<size_t>(series.grid.size[0] * series.grid.size[1]);
  each_slice(
      series, from, warnings, [&](size_t k, std::span<const std::byte> bytes, const DicomPixels& pixels) {
        make_room(series, volume);
        convert_dicom_pixels(bytes, pixels, scaling[k], std::span(volume.data).subspan(k * voxels, voxels));
      });
  return volume;
}

}  // namespace

Volume<float> read_dicom_series(const DicomSeries& series, bool philips_scaling,
                                std::vector<std::string>* warnings) {
  return read_scaled(series, FromFiles(), philips_scaling, warnings);
}

Volume<float> decode_dicom_series(std::span<const std::byte> bytes, const DicomSeries& series,
                                  std::vector<std::string>* warnings) {
  return read_scaled(series, FromBytes{bytes}, false, warnings);
}

NativeVolume read_dicom_native(const DicomSeries& series, bool philips_scaling,
                               std::vector<std::string>* warnings) {
  if (series.fault) throw Error(*series.fault);
  check_room(series, FromFiles());
  const std::vector<DicomScaling> scaling = scalings(series, philips_scaling);
  const DicomPixels& first = series.headers.front().pixels;
  const bool uniform = std::ranges::all_of(series.headers,
                                           [&](const DicomFile& file) {
                                             return file.pixels.bits_allocated == first.bits_allocated &&
                                                    file.pixels.is_signed == first.is_signed;
                                           }) &&
                       std::ranges::all_of(scaling, [&](const DicomScaling& s) {
                         return s.slope == scaling[0].slope && s.intercept == scaling[0].intercept;
                       });
  if (!uniform) return {read_dicom_series(series, philips_scaling, warnings)};
  const auto as = [&]<class T>(T) {
    return NativeVolume{read_as<T>(series, warnings), scaling[0].slope, scaling[0].intercept};
  };
  switch (first.bits_allocated) {
    case 8:
      return first.is_signed ? as(int8_t{}) : as(uint8_t{});
    case 16:
      return first.is_signed ? as(int16_t{}) : as(uint16_t{});
    default:
      return first.is_signed ? as(int32_t{}) : as(uint32_t{});
  }
}

}  // namespace trivox
