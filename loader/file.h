#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <ostream>
#include <span>
#include <string_view>
#include <vector>

namespace trivox {

// What is read here may lie in a ZIP archive: a path leads through a file whose name ends in .zip (in
// any letter case) as through a folder, "primary_data.zip/data/MRI-Segments/001/ROI-T1.nii", and the
// archive itself is a file and a folder. Not through an archive within an archive, and nothing is
// written into one. All functions are thread safe.

/// The whole file; throws Error with path and the system's reason.
[[nodiscard]] std::vector<std::byte> read_file(const std::filesystem::path& path);

/// The first `most` bytes of a file, or all of it where it is shorter; throws likewise.
[[nodiscard]] std::vector<std::byte> read_head(const std::filesystem::path& path, size_t most);

/// The same into a buffer that is used again; the file's size in bytes is returned.
uint64_t read_head(const std::filesystem::path& path, size_t most, std::vector<std::byte>& into);

/// Fills `out` with the bytes from `offset` on; throws likewise, and (attribute "length") where the
/// file ends before them.
void read_part(const std::filesystem::path& path, uint64_t offset, std::span<std::byte> out);

/// Hands over the whole file in order, at most 1 MiB at a time; throws likewise, also in the middle.
void read_pieces(const std::filesystem::path& path,
                 const std::function<void(std::span<const std::byte>)>& take);

/// Bytes of a file's content; throws likewise.
[[nodiscard]] uint64_t size_of_file(const std::filesystem::path& path);

/// Whether a regular file, a folder lies there; false also where that cannot be told.
[[nodiscard]] bool is_file(const std::filesystem::path& path);
[[nodiscard]] bool is_folder(const std::filesystem::path& path);

/// Whether it is a symbolic link to where nothing lies.
[[nodiscard]] bool is_broken_link(const std::filesystem::path& path);

/// The one name of a file or folder: absolute, without links, "." and ".."; throws Error where
/// nothing lies there.
[[nodiscard]] std::filesystem::path canonical_path(const std::filesystem::path& path);

/// Calls `write` with a stream to a temporary name beside `path`, then flushes, fsyncs and renames,
/// so that nothing half-written is ever found under a final name; on failure the temporary is
/// removed and an Error says path and the system's reason (no space left, permission denied).
void write_file_atomically(const std::filesystem::path& path,
                           const std::function<void(std::ostream&)>& write);
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// The archive that a path leads through or is; empty: none.
[[nodiscard]] std::filesystem::path archive_of(const std::filesystem::path& path);

/// What was repaired or guessed of that archive; nothing of one that is none or cannot be read.
[[nodiscard]] std::vector<std::string> warnings_of_archive(const std::filesystem::path& archive);

/// From now on, in all threads: what names in archives are stored in that are no UTF-8 and do not tell,
/// "auto" or a name that iconv knows (dataset.text_encoding; loader/zip.h). A setting of the process, since a
/// path through an archive must mean the same wherever it is used.
void read_archive_names_as(const std::string& encoding);

/// Files of a folder by name, without hidden ones and those of file managers (Thumbs.db,
/// desktop.ini); links that lead nowhere are among them, so that reading says so. Throws Error with
/// path and reason.
[[nodiscard]] std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder);
/// Sub-folders by name that a person put there: neither hidden nor `__MACOSX`. Throws likewise.
[[nodiscard]] std::vector<std::filesystem::path> folders_in(const std::filesystem::path& folder);

/// Files of a folder and of those below it, in the order in which a person would list them: a folder's
/// own by name, then its sub-folders'. Throws likewise, at a link to a folder that it lies in, and where
/// folders lie more than 10 deep.
[[nodiscard]] std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder);

/// Creates the folder and its parents; throws Error where it cannot be written to.
void make_output_folder(const std::filesystem::path& folder);

}  // namespace trivox
