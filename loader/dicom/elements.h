#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trivox {

/// A value representation (DICOM PS3.5, 6.2): its two letters; 0 where the file names none.
using DicomVr = uint16_t;
constexpr DicomVr dicom_vr(const char (&letters)[3]) {
  return static_cast<DicomVr>(letters[0] << 8 | letters[1]);
}

/// An element that trivox reads: what errors call it, and how its value is coded where the file does
/// not say.
struct DicomAttribute {
  uint32_t tag;  ///< group * 65536 + element
  DicomVr vr;
  const char* name;
};

struct DicomElement {
  uint32_t tag = 0;
  DicomVr vr = 0;
  std::span<const std::byte> value;  ///< a sequence's: its items, and their end mark if it has one
};

/// Elements of one level of a data set. The values point into the bytes that were parsed. Reading an
/// element throws Error with its name where it is there twice with different values, or where the
/// value is not of its kind.
struct DicomElements {
  std::vector<DicomElement> elements;  ///< by ascending tag
  bool is_explicit = true;             ///< in sequences: of what is inside, unless their VR is UN
  bool is_big_endian = false;

  [[nodiscard]] bool contains(const DicomAttribute& attribute) const;
  /// Without padding; empty where absent. LO, SH and PN in whatever character set the file has; of other
  /// kinds what is not printable ASCII as "\x1b".
  [[nodiscard]] std::string text(const DicomAttribute& attribute) const;
  /// All values of a number, coded as text or in binary; empty where absent.
  [[nodiscard]] std::vector<double> numbers(const DicomAttribute& attribute) const;
  /// The same; throws Error where there are not as many.
  [[nodiscard]] std::vector<double> numbers(const DicomAttribute& attribute, size_t count) const;
  /// The only one of them; throws Error where there are several.
  [[nodiscard]] std::optional<double> number(const DicomAttribute& attribute) const;
  /// The same; throws Error also where it is no whole number.
  [[nodiscard]] std::optional<int64_t> whole(const DicomAttribute& attribute) const;
  /// The items of a sequence, one level deep; none where it is absent. Throws Error.
  [[nodiscard]] std::vector<DicomElements> items(const DicomAttribute& attribute) const;
  /// The element (gggg,xxee) of the block that a private creator reserved, with its own tag, or
  /// nothing. `attribute.tag` has 00 for xx.
  [[nodiscard]] std::optional<DicomAttribute> private_attribute(const DicomAttribute& attribute,
                                                                std::string_view creator) const;

 private:
  [[nodiscard]] const DicomElement* find(const DicomAttribute& attribute) const;
};

/// The file meta information and the top-level elements of a DICOM file up to its PixelData, its
/// structure checked: every length lies within the file, every sequence ends. Not through
/// gdcm::Reader, because distributions ship GDCM with assertions on, and a truncated file then ends
/// the program.
struct DicomDataSet {
  DicomElements elements;
  std::string transfer_syntax;        ///< UID; guessed from the first element where it is not given
  std::vector<std::string> warnings;  ///< what is against the standard and was read all the same
  bool has_pixel_data = false;
  uint64_t pixel_offset = 0;  ///< of PixelData's value in the file
  DicomVr pixel_vr = 0;       ///< 0 where the file names none
  uint32_t pixel_length = 0;  ///< as declared; undefined_length for compressed fragments
  /// How many bytes of the file must be given to get further; 0: this is all up to PixelData.
  uint64_t needs = 0;
  static constexpr uint32_t undefined_length = 0xffffffff;
};

/// True where the bytes carry DICOM's mark behind its preamble.
[[nodiscard]] bool has_dicom_mark(std::span<const std::byte> bytes);
/// True where they are the beginning of a gzip stream of such a file.
[[nodiscard]] bool is_gzipped_dicom(std::span<const std::byte> bytes);
/// True also where they begin as files from before that mark did, with group 0002 or 0008.
[[nodiscard]] bool may_be_dicom(std::span<const std::byte> bytes);

/// A text of the file meta information, as far as it can be read; empty where it is not there. Never
/// throws.
[[nodiscard]] std::string dicom_meta_text(std::span<const std::byte> head, const DicomAttribute& attribute);

/// Whether the transfer syntax is "deflated".
[[nodiscard]] bool is_deflated_dicom(std::span<const std::byte> head);

/// The file with its data set uncompressed where its transfer syntax is "deflated"; else nothing.
/// Throws Error (attribute "deflate stream").
[[nodiscard]] std::optional<std::vector<std::byte>> inflate_dicom(std::span<const std::byte> bytes);

/// Parses the first bytes of a file that is not deflated and has `file_size` of them. Throws Error
/// (without path) naming the element that is cut off or malformed. Pure; thread safe.
[[nodiscard]] DicomDataSet parse_dicom_elements(std::span<const std::byte> head, uint64_t file_size);

/// Compressed pixels: fragments, and where each begins behind the offset table.
struct DicomFragments {
  std::vector<uint64_t> offset_table;  ///< of the frames; empty where the file has none
  std::vector<std::span<const std::byte>> fragments;
  std::vector<uint64_t> starts;  ///< of the fragments' items, as the offset table counts
};

/// The fragments of an encapsulated PixelData, from its value on. Throws Error.
[[nodiscard]] DicomFragments dicom_fragments(std::span<const std::byte> pixel_data);

}  // namespace trivox
