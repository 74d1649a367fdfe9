#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace trivox {

/// A tar is a row of blocks of this many bytes: a header, content padded to a block, and so on.
inline constexpr uint64_t kTarBlock = 512;
/// Largest member that plain ustar can name: 11 octal digits.
inline constexpr uint64_t kTarMemberLimit = uint64_t{1} << 33;

/// `bytes` rounded up to whole blocks.
[[nodiscard]] constexpr uint64_t tar_padded(uint64_t bytes) {
  return (bytes + kTarBlock - 1) / kTarBlock * kTarBlock;
}

/// The header block of a regular file: mode 0644, owner 0, time 0, so that equal content gives equal
/// bytes. Throws Error for a name above 100 bytes or a member of 8 GiB and more.
/// Source: POSIX.1-2008, pax, "ustar Interchange Format".
[[nodiscard]] std::string tar_header(std::string_view name, uint64_t bytes);

/// What the header of a regular file says.
struct TarMember {
  std::string name;
  uint64_t bytes = 0;
};

/// Parses a header block as `tar_header` and Python's tarfile (USTAR_FORMAT) write it: ustar of POSIX, no
/// prefix, octal numbers, the sum right. Throws Error (without path) for fewer bytes than a block and for
/// whatever else a tar may hold: folders, links, pax and GNU extensions, an end of the archive. Pure.
[[nodiscard]] TarMember parse_tar_header(std::span<const std::byte> block);

/// Two empty blocks: the end of an archive.
[[nodiscard]] std::string tar_end();

}  // namespace trivox
