#include <gdcmImage.h>
#include <gdcmSequenceOfFragments.h>
#include <gdcmTrace.h>
#include <gdcmTransferSyntax.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "loader/dicom/bare_stream.h"
#include "loader/dicom/codestream.h"
#include "loader/dicom/elements.h"
#include "loader/dicom/pixels.h"
#include "transforms/error.h"

namespace trivox {
namespace {

/// JPEG with cosines (baseline, extended, spectral selection, full progression), JPEG-LS near-lossless, JPEG
/// 2000.
constexpr std::string_view kLossy[] = {
    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.52", "1.2.840.10008.1.2.4.53",
    "1.2.840.10008.1.2.4.55", "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.93"};

using Fragments = std::vector<std::span<const std::byte>>;

/// Where the frames begin by the marks with which a stream of JPEG's families starts, of one in .jp2 too; an
/// empty fragment belongs to what comes before it. Within a JPEG stream they cannot occur.
std::vector<size_t> starts_of_frames(const Fragments& fragments) {
  std::vector<size_t> out;
  for (size_t i = 0; i < fragments.size(); ++i) {
    const auto byte = [&](size_t at) { return std::to_integer<unsigned>(fragments[i][at]); };
    const bool is_stream =
        fragments[i].size() >= 2 && byte(0) == 0xff && (byte(1) == 0xd8 || byte(1) == 0x4f);
    const bool is_boxed = fragments[i].size() >= 8 && byte(4) == 'j' && byte(5) == 'P';
    if (is_stream || is_boxed) out.push_back(i);
  }
  return out;
}

/// The fragments of one frame of several: one each, or as an offset table says, or, where there is none, by
/// where streams begin.
Fragments fragments_of(const DicomFragments& all, const DicomPixels& pixels, size_t frame) {
  const size_t frame_count = pixels.frames;
  const size_t fragments = all.fragments.size();
  if (frame_count == 1) return all.fragments;
  if (fragments == frame_count) return {all.fragments[frame]};
  const bool is_extended = pixels.offset_table != nullptr && !pixels.offset_table->empty();
  const auto& table = is_extended ? *pixels.offset_table : all.offset_table;
  const bool has_offsets = std::ranges::any_of(table, [](uint64_t offset) { return offset != 0; });
  if (!has_offsets) {
    const std::vector<size_t> starts = starts_of_frames(all.fragments);
    if (starts.size() == frame_count) {
      const size_t last = frame + 1 < frame_count ? starts[frame + 1] : fragments;
      return {all.fragments.begin() + static_cast<std::ptrdiff_t>(starts[frame]),
              all.fragments.begin() + static_cast<std::ptrdiff_t>(last)};
    }
  }
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

/// One frame is one stream, wherever it was cut; the decoders differ in what they make of several.
struct Stream {
  std::vector<std::byte> joined;
  std::span<const std::byte> bytes;

  explicit Stream(const Fragments& parts) {
    if (parts.size() == 1) {
      bytes = parts.front();
    } else {
      for (const auto& part : parts) joined.insert(joined.end(), part.begin(), part.end());
      bytes = joined;
    }
    if (bytes.size() > std::numeric_limits<uint32_t>::max() - 1)
      throw Error("PixelData", "a frame of " + std::to_string(bytes.size()) + " bytes", "less than 4 GiB");
  }
};

/// Which bits of a decoded sample are the value. A coder keeps samples of its own precision, right
/// aligned; where that reaches HighBit they are the words that the header speaks of, and where it is no
/// more than BitsStored they are the values alone.
void settle_bits(int precision, DicomPixels& pixels) {
  if (precision <= pixels.bits_stored) {
    // A value without sign has nothing above its precision, and MONOCHROME1 is inverted within BitsStored.
    if (pixels.is_signed) pixels.bits_stored = precision;
    pixels.high_bit = pixels.bits_stored - 1;
  } else if (precision <= pixels.high_bit) {
    throw Error("PixelData", "coded with " + std::to_string(precision) + " bits a sample",
                "BitsStored, " + std::to_string(pixels.bits_stored) + ", or more than HighBit, " +
                    std::to_string(pixels.high_bit));
  }
}

/// The image as its codestream has it. GDCM would take the header's word for it otherwise, and ends the
/// program (its assertions) where HighBit is not BitsStored - 1, or makes room for fewer bits than are
/// coded.
gdcm::PixelFormat coded_format(int precision, const DicomPixels& pixels) {
  const int allocated = precision <= 8 ? 8 : precision <= 16 ? 16 : 32;
  const int stored = std::max(precision, 8);  // another assertion: of 8 bits all are used
  return gdcm::PixelFormat(1, static_cast<uint16_t>(allocated), static_cast<uint16_t>(stored),
                           static_cast<uint16_t>(stored - 1), pixels.is_signed ? 1 : 0);
}

/// Calls `work(T{})` with the unsigned type of so many bits.
template <class Work>
void with_word(int bits, const Work& work) {
  if (bits == 8) return work(uint8_t{});
  if (bits == 16) return work(uint16_t{});
  work(uint32_t{});
}

/// To words of as many bits as the header allocates; what is above a sample does not count.
std::vector<std::byte> widened(std::vector<std::byte> bytes, int from_bits, int to_bits) {
  if (from_bits == to_bits) return bytes;
  std::vector<std::byte> out;
  with_word(from_bits, [&](auto from) {
    with_word(to_bits, [&](auto to) {
      out.resize(bytes.size() / sizeof from * sizeof to);
      for (size_t i = 0; i < out.size() / sizeof to; ++i) {
        std::memcpy(&from, bytes.data() + i * sizeof from, sizeof from);
        to = static_cast<decltype(to)>(from);
        std::memcpy(out.data() + i * sizeof to, &to, sizeof to);
      }
    });
  });
  return out;
}

std::string enough_for(int64_t smallest, int64_t largest) {
  return "enough for the values " + std::to_string(smallest) + " to " + std::to_string(largest);
}

/// What a coder that errs may go beyond the largest and the least value of so many bits, which cutting off
/// bits would turn into one another, is brought back. It errs by less than a quarter of them: what lies
/// further off was there, and so was anything where an overlay may be.
template <class T>
void clamp_samples(std::span<std::byte> bytes, int bits, bool may_hold_overlay) {
  const auto most = static_cast<int64_t>((uint64_t{1} << (std::is_signed_v<T> ? bits - 1 : bits)) - 1);
  const int64_t least = std::is_signed_v<T> ? -most - 1 : 0;
  const int64_t may_err = may_hold_overlay ? 0 : (most - least + 1) / 4;
  int64_t smallest = least, largest = most;
  for (size_t at = 0; at < bytes.size(); at += sizeof(T)) {
    T sample = 0;
    std::memcpy(&sample, bytes.data() + at, sizeof sample);
    smallest = std::min<int64_t>(smallest, sample);
    largest = std::max<int64_t>(largest, sample);
    sample = static_cast<T>(std::clamp<int64_t>(sample, least, most));
    std::memcpy(bytes.data() + at, &sample, sizeof sample);
  }
  if (smallest < least - may_err || largest > most + may_err)
    throw Error("BitsStored", std::to_string(bits), enough_for(smallest, largest));
}

/// That words without sign of a coder are two's complement of all their bits: some are below 0, or none
/// goes beyond the largest value of the header's bits by more than JPEG-LS may err. Others may have their
/// sign in the highest of those bits alone, where an error of one turns the least value into the largest.
template <class T>
void check_signed_words(std::span<const std::byte> bytes, int bits_stored) {
  const int64_t beyond = int64_t{1} << (bits_stored - 1);
  const int64_t may_err = std::min<int64_t>(255, beyond / 8);
  int64_t least = 0, most = 0;
  for (size_t at = 0; at < bytes.size(); at += sizeof(T)) {
    T sample = 0;
    std::memcpy(&sample, bytes.data() + at, sizeof sample);
    least = std::min<int64_t>(least, sample);
    most = std::max<int64_t>(most, sample);
  }
  if (least >= 0 && most >= beyond + may_err)
    throw Error("BitsStored", std::to_string(bits_stored), enough_for(least, most));
}

void clamp_lossy(CodedSamples coded, int allocated, const DicomPixels& pixels, std::span<std::byte> bytes) {
  // Where the header tells less of the samples than they do, its bits are no bounds.
  const bool fits = pixels.high_bit == pixels.bits_stored - 1;
  if (fits && pixels.is_signed && !coded.is_signed && coded.bits == allocated &&
      coded.bits > pixels.bits_stored) {
    with_word(allocated, [&](auto word) {
      check_signed_words<std::make_signed_t<decltype(word)>>(bytes, pixels.bits_stored);
    });
    coded.is_signed = true;
  }
  const bool same = coded.is_signed == pixels.is_signed && fits;
  const int bits = same ? std::min(coded.bits, pixels.bits_stored) : coded.bits;
  if (bits >= allocated) return;
  const bool may_hold_overlay = (pixels.overlay_bits & ((uint64_t{1} << coded.bits) - 1)) != 0;
  with_word(allocated, [&](auto word) {
    using Word = decltype(word);
    if (coded.is_signed)
      clamp_samples<std::make_signed_t<Word>>(bytes, bits, may_hold_overlay);
    else
      clamp_samples<Word>(bytes, bits, may_hold_overlay);
  });
}

/// Samples of JPEG-LS and JPEG 2000 with more bits than BitsStored are no words whose upper bits mean
/// nothing, they are the values: lossless ones that BitsStored does not hold are refused. But bits that the
/// header says are an overlay's do not count; and numbers with a sign that JPEG-LS codes without may have it
/// in the highest of BitsStored alone, as dcmtk's dcmcjpls leaves words whose upper bits are 0.
void check_fit(const CodedSamples& coded, int allocated, DicomDecompressed& out) {
  const DicomPixels& pixels = out.pixels;
  const int64_t size = int64_t{1} << pixels.bits_stored, code_size = int64_t{1} << coded.bits;
  const int64_t least = pixels.is_signed ? -size / 2 : 0, most = pixels.is_signed ? size / 2 - 1 : size - 1;
  const int64_t overlay = pixels.overlay_bits & (code_size - 1);
  const int64_t above = (code_size - 1) & ~(size - 1) & ~overlay;  // but overlays
  int64_t smallest = most, largest = least;
  with_word(allocated, [&](auto word) {
    for (size_t at = 0; at < out.bytes.size(); at += sizeof word) {
      std::memcpy(&word, out.bytes.data() + at, sizeof word);
      int64_t value = static_cast<int64_t>(word) & (code_size - 1) & ~overlay;
      if (pixels.is_signed && (value & (size / 2)) != 0 && (value & above) == above) value |= overlay;
      if (pixels.is_signed && value >= code_size / 2) value -= code_size;
      smallest = std::min(smallest, value);
      largest = std::max(largest, value);
    }
  });
  const bool may_be_cut = pixels.is_signed && (!coded.is_signed || overlay != 0);
  out.is_sign_extended = may_be_cut && overlay == 0 && smallest < 0;
  out.is_sign_cut = may_be_cut && overlay == 0 && largest > most;
  if (may_be_cut && smallest >= 0 && largest < size) return;
  if (smallest < least || largest > most)
    throw Error("BitsStored", std::to_string(pixels.bits_stored), enough_for(smallest, largest));
}

DicomDecompressed decode(const Stream& stream, const DicomFile& header) {
  silence_gdcm();
  const CodedSamples samples = check_codestream(stream.bytes, header.transfer_syntax, header.columns,
                                                header.rows, header.pixels.bits_allocated);
  const std::vector<std::byte> bare = bare_codestream(stream.bytes, header.transfer_syntax);
  gdcm::Fragment fragment;
  fragment.SetByteValue(reinterpret_cast<const char*>(bare.data()), static_cast<uint32_t>(bare.size()));
  const auto sequence = gdcm::SequenceOfFragments::New();
  sequence->AddFragment(fragment);
  gdcm::DataElement element(gdcm::Tag(0x7fe0, 0x0010), 0, gdcm::VR::OB);
  element.SetValue(*sequence);
  DicomDecompressed out;
  out.pixels = header.pixels;
  DicomPixels& pixels = out.pixels;
  const gdcm::PixelFormat coded = coded_format(samples.bits, pixels);
  gdcm::Image image;
  image.SetNumberOfDimensions(2);
  image.SetDimension(0, static_cast<unsigned>(header.columns));
  image.SetDimension(1, static_cast<unsigned>(header.rows));
  image.SetPixelFormat(coded);
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
  if (format.GetBitsAllocated() != coded.GetBitsAllocated() ||
      out.bytes.size() != count * static_cast<size_t>(coded.GetBitsAllocated() / 8))
    throw Error("PixelData",
                std::to_string(out.bytes.size()) + " bytes of " + std::to_string(format.GetBitsAllocated()) +
                    " bits when decoded",
                std::to_string(count) + " voxels of " + std::to_string(coded.GetBitsAllocated()) + " bits");
  const bool is_lossy =
      std::ranges::find(kLossy, header.transfer_syntax) != std::end(kLossy) && !samples.is_lossless;
  const std::string_view syntax = header.transfer_syntax;
  const bool has_values = syntax.starts_with("1.2.840.10008.1.2.4.8") ||  // JPEG-LS, JPEG 2000
                          syntax.starts_with("1.2.840.10008.1.2.4.9");
  if (is_lossy)
    clamp_lossy(samples, coded.GetBitsAllocated(), pixels, out.bytes);
  else if (has_values && samples.bits > pixels.bits_stored && pixels.high_bit == pixels.bits_stored - 1)
    check_fit(samples, coded.GetBitsAllocated(), out);
  settle_bits(samples.bits, pixels);
  out.bytes = widened(std::move(out.bytes), coded.GetBitsAllocated(), pixels.bits_allocated);
  pixels.is_big_endian = false;
  pixels.is_compressed = false;
  return out;
}

}  // namespace

DicomDecompressed decompress_dicom(const DicomFragments& fragments, const DicomFile& header, size_t frame) {
  try {
    return decode(Stream(fragments_of(fragments, header.pixels, frame)), header);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& fault) {  // GDCM's own
    throw Error("PixelData", std::string("not decoded by GDCM (") + fault.what() + ")", "an image");
  }
}

}  // namespace trivox
