#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "loader/dicom_file.h"

namespace trivox {

/// Bytes of one frame as it is stored, not compressed.
[[nodiscard]] size_t dicom_frame_bytes(const DicomFile& header);

/// Value = stored * slope + intercept.
struct DicomScaling {
  double slope = 1, intercept = 0;
};
[[nodiscard]] DicomScaling dicom_scaling(const DicomFrame& frame, bool philips_scaling);

/// The stored values of a frame from its bytes: unused bits dropped, the sign extended, MONOCHROME1
/// inverted; then scaled into float. `from` holds dicom_frame_bytes.
void convert_dicom_pixels(std::span<const std::byte> from, const DicomPixels& pixels,
                          const DicomScaling& scaling, std::span<float> out);
/// The same without scaling, into the type that holds what the file stores: int16_t for 16 bits
/// signed and so on. Throws std::logic_error for another type.
template <class T>
void convert_dicom_pixels(std::span<const std::byte> from, const DicomPixels& pixels, std::span<T> out);

/// A frame that was decompressed, in this machine's byte order, and how it is stored then, which
/// may differ from what the header says.
struct DicomDecompressed {
  std::vector<std::byte> bytes;
  DicomPixels pixels;
};

/// Decompresses one frame from the value of an encapsulated PixelData. Throws
/// Error (without path) where GDCM cannot.
[[nodiscard]] DicomDecompressed decompress_dicom(std::span<const std::byte> pixel_data,
                                                 const DicomFile& header, size_t frame);

}  // namespace trivox
