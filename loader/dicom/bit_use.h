#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "loader/dicom/file.h"

namespace trivox {

/// How the words of a series use the bits that are not their value's (PS3.5, 8.1.1): they should be 0, the
/// value's sign, or overlays that the header declares. Told of the whole series, since a dark slice alone
/// does not tell.
class DicomBitUse {
 public:
  /// Words in the header's layout. Looks only at images of which a word has more bits than the value.
  void look_at(std::span<const std::byte> words, const DicomPixels& pixels);
  /// One warning for each layout of which words use other bits, which are dropped. Throws Error (without
  /// path) where HighBit puts the value above the only bits that words use, or signs are written in two ways:
  /// nobody can tell then what is meant.
  [[nodiscard]] std::vector<std::string> warnings() const;

 private:
  struct Layout {
    DicomPixels pixels;     // of the first slice that has it
    bool is_low = false;    // some words have bits below the value
    bool is_high = false;   // some are no number of BitsStored bits, with or without a sign
    uint32_t bits = 0;      // that are in use and should not be
    uint64_t in_use = 0;    // words that have some of them
    uint64_t cut = 0;       // that have a sign, and none of the bits above it
    uint64_t extended = 0;  // that have a sign, and all of the bits above it
    uint64_t voxels = 0;
  };
  std::vector<Layout> layouts_;
};

}  // namespace trivox
