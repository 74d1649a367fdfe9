#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "loader/open_file.h"
#include "loader/zip.h"

// Paths that lead through a ZIP archive as if it were a folder. Internal to loader/file.cpp.
namespace trivox {

/// An open archive and what it holds. Reading is thread safe.
struct Archive {
  std::filesystem::path path;
  OpenFile file;
  ZipIndex index;

  std::string encoding;  ///< as `parse_zip` takes it

  Archive(const std::filesystem::path& archive, std::string names);
  [[nodiscard]] ReadAt read_at() const;
};

/// Where a path leads to: "a.zip/b/c" to "b/c" in a.zip, "a.zip" to "" there.
struct ArchivePlace {
  std::shared_ptr<const Archive> archive;
  std::string name;  ///< in the archive; "." and ".." resolved
};

/// The archive that a path leads through: the first part of it that is a regular file whose name ends in
/// .zip, in any letter case; empty where there is none.
[[nodiscard]] std::filesystem::path archive_in(const std::filesystem::path& path);

/// Nothing where the path leads through no archive. The last archives used stay open, and are read
/// again where size or time of change differ. Throws Error with the archive's path where that cannot
/// be read. Thread safe.
[[nodiscard]] std::optional<ArchivePlace> archive_place(const std::filesystem::path& path);
/// The same, but nothing for the archive itself, which is a file like others and is not opened.
[[nodiscard]] std::optional<ArchivePlace> member_place(const std::filesystem::path& path);

/// The member at a place. Throws Error with `path` where there is none.
[[nodiscard]] const ZipMember& member_at(const ArchivePlace& place, const std::filesystem::path& path);

}  // namespace trivox
