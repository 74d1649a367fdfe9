#include "loader/dicom_elements.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "loader/gzip.h"
#include "transforms/error.h"

namespace trivox {
namespace {

constexpr uint32_t kTransferSyntax = 0x00020010, kPixelData = 0x7fe00010;
constexpr uint32_t kItem = 0xfffee000, kItemEnd = 0xfffee00d, kSequenceEnd = 0xfffee0dd;
constexpr uint32_t kUndefined = DicomElements::undefined_length;
constexpr int kDeepest = 32;
constexpr const char* kImplicit = "1.2.840.10008.1.2";
constexpr const char* kExplicitBig = "1.2.840.10008.1.2.2";
constexpr const char* kDeflated = "1.2.840.10008.1.2.1.99";

std::string describe(uint32_t tag) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "element (%04x,%04x)", tag >> 16, tag & 0xffffu);
  return text.data();
}

struct Element {
  uint32_t tag = 0;
  bool is_sequence = false;
  bool is_implicit_inside = false;  ///< VR UN of undefined length (CP-246)
  uint32_t length = 0;
};

/// Reads forward; every access is checked against the end.
class Cursor {
 public:
  Cursor(std::span<const std::byte> bytes, size_t at) : bytes_(bytes), at_(at) {}

  bool is_explicit = true;
  bool is_big = false;

  [[nodiscard]] size_t position() const { return at_; }
  [[nodiscard]] size_t left() const { return bytes_.size() - at_; }
  [[nodiscard]] uint32_t peek_tag() {
    const size_t before = at_;
    const uint32_t tag = read_tag();
    at_ = before;
    return tag;
  }

  Element read_head() {
    Element element;
    element.tag = read_tag();
    const bool is_delimiter = (element.tag >> 16) == 0xfffe;
    if (!is_explicit || is_delimiter) {
      element.length = read<uint32_t>(element.tag);
      element.is_sequence = element.length == kUndefined && element.tag != kPixelData;
      return element;
    }
    need(2, element.tag);
    const std::array<char, 2> vr = {std::to_integer<char>(bytes_[at_]),
                                    std::to_integer<char>(bytes_[at_ + 1])};
    at_ += 2;
    if (!std::all_of(vr.begin(), vr.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
      throw Error(describe(element.tag), "without a value representation", "two capital letters");
    const std::string_view name(vr.data(), 2);
    constexpr std::string_view kLong[] = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                          "SV", "UC", "UN", "UR", "UT", "UV"};
    if (std::find(std::begin(kLong), std::end(kLong), name) != std::end(kLong)) {
      (void)read<uint16_t>(element.tag);
      element.length = read<uint32_t>(element.tag);
      if (element.length == kUndefined && name != "SQ" && name != "UN" && element.tag != kPixelData)
        throw Error(describe(element.tag), "of undefined length", "a length");
      element.is_sequence = element.length == kUndefined && element.tag != kPixelData;
      element.is_implicit_inside = element.is_sequence && name == "UN";
    } else {
      element.length = read<uint16_t>(element.tag);
    }
    return element;
  }

  std::span<const std::byte> take(uint32_t length, uint32_t tag) {
    need(length, tag);
    const auto value = bytes_.subspan(at_, length);
    at_ += length;
    return value;
  }

  /// Behind the end mark of a sequence of undefined length; what is inside is walked over.
  void skip_sequence(uint32_t tag, int depth) {
    if (depth > kDeepest) throw Error(describe(tag), "nested too deeply", "32 levels at most");
    for (;;) {
      const Element item = read_head();
      if (item.tag == kSequenceEnd) return;
      if (item.tag != kItem)
        throw Error(describe(tag), "a sequence with " + describe(item.tag), "items");
      if (item.length != kUndefined) {
        (void)take(item.length, tag);
        continue;
      }
      for (Element inner = read_head(); inner.tag != kItemEnd; inner = read_head())
        skip(inner, depth + 1);
    }
  }

  void skip(const Element& element, int depth) {
    if (!element.is_sequence) {
      (void)take(element.length, element.tag);
      return;
    }
    const bool before = is_explicit;
    is_explicit = is_explicit && !element.is_implicit_inside;
    skip_sequence(element.tag, depth);
    is_explicit = before;
  }

 private:
  template <class T>
  T read(uint32_t tag) {
    need(sizeof(T), tag);
    T value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) {
      const size_t from = is_big ? i : sizeof(T) - 1 - i;
      value = static_cast<T>((value << 8) | std::to_integer<T>(bytes_[at_ + from]));
    }
    at_ += sizeof(T);
    return value;
  }
  uint32_t read_tag() {
    const uint32_t group = read<uint16_t>(0);
    return group << 16 | read<uint16_t>(0);
  }
  void need(size_t n, uint32_t tag) const {
    if (n <= left()) return;
    throw Error(tag == 0 ? "data set" : describe(tag),
                "cut off: " + std::to_string(left()) + " bytes to the end of the file (truncated)",
                std::to_string(n) + " bytes");
  }

  std::span<const std::byte> bytes_;
  size_t at_;
};

std::string trimmed(std::span<const std::byte> value) {
  const std::string_view raw(reinterpret_cast<const char*>(value.data()), value.size());
  const auto first = raw.find_first_not_of(' ');
  const auto last = raw.find_last_not_of(std::string_view(" \0", 2));
  if (first == std::string_view::npos || last == std::string_view::npos || last < first) return {};
  return std::string(raw.substr(first, last - first + 1));
}

/// Reads the file meta information, which is always explicit little endian; the offset behind it.
size_t read_meta(std::span<const std::byte> bytes, DicomElements& out) {
  Cursor cursor(bytes, has_dicom_mark(bytes) ? 132 : 0);
  while (cursor.left() >= 8 && cursor.peek_tag() >> 16 == 2) {
    const Element element = cursor.read_head();
    out.values.emplace(element.tag, cursor.take(element.length, element.tag));
  }
  out.transfer_syntax = out.text(kTransferSyntax);
  return cursor.position();
}

}  // namespace

bool has_dicom_mark(std::span<const std::byte> bytes) {
  return bytes.size() >= 132 && std::memcmp(bytes.data() + 128, "DICM", 4) == 0;
}

bool may_be_dicom(std::span<const std::byte> bytes) {
  if (has_dicom_mark(bytes)) return true;
  if (bytes.size() < 8) return false;
  const auto at = [&](size_t i) { return std::to_integer<int>(bytes[i]); };
  const int group = at(0) + 256 * at(1), element = at(2) + 256 * at(3);
  return (group == 2 || group == 8) && element <= 0x18;
}

std::optional<std::vector<std::byte>> inflate_dicom(std::span<const std::byte> bytes) {
  DicomElements meta;
  const size_t start = read_meta(bytes, meta);
  if (meta.transfer_syntax != kDeflated) return std::nullopt;
  std::vector<std::byte> out(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(start));
  const std::vector<std::byte> data_set = inflate_raw(bytes.subspan(start));
  out.insert(out.end(), data_set.begin(), data_set.end());
  return out;
}

DicomElements parse_dicom_elements(std::span<const std::byte> bytes) {
  DicomElements out;
  Cursor cursor(bytes, read_meta(bytes, out));
  if (out.transfer_syntax.empty()) {
    // Without a header the first element tells: two capital letters are a value representation.
    const size_t at = cursor.position();
    const auto capital = [&](size_t i) {
      return i < bytes.size() && bytes[i] >= std::byte{'A'} && bytes[i] <= std::byte{'Z'};
    };
    cursor.is_explicit = capital(at + 4) && capital(at + 5);
    out.transfer_syntax = cursor.is_explicit ? "1.2.840.10008.1.2.1" : kImplicit;
  }
  cursor.is_explicit = out.transfer_syntax != kImplicit;
  cursor.is_big = out.is_big_endian = out.transfer_syntax == kExplicitBig;
  while (cursor.left() > 0) {
    const Element element = cursor.read_head();
    if (element.tag == kPixelData) {
      out.has_pixel_data = true;
      out.pixel_data_length = element.length;
      out.pixel_data =
          bytes.subspan(cursor.position(), std::min<size_t>(element.length, cursor.left()));
      return out;
    }
    if (element.is_sequence)
      cursor.skip(element, 0);
    else
      out.values.emplace(element.tag, cursor.take(element.length, element.tag));
  }
  return out;
}

std::vector<std::span<const std::byte>> dicom_fragments(std::span<const std::byte> pixel_data) {
  std::vector<std::span<const std::byte>> fragments;
  Cursor cursor(pixel_data, 0);
  const auto truncated = [&](const std::string& expected) {
    return Error("PixelData", std::to_string(pixel_data.size()) + " bytes (truncated)", expected);
  };
  for (;;) {
    if (cursor.left() < 8) throw truncated("compressed fragments and an end mark");
    const Element item = cursor.read_head();
    if (item.tag == kSequenceEnd) break;
    if (item.tag != kItem || item.length == kUndefined)
      throw Error("PixelData", "no sequence of fragments", "fragments and an end mark");
    if (item.length > cursor.left())
      throw truncated("at least " + std::to_string(cursor.position() + item.length) + " bytes");
    fragments.push_back(cursor.take(item.length, item.tag));
  }
  if (fragments.size() < 2)
    throw Error("PixelData", "without a fragment", "an offset table and fragments");
  fragments.erase(fragments.begin());
  return fragments;
}

std::string DicomElements::text(uint32_t tag) const {
  const auto found = values.find(tag);
  return found == values.end() ? std::string() : trimmed(found->second);
}

std::optional<int> DicomElements::whole(uint32_t tag) const {
  const auto found = values.find(tag);
  if (found == values.end() || found->second.size() < 2) return std::nullopt;
  const int a = std::to_integer<int>(found->second[0]), b = std::to_integer<int>(found->second[1]);
  return is_big_endian ? a * 256 + b : b * 256 + a;
}

int DicomElements::whole(uint32_t tag, const char* name) const {
  const auto value = whole(tag);
  if (!value) throw Error(name, "absent", "a number");
  return *value;
}

std::vector<double> DicomElements::numbers(uint32_t tag, const char* name) const {
  const std::string all = text(tag);
  std::vector<double> out;
  for (size_t at = 0; !all.empty() && at <= all.size();) {
    const size_t end = std::min(all.find('\\', at), all.size());
    size_t from = at;
    while (from < end && (all[from] == ' ' || all[from] == '+')) ++from;
    double value = 0;
    const auto [stopped, code] = std::from_chars(all.data() + from, all.data() + end, value);
    auto rest = static_cast<size_t>(stopped - all.data());
    while (rest < end && all[rest] == ' ') ++rest;
    if (code != std::errc() || rest != end || !std::isfinite(value))
      throw Error(name, "'" + all + "'", "finite decimal numbers");
    out.push_back(value);
    at = end + 1;
  }
  return out;
}

std::vector<double> DicomElements::numbers(uint32_t tag, const char* name, size_t count) const {
  std::vector<double> found = numbers(tag, name);
  if (found.size() != count)
    throw Error(name, found.empty() ? "absent" : std::to_string(found.size()) + " numbers",
                std::to_string(count) + " numbers");
  return found;
}

std::optional<double> DicomElements::number(uint32_t tag, const char* name) const {
  const std::vector<double> found = numbers(tag, name);
  return found.empty() ? std::nullopt : std::optional(found.front());
}

}  // namespace trivox
