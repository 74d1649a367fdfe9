#include "loader/zip_name.h"

#include <algorithm>

#include "transforms/error.h"

namespace trivox {
namespace {

bool is_ascii(std::string_view name) {
  return std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

std::string clean_zip_name(std::string_view stored, bool from_windows, bool is_utf8) {
  std::string name(stored);
  // Early .NET wrote its own separator. Not where the second byte of a GBK character may look like one.
  if (from_windows && name.find('/') == std::string::npos && (is_utf8 || is_ascii(name)))
    std::ranges::replace(name, '\\', '/');
  const auto refuse = [&](const char* expected) {
    for (size_t at = 0; (at = name.find('\0', at)) != std::string::npos;) name.replace(at, 1, "\\0");
    throw Error("name of a member", "'" + name + "'", expected);
  };
  if (name.empty() || name.find('\0') != std::string::npos) refuse("a name");
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

}  // namespace trivox
