#include "loader/dicom/codestream.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "loader/bytes.h"
#include "loader/dicom/jpeg_codes.h"
#include "transforms/error.h"

namespace trivox {
namespace {

Error broken(const std::string& coder, const std::string& found, const std::string& expected) {
  return {"PixelData", "no " + coder + " stream: " + found, expected};
}

constexpr uint64_t kMostComponents = 4;  // of any picture, CMYK

/// What a stream must hold.
struct Frame {
  const char* coder;
  int64_t columns, rows;
  int bits_allocated;
  int most_bits = 16;  // that the coder has

  /// The precision as it was given.
  int check(uint64_t width, uint64_t height, uint64_t components, unsigned precision) const {
    if (width == 0 || height == 0 || components == 0 || components > kMostComponents)
      throw broken(coder, "broken: its header makes no sense",
                   std::to_string(columns) + " x " + std::to_string(rows) + " samples of one component");
    if (width != static_cast<uint64_t>(columns) || height != static_cast<uint64_t>(rows) || components != 1)
      throw broken(coder,
                   std::to_string(width) + " x " + std::to_string(height) + " samples of " +
                       std::to_string(components) + " components",
                   std::to_string(columns) + " x " + std::to_string(rows) + " of one");
    const int most = std::min(bits_allocated, most_bits);
    if (precision < 2 || precision > static_cast<unsigned>(most))
      throw broken(coder, std::to_string(precision) + " bits a sample", "2 to " + std::to_string(most));
    return static_cast<int>(precision);
  }
};

/// Reads forward, big endian; every access is checked against the end.
struct Cursor {
  std::span<const std::byte> bytes;
  const char* coder;
  size_t at = 0;

  void need(size_t n) const {
    if (n > bytes.size() - at)
      throw broken(coder, "cut off after " + std::to_string(bytes.size()) + " bytes (truncated)",
                   "a whole one");
  }
  uint32_t read(size_t width) {
    need(width);
    uint32_t value = 0;
    for (size_t i = 0; i < width; ++i) value = value << 8 | std::to_integer<uint32_t>(bytes[at++]);
    return value;
  }
  /// The segment behind a marker, its length taken off.
  Cursor segment() {
    const uint32_t length = read(2);
    if (length < 2) throw broken(coder, "a segment of " + std::to_string(length) + " bytes", "2 and more");
    need(length - 2);
    const Cursor inner{bytes.subspan(at, length - 2), coder};
    at += length - 2;
    return inner;
  }
};

/// Of the markers of JPEG's frames those without cosines.
bool is_lossless(uint32_t frame) { return frame == 0xc3 || frame == 0xc7 || frame == 0xcb || frame == 0xcf; }

/// What a JPEG stream's segments tell of its scans before they come.
class JpegTables {
 public:
  void define_codes(Cursor segment) {
    while (segment.at < segment.bytes.size()) {
      const uint32_t place = segment.read(1);
      const auto rest = [&](size_t n) {
        segment.need(n);
        const auto part = segment.bytes.subspan(segment.at, n);
        segment.at += n;
        return part;
      };
      const auto counts = rest(16).first<16>();
      size_t codes = 0;
      for (const std::byte count : counts) codes += std::to_integer<size_t>(count);
      auto table = JpegCodes::make(counts, rest(codes));
      if ((place & 0x0f) > 3 || place >> 4 > 1 || !table)
        throw broken(segment.coder, "a table of codes that makes no sense", "one of Huffman's");
      codes_[place >> 4][place & 0x0f] = std::make_unique<JpegCodes>(*table);
    }
  }
  void set_restarts(Cursor segment) { restart_interval_ = segment.read(2); }

  /// Of a scan of one component; nothing where it is coded otherwise than by Huffman's codes in sequence.
  [[nodiscard]] std::optional<JpegScan> scan(Cursor head, uint32_t frame_kind, const Frame& frame) const {
    const bool has_cosines = frame_kind == 0xc0 || frame_kind == 0xc1;
    if ((!has_cosines && frame_kind != 0xc3) || head.read(1) != 1) return std::nullopt;
    (void)head.read(1);  // the component
    const uint32_t tables = head.read(1);
    const JpegCodes* differences = codes_[0][tables >> 4 & 3].get();
    const JpegCodes* cosines = codes_[1][tables & 3].get();
    if (differences == nullptr || (has_cosines && cosines == nullptr))
      throw broken(frame.coder, "a scan without its table of codes", "one before it");
    const int64_t side = has_cosines ? 8 : 1;
    const int64_t units = ((frame.columns + side - 1) / side) * ((frame.rows + side - 1) / side);
    return JpegScan{differences, has_cosines ? cosines : nullptr, static_cast<uint64_t>(units),
                    restart_interval_};
  }

 private:
  std::array<std::array<std::unique_ptr<JpegCodes>, 4>, 2> codes_;
  uint64_t restart_interval_ = 0;
};

/// JPEG and JPEG-LS: markers with segments; entropy-coded data follow a start of scan.
CodedSamples check_jpeg(std::span<const std::byte> stream, const Frame& frame, bool is_ls) {
  Cursor in{stream, frame.coder};
  if (in.read(2) != 0xffd8) throw broken(frame.coder, "another beginning", "a start of image");
  std::optional<uint32_t> kind;  // of the frame: 0xc0 baseline, 0xc3 lossless, 0xf7 JPEG-LS
  uint64_t coded = 0;
  int precision = 0;
  bool is_exact = is_ls;
  JpegTables tables;
  for (;;) {
    if (in.read(1) != 0xff) throw broken(frame.coder, "bytes between its segments", "a marker");
    uint32_t marker = in.read(1);
    while (marker == 0xff) marker = in.read(1);
    if (marker == 0xd9) break;
    const bool is_table = marker == 0xc4 || marker == 0xc8 || marker == 0xcc;
    const bool is_frame = marker == 0xf7 || (marker >= 0xc0 && marker <= 0xcf && !is_table);
    if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd8))
      throw broken(frame.coder, "marker " + std::to_string(marker), "a segment");
    Cursor segment = in.segment();
    if (is_frame) {
      if (kind || (marker == 0xf7) != is_ls)
        throw broken(frame.coder, "another kind of frame", "one of its own");
      kind = marker;
      const uint32_t bits = segment.read(1), height = segment.read(2), width = segment.read(2);
      precision = frame.check(width, height, segment.read(1), bits);
      // Some encoders write 16 bits where there are cosines: what decoders make of it is no image.
      if (!is_ls && !is_lossless(marker) && bits != 8 && bits != 12)
        throw broken(frame.coder, std::to_string(bits) + " bits a sample, with cosines", "8 or 12");
    }
    if (!is_ls && marker == 0xc4) tables.define_codes(segment);
    if (!is_ls && marker == 0xdd) tables.set_restarts(segment);
    if (marker != 0xda) continue;
    if (!kind) throw broken(frame.coder, "a scan before its frame", "a frame");
    const auto scan = is_ls ? std::nullopt : tables.scan(segment, *kind, frame);
    if (is_ls) {
      for (uint32_t components = segment.read(1); components > 0; --components) (void)segment.read(2);
      is_exact = is_exact && segment.read(1) == 0;  // NEAR
    }
    const size_t begin = in.at;
    for (;;) {  // to the next marker: behind 0xff come stuffed bits, or the number of a restart
      const auto rest = stream.subspan(in.at);
      const auto* found =
          static_cast<const std::byte*>(rest.empty() ? nullptr : std::memchr(rest.data(), 0xff, rest.size()));
      in.at = found == nullptr ? stream.size() : static_cast<size_t>(found - stream.data());
      in.need(2);
      const auto next = std::to_integer<uint32_t>(stream[in.at + 1]);
      const bool is_restart = next >= 0xd0 && next <= 0xd7;
      if (!is_restart && (is_ls ? next >= 0x80 : next != 0)) break;
      in.at += 2;
    }
    coded += in.at - begin;
    if (!scan) continue;
    if (const uint64_t there = count_units(stream.subspan(begin, in.at - begin), *scan); there < scan->units)
      throw broken(frame.coder,
                   std::to_string(there) + (scan->cosines != nullptr ? " blocks" : " samples") +
                       " are coded (truncated)",
                   std::to_string(scan->units));
  }
  // A code has at least one bit: lossless for every sample, with cosines for every block of 8 x 8,
  // JPEG-LS for every row.
  const auto samples = static_cast<uint64_t>(frame.columns) * static_cast<uint64_t>(frame.rows);
  const uint64_t least = (is_ls                           ? static_cast<uint64_t>(frame.rows)
                          : is_lossless(kind.value_or(0)) ? samples
                                                          : samples / 64) /
                         8;
  if (!kind || coded == 0 || coded < least)
    throw broken(frame.coder, std::to_string(coded) + " bytes of coded samples",
                 "at least " + std::to_string(std::max<uint64_t>(least, 1)));
  return {precision, false, is_exact};
}

/// The codestream inside a .jp2 file, which some programs put into PixelData; else the bytes themselves.
std::span<const std::byte> without_boxes(std::span<const std::byte> stream, const char* coder) {
  constexpr uint32_t kSignature = 0x6a502020, kCodestream = 0x6a703263;  // "jP  ", "jp2c"
  Cursor in{stream, coder};
  if (stream.size() < 12 || Cursor{stream, coder, 4}.read(4) != kSignature) return stream;
  for (;;) {
    const size_t begin = in.at;
    const uint32_t length = in.read(4), type = in.read(4);
    if (type == kCodestream) return stream.subspan(in.at);
    if (length < 8) throw broken(coder, "a box of " + std::to_string(length) + " bytes", "8 and more");
    in.at = begin;
    in.need(length);
    in.at += length;
  }
}

CodedSamples check_jpeg2000(std::span<const std::byte> stream, const Frame& frame) {
  stream = without_boxes(stream, frame.coder);
  Cursor in{stream, frame.coder};
  if (in.read(2) != 0xff4f || in.read(2) != 0xff51)
    throw broken(frame.coder, "another beginning", "a start of codestream and its size");
  Cursor size = in.segment();
  (void)size.read(2);
  const uint64_t right = size.read(4), bottom = size.read(4), left = size.read(4), top = size.read(4);
  const uint64_t tile_width = size.read(4), tile_height = size.read(4);
  const uint64_t tile_left = size.read(4), tile_top = size.read(4);
  const uint32_t components = size.read(2), depth = size.read(1), bits = (depth & 0x7f) + 1;
  const int precision = frame.check(right - left, bottom - top, components, bits);
  if (size.read(1) != 1 || size.read(1) != 1)
    throw broken(frame.coder, "subsampled", "a sample for every voxel");
  if (tile_width == 0 || tile_height == 0 || tile_left > left || tile_top > top)
    throw broken(frame.coder, "tiles without extent", "tiles that cover the image");
  const uint64_t tiles = ((right - tile_left + tile_width - 1) / tile_width) *
                         ((bottom - tile_top + tile_height - 1) / tile_height);
  uint64_t parts = 0;
  bool is_reversible = false;
  while (in.at < stream.size()) {
    const size_t begin = in.at;
    const uint32_t marker = in.read(2);
    if (marker == 0xffd9) break;
    Cursor segment = in.segment();
    if (marker != 0xff90) {
      if (parts > 0) throw broken(frame.coder, "another segment between its tiles", "a tile");
      if (marker == 0xff52) {  // coding style: two words and a byte before the transform
        (void)segment.read(4);
        (void)segment.read(4);
        (void)segment.read(1);
        is_reversible = segment.read(1) == 1;
      } else if (marker == 0xff53) {  // another style for the component
        is_reversible = false;
      }
      continue;
    }
    ++parts;
    const uint32_t tile = segment.read(2), length = segment.read(4);
    if (tile >= tiles)
      throw broken(frame.coder, "tile " + std::to_string(tile), std::to_string(tiles) + " tiles");
    if (length == 0) break;  // the last part, to the end of the stream
    if (length < 14)
      throw broken(frame.coder, "a tile of " + std::to_string(length) + " bytes", "14 and more");
    in.at = begin;
    in.need(length);
    in.at += length;
  }
  if (parts < tiles)
    throw broken(frame.coder, std::to_string(parts) + " parts of tiles (truncated)",
                 "one for each of " + std::to_string(tiles) + " tiles");
  return {precision, (depth & 0x80) != 0, is_reversible};
}

/// Segments of PackBits, one for every byte of a sample; all of them are walked through.
void check_rle(std::span<const std::byte> stream, const Frame& frame) {
  constexpr size_t kHead = 64;
  Cursor{stream, frame.coder}.need(kHead);
  const auto segments = static_cast<uint32_t>(frame.bits_allocated / 8);
  if (little_endian<uint32_t>(stream, 0) != segments)
    throw broken(frame.coder, std::to_string(little_endian<uint32_t>(stream, 0)) + " segments",
                 std::to_string(segments));
  const auto samples = static_cast<size_t>(frame.columns * frame.rows);
  for (uint32_t k = 0; k < segments; ++k) {
    size_t at = little_endian<uint32_t>(stream, 4 + 4 * k);
    const size_t end = k + 1 < segments ? little_endian<uint32_t>(stream, 8 + 4 * k) : stream.size();
    if (at < kHead || at > end || end > stream.size())
      throw broken(frame.coder, "a segment from byte " + std::to_string(at) + " to " + std::to_string(end),
                   "ascending ones within its " + std::to_string(stream.size()) + " bytes");
    size_t written = 0;
    while (at < end && written < samples) {
      const auto n = std::to_integer<size_t>(stream[at++]);
      if (n == 128) continue;  // "no operation"
      const size_t taken = n < 128 ? n + 1 : 1;
      if (taken > end - at)
        throw broken(frame.coder, "a run beyond its segment (truncated)", "a run within it");
      at += taken;
      written += n < 128 ? n + 1 : 257 - n;
    }
    if (written < samples)
      throw broken(frame.coder, std::to_string(written) + " samples in a segment (truncated)",
                   std::to_string(samples));
  }
}

/// What an image without any detail may come down to, for frames whose size could do harm.
void check_ratio(size_t bytes, const Frame& frame) {
  constexpr uint64_t kHarmless = uint64_t{1} << 22, kLargestRatio = 1024;
  const auto samples = static_cast<uint64_t>(frame.columns) * static_cast<uint64_t>(frame.rows);
  if (samples > kHarmless && samples / kLargestRatio > bytes)
    throw broken(frame.coder, std::to_string(bytes) + " bytes for " + std::to_string(samples) + " samples",
                 "at least " + std::to_string(samples / kLargestRatio));
}

}  // namespace

CodedSamples check_codestream(std::span<const std::byte> stream, std::string_view transfer_syntax,
                              int64_t columns, int64_t rows, int bits_allocated) {
  Frame frame{"JPEG", columns, rows, bits_allocated};
  CodedSamples samples{bits_allocated, false};
  if (transfer_syntax == "1.2.840.10008.1.2.5") {
    frame.coder = "RLE";
    check_rle(stream, frame);
  } else if (transfer_syntax.starts_with("1.2.840.10008.1.2.4.8")) {
    frame.coder = "JPEG-LS";
    samples = check_jpeg(stream, frame, true);
  } else if (transfer_syntax.size() == 22 && transfer_syntax.starts_with("1.2.840.10008.1.2.4.9") &&
             transfer_syntax.back() >= '0' && transfer_syntax.back() <= '3') {  // part 2 too
    frame.coder = "JPEG 2000";
    frame.most_bits = 31;  // OpenJPEG refuses more, in its own words on stderr
    samples = check_jpeg2000(stream, frame);
  } else if (transfer_syntax.starts_with("1.2.840.10008.1.2.4.5") ||
             transfer_syntax.starts_with("1.2.840.10008.1.2.4.6") ||
             transfer_syntax == "1.2.840.10008.1.2.4.70") {
    samples = check_jpeg(stream, frame, false);
  } else {
    throw Error("TransferSyntaxUID", std::string(transfer_syntax), "one that is plain or that GDCM decodes");
  }
  check_ratio(stream.size(), frame);
  return samples;
}

}  // namespace trivox
