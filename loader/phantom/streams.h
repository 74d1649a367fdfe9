#pragma once
#include <cstdint>

/// The streams of chance that a phantom draws from: RngKey{seed, sequence or 0,
/// patient, stream}.
namespace trivox::phantom::stream {

inline constexpr uint16_t kAnatomy = 20000;
inline constexpr uint16_t kLesions = 20001;
inline constexpr uint16_t kAcquisition = 20002;
inline constexpr uint16_t kIntensity = 20003;
inline constexpr uint16_t kNoise = 20004;
inline constexpr uint16_t kUid = 20005;
inline constexpr uint16_t kTables = 20006;

}  // namespace trivox::phantom::stream
