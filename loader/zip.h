#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trivox {

/// Why a member cannot be read.
enum class ZipProblem : uint8_t {
  kNone,
  kEncrypted,
  kMethod,      ///< neither stored nor deflated
  kLink,        ///< a symbolic link
  kTwice,       ///< its name is there again, or is a folder's too
  kOutside,     ///< not before the central directory
  kOverlap,     ///< shares bytes with another member
  kImpossible,  ///< more content than its bytes can hold
};

struct ZipMember {
  std::string name;            ///< UTF-8 or bytes as stored, "/" between folders; a folder's ends in "/"
  uint64_t header_offset = 0;  ///< of its local header, from the start of the archive's bytes
  uint64_t stored_bytes = 0;   ///< in the archive
  uint64_t bytes = 0;          ///< of content
  uint32_t crc32 = 0;
  uint16_t method = 0;  ///< 0: stored, 8: deflated
  ZipProblem problem = ZipProblem::kNone;
  std::string stored_name;  ///< where it is stored in another encoding; else empty
};

/// What a ZIP archive holds.
struct ZipIndex {
  std::vector<ZipMember> members;     ///< sorted by name, each name once
  uint64_t directory_offset = 0;      ///< where the members' bytes end
  std::vector<std::string> warnings;  ///< what was repaired, and why

  /// The file of that name; null: none.
  [[nodiscard]] const ZipMember* find(std::string_view name) const;
  /// Whether something lies below that name, or a folder is stored under it; "" always is one.
  [[nodiscard]] bool has_folder(std::string_view name) const;
  /// Names of the files or of the sub-folders right in a folder ("": the top), sorted.
  [[nodiscard]] std::vector<std::string> list(std::string_view folder, bool want_folders) const;
};

/// Fills `out` with the archive's bytes from `offset` on, or throws. Never asked for bytes beyond
/// the archive's size.
using ReadAt = std::function<void(uint64_t offset, std::span<std::byte> out)>;

/// Reads the central directory of an archive of `size` bytes: stored and deflated members, ZIP64,
/// data descriptors, bytes before the archive and behind it, and the archives above 4 GiB that macOS writes
/// without ZIP64. Nothing is allocated that the directory's own bytes do not fill. Throws Error (without
/// path) where the directory is broken, the archive is split over several files, or a name leads out of the
/// archive
/// ("..", an absolute path). A name that is no UTF-8 becomes it where Info-ZIP's field tells it, where it is
/// valid in `encoding` (a name that iconv knows) or, with "auto", where all such names can be nothing but a
/// Chinese Windows' GB18030. Pure; thread safe. Source: PKWARE APPNOTE 6.3.10.
[[nodiscard]] ZipIndex parse_zip(uint64_t size, const ReadAt& read_at, const std::string& encoding = "auto");
[[nodiscard]] ZipIndex parse_zip(std::span<const std::byte> bytes, const std::string& encoding = "auto");

/// The content of one member from its start on. Not thread safe; several readers of one archive are.
class ZipMemberReader {
 public:
  /// Throws Error (without path) where the member cannot be read, or its own header contradicts the
  /// directory.
  ZipMemberReader(const ZipIndex& index, const ZipMember& member, ReadAt read_at);
  ~ZipMemberReader();
  ZipMemberReader(const ZipMemberReader&) = delete;
  ZipMemberReader& operator=(const ZipMemberReader&) = delete;

  /// Fills `out` as far as the content goes; returns how many bytes were written. The read that reaches the
  /// content's end checks length and CRC-32. Throws Error (without path).
  size_t read(std::span<std::byte> out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The first `most` bytes of a member's content, or all of it. What is allocated grows with what is read,
/// so that a false length asks for no more than twice the content.
[[nodiscard]] std::vector<std::byte> read_zip_member(const ZipIndex& index, const ZipMember& member,
                                                     const ReadAt& read_at, uint64_t most);

}  // namespace trivox
