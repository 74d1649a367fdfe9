#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace trivox {

/// A table of Huffman's codes, as a DHT segment has it. Source: ITU-T T.81, annex C.
class JpegCodes {
 public:
  /// counts: of the codes of 1 to 16 bits; symbols: as many as the counts add up to. Nothing where more codes
  /// are counted than there are.
  [[nodiscard]] static std::optional<JpegCodes> make(std::span<const std::byte, 16> counts,
                                                     std::span<const std::byte> symbols);

 private:
  friend class JpegBits;
  struct Entry {
    uint8_t bits = 0;  ///< of the code; 0: none begins so
    uint8_t symbol = 0;
  };
  std::array<Entry, 1 << 16> by_prefix_;
};

/// How the units of a scan of one component are coded: samples, or blocks of 8 x 8.
struct JpegScan {
  const JpegCodes* differences = nullptr;  ///< of samples or of blocks' means
  const JpegCodes* cosines = nullptr;      ///< null: there are none, a unit is a sample
  uint64_t units = 0;
  uint64_t restart_interval = 0;  ///< units between restart markers; 0: there are none
};

/// How many of the scan's units the coded bytes hold in whole. A decoder makes up the rest (libjpeg of zeros)
/// and says so to nobody. coded: from the scan's header to the next marker that is no restart. Pure; thread
/// safe. Source: ITU-T T.81, annexes F.2 and H.2.
[[nodiscard]] uint64_t count_units(std::span<const std::byte> coded, const JpegScan& scan);

}  // namespace trivox
