#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "loader/dicom/elements.h"
#include "loader/dicom/file.h"

namespace trivox {

/// Bytes of one frame as it is stored, not compressed.
[[nodiscard]] size_t dicom_frame_bytes(const DicomFile& header);

/// Whether voxels are stored as numbers of type T: int16_t for 16 bits signed and so on.
template <class T>
[[nodiscard]] bool stores(const DicomPixels& pixels) {
  return pixels.bits_allocated == 8 * static_cast<int>(sizeof(T)) && pixels.is_signed == std::is_signed_v<T>;
}

/// Value = stored * slope + intercept.
struct DicomScaling {
  double slope = 1, intercept = 0;
};
[[nodiscard]] DicomScaling dicom_scaling(const DicomFrame& frame, bool philips_scaling);

/// The stored values of a frame from its bytes: unused bits dropped, the sign extended, MONOCHROME1
/// inverted; then scaled into float. `from` holds dicom_frame_bytes.
void convert_dicom_pixels(std::span<const std::byte> from, const DicomPixels& pixels,
                          const DicomScaling& scaling, std::span<float> out);
/// The same without scaling, into the type that the file stores. Throws std::logic_error for another.
template <class T>
void convert_dicom_pixels(std::span<const std::byte> from, const DicomPixels& pixels, std::span<T> out);

/// A frame that was decompressed, in this machine's byte order and in words as the header allocates, and
/// which of their bits are the value, which may differ from what the header says.
struct DicomDecompressed {
  std::vector<std::byte> bytes;
  DicomPixels pixels;
  /// Samples that a coder keeps without sign, but the header has with one, in more bits than BitsStored
  /// (JPEG-LS): some hold a sign in the highest of BitsStored alone, some in all bits.
  bool is_sign_cut = false, is_sign_extended = false;
};

/// Decompresses one frame of an encapsulated PixelData (dicom_fragments, loader/dicom/elements.h).
/// Throws Error (without path) where GDCM cannot, or where the codestream does not fit the header.
[[nodiscard]] DicomDecompressed decompress_dicom(const DicomFragments& fragments, const DicomFile& header,
                                                 size_t frame);

}  // namespace trivox
