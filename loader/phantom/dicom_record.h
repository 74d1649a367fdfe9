#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace trivox::phantom {

/// The elements of a file that `write_dicom_slice` wrote, to be altered and written again. No
/// general reader: it knows explicit little endian without sequences, and is for our own files.
struct DicomRecord {
  struct Element {
    std::string vr;     ///< "US"
    std::string value;  ///< as stored, little endian, padded
  };
  std::map<uint32_t, Element> elements;  ///< by group * 65536 + element, without group 2
  std::string transfer_syntax;           ///< UID; `write_record` stores the elements as it says
  bool is_encapsulated = false;          ///< PixelData holds items and ends with a delimiter

  [[nodiscard]] std::string text(uint32_t tag) const;              ///< without padding; empty where absent
  void set(uint32_t tag, std::string_view vr, std::string value);  ///< pads to even length
  void set_whole(uint32_t tag, uint16_t value);                    ///< of VR US
  void remove(uint32_t tag) { elements.erase(tag); }
  [[nodiscard]] std::vector<uint16_t> pixels() const;
  void set_pixels(const std::vector<uint16_t>& pixels);
};

inline constexpr std::string_view kImplicitLittle = "1.2.840.10008.1.2";
inline constexpr std::string_view kExplicitLittle = "1.2.840.10008.1.2.1";
inline constexpr std::string_view kDeflated = "1.2.840.10008.1.2.1.99";
inline constexpr std::string_view kExplicitBig = "1.2.840.10008.1.2.2";

/// Throws Error with the path.
[[nodiscard]] DicomRecord read_record(const std::filesystem::path& path);

/// With preamble and group 2, or without either (`bare`, from before there was a header). The same
/// bytes for the same record. Throws Error with the path.
void write_record(const std::filesystem::path& path, const DicomRecord& record, bool bare = false);

/// PixelData compressed by GDCM without loss into the transfer syntax of that UID. Throws Error.
void compress(DicomRecord& record, std::string_view transfer_syntax);

}  // namespace trivox::phantom
