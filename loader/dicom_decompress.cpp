#include <gdcmImage.h>
#include <gdcmSequenceOfFragments.h>
#include <gdcmTrace.h>
#include <gdcmTransferSyntax.h>

#include <algorithm>
#include <limits>

#include "loader/dicom_codestream.h"
#include "loader/dicom_elements.h"
#include "loader/dicom_pixels.h"
#include "transforms/error.h"

namespace trivox {
namespace {

using Fragments = std::vector<std::span<const std::byte>>;

/// The fragments of one frame of several: one each, or as an offset table says.
Fragments fragments_of(const DicomFragments& all, const DicomPixels& pixels, size_t frame) {
  const size_t frame_count = pixels.frames;
  const size_t fragments = all.fragments.size();
  if (frame_count == 1) return all.fragments;
  if (fragments == frame_count) return {all.fragments[frame]};
  const auto& table = pixels.offset_table.empty() ? all.offset_table : pixels.offset_table;
  if (table.size() != frame_count)
    throw Error(
        "PixelData",
        std::to_string(fragments) + " fragments and an offset table of " + std::to_string(table.size()),
        "a fragment or an offset for each of " + std::to_string(frame_count) + " frames");
  const auto place = [&](uint64_t offset) {
    const auto found = std::ranges::lower_bound(all.starts, offset);
    if (found == all.starts.end() || *found != offset)
      throw Error("offset table of PixelData", std::to_string(offset),
                  "an offset at which a fragment begins");
    return found - all.starts.begin();
  };
  const auto first = place(table[frame]);
  const auto last =
      frame + 1 < frame_count ? place(table[frame + 1]) : static_cast<std::ptrdiff_t>(fragments);
  if (last <= first) throw Error("offset table of PixelData", "not ascending", "an ascending one");
  return {all.fragments.begin() + first, all.fragments.begin() + last};
}

void silence_gdcm() {  // it would print what trivox says in its own errors
  static const bool silent = [] {
    gdcm::Trace::SetDebug(false);
    gdcm::Trace::SetWarning(false);
    gdcm::Trace::SetError(false);
    return true;
  }();
  (void)silent;
}

/// The stream that the fragments of a frame make up; most frames have one.
void check_stream(const Fragments& parts, const DicomFile& header) {
  std::vector<std::byte> joined;
  if (parts.size() > 1)
    for (const auto& part : parts) joined.insert(joined.end(), part.begin(), part.end());
  check_codestream(parts.size() == 1 ? parts.front() : std::span<const std::byte>(joined),
                   header.transfer_syntax, header.columns, header.rows, header.pixels.bits_allocated);
}

DicomDecompressed decode(const Fragments& parts, const DicomFile& header) {
  silence_gdcm();
  check_stream(parts, header);
  // One frame is one stream, wherever it was cut; the decoders differ in what they make of several.
  std::vector<std::byte> stream;
  for (const auto& part : parts) stream.insert(stream.end(), part.begin(), part.end());
  if (stream.size() > std::numeric_limits<uint32_t>::max() - 1)
    throw Error("PixelData", "a frame of " + std::to_string(stream.size()) + " bytes", "less than 4 GiB");
  gdcm::Fragment fragment;
  fragment.SetByteValue(reinterpret_cast<const char*>(stream.data()), static_cast<uint32_t>(stream.size()));
  const auto sequence = gdcm::SequenceOfFragments::New();
  sequence->AddFragment(fragment);
  gdcm::DataElement element(gdcm::Tag(0x7fe0, 0x0010), 0, gdcm::VR::OB);
  element.SetValue(*sequence);
  DicomDecompressed out;
  out.pixels = header.pixels;
  DicomPixels& pixels = out.pixels;
  gdcm::Image image;
  image.SetNumberOfDimensions(2);
  image.SetDimension(0, static_cast<unsigned>(header.columns));
  image.SetDimension(1, static_cast<unsigned>(header.rows));
  image.SetPixelFormat(gdcm::PixelFormat(1, static_cast<uint16_t>(pixels.bits_allocated),
                                         static_cast<uint16_t>(pixels.bits_stored),
                                         static_cast<uint16_t>(pixels.high_bit), pixels.is_signed ? 1 : 0));
  image.SetPhotometricInterpretation(
      gdcm::PhotometricInterpretation(pixels.is_monochrome1 ? gdcm::PhotometricInterpretation::MONOCHROME1
                                                            : gdcm::PhotometricInterpretation::MONOCHROME2));
  image.SetTransferSyntax(gdcm::TransferSyntax::GetTSType(header.transfer_syntax.c_str()));
  image.SetDataElement(element);
  const auto count = static_cast<size_t>(header.rows * header.columns);
  out.bytes.resize(image.GetBufferLength());
  if (!image.GetBuffer(reinterpret_cast<char*>(out.bytes.data())))
    throw Error("PixelData", "not decoded by GDCM (transfer syntax " + header.transfer_syntax + ")",
                "an image");
  const gdcm::PixelFormat& format = image.GetPixelFormat();
  pixels.bits_allocated = format.GetBitsAllocated();
  pixels.bits_stored = format.GetBitsStored();
  pixels.high_bit = format.GetHighBit();
  pixels.is_signed = format.GetPixelRepresentation() == 1;
  pixels.is_big_endian = false;
  pixels.is_compressed = false;
  const bool known = pixels.bits_allocated == 8 || pixels.bits_allocated == 16 || pixels.bits_allocated == 32;
  if (!known || pixels.bits_stored < 1 || pixels.high_bit >= pixels.bits_allocated ||
      pixels.bits_stored > pixels.high_bit + 1 ||
      out.bytes.size() != count * static_cast<size_t>(pixels.bits_allocated / 8))
    throw Error("PixelData",
                std::to_string(out.bytes.size()) + " bytes of " + std::to_string(pixels.bits_allocated) +
                    " bits when decoded",
                std::to_string(count) + " voxels of 8, 16 or 32 bits");
  return out;
}

}  // namespace

DicomDecompressed decompress_dicom(std::span<const std::byte> pixel_data, const DicomFile& header,
                                   size_t frame) {
  const DicomFragments all = dicom_fragments(pixel_data);
  try {
    return decode(fragments_of(all, header.pixels, frame), header);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& fault) {  // GDCM's own
    throw Error("PixelData", std::string("not decoded by GDCM (") + fault.what() + ")", "an image");
  }
}

}  // namespace trivox
