#include "loader/dicom/bare_stream.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string>

#include "transforms/error.h"

namespace trivox {
namespace {

using Bytes = std::span<const std::byte>;

/// Big endian; throws Error behind the end.
uint32_t number(Bytes bytes, size_t at, size_t width) {
  if (at > bytes.size() || width > bytes.size() - at)
    throw Error("PixelData", "cut off after " + std::to_string(bytes.size()) + " bytes", "a whole stream");
  uint32_t value = 0;
  for (size_t i = 0; i < width; ++i) value = value << 8 | std::to_integer<uint32_t>(bytes[at + i]);
  return value;
}

void append(std::vector<std::byte>& out, Bytes bytes) { std::ranges::copy(bytes, std::back_inserter(out)); }

std::vector<std::byte> bare_jpeg(Bytes stream) {
  constexpr uint32_t kEnd = 0xd9, kScan = 0xda, kComment = 0xfe;
  std::vector<std::byte> out;
  out.reserve(stream.size());
  append(out, stream.first(2));
  for (size_t at = 2;;) {
    while (number(stream, at, 2) == 0xffff) ++at;  // fill bytes
    const uint32_t marker = number(stream, at, 2) & 0xff;
    if (marker == kEnd) {
      append(out, stream.subspan(at, 2));
      return out;
    }
    size_t end = at + 2 + number(stream, at + 2, 2);
    (void)number(stream, end, 2);  // another marker follows
    if (marker == kScan) {
      // Coded samples, to the next marker that has a segment of its own: 0xff00 to 0xff7f and the
      // restarts are among the samples, of JPEG-LS as of JPEG.
      const auto follows = [&] {
        const uint32_t next = number(stream, end, 2);
        return next >= 0xff80 && next != 0xffff && (next < 0xffd0 || next > 0xffd7);
      };
      while (!follows()) ++end;
    }
    const bool is_aside = (marker >= 0xe0 && marker <= 0xef) || marker == kComment;
    if (!is_aside) append(out, stream.subspan(at, end - at));
    at = end;
  }
}

/// The codestream inside a .jp2 file, which some programs put into PixelData; else the bytes themselves.
Bytes without_boxes(Bytes stream) {
  constexpr uint32_t kSignature = 0x6a502020, kHeader = 0x6a703268, kCodestream = 0x6a703263;
  constexpr std::array kPalette = {std::byte{'p'}, std::byte{'c'}, std::byte{'l'}, std::byte{'r'}};
  if (stream.size() < 12 || number(stream, 4, 4) != kSignature) return stream;
  for (size_t at = 0;;) {
    const uint32_t length = number(stream, at, 4), type = number(stream, at + 4, 4);
    const size_t left = stream.size() - at;
    if (type == kCodestream && length == 0) return stream.subspan(at + 8);
    if (length < 8 || length > left)
      throw Error("PixelData", "a .jp2 box of " + std::to_string(length) + " bytes",
                  "8 to " + std::to_string(left));
    const Bytes box = stream.subspan(at + 8, length - 8);
    if (type == kCodestream) return box;
    if (type == kHeader && !std::ranges::search(box, kPalette).empty())
      throw Error("PixelData", "a .jp2 file with a palette", "samples that are values");
    at += length;
  }
}

/// Every tile is there: GDCM leaves one that is not black.
void check_tiles(Bytes stream) {
  const auto along = [&](size_t at) {  // the size's fields: image's end, tiles' size, tiles' begin
    const uint64_t end = number(stream, at, 4), size = number(stream, at + 16, 4),
                   begin = number(stream, at + 24, 4);
    return size == 0 || end <= begin ? 0 : (end - begin + size - 1) / size;
  };
  const uint64_t tiles = along(8) * along(12);
  if (tiles == 1) return;
  std::vector<bool> there(static_cast<size_t>(std::min<uint64_t>(tiles, 65536)));
  for (size_t at = 2; at + 4 <= stream.size();) {
    const uint32_t marker = number(stream, at, 2);
    if (marker == 0xffd9) break;
    if (marker != 0xff90) {
      at += 2 + number(stream, at + 2, 2);
      continue;
    }
    const uint32_t tile = number(stream, at + 4, 2), length = number(stream, at + 6, 4);
    if (tile < there.size()) there[tile] = true;
    if (length == 0) break;
    at += std::max<uint32_t>(length, 12);
  }
  const auto missing = std::ranges::find(there, false);
  if (tiles > 65535 || missing != there.end())
    throw Error("PixelData",
                "no JPEG 2000 stream: tile " + std::to_string(missing - there.begin()) + " is absent",
                "each of " + std::to_string(tiles) + " tiles");
}

std::vector<std::byte> bare_jpeg2000(Bytes stream) {
  constexpr std::array kEnd = {std::byte{0xff}, std::byte{0xd9}};
  stream = without_boxes(stream);
  check_tiles(stream);
  // GDCM drops whatever follows the last 0xd9: coded samples where there is no end mark.
  const auto end = std::ranges::find_end(stream, kEnd);  // never among coded samples
  std::vector<std::byte> out(stream.begin(), end.begin());
  append(out, kEnd);
  return out;
}

}  // namespace

std::vector<std::byte> bare_codestream(std::span<const std::byte> stream, std::string_view transfer_syntax) {
  if (transfer_syntax == "1.2.840.10008.1.2.5") return {stream.begin(), stream.end()};  // RLE
  return transfer_syntax.starts_with("1.2.840.10008.1.2.4.9") ? bare_jpeg2000(stream) : bare_jpeg(stream);
}

}  // namespace trivox
