#include "loader/dicom/file.h"

#include <gdcmMediaStorage.h>
#include <gdcmTransferSyntax.h>
#include <gdcmUIDs.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "loader/dicom/attributes.h"
#include "loader/dicom/elements.h"
#include "loader/dicom/frames.h"
#include "loader/dicom/pixels.h"
#include "loader/dicom/text.h"
#include "loader/gzip.h"
#include "transforms/error.h"

namespace trivox {
namespace {

using Storage = gdcm::MediaStorage;
using Syntax = gdcm::TransferSyntax;

constexpr int64_t kMostRows = 16384;  // bounds what a compressed file of a few bytes can ask for
constexpr const char* kMrImage = "1.2.840.10008.5.1.4.1.1.4";

/// Images by GDCM's list that are no slices of a scan: their own reason for being passed over.
std::string not_a_scan(Storage::MSType type, const std::string& uid) {
  if (type == Storage::MediaStorageDirectoryStorage) return "a DICOMDIR";
  if (type == Storage::RTDoseStorage) return "a radiotherapy dose";
  // Segmentation, surface segmentation, parametric map: made from scans, by others than scanners.
  if (uid == "1.2.840.10008.5.1.4.1.1.66.4") return "a segmentation object";
  if (uid == "1.2.840.10008.5.1.4.1.1.30") return "a parametric map";
  if (type == Storage::MS_END || Storage::IsImage(type)) return {};
  gdcm::UIDs names;  // PS3.6, annex A
  const char* name = names.SetFromUID(uid.c_str()) ? names.GetName() : nullptr;
  return "no image but " + (name == nullptr ? "of class " : std::string(name) + ", ") + uid;
}

/// MR, CT, PET, and their enhanced kinds: scans, which are broken where they do not say where they lie.
bool is_of_slices(std::string_view uid) {
  constexpr std::string_view kImages = "1.2.840.10008.5.1.4.1.1.";
  if (!uid.starts_with(kImages)) return false;
  const std::string_view kind = uid.substr(kImages.size());
  return kind == "2" || kind.starts_with("2.") || kind == "4" || kind.starts_with("4.") || kind == "128" ||
         kind.starts_with("128.") || kind == "130";
}

/// Empty for an image of a series; else why the file is none.
std::string why_ignored(const DicomElements& set, bool has_mark) {
  std::string uid = set.text(dicom::SOPClassUID);
  if (uid == kMrImage) return {};
  if (uid.empty()) uid = set.text(dicom::MediaStorageSOPClassUID);
  const bool has_size = set.contains(dicom::Rows) && set.contains(dicom::Columns);
  if (uid.empty()) {
    if (has_size) return {};
    if (has_mark) throw Error("SOPClassUID", "absent (the file may be truncated)", "that of an image");
    return "no image";
  }
  const Storage::MSType type = Storage::GetMSType(uid.c_str());
  if (const std::string reason = not_a_scan(type, uid); !reason.empty()) return reason;
  if (type == Storage::MS_END && !has_size) return "no image (SOPClassUID " + uid + ")";
  // A screen save lies nowhere in space.
  const bool is_capture =
      uid.starts_with("1.2.840.10008.5.1.4.1.1.7") && (uid.size() == 25 || uid[25] == '.');
  const bool lies_somewhere = set.contains(dicom::ImagePositionPatient) ||
                              set.contains(dicom::ImageOrientationPatient) || has_frame_geometry(set);
  if (is_capture && !set.contains(dicom::ImagePositionPatient) && !has_frame_geometry(set))
    return "a secondary capture without a position in space";
  if (type != Storage::MS_END && !is_of_slices(uid) && !lies_somewhere) {
    const std::string description =
        to_utf8(set.text(dicom::SeriesDescription), set.text(dicom::SpecificCharacterSet));
    return "no slice: " + set.text(dicom::Modality) +
           (description.empty() ? "" : " \"" + description + "\"") + " without a position in space";
  }
  return {};
}

/// Bits of a word in which an overlay lies (retired, PS3.3 2003, C.9.2): one of groups 6000 to 601e says in
/// which, and has no OverlayData of one bit a voxel. What is broken there declares none.
uint32_t overlay_bits(const DicomElements& set, const DicomPixels& pixels) {
  constexpr uint32_t kFirst = 0x60000000, kBehind = 0x60200000;
  const auto first = std::ranges::lower_bound(set.elements, kFirst, {}, &DicomElement::tag);
  if (first == set.elements.end() || first->tag >= kBehind) return 0;
  uint32_t bits = 0;
  for (uint32_t group = kFirst; group < kBehind; group += 0x20000) {
    const DicomAttribute allocated = {group | 0x0100, dicom_vr("US"), "OverlayBitsAllocated"};
    const DicomAttribute position = {group | 0x0102, dicom_vr("US"), "OverlayBitPosition"};
    try {
      const auto bit = set.whole(position);
      const bool is_outside = bit && *bit >= 0 && *bit < pixels.bits_allocated &&
                              (*bit > pixels.high_bit || *bit <= pixels.high_bit - pixels.bits_stored);
      if (is_outside && set.whole(allocated).value_or(1) != 1) bits |= uint32_t{1} << *bit;
    } catch (const Error&) {
      continue;
    }
  }
  return bits;
}

DicomPixels read_pixel_format(const DicomElements& set) {
  DicomPixels pixels;
  const auto samples = set.whole(dicom::SamplesPerPixel).value_or(1);
  const std::string colour = set.text(dicom::PhotometricInterpretation);
  if (samples != 1 || (colour != "MONOCHROME1" && colour != "MONOCHROME2"))
    throw Error("PhotometricInterpretation",
                (colour.empty() ? "absent" : colour) + " with " + std::to_string(samples) + " samples",
                "MONOCHROME1 or MONOCHROME2 with one");
  pixels.is_monochrome1 = colour == "MONOCHROME1";
  const auto bits = [&](const DicomAttribute& attribute) -> std::optional<int> {
    const auto n = set.whole(attribute);
    if (!n) return std::nullopt;
    return static_cast<int>(std::clamp<int64_t>(*n, -1, 1 << 16));
  };
  const auto allocated = bits(dicom::BitsAllocated);
  if (allocated != 8 && allocated != 16 && allocated != 32)
    throw Error("BitsAllocated", allocated ? std::to_string(*allocated) : "absent", "8, 16 or 32");
  pixels.bits_allocated = *allocated;
  pixels.bits_stored = bits(dicom::BitsStored).value_or(pixels.bits_allocated);
  if (pixels.bits_stored < 1 || pixels.bits_stored > pixels.bits_allocated)
    throw Error("BitsStored", std::to_string(pixels.bits_stored),
                "1 to " + std::to_string(pixels.bits_allocated));
  pixels.high_bit = bits(dicom::HighBit).value_or(pixels.bits_stored - 1);
  if (pixels.high_bit < pixels.bits_stored - 1 || pixels.high_bit >= pixels.bits_allocated)
    throw Error("HighBit", std::to_string(pixels.high_bit),
                std::to_string(pixels.bits_stored - 1) + " to " + std::to_string(pixels.bits_allocated - 1));
  const auto representation = set.whole(dicom::PixelRepresentation);
  if (representation != 0 && representation != 1)  // taken for unsigned, -1 would become 65535
    throw Error("PixelRepresentation", representation ? std::to_string(*representation) : "absent", "0 or 1");
  pixels.is_signed = representation == 1;
  pixels.overlay_bits = overlay_bits(set, pixels);
  return pixels;
}

struct Compression {
  bool is_encapsulated = false;
  const char* loss = nullptr;  ///< what is to be warned of
};

Compression compression_of(const std::string& uid, const std::string& lossy) {
  constexpr const char* kLoss = "compressed with loss: its values are not the scanner's";
  Compression out;
  if (lossy == "01") out.loss = kLoss;
  if (uid == dicom::kExplicitSyntax || uid == dicom::kImplicitSyntax) return out;
  const auto type = Syntax::GetTSType(uid.c_str());
  if (type == Syntax::TS_END) return out;
  out.is_encapsulated = Syntax(type).IsEncapsulated();
  const bool always = type == Syntax::JPEGBaselineProcess1 || type == Syntax::JPEGExtendedProcess2_4 ||
                      type == Syntax::JPEGExtendedProcess3_5 ||
                      type == Syntax::JPEGSpectralSelectionProcess6_8 ||
                      type == Syntax::JPEGFullProgressionProcess10_12;
  const bool may = type == Syntax::JPEGLSNearLossless || type == Syntax::JPEG2000;
  if (always) out.loss = kLoss;
  if (may && lossy.empty()) out.loss = "perhaps compressed with loss: LossyImageCompression does not say";
  return out;
}

std::shared_ptr<const std::vector<uint64_t>> extended_offset_table(const DicomElements& set,
                                                                   uint64_t file_size) {
  if (!set.contains(dicom::ExtendedOffsetTable)) return nullptr;
  std::vector<uint64_t> out;
  for (const double offset : set.numbers(dicom::ExtendedOffsetTable)) {
    if (!(offset >= 0) || offset > static_cast<double>(file_size) || offset != std::floor(offset))
      throw Error("ExtendedOffsetTable", std::to_string(offset), "offsets within the file");
    out.push_back(static_cast<uint64_t>(offset));
  }
  return std::make_shared<const std::vector<uint64_t>>(std::move(out));
}

/// Whether PixelData that is not compressed can be read as it stands. Words of big endian data that hold
/// two samples of 8 bits would have to be turned as words.
bool is_plain(const DicomDataSet& set, const DicomFile& file) {
  if (file.transfer_syntax == dicom::kImplicitSyntax || file.transfer_syntax == dicom::kExplicitSyntax ||
      file.pixels.is_deflated)
    return true;
  return file.pixels.is_big_endian && (file.pixels.bits_allocated == 16 ||
                                       (file.pixels.bits_allocated == 8 && set.pixel_vr == dicom_vr("OB")));
}

/// Where the voxels lie, and that all of them are there.
void locate_pixels(std::span<const std::byte> head, uint64_t file_size, const DicomDataSet& set,
                   DicomFile& file) {
  const Compression compression =
      compression_of(file.transfer_syntax, set.elements.text(dicom::LossyImageCompression));
  DicomPixels& pixels = file.pixels;
  pixels.offset = set.pixel_offset;
  pixels.is_big_endian =
      set.elements.is_big_endian || file.transfer_syntax == dicom::kImplicitWithBigPixelsSyntax;
  if (compression.loss != nullptr) file.warnings.emplace_back(compression.loss);
  if (compression.is_encapsulated) {
    if (set.pixel_length != DicomDataSet::undefined_length)
      throw Error("PixelData", "not in fragments",
                  "fragments, as transfer syntax " + file.transfer_syntax + " has it");
    pixels.is_compressed = true;
    pixels.offset_table = extended_offset_table(set.elements, file_size);
    if (head.size() >= file_size) (void)dicom_fragments(head.subspan(set.pixel_offset));
    return;
  }
  if (!is_plain(set, file)) {
    if (pixels.is_big_endian)
      throw Error("BitsAllocated",
                  std::to_string(pixels.bits_allocated) + " in the big endian transfer syntax " +
                      file.transfer_syntax,
                  "16, or 8 in an element of VR OB");
    throw Error("TransferSyntaxUID", file.transfer_syntax, "one that is plain or that GDCM decodes");
  }
  if (set.pixel_length == DicomDataSet::undefined_length)
    throw Error("PixelData", "in fragments", "plain, as transfer syntax " + file.transfer_syntax + " has it");
  const uint64_t expected = dicom_frame_bytes(file) * uint64_t{file.pixels.frames};
  const uint64_t there = std::min<uint64_t>(set.pixel_length, file_size - set.pixel_offset);
  if (there < expected)
    throw Error("PixelData",
                std::to_string(there) + " bytes" + (there < set.pixel_length ? " (truncated)" : ""),
                std::to_string(expected) + " bytes");
  if (set.pixel_length > expected + 1 && set.elements.whole(dicom::NumberOfFrames) == 0)
    throw Error("NumberOfFrames", "0, with more PixelData than one has", "how many there are");
  if (set.pixel_length > expected + 1)
    file.warnings.emplace_back("PixelData is longer than the image: what is behind it is not read");
}

/// What Siemens' CSA header says of a mosaic: behind the entry's name of 64 bytes and five numbers lies its
/// first value, a text behind four numbers (nipy.org/nibabel/dicom/siemens_csa.html). 0 where it says
/// nothing.
int images_in_csa(std::span<const std::byte> header) {
  constexpr std::string_view kName = "NumberOfImagesInMosaic";
  constexpr size_t kBehind = 64 + 5 * 4 + 4 * 4, kDigits = 6;
  const std::string_view text(reinterpret_cast<const char*>(header.data()), header.size());
  const size_t at = text.find(std::string(kName) + '\0');
  if (at == std::string_view::npos || text.size() - at < kBehind + kDigits) return 0;
  int images = 0;
  for (const char c : text.substr(at + kBehind, kDigits)) {
    if (c < '0' || c > '9') break;
    images = 10 * images + (c - '0');
  }
  return images;
}

/// Scanners lay the slices of a volume side by side in one image, and not always does ImageType say so, which
/// anonymisers shorten.
void refuse_grids(const DicomElements& set) {
  const auto refuse = [](const std::string& attribute, int64_t images) {
    if (images > 1)
      throw Error(attribute, std::to_string(images), "one slice an image: mosaics and grids are not read");
  };
  const auto count = [](const DicomElements& elements, const DicomAttribute& attribute) -> int64_t {
    try {
      return elements.whole(attribute).value_or(0);
    } catch (const Error&) {
      return 0;  // another use of the element
    }
  };
  if (const auto mosaic = set.private_attribute(dicom::NumberOfImagesInMosaic, dicom::kSiemensMrCreator))
    refuse("Siemens' NumberOfImagesInMosaic (0019,xx0a)", count(set, *mosaic));
  const auto element = [&](const DicomAttribute& attribute) {
    return std::ranges::lower_bound(set.elements, attribute.tag, {}, &DicomElement::tag);
  };
  if (const auto csa = set.private_attribute(dicom::CSAImageHeaderInfo, dicom::kSiemensCsaCreator))
    refuse("NumberOfImagesInMosaic of Siemens' CSA header (0029,xx10)", images_in_csa(element(*csa)->value));
  if (auto grid = set.private_attribute(dicom::NumberOfImagesInGrid, dicom::kUihImageCreator)) {
    const auto value = element(*grid)->value;  // an item begins with its tag, where the file names no VR
    const bool is_sequence = element(*grid)->vr == dicom_vr("SQ") ||
                             (value.size() > 1 && value[0] == std::byte{0xfe} && value[1] == std::byte{0xff});
    if (is_sequence) grid->vr = dicom_vr("SQ");
    refuse("United Imaging's number of images in a grid (0065,xx50)",
           is_sequence ? static_cast<int64_t>(set.items(*grid).size()) : count(set, *grid));
  }
}

void refuse_other_kinds(const DicomElements& set) {
  const std::string kind = set.text(dicom::ImageType);
  if (kind.find("MOSAIC") != std::string::npos)
    throw Error("ImageType", kind, "one slice a file: mosaics are not read");
  refuse_grids(set);
  for (const auto& attribute : {dicom::FloatPixelData, dicom::DoubleFloatPixelData})
    if (set.contains(attribute))
      throw Error(attribute.name, "there", "PixelData: floating-point pixels are not read");
  // Its table, not RescaleSlope, then says what the stored values mean (PS3.3, C.11.1).
  if (!set.items(dicom::ModalityLUTSequence).empty())
    throw Error("ModalityLUTSequence", "there", "RescaleSlope and RescaleIntercept: tables are not read");
}

/// Why a file whose elements are broken is no image all the same; empty where it may be one.
std::string why_no_image(std::span<const std::byte> head) {
  const std::string uid = dicom_meta_text(head, dicom::MediaStorageSOPClassUID);
  return uid.empty() ? std::string() : not_a_scan(Storage::GetMSType(uid.c_str()), uid);
}

/// Where a file says that it is: in its series, and among the files of one image.
void read_numbers(const DicomElements& set, DicomFile& file) {
  try {
    file.instance_number = set.whole(dicom::InstanceNumber);
  } catch (const Error&) {
    file.instance_number.reset();  // nothing depends on it
  }
  file.concatenation_uid = set.text(dicom::ConcatenationUID);
  if (file.concatenation_uid.empty()) return;
  file.part_number = set.whole(dicom::InConcatenationNumber);
  file.part_count = set.whole(dicom::InConcatenationTotalNumber);
  file.part_offset = set.whole(dicom::ConcatenationFrameOffsetNumber);
}

DicomFile read_file_header(std::span<const std::byte> head, uint64_t file_size, DicomDataSet& set,
                           bool is_deflated) {
  const DicomElements& elements = set.elements;
  DicomFile file;
  file.warnings = std::move(set.warnings);
  file.transfer_syntax = set.transfer_syntax;
  file.series_uid = elements.text(dicom::SeriesInstanceUID);
  refuse_other_kinds(elements);
  if (!set.has_pixel_data)
    throw Error("PixelData", "absent (the file may be truncated)", "an image's voxels");
  const std::string characters = elements.text(dicom::SpecificCharacterSet);
  file.study_uid = elements.text(dicom::StudyInstanceUID);
  read_numbers(elements, file);
  file.instance_uid = elements.text(dicom::SOPInstanceUID);
  file.identity = dicom_identity(elements);
  file.frame_of_reference_uid = elements.text(dicom::FrameOfReferenceUID);
  file.description = to_utf8(elements.text(dicom::SeriesDescription), characters);
  file.series_number = elements.text(dicom::SeriesNumber);
  file.modality = to_utf8(elements.text(dicom::Modality), characters);
  file.manufacturer_model = to_utf8(elements.text(dicom::ManufacturerModelName), characters);
  for (const auto& [attribute, n] :
       {std::pair{&dicom::Rows, &file.rows}, std::pair{&dicom::Columns, &file.columns}}) {
    const auto found = elements.whole(*attribute);
    if (!found || *found < 1 || *found > kMostRows)
      throw Error(attribute->name, found ? std::to_string(*found) : "absent",
                  "1 to " + std::to_string(kMostRows));
    *n = *found;
  }
  file.frames = read_frames(elements, file.warnings);
  file.pixels = read_pixel_format(elements);
  file.pixels.is_deflated = is_deflated;
  file.pixels.frames = file.frames.size();
  locate_pixels(head, file_size, set, file);
  return file;
}

/// As far as the beginning of the data set tells, which may break off; else empty.
std::string series_uid_of_start(const std::function<std::vector<std::byte>()>& start) {
  constexpr uint64_t kWhole = uint64_t{1} << 40;  // as if the rest were still to come
  try {
    const std::vector<std::byte> bytes = start();
    return parse_dicom_elements(bytes, kWhole).elements.text(dicom::SeriesInstanceUID);
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

DicomHead parse_dicom_head(std::span<const std::byte> head, uint64_t file_size, std::string* series_uid) {
  DicomHead out;
  if (is_gzipped_dicom(head)) {
    constexpr size_t kHeader = 4096;
    if (series_uid != nullptr) *series_uid = series_uid_of_start([&] { return gunzip_start(head, kHeader); });
    throw Error("content", "a DICOM file packed by gzip", "one that is unpacked");
  }
  if (!may_be_dicom(head)) {
    out.ignored = head.empty() ? "empty" : "not DICOM";
    return out;
  }
  out.is_dicom = true;
  std::optional<std::vector<std::byte>> inflated;
  if (is_deflated_dicom(head)) {
    if (head.size() < file_size) {
      out.needs = file_size;
      return out;
    }
    inflated = inflate_dicom(head);
    head = *inflated;
    file_size = head.size();
  }
  DicomDataSet set;
  try {
    set = parse_dicom_elements(head, file_size);
  } catch (const Error&) {
    out.ignored = why_no_image(head);
    if (out.ignored.empty()) {
      if (series_uid != nullptr)
        *series_uid = series_uid_of_start([&] { return std::vector<std::byte>(head.begin(), head.end()); });
      throw;
    }
    out.ignored += ", and broken";
    return out;
  }
  out.needs = set.needs;
  if (out.needs > 0) return out;
  if (series_uid != nullptr) *series_uid = set.elements.text(dicom::SeriesInstanceUID);
  out.ignored = why_ignored(set.elements, has_dicom_mark(head));
  if (out.ignored.empty()) out.file = read_file_header(head, file_size, set, inflated.has_value());
  return out;
}

}  // namespace trivox
