#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace trivox {

/// The file meta information and the top-level elements of a DICOM data set up to its PixelData,
/// structure checked: every length lies within the file, every sequence ends. Not through
/// gdcm::Reader, because distributions ship GDCM with assertions on, and a truncated file then ends
/// the program. The spans point into the bytes that were parsed.
struct DicomElements {
  std::unordered_map<uint32_t, std::span<const std::byte>> values;  ///< by group * 65536 + element
  std::string transfer_syntax;  ///< UID; guessed from the first element where there is no header
  bool is_big_endian = false;
  /// PixelData's value, as long as it says it is, or as long as the file goes where that is less.
  std::span<const std::byte> pixel_data;
  uint32_t pixel_data_length = 0;  ///< as declared; undefined_length for compressed fragments
  bool has_pixel_data = false;
  static constexpr uint32_t undefined_length = 0xffffffff;

  [[nodiscard]] std::string text(uint32_t tag) const;  ///< without padding; empty where absent
  [[nodiscard]] std::optional<int> whole(uint32_t tag) const;  ///< of VR US
  /// Of VR US; throws Error where it is absent.
  [[nodiscard]] int whole(uint32_t tag, const char* name) const;
  /// Of VR DS or IS, parted by backslashes; empty where absent; throws Error for other text.
  [[nodiscard]] std::vector<double> numbers(uint32_t tag, const char* name) const;
  [[nodiscard]] std::vector<double> numbers(uint32_t tag, const char* name, size_t count) const;
  [[nodiscard]] std::optional<double> number(uint32_t tag, const char* name) const;
};

/// True where the bytes carry DICOM's mark behind its preamble.
[[nodiscard]] bool has_dicom_mark(std::span<const std::byte> bytes);
/// True also where they begin as files from before that mark did, with group 0002 or 0008.
[[nodiscard]] bool may_be_dicom(std::span<const std::byte> bytes);

/// The file with its data set uncompressed where its transfer syntax is "deflated"; else nothing.
/// Throws Error (attribute "deflate stream").
[[nodiscard]] std::optional<std::vector<std::byte>> inflate_dicom(std::span<const std::byte> bytes);

/// Parses a file that is not deflated. Throws Error (without path) naming the element that is cut
/// off or malformed. Pure; thread safe.
[[nodiscard]] DicomElements parse_dicom_elements(std::span<const std::byte> bytes);

/// The compressed fragments of an encapsulated PixelData, its offset table left out. Throws Error.
[[nodiscard]] std::vector<std::span<const std::byte>> dicom_fragments(
    std::span<const std::byte> pixel_data);

}  // namespace trivox
