#include "loader/zip.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "loader/bytes.h"
#include "loader/text.h"
#include "loader/text/encoding.h"
#include "loader/zip/name.h"
#include "transforms/error.h"

// The directory of a ZIP archive. Own code instead of libzip or minizip: their handles are not shared
// between threads, so that each thread would read the directory again; they answer with one of two members
// of the same name; and none knows the archives above 4 GiB that macOS writes without ZIP64.
namespace trivox {
namespace {

constexpr uint32_t kMemberMark = 0x02014b50, kSignatureMark = 0x05054b50, kEndMark = 0x06054b50,
                   kLocatorMark = 0x07064b50, kEnd64Mark = 0x06064b50;
constexpr size_t kMemberBytes = 46, kEndBytes = 22, kLocatorBytes = 20, kEnd64Bytes = 56, kLocalBytes = 30;
constexpr uint64_t kIn64 = 0xffffffff;   // the value stands in a field of ZIP64
constexpr uint64_t kShortIn64 = 0xffff;  // likewise, of two bytes
constexpr uint64_t kWrap = uint64_t{1} << 32;
constexpr uint64_t kLargestRatio = 1032;  // of deflate; zlib's technical details

uint64_t u64(std::span<const std::byte> bytes, size_t at) { return little_endian<uint64_t>(bytes, at); }
uint32_t u32(std::span<const std::byte> bytes, size_t at) { return little_endian<uint32_t>(bytes, at); }
uint16_t u16(std::span<const std::byte> bytes, size_t at) { return little_endian<uint16_t>(bytes, at); }

std::string text(uint64_t value) { return std::to_string(value); }

template <size_t N>
std::array<std::byte, N> read_record(const ReadAt& read_at, uint64_t offset) {
  std::array<std::byte, N> record{};
  read_at(offset, record);
  return record;
}

/// What the records at the archive's end say.
struct End {
  uint64_t begin = 0;  ///< of the central directory
  uint64_t bytes = 0;  ///< of the central directory
  uint64_t entries = 0;
  uint64_t prefix = 0;  ///< bytes before the archive, by which all offsets are short
  bool is_64 = false;
  bool is_wrapped = false;  ///< offsets are given modulo 2^32
};

struct EndRecord {
  uint64_t position = 0;
  std::array<std::byte, kEndBytes> bytes{};
};

/// The last record whose comment ends with the archive, else the last whose comment fits into it.
EndRecord find_end(uint64_t size, const ReadAt& read_at, std::vector<std::string>& warnings) {
  if (size < kEndBytes) throw Error("length", text(size) + " bytes", "those of a ZIP archive");
  std::vector<std::byte> tail(static_cast<size_t>(std::min<uint64_t>(size, kEndBytes + 0xffff)));
  read_at(size - tail.size(), tail);
  std::optional<size_t> chosen, behind_it;
  for (size_t at = tail.size() - kEndBytes + 1; at-- > 0 && !chosen;) {
    if (u32(tail, at) != kEndMark) continue;
    const size_t end = at + kEndBytes + u16(tail, at + 20);
    if (end == tail.size()) chosen = at;
    if (end < tail.size() && !behind_it) behind_it = at;
  }
  if (!chosen && behind_it) {
    chosen = behind_it;
    warnings.push_back(text(tail.size() - *chosen - kEndBytes - u16(tail, *chosen + 20)) +
                       " bytes behind the end of the archive are not read");
  }
  if (!chosen)
    throw Error("end record", "absent (the archive may be truncated)", "one at the end of a ZIP archive");
  EndRecord record{size - tail.size() + *chosen, {}};
  std::copy_n(tail.begin() + static_cast<std::ptrdiff_t>(*chosen), kEndBytes, record.bytes.begin());
  return record;
}

/// The ZIP64 end record, where a locator stands before the old one.
std::optional<std::pair<uint64_t, std::array<std::byte, kEnd64Bytes>>> find_end_64(uint64_t end_position,
                                                                                   const ReadAt& read_at) {
  if (end_position < kLocatorBytes + kEnd64Bytes) return std::nullopt;
  const uint64_t locator_position = end_position - kLocatorBytes;
  const auto locator = read_record<kLocatorBytes>(read_at, locator_position);
  if (u32(locator, 0) != kLocatorMark) return std::nullopt;
  if (u32(locator, 16) > 1)
    throw Error("number of files", text(u32(locator, 16)), "1: split archives are not read");
  const uint64_t last = locator_position - kEnd64Bytes;
  // Bytes before the archive shift it: then it is looked for where it must stand.
  for (const uint64_t position : {u64(locator, 8), last}) {
    if (position > last) continue;
    const auto record = read_record<kEnd64Bytes>(read_at, position);
    if (u32(record, 0) == kEnd64Mark) return std::pair{position, record};
  }
  throw Error("ZIP64 end record", "absent", "one, as its locator says");
}

/// The value that two records give; the older says by its greatest value that the other one knows.
uint64_t agreed(const char* attribute, uint64_t old, uint64_t greatest, uint64_t value_64) {
  if (old != greatest && old != value_64)
    throw Error(attribute, text(old) + ", and " + text(value_64) + " in the ZIP64 end record",
                "the same in both");
  return value_64;
}

End read_end(uint64_t size, const ReadAt& read_at, std::vector<std::string>& warnings) {
  const EndRecord old = find_end(size, read_at, warnings);
  End end;
  end.entries = u16(old.bytes, 10);
  end.bytes = u32(old.bytes, 12);
  uint64_t offset = u32(old.bytes, 16);
  uint64_t disk = u16(old.bytes, 4), directory_disk = u16(old.bytes, 6), entries_here = u16(old.bytes, 8);
  uint64_t position = old.position;
  if (const auto record = find_end_64(old.position, read_at)) {
    const auto& [at, bytes] = *record;
    end.is_64 = true;
    position = at;
    disk = agreed("number of this file", disk, kShortIn64, u32(bytes, 16));
    directory_disk = agreed("file of the central directory", directory_disk, kShortIn64, u32(bytes, 20));
    entries_here = agreed("entries in this file", entries_here, kShortIn64, u64(bytes, 24));
    end.entries = agreed("number of entries", end.entries, kShortIn64, u64(bytes, 32));
    end.bytes = agreed("length of the central directory", end.bytes, kIn64, u64(bytes, 40));
    offset = agreed("place of the central directory", offset, kIn64, u64(bytes, 48));
  }
  if (disk != 0 || directory_disk != 0 || entries_here != end.entries)
    throw Error("number of files", "more than one", "1: split archives are not read");
  if (end.bytes > position || offset > position - end.bytes)
    throw Error("central directory", text(end.bytes) + " bytes from byte " + text(offset) + " on",
                "before its end record at byte " + text(position));
  end.begin = position - end.bytes;
  end.prefix = end.begin - offset;
  const auto starts = [&](uint64_t at) {
    return end.bytes >= kMemberBytes && u32(read_record<4>(read_at, at), 0) == kMemberMark;
  };
  if (end.prefix > 0 && !starts(end.begin) &&
      starts(offset)) {  // something lies behind the directory instead
    end.begin = offset;
    end.prefix = 0;
  } else if (!end.is_64 && end.prefix > 0 && end.prefix % kWrap == 0) {
    end.prefix = 0;
    end.is_wrapped = true;
    warnings.emplace_back(
        "the archive is larger than 4 GiB and has no ZIP64 records, as macOS writes it: places of "
        "members are taken modulo 4 GiB, in the order of the directory");
  }
  return end;
}

/// The central directory's bytes in order, a buffer at a time.
class Records {
 public:
  Records(const ReadAt& read_at, uint64_t begin, uint64_t bytes)
      : read_at_(read_at), next_(begin), left_(bytes) {}
  /// Bytes that were not taken yet.
  [[nodiscard]] uint64_t left() const { return left_ + buffer_.size() - used_; }
  [[nodiscard]] std::span<const std::byte> peek(size_t n) {
    if (n > left()) throw Error("central directory", "truncated", text(n - left()) + " more bytes");
    if (buffer_.size() - used_ < n) {
      buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(used_));
      used_ = 0;
      const auto more = static_cast<size_t>(std::min<uint64_t>(left_, std::max(n, kBuffer) - buffer_.size()));
      buffer_.resize(buffer_.size() + more);
      read_at_(next_, std::span(buffer_).last(more));
      next_ += more;
      left_ -= more;
    }
    return std::span<const std::byte>(buffer_).subspan(used_, n);
  }
  void skip(size_t n) { used_ += n; }

 private:
  static constexpr size_t kBuffer = size_t{1} << 18;
  const ReadAt& read_at_;
  uint64_t next_, left_;
  std::vector<std::byte> buffer_;
  size_t used_ = 0;
};

/// The values that stand in the extra field of ZIP64, in its order, where the old ones are at their
/// greatest.
void read_extra_64(std::span<const std::byte> extra, std::span<uint64_t* const> wanted) {
  if (wanted.empty()) return;
  while (extra.size() >= 4) {
    const size_t tag = u16(extra, 0), length = u16(extra, 2);
    if (length > extra.size() - 4) return;
    if (tag == 1) {
      if (length < 8 * wanted.size())
        throw Error("ZIP64 field of a member", text(length) + " bytes", text(8 * wanted.size()) + " bytes");
      for (size_t i = 0; i < wanted.size(); ++i) *wanted[i] = u64(extra, 4 + 8 * i);
      return;
    }
    extra = extra.subspan(4 + length);
  }
}

ZipProblem problem_of(const ZipMember& member, unsigned flags, bool is_link) {
  constexpr unsigned kEncryptedFlags = 1U | (1U << 6) | (1U << 13);
  if ((flags & kEncryptedFlags) != 0) return ZipProblem::kEncrypted;
  if (member.method != 0 && member.method != 8) return ZipProblem::kMethod;
  if (is_link) return ZipProblem::kLink;
  const bool possible = member.method == 0 ? member.bytes == member.stored_bytes
                                           : member.bytes / kLargestRatio <= member.stored_bytes;
  return possible ? ZipProblem::kNone : ZipProblem::kImpossible;
}

/// Gives the member its name, from the bytes that are stored and the extra field.
void read_name(ZipMember& member, std::span<const std::byte> bytes, std::span<const std::byte> extra,
               bool from_windows, bool has_utf8_flag, const std::string& encoding) {
  const std::string_view stored(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const bool is_other = !is_utf8(stored);
  std::string told = is_other ? utf8_name_in(extra, bytes) : std::string();
  if (is_other && told.empty() && !has_utf8_flag && encoding != "auto")
    told = utf8_of(stored, encoding).value_or("");
  if (!told.empty()) {
    member.name = clean_zip_name(told, from_windows, true);
    member.stored_name = stored;
    return;
  }
  member.name = clean_zip_name(stored, from_windows, has_utf8_flag);
  if (is_other && from_windows && !has_utf8_flag && encoding == "auto")
    member.stored_name = member.name;  // of which encoding, all names tell together
}

/// The next member of the directory; its name stays as stored in `stored`'s length.
ZipMember read_member(Records& records, uint64_t& stored_name_bytes, const std::string& encoding) {
  const auto fixed = records.peek(kMemberBytes);
  const size_t name_bytes = u16(fixed, 28), extra_bytes = u16(fixed, 30), comment_bytes = u16(fixed, 32);
  const auto all = records.peek(kMemberBytes + name_bytes + extra_bytes + comment_bytes);
  ZipMember member;
  const unsigned host = u16(all, 4) >> 8, flags = u16(all, 8);
  member.method = u16(all, 10);
  member.crc32 = u32(all, 16);
  member.stored_bytes = u32(all, 20);
  member.bytes = u32(all, 24);
  uint64_t disk = u16(all, 34);
  const uint32_t attributes = u32(all, 38);
  member.header_offset = u32(all, 42);
  std::vector<uint64_t*> wanted;
  for (uint64_t* value : {&member.bytes, &member.stored_bytes, &member.header_offset})
    if (*value == kIn64) wanted.push_back(value);
  read_extra_64(all.subspan(kMemberBytes + name_bytes, extra_bytes), wanted);
  if (disk != 0 && disk != kShortIn64)
    throw Error("number of files", "more than one", "1: split archives are not read");

  constexpr unsigned kFat = 0, kNtfs = 10, kVfat = 14, kUnix = 3, kUtf8Flag = 1U << 11;
  constexpr uint32_t kTypeMask = 0xf000, kLinkType = 0xa000;
  const auto stored = all.subspan(kMemberBytes, name_bytes);
  const bool from_windows = host == kFat || host == kNtfs || host == kVfat;
  read_name(member, stored, all.subspan(kMemberBytes + name_bytes, extra_bytes), from_windows,
            (flags & kUtf8Flag) != 0, encoding);
  member.problem = problem_of(member, flags, host == kUnix && ((attributes >> 16) & kTypeMask) == kLinkType);
  stored_name_bytes = name_bytes;
  records.skip(all.size());
  return member;
}

/// Where members lie in the archive's bytes; marks those that cannot lie there.
class Places {
 public:
  explicit Places(const End& end) : end_(end) {}
  void place(ZipMember& member, uint64_t name_bytes) {
    if (end_.is_wrapped) {
      if (member.header_offset < free_)
        member.header_offset += (free_ - member.header_offset + kWrap - 1) / kWrap * kWrap;
    } else if (member.header_offset > end_.begin || end_.prefix > end_.begin - member.header_offset) {
      member.problem = ZipProblem::kOutside;
      return;
    } else {
      member.header_offset += end_.prefix;
    }
    const uint64_t head = kLocalBytes + name_bytes;
    if (member.header_offset > end_.begin || head > end_.begin - member.header_offset ||
        member.stored_bytes > end_.begin - member.header_offset - head) {
      member.problem = ZipProblem::kOutside;
      return;
    }
    free_ = member.header_offset + head + member.stored_bytes;
  }

 private:
  const End& end_;
  uint64_t free_ = 0;  ///< behind the last member
};

/// Members that begin before another one ends.
void mark_overlaps(std::vector<ZipMember>& members) {
  std::vector<ZipMember*> by_place;
  for (ZipMember& member : members)
    if (member.problem != ZipProblem::kOutside) by_place.push_back(&member);
  std::ranges::sort(by_place, {}, &ZipMember::header_offset);
  ZipMember* furthest = nullptr;  // of those before, the one that ends last
  uint64_t end = 0;
  for (ZipMember* member : by_place) {
    if (furthest != nullptr && member->header_offset < end)
      furthest->problem = member->problem = ZipProblem::kOverlap;
    const uint64_t own_end = member->header_offset + kLocalBytes + member->stored_bytes;
    if (own_end >= end) furthest = member, end = own_end;
  }
}

/// Names of a Chinese Windows into UTF-8.
void decode_names(ZipIndex& index) {
  std::vector<ZipMember*> members;
  std::vector<std::string_view> stored;
  for (ZipMember& member : index.members)
    if (!member.stored_name.empty() && member.stored_name == member.name) {
      members.push_back(&member);
      stored.push_back(member.stored_name);
    }
  std::vector<std::string> names = names_from_gb18030(stored);
  for (size_t i = 0; i < members.size(); ++i)
    if (names.empty())
      members[i]->stored_name.clear();
    else
      members[i]->name = std::move(names[i]);
  if (!names.empty())
    index.warnings.push_back("names in it are no UTF-8: read as GB18030, such as '" + members[0]->name +
                             "' (dataset.text_encoding names another encoding)");
}

/// Leaves each name once; a file's that is there again, or is a folder's too, is marked.
void unite_names(ZipIndex& index) {
  auto& members = index.members;
  std::ranges::stable_sort(members, {}, &ZipMember::name);
  size_t kept = 0;
  for (size_t i = 0; i < members.size(); ++i) {
    if (kept > 0 && members[kept - 1].name == members[i].name) {
      members[kept - 1].problem = ZipProblem::kTwice;
      continue;
    }
    if (kept != i) members[kept] = std::move(members[i]);
    ++kept;
  }
  members.resize(kept);
  members.shrink_to_fit();
  for (ZipMember& member : members)
    if (!member.name.ends_with('/') && index.has_folder(member.name)) member.problem = ZipProblem::kTwice;
}

}  // namespace

ZipIndex parse_zip(uint64_t size, const ReadAt& read_at, const std::string& encoding) {
  ZipIndex index;
  const End end = read_end(size, read_at, index.warnings);
  index.directory_offset = end.begin;
  Records records(read_at, end.begin, end.bytes);
  Places places(end);
  uint64_t entries = 0, links = 0;
  while (records.left() > 0) {
    const uint32_t mark = u32(records.peek(4), 0);
    if (mark == kSignatureMark) break;  // a signature over the directory ends it
    if (mark != kMemberMark)
      throw Error("entry " + text(entries + 1) + " of the central directory", "no entry",
                  "one of " + text(end.entries));
    ++entries;
    try {
      uint64_t name_bytes = 0;
      ZipMember member = read_member(records, name_bytes, encoding);
      places.place(member, name_bytes);
      links += member.problem == ZipProblem::kLink ? 1 : 0;
      if (!member.name.empty()) index.members.push_back(std::move(member));  // empty: "./", the top itself
    } catch (const Error& error) {
      throw error.in("entry " + text(entries) + " of the central directory");
    }
  }
  // Writers without ZIP64 count modulo 65,536.
  if (end.is_64 ? entries != end.entries : entries % 65536 != end.entries)
    throw Error("number of entries", text(entries), text(end.entries) + ", as the end record says");
  if (links > 0) index.warnings.push_back(text(links) + " symbolic links are not followed");
  mark_overlaps(index.members);
  decode_names(index);
  unite_names(index);
  return index;
}

ZipIndex parse_zip(std::span<const std::byte> bytes, const std::string& encoding) {
  const auto read_at = [bytes](uint64_t offset, std::span<std::byte> out) {
    std::ranges::copy(bytes.subspan(static_cast<size_t>(offset), out.size()), out.begin());
  };
  return parse_zip(bytes.size(), read_at, encoding);
}

const ZipMember* ZipIndex::find(std::string_view name) const {
  if (name.empty() || name.ends_with('/')) return nullptr;
  const auto at = std::ranges::lower_bound(members, name, {}, &ZipMember::name);
  return at != members.end() && at->name == name ? &*at : nullptr;
}

bool ZipIndex::has_folder(std::string_view name) const {
  if (name.empty()) return true;
  const std::string prefix = std::string(name) + "/";
  const auto at = std::ranges::lower_bound(members, prefix, {}, &ZipMember::name);
  return at != members.end() && at->name.starts_with(prefix);
}

std::vector<std::string> ZipIndex::list(std::string_view folder, bool want_folders) const {
  const std::string prefix = folder.empty() ? "" : std::string(folder) + "/";
  std::vector<std::string> found;
  auto at = std::ranges::lower_bound(members, prefix, {}, &ZipMember::name);
  while (at != members.end() && at->name.starts_with(prefix)) {
    const size_t end = at->name.find('/', prefix.size());
    std::string name = at->name.substr(prefix.size(), end - prefix.size());
    if (end == std::string::npos) {
      if (!want_folders && !name.empty()) found.push_back(std::move(name));
      ++at;
      continue;
    }
    // Over all that lies in the sub-folder: '0' is the character behind '/'.
    const std::string behind = prefix + name + '0';
    if (want_folders) found.push_back(std::move(name));
    at = std::lower_bound(at, members.end(), behind, [](const ZipMember& member, const std::string& value) {
      return member.name < value;
    });
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace trivox
