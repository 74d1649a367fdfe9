#include "loader/dicom/elements.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstring>

#include "loader/bytes.h"
#include "loader/dicom/attributes.h"
#include "loader/gzip.h"
#include "transforms/error.h"

namespace trivox {
namespace {

constexpr uint32_t kPixelData = 0x7fe00010;
constexpr uint32_t kItem = 0xfffee000, kItemEnd = 0xfffee00d, kSequenceEnd = 0xfffee0dd;
constexpr uint32_t kUndefined = DicomDataSet::undefined_length;
constexpr int kDeepest = 32;
constexpr size_t kUsualElements = 160;
constexpr DicomAttribute kTransferSyntax = {0x00020010, dicom_vr("UI"), "TransferSyntaxUID"};

std::string describe(uint32_t tag) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "element (%04x,%04x)", tag >> 16, tag & 0xffffu);
  return text.data();
}

constexpr bool is_capital(std::byte b) { return b >= std::byte{'A'} && b <= std::byte{'Z'}; }

/// Those with two reserved bytes and a length of four (PS3.5, 7.1.2).
constexpr bool has_long_length(DicomVr vr) {
  switch (vr) {
    case dicom_vr("OB"):
    case dicom_vr("OD"):
    case dicom_vr("OF"):
    case dicom_vr("OL"):
    case dicom_vr("OV"):
    case dicom_vr("OW"):
    case dicom_vr("SQ"):
    case dicom_vr("SV"):
    case dicom_vr("UC"):
    case dicom_vr("UN"):
    case dicom_vr("UR"):
    case dicom_vr("UT"):
    case dicom_vr("UV"):
      return true;
    default:
      return false;
  }
}

/// The bytes at hand do not reach as far as the file does.
struct NeedsMore {
  uint64_t bytes;
};

struct Head {
  uint32_t tag = 0;
  DicomVr vr = 0;
  uint32_t length = 0;
  [[nodiscard]] bool is_sequence() const { return length == kUndefined && tag != kPixelData; }
};

/// Reads forward; every access is checked against the end of the file and of the bytes at hand.
class Cursor {
 public:
  Cursor(std::span<const std::byte> bytes, uint64_t at, uint64_t end) : bytes_(bytes), at_(at), end_(end) {}

  bool is_explicit = true;
  bool is_big = false;
  uint32_t without_vr = 0;  ///< the first element of an explicit data set that has none

  [[nodiscard]] uint64_t position() const { return at_; }
  [[nodiscard]] uint64_t left() const { return end_ - at_; }
  [[nodiscard]] uint32_t peek_tag() {
    const uint64_t before = at_;
    const uint32_t tag = read_tag();
    at_ = before;
    return tag;
  }

  Head read_head() {
    Head head;
    head.tag = read_tag();
    if (!is_explicit || (head.tag >> 16) == 0xfffe) {
      head.length = read<uint32_t>(head.tag);
      return head;
    }
    need(4, head.tag);
    const std::byte* letter = bytes_.data() + at_;
    if (!is_capital(letter[0]) || !is_capital(letter[1])) {
      // Some programs leave an element of an implicit data set in an explicit one.
      const uint64_t before = at_;
      head.length = read<uint32_t>(head.tag);
      if (head.length > left() && head.length != kUndefined) {
        at_ = before;
        throw Error(describe(head.tag), "without a value representation", "two capital letters");
      }
      if (without_vr == 0) without_vr = head.tag;
      return head;
    }
    head.vr = static_cast<DicomVr>(std::to_integer<unsigned>(letter[0]) << 8 |
                                   std::to_integer<unsigned>(letter[1]));
    at_ += 2;
    if (!has_long_length(head.vr)) {
      head.length = read<uint16_t>(head.tag);
      return head;
    }
    at_ += 2;
    head.length = read<uint32_t>(head.tag);
    if (head.is_sequence() && head.vr != dicom_vr("SQ") && head.vr != dicom_vr("UN"))
      throw Error(describe(head.tag), "of undefined length", "a length");
    return head;
  }

  std::span<const std::byte> take(uint32_t length, uint32_t tag) {
    need(length, tag);
    const auto value = bytes_.subspan(static_cast<size_t>(at_), length);
    at_ += length;
    return value;
  }

  /// The value of an element, behind which the cursor then stands.
  std::span<const std::byte> take_value(const Head& head, int depth) {
    if (head.length != kUndefined) return take(head.length, head.tag);
    const uint64_t start = at_;
    const bool before = is_explicit;
    // UN holds implicit elements (PS3.5, 6.2.2), but not every program knows.
    if (head.vr != dicom_vr("SQ")) is_explicit = false;
    try {
      skip_items(head, depth);
    } catch (const Error&) {
      if (head.vr != dicom_vr("UN") || !before) throw;
      at_ = start;
      is_explicit = true;
      skip_items(head, depth);
    }
    is_explicit = before;
    return bytes_.subspan(static_cast<size_t>(start), static_cast<size_t>(at_ - start));
  }

 private:
  /// To behind the end mark of a sequence, or of compressed fragments, of undefined length.
  void skip_items(const Head& sequence, int depth) {
    if (depth > kDeepest) throw Error(describe(sequence.tag), "nested too deeply", "32 levels at most");
    for (;;) {
      const Head item = read_head();
      if (item.tag == kSequenceEnd) return;
      if (item.tag != kItem)
        throw Error(describe(sequence.tag), "a sequence with " + describe(item.tag), "items");
      if (item.length != kUndefined) {
        (void)take(item.length, sequence.tag);
        continue;
      }
      for (Head inner = read_head(); inner.tag != kItemEnd; inner = read_head())
        (void)take_value(inner, depth + 1);
    }
  }

  template <class T>
  T read(uint32_t tag) {
    need(sizeof(T), tag);
    T value = 0;
    std::memcpy(&value, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    if (is_big == (std::endian::native == std::endian::big)) return value;
    if constexpr (sizeof(T) == 2)
      return static_cast<T>(value << 8 | value >> 8);
    else
      return __builtin_bswap32(value);
  }
  uint32_t read_tag() {
    const uint32_t group = read<uint16_t>(0);
    return group << 16 | read<uint16_t>(0);
  }
  void need(uint64_t n, uint32_t tag) const {
    if (n > left())
      throw Error(tag == 0 ? "data set" : describe(tag),
                  "cut off: " + std::to_string(left()) + " bytes to the end of the file (truncated)",
                  std::to_string(n) + " bytes");
    if (at_ + n > bytes_.size()) throw NeedsMore{at_ + n};
  }

  std::span<const std::byte> bytes_;
  uint64_t at_, end_;
};

/// Puts in ascending order what is not, the first of equal tags first; false where that was needed.
bool sort_elements(std::vector<DicomElement>& elements) {
  const auto tag = [](const DicomElement& e) { return e.tag; };
  if (std::ranges::is_sorted(elements, {}, tag)) return true;
  std::ranges::stable_sort(elements, {}, tag);
  return false;
}

/// Reads the file meta information, which is always explicit little endian; the offset behind it.
uint64_t read_meta(std::span<const std::byte> bytes, uint64_t file_size, DicomElements& out) {
  Cursor cursor(bytes, has_dicom_mark(bytes) ? 132 : 0, file_size);
  while (cursor.left() >= 8 && cursor.peek_tag() >> 16 == 2) {
    const Head head = cursor.read_head();
    out.elements.push_back({head.tag, head.vr, cursor.take_value(head, 0)});
  }
  sort_elements(out.elements);
  return cursor.position();
}

/// Where the syntax is not given, or gives another kind of elements than there are, the first
/// element tells: two capital letters are a value representation.
void settle_syntax(std::span<const std::byte> bytes, Cursor& cursor, DicomDataSet& out) {
  const auto at = static_cast<size_t>(cursor.position());
  const bool has_first = cursor.left() >= 8 && at + 8 <= bytes.size();
  const bool has_vr = has_first && is_capital(bytes[at + 4]) && is_capital(bytes[at + 5]);
  const std::string given = out.transfer_syntax;
  if (given.empty()) {
    // A group below 256 is read as a multiple of 256 in the other order of bytes.
    const bool is_big = has_vr && bytes[at] == std::byte{0} && bytes[at + 1] != std::byte{0};
    out.transfer_syntax = !has_vr  ? dicom::kImplicitSyntax
                          : is_big ? dicom::kExplicitBigSyntax
                                   : dicom::kExplicitSyntax;
    if (has_dicom_mark(bytes))
      out.warnings.push_back("TransferSyntaxUID is absent: read as " + out.transfer_syntax +
                             ", as the first element is coded");
  }
  const bool should_be_explicit = out.transfer_syntax != dicom::kImplicitSyntax &&
                                  out.transfer_syntax != dicom::kImplicitWithBigPixelsSyntax;
  cursor.is_explicit = has_first ? has_vr : should_be_explicit;
  if (has_first && has_vr != should_be_explicit)
    out.warnings.push_back("TransferSyntaxUID is " + given + ", but the elements are " +
                           (has_vr ? "explicit" : "implicit") + ": read as such");
  cursor.is_big = out.transfer_syntax == dicom::kExplicitBigSyntax;
}

DicomElements parse_item(Cursor& cursor, uint64_t end) {
  DicomElements out;
  out.is_explicit = cursor.is_explicit;
  out.is_big_endian = cursor.is_big;
  while (cursor.position() < end) {
    const Head head = cursor.read_head();
    if (head.tag == kItemEnd) break;
    out.elements.push_back({head.tag, head.vr, cursor.take_value(head, 1)});
  }
  if (cursor.position() > end)
    throw Error(describe(out.elements.back().tag), "longer than the item it is in", "at most that");
  sort_elements(out.elements);
  return out;
}

}  // namespace

bool has_dicom_mark(std::span<const std::byte> bytes) {
  return bytes.size() >= 132 && std::memcmp(bytes.data() + 128, "DICM", 4) == 0;
}

bool is_gzipped_dicom(std::span<const std::byte> bytes) {
  constexpr size_t kMark = 132;
  if (!is_gzip(bytes)) return false;
  try {
    return has_dicom_mark(gunzip_start(bytes, kMark));
  } catch (const Error&) {
    return false;  // corrupt, or not enough of it
  }
}

bool may_be_dicom(std::span<const std::byte> bytes) {
  if (has_dicom_mark(bytes)) return true;
  if (bytes.size() < 8) return false;
  const auto at = [&](size_t i) { return std::to_integer<int>(bytes[i]); };
  // Without the mark both orders of bytes are met; the element is one that a file begins with.
  const auto begins = [](int group, int element) { return (group == 2 || group == 8) && element <= 0x18; };
  return begins(at(0) + 256 * at(1), at(2) + 256 * at(3)) ||
         (begins(at(1) + 256 * at(0), at(3) + 256 * at(2)) && is_capital(bytes[4]) && is_capital(bytes[5]));
}

std::string dicom_meta_text(std::span<const std::byte> head, const DicomAttribute& attribute) {
  DicomElements meta;
  try {
    read_meta(head, head.size(), meta);
  } catch (const Error&) {
    // cut off within the meta information: the parser says so
  }
  try {
    return meta.text(attribute);
  } catch (const Error&) {
    return {};
  }
}

bool is_deflated_dicom(std::span<const std::byte> head) {
  return dicom_meta_text(head, kTransferSyntax) == dicom::kDeflatedSyntax;
}

std::optional<std::vector<std::byte>> inflate_dicom(std::span<const std::byte> bytes) {
  DicomElements meta;
  const auto start = static_cast<size_t>(read_meta(bytes, bytes.size(), meta));
  if (meta.text(kTransferSyntax) != dicom::kDeflatedSyntax) return std::nullopt;
  std::vector<std::byte> out(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(start));
  const std::vector<std::byte> data_set = inflate_raw(bytes.subspan(start));
  out.insert(out.end(), data_set.begin(), data_set.end());
  return out;
}

DicomDataSet parse_dicom_elements(std::span<const std::byte> head, uint64_t file_size) {
  DicomDataSet out;
  DicomElements& set = out.elements;
  set.elements.reserve(kUsualElements);
  try {
    Cursor cursor(head, read_meta(head, file_size, set), file_size);
    out.transfer_syntax = set.text(kTransferSyntax);
    settle_syntax(head, cursor, out);
    set.is_explicit = cursor.is_explicit;
    set.is_big_endian = cursor.is_big;
    while (cursor.left() > 0) {
      const Head element = cursor.read_head();
      if (element.tag == kPixelData) {
        out.has_pixel_data = true;
        out.pixel_length = element.length;
        out.pixel_vr = element.vr;
        out.pixel_offset = cursor.position();
        break;
      }
      set.elements.push_back({element.tag, element.vr, cursor.take_value(element, 0)});
    }
    if (cursor.without_vr != 0)
      out.warnings.push_back(describe(cursor.without_vr) +
                             " has no value representation and was read as an implicit one");
  } catch (const NeedsMore& more) {
    out.needs = more.bytes;
    return out;
  }
  if (!sort_elements(set.elements)) out.warnings.emplace_back("elements are not in order");
  return out;
}

std::vector<DicomElements> DicomElements::items(const DicomAttribute& attribute) const {
  std::vector<DicomElements> out;
  const DicomElement* element = find(attribute);
  if (element == nullptr) return out;
  const auto bytes = element->value;
  const auto parse = [&](bool explicit_inside) {
    out.clear();
    Cursor cursor(bytes, 0, bytes.size());
    cursor.is_explicit = explicit_inside;
    cursor.is_big = is_big_endian;
    while (cursor.left() > 0) {
      const Head item = cursor.read_head();
      if (item.tag == kSequenceEnd) break;
      if (item.tag != kItem) throw Error(attribute.name, "a sequence with " + describe(item.tag), "items");
      if (item.length != kUndefined && item.length > cursor.left())
        throw Error(attribute.name, "an item of " + std::to_string(item.length) + " bytes",
                    "at most the " + std::to_string(cursor.left()) + " that are left");
      out.push_back(
          parse_item(cursor, item.length == kUndefined ? bytes.size() : cursor.position() + item.length));
    }
  };
  const bool is_unknown = element->vr == dicom_vr("UN");
  try {
    parse(is_explicit && element->vr == dicom_vr("SQ"));
  } catch (const Error&) {
    if (!is_unknown || !is_explicit) throw;
    parse(true);
  }
  return out;
}

DicomFragments dicom_fragments(std::span<const std::byte> pixel_data) {
  DicomFragments out;
  Cursor cursor(pixel_data, 0, pixel_data.size());
  const auto truncated = [&](const std::string& expected) {
    return Error("PixelData", std::to_string(pixel_data.size()) + " bytes (truncated)", expected);
  };
  uint64_t first = 0;
  for (bool is_table = true;; is_table = false) {
    const uint64_t start = cursor.position();
    if (cursor.left() < 8) throw truncated("compressed fragments and an end mark");
    const Head item = cursor.read_head();
    if (item.tag == kSequenceEnd) break;
    if (item.tag != kItem || item.length == kUndefined)
      throw Error("PixelData", "no sequence of fragments", "fragments and an end mark");
    if (item.length > cursor.left())
      throw truncated("at least " + std::to_string(cursor.position() + item.length) + " bytes");
    const auto value = cursor.take(item.length, item.tag);
    if (!is_table) {
      out.fragments.push_back(value);
      out.starts.push_back(start - first);
      continue;
    }
    first = cursor.position();
    for (size_t at = 0; at + 4 <= value.size(); at += 4)
      out.offset_table.push_back(little_endian<uint32_t>(value, at));
  }
  if (out.fragments.empty()) throw Error("PixelData", "without a fragment", "an offset table and fragments");
  return out;
}

}  // namespace trivox
