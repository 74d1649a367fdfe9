#pragma once
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace trivox {

/// True where the bytes begin as a gzip stream does.
[[nodiscard]] bool is_gzip(std::span<const std::byte> bytes);

/// Decompresses a gzip stream (RFC 1952, several members allowed) of which the first `head` bytes
/// say how long the content is: `content_bytes(head)` is called once with them (fewer where the
/// stream is shorter). No more than that is kept, and at most twice as much is allocated as the
/// stream has filled, or 1 MiB. The rest is read through to the checksum. Throws Error
/// (attribute "gzip stream") for a truncated or corrupt stream. Pure; thread safe.
[[nodiscard]] std::vector<std::byte> gunzip(
    std::span<const std::byte> bytes, size_t head,
    const std::function<size_t(std::span<const std::byte>)>& content_bytes);

/// The first `most` bytes of the content of a gzip stream of which `bytes` are the beginning; fewer
/// where the content is shorter. Throws Error where the stream is corrupt, or too short to hold them.
[[nodiscard]] std::vector<std::byte> gunzip_start(std::span<const std::byte> bytes, size_t most);

/// Decompresses a bare deflate stream (RFC 1951), as DICOM's deflated transfer syntax holds. Throws
/// Error (attribute "deflate stream") where it is truncated, corrupt or longer than 1 GiB.
[[nodiscard]] std::vector<std::byte> inflate_raw(std::span<const std::byte> bytes);

/// Compresses to gzip without name or time stamp: the same bytes for the same input and zlib.
[[nodiscard]] std::vector<std::byte> gzip(std::span<const std::byte> bytes);

}  // namespace trivox
