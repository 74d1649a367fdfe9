#include "loader/tiff.h"

#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>

#include "transforms/error.h"

namespace trivox {
namespace {

constexpr uint32_t kMostSide = 65535;
constexpr size_t kMostPixels = size_t{1} << 26;
constexpr uint64_t kMostTile = uint64_t{1} << 20;  // that any page may have
constexpr int64_t kMostPages = 65535;

// What libtiff reads from, and the last that it complained of.
struct Source {
  std::span<const std::byte> bytes;
  uint64_t at = 0;
  std::string complaint;
  bool damaged = false;  // a decoder went on over a fault
};

Source& source_of(thandle_t handle) { return *static_cast<Source*>(handle); }

tmsize_t read_bytes(thandle_t handle, void* out, tmsize_t wanted) {
  Source& source = source_of(handle);
  if (wanted <= 0 || source.at >= source.bytes.size()) return 0;
  const size_t n =
      std::min(static_cast<size_t>(wanted), source.bytes.size() - static_cast<size_t>(source.at));
  std::memcpy(out, source.bytes.data() + source.at, n);
  source.at += n;
  return static_cast<tmsize_t>(n);
}

tmsize_t write_nothing(thandle_t, void*, tmsize_t) { return 0; }

toff_t seek(thandle_t handle, toff_t offset, int whence) {
  Source& source = source_of(handle);
  if (whence == SEEK_SET)
    source.at = offset;
  else if (whence == SEEK_CUR)
    source.at += offset;
  else
    source.at = source.bytes.size() + offset;
  return source.at;
}

int close_nothing(thandle_t) { return 0; }
toff_t size(thandle_t handle) { return source_of(handle).bytes.size(); }

int keep_complaint(TIFF*, void* user, const char*, const char* format, va_list values) {
  std::array<char, 400> text{};
  std::vsnprintf(text.data(), text.size(), format, values);
  static_cast<Source*>(user)->complaint = text.data();
  return 1;
}

// Of what libtiff mends, tags may be; coded rows whose runs do not fit are not the image any more.
int keep_damage(TIFF*, void* user, const char* module, const char* format, va_list values) {
  if (module == nullptr || !std::string_view(module).ends_with("Decode")) return 1;
  static_cast<Source*>(user)->damaged = true;
  return keep_complaint(nullptr, user, module, format, values);
}

using Tiff = std::unique_ptr<TIFF, decltype(&TIFFClose)>;

Tiff open(Source& source) {
  const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(),
                                                                                 &TIFFOpenOptionsFree);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), keep_complaint, &source);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), keep_damage, &source);
  // Arrays that tags announce are read from the file: they cannot be longer than it.
  TIFFOpenOptionsSetMaxSingleMemAlloc(
      options.get(), static_cast<tmsize_t>(std::max<size_t>(size_t{1} << 22, 2 * source.bytes.size())));
  // "m": read through the functions above, do not map.
  return {TIFFClientOpenExt("TIFF", "rm", &source, read_bytes, write_nothing, seek, close_nothing, size,
                            nullptr, nullptr, options.get()),
          &TIFFClose};
}

struct Layout {
  uint32_t width = 0, height = 0;
  uint16_t bits = 1, samples = 1, photometric = 0;
  std::array<uint16_t*, 3> palette = {};  // libtiff's own
};

struct Page {
  TIFF* tiff;
  Source& source;
  int64_t number;  // from 1

  [[nodiscard]] Error wrong(const std::string& tag, const std::string& found,
                            const std::string& expected) const {
    return Error("TIFF " + tag + " of page " + std::to_string(number), found, expected);
  }
  [[nodiscard]] Error broken() const {
    const std::string why = source.complaint.empty() ? "unreadable" : "unreadable: " + source.complaint;
    return Error("TIFF page " + std::to_string(number), why, "an image");
  }
};

Layout layout_of(const Page& page) {
  Layout layout;
  uint16_t format = SAMPLEFORMAT_UINT, planar = PLANARCONFIG_CONTIG, orientation = ORIENTATION_TOPLEFT;
  TIFF* t = page.tiff;
  if (TIFFGetField(t, TIFFTAG_IMAGEWIDTH, &layout.width) == 0 ||
      TIFFGetField(t, TIFFTAG_IMAGELENGTH, &layout.height) == 0 ||
      TIFFGetField(t, TIFFTAG_PHOTOMETRIC, &layout.photometric) == 0)
    throw page.wrong("ImageWidth, ImageLength or PhotometricInterpretation", "absent", "all three");
  TIFFGetFieldDefaulted(t, TIFFTAG_BITSPERSAMPLE, &layout.bits);
  TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLESPERPIXEL, &layout.samples);
  TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLEFORMAT, &format);
  TIFFGetFieldDefaulted(t, TIFFTAG_PLANARCONFIG, &planar);
  TIFFGetFieldDefaulted(t, TIFFTAG_ORIENTATION, &orientation);
  const auto text = [](uint32_t n) { return std::to_string(n); };
  if (layout.width < 1 || layout.height < 1 || layout.width > kMostSide || layout.height > kMostSide)
    throw page.wrong("size", text(layout.width) + " x " + text(layout.height), "1 to 65535 each way");
  if (layout.bits != 1 && layout.bits != 8 && layout.bits != 16)
    throw page.wrong("BitsPerSample", text(layout.bits), "1, 8 or 16");
  if (format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID)
    throw page.wrong("SampleFormat", text(format), "unsigned whole numbers (1)");
  if (orientation != ORIENTATION_TOPLEFT)
    throw page.wrong("Orientation", text(orientation), "1, rows from the top");
  const bool grey =
      layout.photometric == PHOTOMETRIC_MINISBLACK || layout.photometric == PHOTOMETRIC_MINISWHITE;
  const bool palette = layout.photometric == PHOTOMETRIC_PALETTE && layout.bits == 8;
  const bool colour = layout.photometric == PHOTOMETRIC_RGB && layout.bits != 1;
  const uint16_t wanted = colour ? 3 : 1;
  if (!grey && !palette && !colour)
    throw page.wrong("PhotometricInterpretation", text(layout.photometric),
                     "grey (0 or 1), RGB (2) or a palette (3)");
  if (layout.samples < wanted || layout.samples > wanted + 1)
    throw page.wrong("SamplesPerPixel", text(layout.samples), text(wanted) + ", with or without alpha");
  if (layout.samples > 1 && planar != PLANARCONFIG_CONTIG)
    throw page.wrong("PlanarConfiguration", text(planar), "1");
  if (palette &&
      TIFFGetField(t, TIFFTAG_COLORMAP, &layout.palette[0], &layout.palette[1], &layout.palette[2]) == 0)
    throw page.wrong("ColorMap", "absent", "one, for a palette");
  return layout;
}

uint16_t sample(const std::byte* row, size_t index, uint16_t bits) {
  if (bits == 8) return std::to_integer<uint16_t>(row[index]);
  if (bits == 16) {
    uint16_t value = 0;
    std::memcpy(&value, row + 2 * index, 2);
    return value;
  }
  return static_cast<uint16_t>(std::to_integer<unsigned>(row[index / 8]) >> (7 - index % 8) & 1U);
}

// Turns stored rows into grey values; knows the page's alpha once it has met it.
struct Greys {
  const Page& page;
  Layout layout;
  int alpha = -1;

  void append(const std::byte* row, std::vector<uint16_t>& out) {
    const bool has_alpha = layout.samples == 2 || layout.samples == 4;
    const auto top = static_cast<uint16_t>((1U << layout.bits) - 1);
    for (size_t x = 0; x < layout.width; ++x) {
      const size_t first = x * layout.samples;
      uint16_t value = sample(row, first, layout.bits);
      if (layout.photometric == PHOTOMETRIC_RGB &&
          (sample(row, first + 1, layout.bits) != value || sample(row, first + 2, layout.bits) != value))
        throw page.wrong("colour", "not a grey at column " + std::to_string(x), "greys");
      if (layout.photometric == PHOTOMETRIC_PALETTE) {
        const uint16_t red = layout.palette[0][value];
        if (layout.palette[1][value] != red || layout.palette[2][value] != red)
          throw page.wrong("ColorMap", "a colour at entry " + std::to_string(value), "greys");
        value = static_cast<uint16_t>(red >> 8);
      }
      if (layout.photometric == PHOTOMETRIC_MINISWHITE) value = static_cast<uint16_t>(top - value);
      if (has_alpha) {
        const int here = sample(row, first + layout.samples - 1, layout.bits);
        if (alpha >= 0 && here != alpha) throw page.wrong("alpha", "not the same everywhere", "one value");
        alpha = here;
      }
      out.push_back(value);
    }
  }
};

/// A strip or tile without an offset: libtiff would read the file's header as the image.
void check_place(const Page& page, uint32_t strile) {
  constexpr uint64_t kHeader = 8;
  if (const uint64_t offset = TIFFGetStrileOffset(page.tiff, strile); offset < kHeader)
    throw page.wrong("StripOffsets or TileOffsets", std::to_string(offset), "a place behind the header");
}

void read_strips(const Page& page, const Layout& layout, std::vector<uint16_t>& out) {
  Greys greys{page, layout};
  std::vector<std::byte> row(static_cast<size_t>(std::max<tmsize_t>(TIFFScanlineSize(page.tiff), 0)));
  if (row.size() * 8 < size_t{layout.width} * layout.bits * layout.samples) throw page.broken();
  for (uint32_t y = 0; y < layout.height; ++y) {
    check_place(page, TIFFComputeStrip(page.tiff, y, 0));
    if (TIFFReadScanline(page.tiff, row.data(), y, 0) < 0 || page.source.damaged) throw page.broken();
    greys.append(row.data(), out);
  }
}

void read_tiles(const Page& page, const Layout& layout, std::vector<uint16_t>& out) {
  uint32_t tile_width = 0, tile_height = 0;
  if (TIFFGetField(page.tiff, TIFFTAG_TILEWIDTH, &tile_width) == 0 ||
      TIFFGetField(page.tiff, TIFFTAG_TILELENGTH, &tile_height) == 0 || tile_width < 1 || tile_height < 1 ||
      tile_width % 16 != 0 || tile_height % 16 != 0 || tile_width > kMostSide || tile_height > kMostSide)
    throw page.wrong("tile size", std::to_string(tile_width) + " x " + std::to_string(tile_height),
                     "multiples of 16 up to 65535");
  // A tile is decoded whole: one far larger than the page would be memory for nothing.
  if (uint64_t{tile_width} * tile_height > kMostTile &&
      (tile_width / 16 > (layout.width + 15) / 16 || tile_height / 16 > (layout.height + 15) / 16))
    throw page.wrong(
        "tile size", std::to_string(tile_width) + " x " + std::to_string(tile_height),
        "no more than the page of " + std::to_string(layout.width) + " x " + std::to_string(layout.height));
  const tmsize_t tile_row = TIFFTileRowSize(page.tiff), tile_size = TIFFTileSize(page.tiff);
  if (tile_row <= 0 || tile_size != tile_row * static_cast<tmsize_t>(tile_height) ||
      static_cast<size_t>(tile_size) > 4 * kMostPixels)
    throw page.broken();
  const size_t across = (layout.width + tile_width - 1) / tile_width;
  const auto row_bytes = static_cast<size_t>(tile_row);
  Greys greys{page, layout};
  std::vector<std::byte> tile(static_cast<size_t>(tile_size));
  for (uint32_t y = 0; y < layout.height; y += tile_height) {
    const size_t rows = std::min(tile_height, layout.height - y);
    std::vector<std::byte> band(across * row_bytes * rows);
    for (size_t i = 0; i < across; ++i) {
      check_place(page, TIFFComputeTile(page.tiff, static_cast<uint32_t>(i * tile_width), y, 0, 0));
      if (TIFFReadTile(page.tiff, tile.data(), static_cast<uint32_t>(i * tile_width), y, 0, 0) < 0 ||
          page.source.damaged)
        throw page.broken();
      for (size_t r = 0; r < rows; ++r)
        std::memcpy(band.data() + (r * across + i) * row_bytes, tile.data() + r * row_bytes, row_bytes);
    }
    for (size_t r = 0; r < rows; ++r) greys.append(band.data() + r * across * row_bytes, out);
  }
}

}  // namespace

TiffStack parse_tiff(std::span<const std::byte> bytes) {
  Source source{bytes, 0, {}};
  const Tiff tiff = open(source);
  if (tiff == nullptr)
    throw Error("TIFF header", source.complaint.empty() ? "unreadable" : "unreadable: " + source.complaint,
                "a TIFF");
  TiffStack stack;
  do {
    const Page page{tiff.get(), source, stack.pages + 1};
    if (page.number > kMostPages)
      throw Error("TIFF", "longer than " + std::to_string(kMostPages) + " pages", "a stack");
    source.complaint.clear();
    const Layout layout = layout_of(page);
    const std::string datatype = layout.bits == 1 ? "1 bit" : "uint" + std::to_string(layout.bits);
    if (stack.pages == 0) {
      stack.width = layout.width;
      stack.height = layout.height;
      stack.datatype = datatype;
    } else if (layout.width != stack.width || layout.height != stack.height || datatype != stack.datatype) {
      throw page.wrong("size",
                       std::to_string(layout.width) + " x " + std::to_string(layout.height) + ", " + datatype,
                       std::to_string(stack.width) + " x " + std::to_string(stack.height) + ", " +
                           stack.datatype + ", as the first page");
    }
    if (stack.values.size() + size_t{layout.width} * layout.height > kMostPixels)
      throw page.wrong("size", "beyond 2^26 pixels with the pages before it", "fewer");
    stack.white_is_zero |= layout.photometric == PHOTOMETRIC_MINISWHITE;
    if (TIFFIsTiled(tiff.get()) != 0)
      read_tiles(page, layout, stack.values);
    else
      read_strips(page, layout, stack.values);
    ++stack.pages;
  } while (TIFFReadDirectory(tiff.get()) == 1);
  // The end of the pages is silent; anything else is a page that cannot be read.
  if (!source.complaint.empty()) throw Page{tiff.get(), source, stack.pages + 1}.broken();
  return stack;
}

}  // namespace trivox
