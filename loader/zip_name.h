#pragma once
#include <string>
#include <string_view>

// Names in ZIP archives. Internal to loader/.
namespace trivox {

/// A member's name with "/" between folders (a folder's ends in it), without "." and empty parts; empty for
/// the top itself. Bytes of other encodings than UTF-8 pass as they are. from_windows: the archive was made
/// where "\" parts folders. Throws Error (without path) for an empty name and one that leads out of the
/// archive.
[[nodiscard]] std::string clean_zip_name(std::string_view stored, bool from_windows, bool is_utf8);

}  // namespace trivox
