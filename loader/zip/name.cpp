#include "loader/zip/name.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "loader/bytes.h"
#include "loader/text.h"
#include "loader/text/encoding.h"
#include "loader/text/western.h"
#include "transforms/error.h"

namespace trivox {
namespace {

/// Puts "/" where "\\" parts folders. The second byte of a character of two bytes (GBK, Shift-JIS, Big5) may
/// look like one: false where that cannot be told, since in a code of one byte it would be a separator.
bool part_by_slashes(std::string& name, bool is_utf8) {
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '\\') {
      name[i] = '/';
    } else if (!is_utf8 && static_cast<unsigned char>(name[i]) > 0x80 && i + 1 < name.size()) {
      if (name[i + 1] == '\\') return false;
      if (static_cast<unsigned char>(name[i + 1]) >= 0x40) ++i;
    }
  }
  return true;
}

}  // namespace

std::string clean_zip_name(std::string_view stored, bool from_windows, bool is_utf8) {
  std::string name(stored);
  const auto refuse = [&](const char* expected) {
    for (size_t at = 0; (at = name.find('\0', at)) != std::string::npos;) name.replace(at, 1, "\\0");
    throw Error("name of a member", "'" + name + "'", expected);
  };
  if (name.empty() || name.find('\0') != std::string::npos) refuse("a name");
  // Early .NET wrote its own separator.
  if (from_windows && name.find('/') == std::string::npos && !part_by_slashes(name, is_utf8)) {
    name = stored;
    refuse(
        "one of UTF-8, or with / between folders: here a \\ may part folders or belong to a letter, which "
        "dataset.text_encoding can say");
  }
  const bool has_drive = from_windows && name.size() > 1 && name[1] == ':';
  if (name.front() == '/' || has_drive) refuse("a path within the archive");
  const bool is_folder = name.back() == '/';
  std::string clean;
  for (size_t at = 0; at < name.size();) {
    const size_t end = std::min(name.find('/', at), name.size());
    const std::string_view part = std::string_view(name).substr(at, end - at);
    if (part == "..") refuse("a path within the archive");
    if (!part.empty() && part != ".") clean.append(clean.empty() ? "" : "/").append(part);
    at = end + 1;
  }
  if (is_folder && !clean.empty()) clean += '/';
  return clean;
}

std::string utf8_name_in(std::span<const std::byte> extra, std::span<const std::byte> stored) {
  constexpr size_t kTag = 0x7075, kFieldHead = 5;
  while (extra.size() >= 4) {
    const size_t tag = little_endian<uint16_t>(extra, 0), length = little_endian<uint16_t>(extra, 2);
    if (length > extra.size() - 4) return {};
    const auto field = extra.subspan(4, length);
    if (tag == kTag && length > kFieldHead && field[0] == std::byte{1}) {
      // Of the stored name: one that renamed the member without a word of this field is believed.
      const uLong sum =
          crc32(0, reinterpret_cast<const Bytef*>(stored.data()), static_cast<uInt>(stored.size()));
      std::string name(reinterpret_cast<const char*>(field.data()) + kFieldHead, length - kFieldHead);
      return little_endian<uint32_t>(field, 1) == sum && is_utf8(name) ? name : std::string();
    }
    extra = extra.subspan(4 + length);
  }
  return {};
}

std::vector<std::string> names_from_gb18030(const std::vector<std::string_view>& stored) {
  std::vector<std::string> names;
  std::set<std::string_view> parts;
  for (const std::string_view name : stored) {
    auto turned = utf8_of(name, "GB18030");
    if (!turned) return {};
    names.push_back(std::move(*turned));
    for (size_t at = 0; at < name.size();) {
      const size_t end = std::min(name.find('/', at), name.size());
      if (const auto part = name.substr(at, end - at); !is_utf8(part)) parts.insert(part);
      at = end + 1;
    }
  }
  return are_surely_chinese(parts) ? names : std::vector<std::string>();
}

}  // namespace trivox
