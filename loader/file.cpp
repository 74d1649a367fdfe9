#include "loader/file.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <limits>
#include <streambuf>
#include <string>

#include "loader/archive.h"
#include "loader/open_file.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPiece = size_t{1} << 20;

/// std::filebuf drops errno, and with it the reason why a write failed.
class DescriptorBuffer : public std::streambuf {
 public:
  explicit DescriptorBuffer(int fd) : fd_(fd), buffer_(size_t{1} << 18) {
    setp(buffer_.data(), buffer_.data() + buffer_.size());
  }
  [[nodiscard]] int reason() const { return reason_; }

 protected:
  int_type overflow(int_type c) override {
    if (!drain()) return traits_type::eof();
    if (!traits_type::eq_int_type(c, traits_type::eof())) {
      *pptr() = traits_type::to_char_type(c);
      pbump(1);
    }
    return traits_type::not_eof(c);
  }
  int sync() override { return drain() ? 0 : -1; }
  std::streamsize xsputn(const char* text, std::streamsize n) override {
    if (n < epptr() - pptr()) {
      std::memcpy(pptr(), text, static_cast<size_t>(n));
      pbump(static_cast<int>(n));
      return n;
    }
    return drain() && put(text, static_cast<size_t>(n)) ? n : 0;
  }
  /// Position alone, for tellp().
  pos_type seekoff(off_type off, std::ios_base::seekdir way, std::ios_base::openmode) override {
    if (off != 0 || way != std::ios_base::cur) return pos_type(off_type(-1));
    return pos_type(written_ + (pptr() - pbase()));
  }

 private:
  bool drain() {
    const bool fine = put(pbase(), static_cast<size_t>(pptr() - pbase()));
    setp(buffer_.data(), buffer_.data() + buffer_.size());
    return fine;
  }
  bool put(const char* text, size_t n) {
    while (n > 0) {
      const ssize_t done = ::write(fd_, text, n);
      if (done < 0) {
        if (errno == EINTR) continue;
        reason_ = errno;
        return false;
      }
      text += done;
      n -= static_cast<size_t>(done);
      written_ += done;
    }
    return true;
  }

  int fd_;
  int reason_ = 0;
  off_type written_ = 0;
  std::vector<char> buffer_;
};

/// A new file beside `path`, on the same file system, so that it can be renamed onto it.
fs::path create_temporary(const fs::path& path, Descriptor& descriptor) {
  static std::atomic<unsigned> counter{0};
  for (;;) {
    std::string name(1, '.');
    name += path.filename().string() + "." + std::to_string(::getpid()) + "-" + std::to_string(counter++) +
            ".partial";
    const fs::path temporary = path.parent_path() / name;
    descriptor = Descriptor(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (descriptor.get() >= 0) return temporary;
    if (errno != EEXIST) throw system_error(path, "cannot be written", errno);
  }
}

/// What file managers leave, and what nobody shows.
bool is_hidden(const std::string& name) {
  return name.starts_with('.') || name == "__MACOSX" || name == "Thumbs.db" || name == "desktop.ini";
}

std::vector<fs::path> entries(const fs::path& folder, bool want_folders) {
  std::vector<fs::path> found;
  if (const auto place = archive_place(folder)) {
    if (!place->archive->index.has_folder(place->name))
      throw system_error(folder, "cannot be listed",
                         place->archive->index.find(place->name) ? ENOTDIR : ENOENT);
    for (const std::string& name : place->archive->index.list(place->name, want_folders))
      if (!is_hidden(name)) found.push_back(folder / name);
  } else {
    std::error_code code;
    for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
      if (is_hidden(it->path().filename().string())) continue;
      std::error_code ignored;
      const fs::file_status status = it->status(ignored);
      const bool leads_nowhere = !fs::exists(status) && it->is_symlink(ignored);
      if (want_folders ? fs::is_directory(status) : fs::is_regular_file(status) || leads_nowhere)
        found.push_back(it->path());
    }
    if (code) throw system_error(folder, "cannot be listed", code.value());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// Reads the member from its start to its end, whose CRC-32 speaks for the part as well.
void read_member_part(const ArchivePlace& place, const fs::path& path, uint64_t offset,
                      std::span<std::byte> out) {
  const ZipMember& member = member_at(place, path);
  with_path(path.string(), [&] {
    ZipMemberReader reader(place.archive->index, member, place.archive->read_at());
    std::vector<std::byte> other(static_cast<size_t>(std::min<uint64_t>(kPiece, member.bytes)));
    const auto pass = [&](uint64_t bytes) {
      while (bytes > 0)
        bytes -= reader.read(std::span(other).first(static_cast<size_t>(std::min<uint64_t>(bytes, kPiece))));
    };
    pass(offset);
    (void)reader.read(out);
    pass(member.bytes - offset - out.size());
  });
}

/// Removes the temporary file unless it was renamed.
struct Cleanup {
  fs::path path;
  ~Cleanup() {
    if (!path.empty()) ::unlink(path.c_str());
  }
};

/// What lies in it was listed already, and would be again and again.
void refuse_loop(const fs::path& folder) {
  std::error_code code;
  if (!fs::is_symlink(folder, code)) return;
  const fs::path target = canonical_path(folder), holder = canonical_path(folder.parent_path());
  if (std::mismatch(target.begin(), target.end(), holder.begin(), holder.end()).first == target.end())
    throw Error(Fault{folder.string(),
                      "link",
                      "to " + target.string() + ", in which it lies",
                      "folders that do not go round in a circle",
                      {}});
}

void list_below(const fs::path& folder, int depth, std::vector<fs::path>& out) {
  constexpr int kDeepest = 10;
  if (depth > kDeepest)
    throw Error(Fault{
        folder.string(), "depth of folders", "more than " + std::to_string(kDeepest), "at most that", {}});
  for (fs::path& file : files_in(folder)) out.push_back(std::move(file));
  for (const fs::path& deeper : folders_in(folder)) {
    refuse_loop(deeper);
    list_below(deeper, depth + 1, out);
  }
}

}  // namespace

uint64_t read_head(const fs::path& path, size_t most, std::vector<std::byte>& into) {
  if (const auto place = member_place(path)) {
    const ZipMember& member = member_at(*place, path);
    into = with_path(path.string(), [&] {
      return read_zip_member(place->archive->index, member, place->archive->read_at(), most);
    });
    return member.bytes;
  }
  const OpenFile file(path);
  into.resize(static_cast<size_t>(std::min<uint64_t>(file.size, most)));
  file.read(path, 0, into);
  return file.size;
}

std::vector<std::byte> read_head(const fs::path& path, size_t most) {
  std::vector<std::byte> bytes;
  read_head(path, most, bytes);
  return bytes;
}

void read_part(const fs::path& path, uint64_t offset, std::span<std::byte> out) {
  const auto check = [&](uint64_t size) {
    if (offset > size || out.size() > size - offset)
      throw Error(Fault{path.string(),
                        "length",
                        std::to_string(size) + " bytes",
                        std::to_string(offset + out.size()) + " bytes or more",
                        {}});
  };
  if (const auto place = member_place(path)) {
    check(member_at(*place, path).bytes);
    read_member_part(*place, path, offset, out);
    return;
  }
  const OpenFile file(path);
  check(file.size);
  file.read(path, offset, out);
}

void read_pieces(const fs::path& path, const std::function<void(std::span<const std::byte>)>& take) {
  std::vector<std::byte> buffer;
  const auto each = [&](uint64_t size, const auto& fill) {
    for (uint64_t at = 0; at < size; at += buffer.size()) {
      buffer.resize(static_cast<size_t>(std::min<uint64_t>(size - at, kPiece)));
      fill(at);
      take(buffer);
    }
  };
  if (const auto place = member_place(path)) {
    const ZipMember& member = member_at(*place, path);
    with_path(path.string(), [&] {
      ZipMemberReader reader(place->archive->index, member, place->archive->read_at());
      (void)reader.read({});  // of an empty member, all there is to check
      each(member.bytes, [&](uint64_t) { (void)reader.read(buffer); });
    });
    return;
  }
  const OpenFile file(path);
  each(file.size, [&](uint64_t at) { file.read(path, at, buffer); });
}

uint64_t size_of_file(const fs::path& path) {
  const auto place = member_place(path);
  return place ? member_at(*place, path).bytes : OpenFile(path).size;
}

std::vector<std::byte> read_file(const fs::path& path) {
  return read_head(path, std::numeric_limits<size_t>::max());
}

fs::path canonical_path(const fs::path& path) {
  std::error_code code;
  if (const auto place = member_place(path)) {
    if (!place->archive->index.has_folder(place->name)) (void)member_at(*place, path);
    return canonical_path(place->archive->path) / place->name;
  }
  fs::path clean = fs::canonical(path, code);
  if (code) throw system_error(path, "cannot be found", code.value());
  return clean;
}

bool is_broken_link(const fs::path& path) {
  std::error_code code;
  return fs::is_symlink(path, code) && !fs::exists(path, code);
}

bool is_file(const fs::path& path) {
  try {
    if (const auto place = member_place(path)) {
      const ZipMember* member = place->archive->index.find(place->name);
      return member != nullptr && member->problem != ZipProblem::kLink;
    }
  } catch (const Error&) {
    return false;
  }
  std::error_code code;
  return fs::is_regular_file(path, code);
}

bool is_folder(const fs::path& path) {
  try {
    if (const auto place = archive_place(path)) return place->archive->index.has_folder(place->name);
  } catch (const Error&) {
    return false;
  }
  std::error_code code;
  return fs::is_directory(path, code);
}

fs::path archive_of(const fs::path& path) { return archive_in(path); }

std::vector<std::string> warnings_of_archive(const fs::path& archive) {
  try {
    if (const auto place = archive_place(archive)) return place->archive->index.warnings;
  } catch (const Error&) {  // whoever reads of it says so
  }
  return {};
}

void write_file_atomically(const fs::path& path, const std::function<void(std::ostream&)>& write) {
  std::error_code ignored;
  if (const fs::file_status there = fs::status(path, ignored); fs::is_other(there))  // not to be replaced
    throw Error(Fault{path.string(), "it", "no regular file", "a name to write a file to", {}});
  Descriptor descriptor;
  Cleanup temporary{create_temporary(path, descriptor)};
  DescriptorBuffer buffer(descriptor.get());
  std::ostream stream(&buffer);
  write(stream);
  stream.flush();
  if (!stream.good())
    throw system_error(path, "cannot be written", buffer.reason() != 0 ? buffer.reason() : EIO);
  if (::fsync(descriptor.get()) != 0) throw system_error(path, "cannot be written", errno);
  if (!descriptor.close()) throw system_error(path, "cannot be written", errno);
  if (::rename(temporary.path.c_str(), path.c_str()) != 0)
    throw system_error(path, "cannot be written", errno);
  temporary.path.clear();
  // The new name must survive a power cut as well; a file system that cannot sync a folder is no
  // fault.
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const Descriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.get() >= 0) ::fsync(parent.get());
}

void write_file_atomically(const fs::path& path, std::string_view content) {
  write_file_atomically(path, [content](std::ostream& stream) {
    stream.write(content.data(), static_cast<std::streamsize>(content.size()));
  });
}

std::vector<fs::path> files_in(const fs::path& folder) { return entries(folder, false); }
std::vector<fs::path> folders_in(const fs::path& folder) { return entries(folder, true); }

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  list_below(folder, 0, files);
  return files;
}

void make_output_folder(const fs::path& folder) {
  std::error_code code;
  if (fs::is_regular_file(folder, code))
    throw Error(Fault{folder.string(), "it", "a file", "the name of a folder to write to", {}});
  fs::create_directories(folder, code);
  if (code) throw system_error(folder, "cannot be made", code.value());
  if (!fs::is_directory(folder, code))
    throw Error(Fault{folder.string(), "it", "no folder", "a folder to write to", {}});
  if (::access(folder.c_str(), W_OK | X_OK) != 0) throw system_error(folder, "cannot be written to", errno);
}

}  // namespace trivox
