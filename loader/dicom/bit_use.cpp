#include "loader/dicom/bit_use.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "transforms/error.h"
#include "transforms/multiversion.h"

namespace trivox {
namespace {

constexpr uint32_t low_bits(int count) { return count >= 32 ? ~uint32_t{0} : (uint32_t{1} << count) - 1; }

/// What is asked of each word; all masks are of its bits, overlays left out.
struct Masks {
  uint32_t low, high;  // of the bits below and above the value
  uint32_t sign;       // 0 of numbers without
  uint32_t beyond;     // of the bits that a number at the lowest place would not have, up to HighBit
};

struct Found {
  uint32_t low = 0, bits = 0, beyond = 0;
  uint64_t in_use = 0, cut = 0, extended = 0;
};

template <class T>
TRIVOX_INLINED inline Found found_in(const std::byte* from, size_t count, const Masks& masks, bool swap) {
  const auto low = static_cast<T>(masks.low), high = static_cast<T>(masks.high);
  const auto sign = static_cast<T>(masks.sign), beyond = static_cast<T>(masks.beyond);
  constexpr size_t kAtOnce = 128;  // so that a count fits the type of a word, as vectors want it
  T all_low = 0, all_bits = 0, all_beyond = 0;
  uint64_t in_use = 0, cut = 0, extended = 0;
  for (size_t begin = 0; begin < count; begin += kAtOnce) {
    const size_t end = std::min(count, begin + kAtOnce);
    T some = 0, some_cut = 0, some_extended = 0;
    for (size_t i = begin; i < end; ++i) {
      T word = 0;
      std::memcpy(&word, from + i * sizeof(T), sizeof word);
      if constexpr (sizeof(T) == 2) {
        if (swap) word = static_cast<T>(word << 8 | word >> 8);
      } else if constexpr (sizeof(T) == 4) {
        if (swap) word = __builtin_bswap32(word);
      }
      const auto below = static_cast<T>(word & low), above = static_cast<T>(word & high);
      const bool is_below_0 = (word & sign) != 0;
      const bool is_sign = is_below_0 && above == high;
      some_cut = static_cast<T>(some_cut + (is_below_0 && above == 0 ? 1 : 0));
      some_extended = static_cast<T>(some_extended + (is_sign ? 1 : 0));
      const T other = static_cast<T>(below | (is_sign ? T{0} : above));
      some = static_cast<T>(some + (other != 0 ? 1 : 0));
      all_low |= below;
      all_bits |= other;
      // All alike from the sign up is a number at the lowest place.
      const auto rest = static_cast<T>(word & beyond);
      all_beyond |= (sign != 0 && rest == beyond) ? T{0} : rest;
    }
    in_use += some;
    cut += some_cut;
    extended += some_extended;
  }
  if (high == 0) cut = extended = 0;  // no bit above tells
  return {all_low, all_bits, all_beyond, in_use, cut, extended};
}

TRIVOX_MULTIVERSION Found find_bits(const std::byte* from, size_t count, const Masks& masks, int allocated,
                                    bool swap) {
  if (allocated == 8) return found_in<uint8_t>(from, count, masks, false);
  if (allocated == 16 && !swap) return found_in<uint16_t>(from, count, masks, false);
  if (allocated == 16) return found_in<uint16_t>(from, count, masks, true);
  return found_in<uint32_t>(from, count, masks, swap);
}

Masks masks_of(const DicomPixels& pixels) {
  const int lowest = pixels.high_bit + 1 - pixels.bits_stored;
  const uint32_t no_overlay = ~pixels.overlay_bits;
  const uint32_t below_value = low_bits(lowest), up_to_value = low_bits(pixels.high_bit + 1);
  const uint32_t above_value = low_bits(pixels.bits_allocated) & ~up_to_value;
  const int kept = pixels.is_signed ? pixels.bits_stored - 1 : pixels.bits_stored;
  return {below_value & no_overlay, above_value & no_overlay,
          pixels.is_signed ? uint32_t{1} << pixels.high_bit : 0, up_to_value & ~low_bits(kept) & no_overlay};
}

bool same_layout(const DicomPixels& a, const DicomPixels& b) {
  return a.bits_allocated == b.bits_allocated && a.bits_stored == b.bits_stored && a.high_bit == b.high_bit &&
         a.is_signed == b.is_signed && a.overlay_bits == b.overlay_bits;
}

std::string names_of(uint32_t bits) {
  std::string out;
  for (int bit = 0; bit < 32; ++bit)
    if ((bits >> bit & 1) != 0) out += (out.empty() ? "" : ", ") + std::to_string(bit);
  return (std::popcount(bits) == 1 ? "bit " : "bits ") + out + (std::popcount(bits) == 1 ? " is" : " are");
}

}  // namespace

void DicomBitUse::look_at(std::span<const std::byte> words, const DicomPixels& pixels) {
  if (pixels.bits_stored == pixels.bits_allocated) return;
  auto layout =
      std::ranges::find_if(layouts_, [&](const Layout& known) { return same_layout(known.pixels, pixels); });
  if (layout == layouts_.end()) layout = layouts_.insert(layout, Layout{pixels});
  const size_t count = words.size() / static_cast<size_t>(pixels.bits_allocated / 8);
  const bool swap = pixels.is_big_endian != (std::endian::native == std::endian::big);
  const Found found = find_bits(words.data(), count, masks_of(pixels), pixels.bits_allocated, swap);
  layout->is_low = layout->is_low || found.low != 0;
  layout->is_high = layout->is_high || found.beyond != 0;
  layout->bits |= found.bits;
  layout->in_use += found.in_use;
  layout->cut += found.cut;
  layout->extended += found.extended;
  layout->voxels += count;
}

std::vector<std::string> DicomBitUse::warnings() const {
  std::vector<std::string> out;
  for (const Layout& layout : layouts_) {
    const int stored = layout.pixels.bits_stored, high = layout.pixels.high_bit;
    if (layout.is_low && !layout.is_high)
      throw Error(
          "HighBit",
          std::to_string(high) + ", but the words use their lowest " + std::to_string(stored) + " bits alone",
          std::to_string(stored - 1) + ", or values in the bits up to HighBit");
    if (layout.in_use > 0)
      out.push_back("BitsStored is " + std::to_string(stored) + " and HighBit " + std::to_string(high) +
                    ", but of the words " + names_of(layout.bits) + " in use in " +
                    std::to_string(layout.in_use) + " of " + std::to_string(layout.voxels) +
                    " voxels, which are neither a sign nor an overlay that group 60xx declares: dropped");
    // Either is the standard's; both at once may be numbers that need more bits than BitsStored, the largest
    // of which would turn negative.
    if (layout.cut > 0 && layout.extended > 0)
      throw Error("BitsStored",
                  std::to_string(stored) + ", but of the words with a sign " +
                      std::to_string(layout.extended) + " have it in all upper bits and " +
                      std::to_string(layout.cut) + " in bit " + std::to_string(high) + " alone",
                  "one of them in all slices, or enough for all numbers");
  }
  return out;
}

}  // namespace trivox
