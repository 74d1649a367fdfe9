#include "loader/dicom/pixels.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "transforms/error.h"
#include "transforms/multiversion.h"

namespace trivox {
namespace {

/// Unused bits may hold overlays; shifting up and down again drops them and extends the sign.
struct Shifts {
  int up, down;
};

Shifts shifts_of(const DicomPixels& pixels) {
  return {pixels.bits_allocated - 1 - pixels.high_bit, pixels.bits_allocated - pixels.bits_stored};
}

/// What a voxel of up to 32 bits is computed in.
template <class T>
using Wide = std::conditional_t<std::is_signed_v<T>, int32_t, uint32_t>;

template <class T>
TRIVOX_INLINED inline Wide<T> stored_value(const std::byte* from, Shifts shifts, bool swap) {
  std::make_unsigned_t<T> raw = 0;
  std::memcpy(&raw, from, sizeof raw);
  if constexpr (sizeof(T) == 2) {
    if (swap) raw = static_cast<decltype(raw)>(raw << 8 | raw >> 8);
  } else if constexpr (sizeof(T) == 4) {
    if (swap) raw = __builtin_bswap32(raw);
  }
  constexpr int kAbove = 32 - 8 * static_cast<int>(sizeof(T));
  return static_cast<Wide<T>>(uint32_t{raw} << (kAbove + shifts.up)) >> (kAbove + shifts.down);
}

bool is_swapped(const DicomPixels& pixels) {
  return pixels.bits_allocated > 8 && pixels.is_big_endian != (std::endian::native == std::endian::big);
}

/// Calls `put(i, value)` for every voxel; the loops are apart so that the usual one is vectorised.
template <class T, class Put>
TRIVOX_INLINED inline void each_value(const std::byte* from, const DicomPixels& pixels, size_t count,
                                      const Put& put) {
  const Shifts shifts = shifts_of(pixels);
  const bool swap = is_swapped(pixels);
  if (pixels.is_monochrome1) {
    // Of the stored range, so that white becomes black and stays within it.
    const auto mirror =
        static_cast<T>(std::is_signed_v<T> ? T(-1) : static_cast<T>(static_cast<T>(~T(0)) >> shifts.down));
    for (size_t i = 0; i < count; ++i)
      put(i, Wide<T>{mirror} - stored_value<T>(from + i * sizeof(T), shifts, swap));
  } else if (swap) {
    for (size_t i = 0; i < count; ++i) put(i, stored_value<T>(from + i * sizeof(T), shifts, true));
  } else {
    for (size_t i = 0; i < count; ++i) put(i, stored_value<T>(from + i * sizeof(T), shifts, false));
  }
}

template <class T>
TRIVOX_INLINED inline void to_float(const std::byte* from, const DicomPixels& pixels,
                                    const DicomScaling& scaling, std::span<float> out) {
  float* to = out.data();
  if (scaling.slope == 1 && scaling.intercept == 0) {
    each_value<T>(from, pixels, out.size(),
                  [=](size_t i, Wide<T> v) TRIVOX_INLINED { to[i] = static_cast<float>(v); });
    return;
  }
  const double slope = scaling.slope, intercept = scaling.intercept;
  each_value<T>(from, pixels, out.size(), [=](size_t i, Wide<T> v) TRIVOX_INLINED {
    to[i] = static_cast<float>(static_cast<double>(v) * slope + intercept);
  });
}

}  // namespace

size_t dicom_frame_bytes(const DicomFile& header) {
  return static_cast<size_t>(header.rows * header.columns * (header.pixels.bits_allocated / 8));
}

DicomScaling dicom_scaling(const DicomFrame& frame, bool philips_scaling) {
  if (!philips_scaling) return {frame.slope, frame.intercept};
  // FP = (stored * RS + RI) / (RS * SS): Chenevert et al., Translational Oncology 2014.
  const double both = frame.slope * frame.philips_slope.value_or(1);
  return {frame.slope / both, frame.intercept / both};
}

TRIVOX_MULTIVERSION void convert_dicom_pixels(std::span<const std::byte> from, const DicomPixels& pixels,
                                              const DicomScaling& scaling, std::span<float> out) {
  if (stores<uint8_t>(pixels)) return to_float<uint8_t>(from.data(), pixels, scaling, out);
  if (stores<int8_t>(pixels)) return to_float<int8_t>(from.data(), pixels, scaling, out);
  if (stores<uint16_t>(pixels)) return to_float<uint16_t>(from.data(), pixels, scaling, out);
  if (stores<int16_t>(pixels)) return to_float<int16_t>(from.data(), pixels, scaling, out);
  if (stores<uint32_t>(pixels)) return to_float<uint32_t>(from.data(), pixels, scaling, out);
  to_float<int32_t>(from.data(), pixels, scaling, out);
}

template <class T>
void convert_dicom_pixels(std::span<const std::byte> from, const DicomPixels& pixels, std::span<T> out) {
  if (!stores<T>(pixels)) throw std::logic_error("another type than the stored one");
  T* to = out.data();
  const Shifts shifts = shifts_of(pixels);
  if (shifts.up == 0 && shifts.down == 0 && !is_swapped(pixels) && !pixels.is_monochrome1) {
    std::memcpy(to, from.data(), out.size_bytes());
    return;
  }
  each_value<T>(from.data(), pixels, out.size(), [=](size_t i, Wide<T> v) { to[i] = static_cast<T>(v); });
}

template void convert_dicom_pixels(std::span<const std::byte>, const DicomPixels&, std::span<uint8_t>);
template void convert_dicom_pixels(std::span<const std::byte>, const DicomPixels&, std::span<int8_t>);
template void convert_dicom_pixels(std::span<const std::byte>, const DicomPixels&, std::span<uint16_t>);
template void convert_dicom_pixels(std::span<const std::byte>, const DicomPixels&, std::span<int16_t>);
template void convert_dicom_pixels(std::span<const std::byte>, const DicomPixels&, std::span<uint32_t>);
template void convert_dicom_pixels(std::span<const std::byte>, const DicomPixels&, std::span<int32_t>);

}  // namespace trivox
