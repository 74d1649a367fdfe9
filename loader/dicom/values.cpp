#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>

#include "loader/dicom/elements.h"
#include "transforms/error.h"

namespace trivox {
namespace {

/// Without the padding that the standard has (spaces, NUL) and that programs leave besides.
std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kPadding(" \0\t\r\n", 5);
  const auto first = text.find_first_not_of(kPadding);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kPadding) - first + 1);
}

std::string_view characters(std::span<const std::byte> value) {
  return {reinterpret_cast<const char*>(value.data()), value.size()};
}

/// Kinds of text that SpecificCharacterSet speaks of (PS3.5, 6.1.2.3); the others are ASCII.
bool has_character_set(DicomVr vr) {
  return vr == dicom_vr("LO") || vr == dicom_vr("SH") || vr == dicom_vr("PN");
}

/// With what is not printable ASCII as "\\x1b": for kinds of text that have no such.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= ' ' && c <= '~') {
      out += c;
      continue;
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    out.append("\\x").append(1, kDigits[byte / 16]).append(1, kDigits[byte % 16]);
  }
  return out;
}

std::vector<double> decimal_numbers(std::string_view text, const char* name) {
  std::vector<double> out;
  const std::string_view all = trimmed(text);
  for (size_t at = 0; !all.empty() && at <= all.size();) {
    const size_t end = std::min(all.find('\\', at), all.size());
    std::string_view one = trimmed(all.substr(at, end - at));
    if (one.starts_with('+')) one.remove_prefix(1);
    double value = 0;
    const auto [stopped, code] = std::from_chars(one.data(), one.data() + one.size(), value);
    if (code != std::errc() || stopped != one.data() + one.size() || !std::isfinite(value))
      throw Error(name, "'" + printable(all) + "'", "finite decimal numbers");
    out.push_back(value);
    at = end + 1;
  }
  return out;
}

template <class T>
std::vector<double> binary_numbers(std::span<const std::byte> value, bool is_big, const char* name) {
  if (value.size() % sizeof(T) != 0)
    throw Error(name, std::to_string(value.size()) + " bytes", "numbers of " + std::to_string(sizeof(T)));
  std::vector<double> out;
  for (size_t at = 0; at < value.size(); at += sizeof(T)) {
    std::array<std::byte, sizeof(T)> bytes{};
    std::copy_n(value.begin() + static_cast<std::ptrdiff_t>(at), sizeof(T), bytes.begin());
    if (is_big != (std::endian::native == std::endian::big)) std::ranges::reverse(bytes);
    out.push_back(static_cast<double>(std::bit_cast<T>(bytes)));
    if (!std::isfinite(out.back())) throw Error(name, "not finite", "finite numbers");
  }
  return out;
}

}  // namespace

const DicomElement* DicomElements::find(const DicomAttribute& attribute) const {
  const auto found = std::ranges::lower_bound(elements, attribute.tag, {}, &DicomElement::tag);
  if (found == elements.end() || found->tag != attribute.tag) return nullptr;
  for (auto next = found + 1; next != elements.end() && next->tag == found->tag; ++next)
    if (!std::ranges::equal(next->value, found->value))
      throw Error(attribute.name, "there twice with different values", "once");
  return &*found;
}

bool DicomElements::contains(const DicomAttribute& attribute) const { return find(attribute) != nullptr; }

std::string DicomElements::text(const DicomAttribute& attribute) const {
  const DicomElement* element = find(attribute);
  if (element == nullptr) return {};
  const std::string_view text = trimmed(characters(element->value));
  return has_character_set(attribute.vr) ? std::string(text) : printable(text);
}

std::vector<double> DicomElements::numbers(const DicomAttribute& attribute) const {
  const DicomElement* element = find(attribute);
  if (element == nullptr) return {};
  const bool is_named = element->vr != 0 && element->vr != dicom_vr("UN");
  const auto value = element->value;
  switch (is_named ? element->vr : attribute.vr) {
    case dicom_vr("US"):
      return binary_numbers<uint16_t>(value, is_big_endian, attribute.name);
    case dicom_vr("SS"):
      return binary_numbers<int16_t>(value, is_big_endian, attribute.name);
    case dicom_vr("UL"):
      return binary_numbers<uint32_t>(value, is_big_endian, attribute.name);
    case dicom_vr("SL"):
      return binary_numbers<int32_t>(value, is_big_endian, attribute.name);
    case dicom_vr("OV"):
      return binary_numbers<uint64_t>(value, is_big_endian, attribute.name);
    case dicom_vr("FL"):
      return binary_numbers<float>(value, is_big_endian, attribute.name);
    case dicom_vr("FD"):
      return binary_numbers<double>(value, is_big_endian, attribute.name);
    default:
      return decimal_numbers(characters(value), attribute.name);
  }
}

std::vector<double> DicomElements::numbers(const DicomAttribute& attribute, size_t count) const {
  std::vector<double> found = numbers(attribute);
  if (found.size() != count)
    throw Error(attribute.name, found.empty() ? "absent" : std::to_string(found.size()) + " numbers",
                std::to_string(count) + " numbers");
  return found;
}

std::optional<double> DicomElements::number(const DicomAttribute& attribute) const {
  const std::vector<double> found = numbers(attribute);
  if (found.size() > 1) throw Error(attribute.name, std::to_string(found.size()) + " numbers", "one");
  return found.empty() ? std::nullopt : std::optional(found.front());
}

std::optional<int64_t> DicomElements::whole(const DicomAttribute& attribute) const {
  const std::optional<double> value = number(attribute);
  if (!value) return std::nullopt;
  if (*value != std::floor(*value) || std::abs(*value) > 1e15)
    throw Error(attribute.name, std::to_string(*value), "a whole number");
  return static_cast<int64_t>(*value);
}

std::optional<DicomAttribute> DicomElements::private_attribute(const DicomAttribute& attribute,
                                                               std::string_view creator) const {
  // (gggg,0010) to (gggg,00ff) name who uses the elements (gggg,1000) to (gggg,ffff), a block each.
  const uint32_t group = attribute.tag & 0xffff0000u;
  for (auto at = std::ranges::lower_bound(elements, group | 0x10u, {}, &DicomElement::tag);
       at != elements.end() && at->tag <= (group | 0xffu); ++at)
    if (trimmed(characters(at->value)) == creator) {
      DicomAttribute resolved = attribute;
      resolved.tag = group | (at->tag & 0xffu) << 8 | (attribute.tag & 0xffu);
      if (contains(resolved)) return resolved;
    }
  return std::nullopt;
}

}  // namespace trivox
