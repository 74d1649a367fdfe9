#include "loader/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <string>

#include "transforms/error.h"

namespace trivox {
namespace {

constexpr int kGzipWindow = 15 + 16;  // 15 bits of window, + 16: a gzip wrapper
constexpr int kRawWindow = -15;       // no wrapper
constexpr size_t kMostInflated = size_t{1} << 30;
constexpr size_t kLargestRatio = 1032;  // of deflate; zlib's technical details

/// zlib counts in unsigned int: longer buffers are handed over piece by piece.
uInt piece(size_t n) { return static_cast<uInt>(std::min<size_t>(n, std::numeric_limits<uInt>::max())); }

class Inflater {
 public:
  Inflater(std::span<const std::byte> bytes, int window)
      : name_(window == kGzipWindow ? "gzip stream" : "deflate stream"),
        has_members_(window == kGzipWindow),
        input_(bytes) {
    if (inflateInit2(&stream_, window) != Z_OK)
      throw Error("zlib", "out of memory at its start", "some 300 KB");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Fills `out` as far as the stream goes; returns how many bytes were written.
  size_t read(std::span<std::byte> out) {
    size_t written = 0;
    while (written < out.size() && !ended_) {
      const uInt in = piece(input_.size());
      const uInt room = piece(out.size() - written);
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(input_.data()));
      stream_.avail_in = in;
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + written);
      stream_.avail_out = room;
      const int status = inflate(&stream_, Z_NO_FLUSH);
      input_ = input_.subspan(in - stream_.avail_in);
      written += room - stream_.avail_out;
      total_ += room - stream_.avail_out;
      if (status == Z_STREAM_END) {
        // Another gzip member may follow; anything else after the end is padding, as gzip(1) sees
        // it, and so is all that follows a bare deflate stream.
        ended_ = !has_members_ || !is_gzip(input_);
        if (!ended_) inflateReset(&stream_);
      } else if (status == Z_BUF_ERROR || (status == Z_OK && input_.empty() && stream_.avail_out > 0)) {
        throw Error(
            name_, "truncated after " + std::to_string(total_) + " bytes of content",
            (expected_ > 0 ? std::to_string(expected_) + " bytes" : "an end mark") + " and a checksum");
      } else if (status != Z_OK) {
        throw Error(name_,
                    "corrupt after " + std::to_string(total_) + " bytes of content (" +
                        (stream_.msg != nullptr ? stream_.msg : "unknown fault") + ")",
                    "one that zlib inflates");
      }
    }
    return written;
  }
  /// For messages.
  void expect(size_t content_bytes) { expected_ = content_bytes; }

 private:
  const char* name_;
  bool has_members_;
  std::span<const std::byte> input_;
  size_t expected_ = 0;
  z_stream stream_{};
  size_t total_ = 0;
  bool ended_ = false;
};

}  // namespace

bool is_gzip(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

std::vector<std::byte> gunzip(std::span<const std::byte> bytes, size_t head,
                              const std::function<size_t(std::span<const std::byte>)>& content_bytes) {
  Inflater inflater(bytes, kGzipWindow);
  std::vector<std::byte> content(head);
  content.resize(inflater.read(content));
  const size_t kept = content.size();
  const size_t wanted = content_bytes(content);
  inflater.expect(wanted);
  if (wanted / kLargestRatio > bytes.size())
    throw Error("gzip stream",
                "truncated: " + std::to_string(bytes.size()) + " bytes, too few for its content",
                std::to_string(wanted) + " bytes of content");
  // In steps, so that a header's claim never takes much more memory than the stream fills.
  size_t filled = kept;
  while (filled < wanted) {
    content.resize(std::min(wanted, std::max<size_t>(2 * filled, size_t{1} << 20)));
    const size_t got = inflater.read(std::span(content).subspan(filled));
    filled += got;
    if (filled < content.size()) {
      content.resize(filled);
      break;
    }
  }
  std::vector<std::byte> rest(size_t{1} << 16);
  while (inflater.read(rest) > 0) {
  }
  return content;
}

std::vector<std::byte> gunzip_start(std::span<const std::byte> bytes, size_t most) {
  Inflater inflater(bytes, kGzipWindow);
  std::vector<std::byte> content(most);
  content.resize(inflater.read(content));
  return content;
}

std::vector<std::byte> inflate_raw(std::span<const std::byte> bytes) {
  Inflater inflater(bytes, kRawWindow);
  std::vector<std::byte> content;
  for (;;) {
    const size_t filled = content.size();
    if (filled >= kMostInflated) throw Error("deflate stream", "more than 1 GiB of content", "one image");
    content.resize(std::min(kMostInflated, std::max<size_t>(2 * filled, size_t{1} << 16)));
    const size_t got = inflater.read(std::span(content).subspan(filled));
    if (filled + got < content.size()) {
      content.resize(filled + got);
      return content;
    }
  }
}

std::vector<std::byte> gzip(std::span<const std::byte> bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw Error("zlib", "out of memory at its start", "some 300 KB");
  std::vector<std::byte> out(deflateBound(&stream, static_cast<uLong>(bytes.size())));
  size_t written = 0;
  int status = Z_OK;
  while (status == Z_OK) {
    const uInt in = piece(bytes.size());
    const uInt room = piece(out.size() - written);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
    stream.avail_in = in;
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + written);
    stream.avail_out = room;
    status = deflate(&stream, in == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
    bytes = bytes.subspan(in - stream.avail_in);
    written += room - stream.avail_out;
  }
  deflateEnd(&stream);
  if (status != Z_STREAM_END) throw Error("zlib", "status " + std::to_string(status), "a compressed stream");
  out.resize(written);
  return out;
}

}  // namespace trivox
