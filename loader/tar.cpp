#include "loader/tar.h"

#include <algorithm>
#include <cstddef>

#include "transforms/error.h"

namespace trivox {
namespace {

// Octal digits with leading zeros in `width` - 1 places, then a NUL.
std::string octal(uint64_t value, size_t width) {
  std::string text(width, '\0');
  for (size_t i = width - 1; i-- > 0; value >>= 3) text[i] = static_cast<char>('0' + (value & 7));
  return text;
}

/// The text of a field, which a NUL ends where it is shorter.
std::string_view text_at(std::string_view block, size_t at, size_t width) {
  const std::string_view field = block.substr(at, width);
  return field.substr(0, field.find('\0'));
}

/// Octal digits that a NUL or blanks end.
uint64_t octal_at(std::string_view block, size_t at, size_t width, const char* what) {
  const std::string_view field = text_at(block, at, width);
  const std::string_view digits = field.substr(0, field.find_last_not_of(' ') + 1);
  if (digits.empty() || digits.size() == width || digits.find_first_not_of("01234567") != digits.npos)
    throw Error(what, "no octal number", "octal digits and a NUL or blanks");
  uint64_t value = 0;
  for (const char c : digits) value = value * 8 + static_cast<uint64_t>(c - '0');
  return value;
}

constexpr size_t kNameWidth = 100, kModeAt = 100, kOwnerAt = 108, kGroupAt = 116, kTimeAt = 136,
                 kSizeAt = 124, kSizeWidth = 12, kSumAt = 148, kSumWidth = 8, kTypeAt = 156, kMagicAt = 257,
                 kMajorAt = 329, kMinorAt = 337, kPrefixAt = 345, kPrefixWidth = 155;
constexpr std::string_view kMagic(
    "ustar\0"
    "00",
    8);

/// Of a block with its own field taken for eight blanks.
uint64_t sum_of(std::string_view block) {
  uint64_t sum = 0;
  for (size_t i = 0; i < block.size(); ++i)
    sum += i >= kSumAt && i < kSumAt + kSumWidth ? uint64_t{' '} : static_cast<unsigned char>(block[i]);
  return sum;
}

}  // namespace

std::string tar_header(std::string_view name, uint64_t bytes) {
  if (name.empty() || name.size() > kNameWidth)
    throw Error("tar member name", "'" + std::string(name) + "'", "1 to 100 bytes");
  if (bytes >= kTarMemberLimit)
    throw Error("tar member " + std::string(name), std::to_string(bytes) + " bytes", "less than 8 GiB");
  std::string block(kTarBlock, '\0');
  const auto put = [&](size_t at, std::string_view text) {
    std::copy(text.begin(), text.end(), block.begin() + static_cast<std::ptrdiff_t>(at));
  };
  put(0, name);
  put(kModeAt, octal(0644, 8));
  put(kOwnerAt, octal(0, 8));
  put(kGroupAt, octal(0, 8));
  put(kSizeAt, octal(bytes, kSizeWidth));
  put(kTimeAt, octal(0, 12));
  put(kTypeAt, "0");
  put(kMagicAt, kMagic);
  put(kMajorAt, octal(0, 8));
  put(kMinorAt, octal(0, 8));
  put(kSumAt, octal(sum_of(block), kSumWidth - 1) + " ");
  return block;
}

TarMember parse_tar_header(std::span<const std::byte> bytes) {
  if (bytes.size() < kTarBlock)
    throw Error("tar header", std::to_string(bytes.size()) + " bytes", std::to_string(kTarBlock) + " bytes");
  const std::string_view block(reinterpret_cast<const char*>(bytes.data()), kTarBlock);
  if (block.substr(kMagicAt, kMagic.size()) != kMagic)
    throw Error("tar magic", "something else", "ustar, version 00");
  const uint64_t told = octal_at(block, kSumAt, kSumWidth, "tar checksum"), sum = sum_of(block);
  if (told != sum) throw Error("tar checksum", std::to_string(told), std::to_string(sum));
  if (block[kTypeAt] != '0') throw Error("tar type", "another", "a regular file");
  (void)octal_at(block, kModeAt, 8, "tar mode");
  (void)octal_at(block, kOwnerAt, 8, "tar owner");
  (void)octal_at(block, kGroupAt, 8, "tar group");
  (void)octal_at(block, kTimeAt, 12, "tar time");
  for (const size_t at : {kMajorAt, kMinorAt})  // of a device; tarfile leaves them empty
    if (block[at] != '\0') (void)octal_at(block, at, 8, "tar device");
  if (!text_at(block, kPrefixAt, kPrefixWidth).empty())
    throw Error("tar prefix", "not empty", "a name without one");
  TarMember member{std::string(text_at(block, 0, kNameWidth)),
                   octal_at(block, kSizeAt, kSizeWidth, "tar size")};
  if (member.name.empty()) throw Error("tar member name", "empty", "1 to 100 bytes");
  return member;
}

std::string tar_end() { return std::string(2 * kTarBlock, '\0'); }

}  // namespace trivox
