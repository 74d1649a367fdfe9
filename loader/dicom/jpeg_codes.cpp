#include "loader/dicom/jpeg_codes.h"

#include <algorithm>

namespace trivox {

std::optional<JpegCodes> JpegCodes::make(std::span<const std::byte, 16> counts,
                                         std::span<const std::byte> symbols) {
  JpegCodes out;
  size_t next = 0, prefix = 0;  // prefix: the next code, left aligned in 16 bits
  for (size_t bits = 1; bits <= 16; ++bits) {
    const size_t span = size_t{1} << (16 - bits);
    for (auto n = std::to_integer<size_t>(counts[bits - 1]); n > 0; --n) {
      if (next >= symbols.size() || prefix + span > out.by_prefix_.size()) return std::nullopt;
      const Entry entry = {static_cast<uint8_t>(bits), std::to_integer<uint8_t>(symbols[next++])};
      std::fill_n(out.by_prefix_.begin() + static_cast<std::ptrdiff_t>(prefix), span, entry);
      prefix += span;
    }
  }
  return out;
}

/// The bits of coded bytes, from the most significant one on, without the zeros that are stuffed behind 0xff.
class JpegBits {
 public:
  explicit JpegBits(std::span<const std::byte> bytes) : bytes_(bytes) {}

  /// The symbol of the next code; nothing where the bits end within it or none begins so.
  std::optional<unsigned> symbol(const JpegCodes& codes) {
    fill();
    const auto prefix = static_cast<size_t>(buffer_ >> 48);
    const JpegCodes::Entry entry = codes.by_prefix_[prefix];
    if (entry.bits == 0 || entry.bits > there_) return std::nullopt;
    drop(entry.bits);
    return entry.symbol;
  }
  [[nodiscard]] bool skip(unsigned bits) {
    fill();
    if (bits > there_) return false;
    drop(bits);
    return true;
  }
  /// To behind the next restart marker; false where another one, or none, follows.
  [[nodiscard]] bool restart() {
    buffer_ = 0;
    there_ = 0;
    if (bytes_.size() - at_ < 2 || value(at_) != 0xff || (value(at_ + 1) & 0xf8) != 0xd0) return false;
    at_ += 2;
    return true;
  }

 private:
  [[nodiscard]] unsigned value(size_t i) const { return std::to_integer<unsigned>(bytes_[i]); }
  void drop(unsigned bits) {
    buffer_ <<= bits;
    there_ -= bits;
  }
  /// At least 32 bits where there are as many, the buffer's upper ones.
  void fill() {
    while (there_ <= 56 && at_ < bytes_.size()) {
      const unsigned byte = value(at_);
      if (byte == 0xff) {
        if (at_ + 1 >= bytes_.size() || value(at_ + 1) != 0) return;  // a marker
        ++at_;
      }
      ++at_;
      buffer_ |= static_cast<uint64_t>(byte) << (56 - there_);
      there_ += 8;
    }
  }

  std::span<const std::byte> bytes_;
  size_t at_ = 0;
  uint64_t buffer_ = 0;
  unsigned there_ = 0;
};

namespace {

/// A difference and its further bits; 16 has none, since it stands for one number alone.
bool pass_difference(JpegBits& bits, const JpegCodes& codes) {
  const auto size = bits.symbol(codes);
  return size && *size <= 16 && (*size == 16 || bits.skip(*size));
}

bool pass_cosines(JpegBits& bits, const JpegCodes& codes) {
  for (unsigned k = 1; k < 64; ++k) {
    const auto symbol = bits.symbol(codes);
    if (!symbol) return false;
    const unsigned zeros = *symbol >> 4, size = *symbol & 15;
    if (size == 0 && zeros < 15) return true;  // the end of the block
    if (!bits.skip(size)) return false;
    k += zeros;
  }
  return true;
}

}  // namespace

uint64_t count_units(std::span<const std::byte> coded, const JpegScan& scan) {
  JpegBits bits(coded);
  for (uint64_t unit = 0; unit < scan.units; ++unit) {
    if (scan.restart_interval > 0 && unit > 0 && unit % scan.restart_interval == 0 && !bits.restart())
      return unit;
    if (!pass_difference(bits, *scan.differences)) return unit;
    if (scan.cosines != nullptr && !pass_cosines(bits, *scan.cosines)) return unit;
  }
  return scan.units;
}

}  // namespace trivox
