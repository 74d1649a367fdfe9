#include "loader/dicom_file.h"

#include <gdcmImage.h>
#include <gdcmMediaStorage.h>
#include <gdcmSequenceOfFragments.h>
#include <gdcmTrace.h>
#include <gdcmTransferSyntax.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "loader/dicom_elements.h"
#include "transforms/error.h"

namespace trivox {
namespace {

constexpr int64_t kMostRows = 16384;  // bounds what a compressed file of a few bytes can ask for

DicomPixels read_pixel_format(const DicomElements& set) {
  DicomPixels pixels;
  const int samples = set.whole(0x00280002).value_or(1);
  const std::string colour = set.text(0x00280004);
  if (samples != 1 || (colour != "MONOCHROME1" && colour != "MONOCHROME2"))
    throw Error(
        "PhotometricInterpretation",
        (colour.empty() ? "absent" : colour) + " with " + std::to_string(samples) + " samples",
        "MONOCHROME1 or MONOCHROME2 with one");
  pixels.is_monochrome1 = colour == "MONOCHROME1";
  pixels.bits_allocated = set.whole(0x00280100, "BitsAllocated");
  if (pixels.bits_allocated != 8 && pixels.bits_allocated != 16)
    throw Error("BitsAllocated", std::to_string(pixels.bits_allocated), "8 or 16");
  pixels.bits_stored = set.whole(0x00280101).value_or(pixels.bits_allocated);
  if (pixels.bits_stored < 1 || pixels.bits_stored > pixels.bits_allocated)
    throw Error("BitsStored", std::to_string(pixels.bits_stored),
                "1 to " + std::to_string(pixels.bits_allocated));
  pixels.high_bit = set.whole(0x00280102).value_or(pixels.bits_stored - 1);
  if (pixels.high_bit < pixels.bits_stored - 1 || pixels.high_bit >= pixels.bits_allocated)
    throw Error("HighBit", std::to_string(pixels.high_bit),
                std::to_string(pixels.bits_stored - 1) + " to " +
                    std::to_string(pixels.bits_allocated - 1));
  pixels.is_signed = set.whole(0x00280103).value_or(0) == 1;
  pixels.slope = set.number(0x00281053, "RescaleSlope").value_or(1);
  pixels.intercept = set.number(0x00281052, "RescaleIntercept").value_or(0);
  if (pixels.slope == 0) throw Error("RescaleSlope", "0", "another number");
  return pixels;
}

/// Where the voxels lie, and that all of them are there.
void locate_pixels(std::span<const std::byte> bytes, const DicomElements& set, DicomFile& file) {
  const auto type = gdcm::TransferSyntax::GetTSType(file.transfer_syntax.c_str());
  const bool is_encapsulated =
      type != gdcm::TransferSyntax::TS_END && gdcm::TransferSyntax(type).IsEncapsulated();
  file.pixels.offset = static_cast<size_t>(set.pixel_data.data() - bytes.data());
  file.pixels.is_big_endian = set.is_big_endian;
  if (is_encapsulated) {
    if (set.pixel_data_length != DicomElements::undefined_length)
      throw Error("PixelData", "not in fragments",
                  "fragments, as transfer syntax " + file.transfer_syntax + " has it");
    (void)dicom_fragments(set.pixel_data);
    file.pixels.is_compressed = true;
    return;
  }
  const bool known = file.transfer_syntax == "1.2.840.10008.1.2" ||
                     file.transfer_syntax == "1.2.840.10008.1.2.1" || file.pixels.is_deflated ||
                     (set.is_big_endian && file.pixels.bits_allocated == 16);
  if (!known)
    throw Error("TransferSyntaxUID",
                file.transfer_syntax + (set.is_big_endian ? " with 8 bits" : ""),
                "one that is plain or that GDCM decodes");
  const auto expected =
      static_cast<size_t>(file.rows * file.columns * (file.pixels.bits_allocated / 8));
  if (set.pixel_data.size() < expected)
    throw Error("PixelData",
                std::to_string(set.pixel_data.size()) + " bytes" +
                    (set.pixel_data.size() < set.pixel_data_length ? " (truncated)" : ""),
                std::to_string(expected) + " bytes");
  if (set.pixel_data_length > expected + 1)
    file.warnings.push_back("PixelData is longer than the image: the bytes behind it are not read");
}

void read_geometry(const DicomElements& set, DicomFile& file) {
  const auto vector = [](const std::vector<double>& v, size_t at) {
    return Eigen::Vector3d(v[at], v[at + 1], v[at + 2]);
  };
  const auto cosines = set.numbers(0x00200037, "ImageOrientationPatient", 6);
  file.row_direction = vector(cosines, 0);
  file.column_direction = vector(cosines, 3);
  constexpr double kTolerance = 1e-3;
  if (std::abs(file.row_direction.norm() - 1) > kTolerance ||
      std::abs(file.column_direction.norm() - 1) > kTolerance ||
      std::abs(file.row_direction.dot(file.column_direction)) > kTolerance)
    throw Error("ImageOrientationPatient", set.text(0x00200037),
                "two unit vectors at a right angle");
  file.position_mm = vector(set.numbers(0x00200032, "ImagePositionPatient", 3), 0);
  const auto spacing = set.numbers(0x00280030, "PixelSpacing", 2);
  if (!(spacing[0] > 0) || !(spacing[1] > 0))
    throw Error("PixelSpacing", set.text(0x00280030), "two numbers above 0");
  file.row_spacing_mm = spacing[0];
  file.column_spacing_mm = spacing[1];
}

/// Refuses what needs another reader, with its name.
void refuse_multiframe(const DicomElements& set, const gdcm::MediaStorage& storage) {
  using Storage = gdcm::MediaStorage;
  const Storage::MSType type = storage;
  const bool enhanced =
      type == Storage::EnhancedMRImageStorage || type == Storage::EnhancedCTImageStorage ||
      type == Storage::EnhancedPETImageStorage || type == Storage::EnhancedMRColorImageStorage;
  if (enhanced || set.number(0x00280008, "NumberOfFrames").value_or(1) > 1)
    throw Error("SOPClassUID", enhanced ? "an enhanced multi-frame image" : "a multi-frame image",
                "classic images, one slice a file: enhanced multi-frame files are not read");
  const std::string kind = set.text(0x00080008);
  if (kind.find("MOSAIC") != std::string::npos)
    throw Error("ImageType", kind, "one slice a file: mosaics are not read");
}

template <class T>
void convert_pixels(const std::byte* from, const DicomPixels& pixels, bool swap,
                    std::span<float> out) {
  using Unsigned = std::make_unsigned_t<T>;
  const int shift = pixels.high_bit + 1 - pixels.bits_stored;
  const int drop = static_cast<int>(8 * sizeof(T)) - pixels.bits_stored;
  // Of the stored range, so that white becomes black and stays within it.
  const int mirror = std::is_signed_v<T> ? -1 : (1 << pixels.bits_stored) - 1;
  for (float& value : out) {
    Unsigned raw = 0;
    std::memcpy(&raw, from, sizeof raw);
    from += sizeof raw;
    if constexpr (sizeof(T) == 2)
      if (swap) raw = static_cast<Unsigned>((raw << 8) | (raw >> 8));
    // Unused high bits may hold overlays; shifting up and down again drops them and extends the
    // sign.
    raw = static_cast<Unsigned>(static_cast<Unsigned>(raw >> shift) << drop);
    int stored = static_cast<T>(raw) >> drop;
    if (pixels.is_monochrome1) stored = mirror - stored;
    value = static_cast<float>(stored * pixels.slope + pixels.intercept);
  }
}

void convert_pixels(const std::byte* from, const DicomPixels& pixels, bool swap,
                    std::span<float> out) {
  if (pixels.bits_allocated == 8)
    pixels.is_signed ? convert_pixels<int8_t>(from, pixels, swap, out)
                     : convert_pixels<uint8_t>(from, pixels, swap, out);
  else
    pixels.is_signed ? convert_pixels<int16_t>(from, pixels, swap, out)
                     : convert_pixels<uint16_t>(from, pixels, swap, out);
}

/// Voxels that GDCM decompresses from the fragments, in this machine's byte order; `pixels` becomes
/// what the decoder hands out, which may differ from the header.
std::vector<char> decompress(std::span<const std::byte> pixel_data, const DicomFile& header,
                             DicomPixels& pixels) {
  static const bool silent = [] {  // GDCM would print what trivox says in its own errors
    gdcm::Trace::SetDebug(false);
    gdcm::Trace::SetWarning(false);
    gdcm::Trace::SetError(false);
    return true;
  }();
  (void)silent;
  const auto fragments = gdcm::SequenceOfFragments::New();
  for (const auto& bytes : dicom_fragments(pixel_data)) {
    gdcm::Fragment fragment;
    fragment.SetByteValue(reinterpret_cast<const char*>(bytes.data()),
                          static_cast<uint32_t>(bytes.size()));
    fragments->AddFragment(fragment);
  }
  gdcm::DataElement element(gdcm::Tag(0x7fe0, 0x0010), 0, gdcm::VR::OB);
  element.SetValue(*fragments);
  gdcm::Image image;
  image.SetNumberOfDimensions(2);
  image.SetDimension(0, static_cast<unsigned>(header.columns));
  image.SetDimension(1, static_cast<unsigned>(header.rows));
  image.SetPixelFormat(gdcm::PixelFormat(
      1, static_cast<uint16_t>(pixels.bits_allocated), static_cast<uint16_t>(pixels.bits_stored),
      static_cast<uint16_t>(pixels.high_bit), pixels.is_signed ? 1 : 0));
  image.SetPhotometricInterpretation(gdcm::PhotometricInterpretation(
      pixels.is_monochrome1 ? gdcm::PhotometricInterpretation::MONOCHROME1
                            : gdcm::PhotometricInterpretation::MONOCHROME2));
  image.SetTransferSyntax(gdcm::TransferSyntax::GetTSType(header.transfer_syntax.c_str()));
  image.SetDataElement(element);
  const auto count = static_cast<size_t>(header.rows * header.columns);
  std::vector<char> decoded(image.GetBufferLength());
  if (!image.GetBuffer(decoded.data()))
    throw Error("PixelData", "not decoded by GDCM (transfer syntax " + header.transfer_syntax + ")",
                "an image");
  const gdcm::PixelFormat& format = image.GetPixelFormat();
  pixels.bits_allocated = format.GetBitsAllocated();
  pixels.bits_stored = format.GetBitsStored();
  pixels.high_bit = format.GetHighBit();
  pixels.is_signed = format.GetPixelRepresentation() == 1;
  if ((pixels.bits_allocated != 8 && pixels.bits_allocated != 16) ||
      decoded.size() != count * static_cast<size_t>(pixels.bits_allocated / 8))
    throw Error("PixelData", std::to_string(decoded.size()) + " bytes when decoded",
                std::to_string(count) + " voxels of 8 or 16 bits");
  return decoded;
}

}  // namespace

std::optional<DicomFile> parse_dicom(std::span<const std::byte> bytes) {
  if (!may_be_dicom(bytes)) return std::nullopt;
  const std::optional<std::vector<std::byte>> inflated = inflate_dicom(bytes);
  if (inflated) bytes = *inflated;
  const DicomElements set = parse_dicom_elements(bytes);

  const std::string storage_uid =
      set.text(set.values.contains(0x00080016) ? 0x00080016 : 0x00020002);
  const gdcm::MediaStorage storage(gdcm::MediaStorage::GetMSType(storage_uid.c_str()));
  const bool has_size = set.whole(0x00280010) && set.whole(0x00280011);
  const bool is_image = gdcm::MediaStorage::IsImage(storage) || (storage_uid.empty() && has_size);
  if (storage_uid.empty() && !has_size && has_dicom_mark(bytes))
    throw Error("SOPClassUID", "absent (the file may be truncated)", "that of an image");
  if (!is_image) return std::nullopt;  // a report, a DICOMDIR
  if (storage == gdcm::MediaStorage::SecondaryCaptureImageStorage && set.text(0x00200032).empty())
    return std::nullopt;  // a screen save: it lies nowhere in space
  refuse_multiframe(set, storage);
  if (!set.has_pixel_data)
    throw Error("PixelData", "absent (the file may be truncated)", "an image's voxels");

  DicomFile file;
  file.transfer_syntax = set.transfer_syntax;
  file.image_type = set.text(0x00080008);
  file.series_uid = set.text(0x0020000e);
  if (file.series_uid.empty()) throw Error("SeriesInstanceUID", "absent", "a UID");
  file.frame_of_reference_uid = set.text(0x00200052);
  file.description = set.text(0x0008103e);
  file.modality = set.text(0x00080060);
  file.manufacturer_model = set.text(0x00081090);
  file.echo_time_ms = set.number(0x00180081, "EchoTime");
  file.repetition_time_ms = set.number(0x00180080, "RepetitionTime");
  file.flip_angle_deg = set.number(0x00181314, "FlipAngle");
  file.slice_thickness_mm = set.number(0x00180050, "SliceThickness");
  file.rows = set.whole(0x00280010, "Rows");
  file.columns = set.whole(0x00280011, "Columns");
  for (const auto& [name, n] : {std::pair{"Rows", file.rows}, std::pair{"Columns", file.columns}})
    if (n < 1 || n > kMostRows)
      throw Error(name, std::to_string(n), "1 to " + std::to_string(kMostRows));
  read_geometry(set, file);
  file.pixels = read_pixel_format(set);
  file.pixels.is_deflated = inflated.has_value();
  locate_pixels(bytes, set, file);
  return file;
}

void decode_dicom(std::span<const std::byte> bytes, const DicomFile& header, std::span<float> out) {
  const auto voxels = static_cast<size_t>(header.rows * header.columns);
  if (out.size() != voxels)
    throw Error("room for voxels", std::to_string(out.size()), std::to_string(voxels));
  const std::optional<std::vector<std::byte>> inflated =
      header.pixels.is_deflated ? inflate_dicom(bytes) : std::nullopt;
  if (inflated) bytes = *inflated;
  const auto pixel_data = bytes.subspan(std::min(header.pixels.offset, bytes.size()));
  if (header.pixels.is_compressed) {
    DicomPixels pixels = header.pixels;
    try {
      const std::vector<char> decoded = decompress(pixel_data, header, pixels);
      convert_pixels(reinterpret_cast<const std::byte*>(decoded.data()), pixels, false, out);
    } catch (const Error&) {
      throw;
    } catch (const std::exception& fault) {  // GDCM's own
      throw Error("PixelData", std::string("not decoded by GDCM (") + fault.what() + ")",
                  "an image");
    }
    return;
  }
  const size_t expected = voxels * static_cast<size_t>(header.pixels.bits_allocated / 8);
  if (pixel_data.size() < expected)  // the file changed since its header was read
    throw Error("PixelData", std::to_string(pixel_data.size()) + " bytes (truncated)",
                std::to_string(expected) + " bytes");
  const bool swap = header.pixels.is_big_endian != (std::endian::native == std::endian::big);
  convert_pixels(pixel_data.data(), header.pixels, swap, out);
}

}  // namespace trivox
