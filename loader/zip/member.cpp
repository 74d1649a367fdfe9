#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "loader/bytes.h"
#include "loader/zip.h"
#include "loader/zip/name.h"
#include "transforms/error.h"

// The content of a ZIP archive's members.
namespace trivox {
namespace {

constexpr uint32_t kLocalMark = 0x04034b50;
constexpr size_t kLocalBytes = 30;
constexpr uint64_t kIn64 = 0xffffffff;
constexpr unsigned kUtf8Flag = 1U << 11;
constexpr size_t kLeastInput = size_t{1} << 12, kMostInput = size_t{1} << 17;

std::string text(uint64_t value) { return std::to_string(value); }

/// As tools for archives print a CRC-32.
std::string hex(uint32_t value) {
  std::array<char, 9> digits{};
  std::snprintf(digits.data(), digits.size(), "%08x", value);
  return digits.data();
}

std::string method_name(uint16_t method) {
  constexpr std::pair<uint16_t, const char*> kNames[] = {{1, "shrink"}, {6, "implode"}, {9, "deflate64"},
                                                         {12, "bzip2"}, {14, "LZMA"},   {93, "zstd"},
                                                         {95, "xz"},    {98, "PPMd"},   {99, "WinZip's AES"}};
  for (const auto& [number, name] : kNames)
    if (number == method) return name;
  return "an unknown method";
}

void refuse_problem(const ZipMember& member) {
  switch (member.problem) {
    case ZipProblem::kNone:
      return;
    case ZipProblem::kEncrypted:
      throw Error("member of the archive", "encrypted", "one without a password");
    case ZipProblem::kMethod:
      throw Error("compression of the member",
                  method_name(member.method) + " (method " + text(member.method) + ")", "none or deflate");
    case ZipProblem::kLink:
      throw Error("member of the archive", "a symbolic link", "a file");
    case ZipProblem::kTwice:
      throw Error("member of the archive", "there twice", "there once");
    case ZipProblem::kOutside:
      throw Error("place of the member",
                  text(member.stored_bytes) + " bytes from byte " + text(member.header_offset) + " on",
                  "before the central directory");
    case ZipProblem::kOverlap:
      throw Error("place of the member", "also another member's", "its own");
    case ZipProblem::kImpossible:
      throw Error("length of the member",
                  text(member.bytes) + " bytes, stored as " + text(member.stored_bytes),
                  member.method == 0 ? "as many as are stored" : "at most 1,032 times as many as are stored");
  }
}

}  // namespace

struct ZipMemberReader::State {
  const ZipMember& member;
  ReadAt read_at;
  uint64_t next = 0;  ///< byte of the archive to read next
  uint64_t left = 0;  ///< stored bytes not read yet
  uint64_t written = 0;
  uint32_t crc = 0;
  bool is_checked = false;
  std::vector<std::byte> input;
  z_stream stream{};
  bool ended = false;  ///< the deflate stream

  State(const ZipMember& one, ReadAt from) : member(one), read_at(std::move(from)), left(one.stored_bytes) {}
  ~State() {
    if (member.method != 0) inflateEnd(&stream);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void open(const ZipIndex& index) {
    // Room for the header was checked with the directory, that for its extra field is here.
    std::array<std::byte, kLocalBytes> head{};
    read_at(member.header_offset, head);
    if (little_endian<uint32_t>(head, 0) != kLocalMark)
      throw Error("header of the member", "absent", "one at byte " + text(member.header_offset));
    const uint64_t name_bytes = little_endian<uint16_t>(head, 26),
                   extra_bytes = little_endian<uint16_t>(head, 28);
    const uint64_t room = index.directory_offset - member.header_offset - kLocalBytes;
    if (name_bytes + extra_bytes > room || member.stored_bytes > room - name_bytes - extra_bytes)
      throw Error(
          "place of the member",
          text(member.stored_bytes) + " bytes behind its header at byte " + text(member.header_offset),
          "before the central directory");
    std::vector<std::byte> name(static_cast<size_t>(name_bytes));
    read_at(member.header_offset + kLocalBytes, name);
    const std::string_view stored(reinterpret_cast<const char*>(name.data()), name.size());
    const unsigned flags = little_endian<uint16_t>(head, 6);
    const std::string& expected = member.stored_name.empty() ? member.name : member.stored_name;
    if (stored != expected && clean_zip_name(stored, true, (flags & kUtf8Flag) != 0) != expected &&
        clean_zip_name(stored, false, false) != expected)
      throw Error("name in the member's header", "'" + std::string(stored) + "'", "'" + member.name + "'");
    check_against(head);
    next = member.header_offset + kLocalBytes + name_bytes + extra_bytes;
  }

  /// Of the values that the member's own header holds as well.
  void check_against(std::span<const std::byte> head) const {
    const auto check = [](const char* attribute, uint64_t found, uint64_t expected, uint64_t unknown) {
      if (found != unknown && found != expected)
        throw Error(attribute, text(found), text(expected) + ", as in the central directory");
    };
    check("compression in the member's header", little_endian<uint16_t>(head, 8), member.method, kIn64);
    if ((little_endian<uint16_t>(head, 6) & 8U) != 0) return;  // written behind the content
    if (const auto own = little_endian<uint32_t>(head, 14); own != 0 && own != member.crc32)
      throw Error("CRC-32 in the member's header", hex(own),
                  hex(member.crc32) + ", as in the central directory");
    for (const auto& [at, value] :
         {std::pair{size_t{18}, member.stored_bytes}, std::pair{size_t{22}, member.bytes}})
      if (const uint64_t own = little_endian<uint32_t>(head, at); own != kIn64)
        check("length in the member's header", own, value, 0);
  }

  void refill(size_t wanted) {
    const uint64_t n = std::min<uint64_t>(left, std::clamp(wanted, kLeastInput, kMostInput));
    input.resize(static_cast<size_t>(n));
    read_at(next, input);
    next += n;
    left -= n;
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(n);
  }

  size_t copy(std::span<std::byte> out) {
    const auto n = static_cast<size_t>(std::min<uint64_t>(left, out.size()));
    read_at(next, out.first(n));
    next += n;
    left -= n;
    return n;
  }

  /// Fills `out` unless the stream ends before.
  size_t inflate_into(std::span<std::byte> out) {
    constexpr size_t kMost = size_t{1} << 30;  // zlib counts in unsigned int
    size_t filled = 0;
    while (filled < out.size() && !ended) {
      if (stream.avail_in == 0 && left > 0) refill(out.size() - filled);
      const auto room = static_cast<uInt>(std::min(out.size() - filled, kMost));
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
      stream.avail_out = room;
      const int status = inflate(&stream, Z_NO_FLUSH);
      filled += room - stream.avail_out;
      ended = status == Z_STREAM_END;
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
        throw Error("deflate stream",
                    "corrupt after " + text(written + filled) + " bytes of content (" +
                        (stream.msg != nullptr ? stream.msg : "unknown fault") + ")",
                    "");
      if (!ended && stream.avail_out > 0 && stream.avail_in == 0 && left == 0)
        throw Error("deflate stream", "truncated after " + text(written + filled) + " bytes of content",
                    text(member.bytes) + " bytes and an end mark");
    }
    return filled;
  }

  void check_end() {
    if (is_checked) return;
    is_checked = true;
    if (member.method != 0 && !ended) {
      std::byte further{};
      if (inflate_into({&further, 1}) > 0)
        throw Error("length of the member", "more than " + text(member.bytes) + " bytes", text(member.bytes));
    }
    if (crc != member.crc32)
      throw Error("CRC-32 of the member", hex(crc), hex(member.crc32) + ": it is damaged");
  }
};

ZipMemberReader::ZipMemberReader(const ZipIndex& index, const ZipMember& member, ReadAt read_at) {
  refuse_problem(member);
  state_ = std::make_unique<State>(member, std::move(read_at));
  if (member.method != 0 && inflateInit2(&state_->stream, -15) != Z_OK)
    throw Error(Fault{"", "zlib cannot start", "", "", {}});
  state_->open(index);
}

ZipMemberReader::~ZipMemberReader() = default;

size_t ZipMemberReader::read(std::span<std::byte> out) {
  State& state = *state_;
  const ZipMember& member = state.member;
  out = out.first(static_cast<size_t>(std::min<uint64_t>(out.size(), member.bytes - state.written)));
  const size_t n = member.method == 0 ? state.copy(out) : state.inflate_into(out);
  state.crc = static_cast<uint32_t>(crc32_z(state.crc, reinterpret_cast<const Bytef*>(out.data()), n));
  state.written += n;
  if (n < out.size()) throw Error("length of the member", text(state.written) + " bytes", text(member.bytes));
  if (state.written == member.bytes) state.check_end();
  return n;
}

std::vector<std::byte> read_zip_member(const ZipIndex& index, const ZipMember& member, const ReadAt& read_at,
                                       uint64_t most) {
  ZipMemberReader reader(index, member, read_at);
  const uint64_t wanted = std::min(member.bytes, most);
  std::vector<std::byte> content;
  uint64_t filled = 0;
  do {
    // Scans shrink to a half or third: mostly one step.
    const uint64_t room = std::max<uint64_t>({2 * filled, 4 * member.stored_bytes, uint64_t{1} << 16});
    content.resize(static_cast<size_t>(std::min(wanted, room)));
    filled += reader.read(std::span(content).subspan(static_cast<size_t>(filled)));
  } while (filled < wanted);
  return content;
}

}  // namespace trivox
