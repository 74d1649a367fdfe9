#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Names in ZIP archives. Internal to loader/.
namespace trivox {

/// A member's name with "/" between folders (a folder's ends in it), without "." and empty parts; empty for
/// the top itself. Bytes of other encodings than UTF-8 pass as they are. from_windows: the archive was made
/// where "\" parts folders. Throws Error (without path) for an empty name and one that leads out of the
/// archive.
[[nodiscard]] std::string clean_zip_name(std::string_view stored, bool from_windows, bool is_utf8);

/// The name in UTF-8 that a member's extra field (Info-ZIP's 0x7075, which WinRAR writes too) tells of the
/// stored one; empty: none. Source: PKWARE APPNOTE 6.3.10, 4.6.9.
[[nodiscard]] std::string utf8_name_in(std::span<const std::byte> extra, std::span<const std::byte> stored);

/// Names that are no UTF-8 and that Windows stored without a word of their encoding, from GB18030 to UTF-8 in
/// their order: of one code page, so told together. Nothing where they can be of another one
/// (`are_surely_chinese`).
[[nodiscard]] std::vector<std::string> names_from_gb18030(const std::vector<std::string_view>& stored);

}  // namespace trivox
