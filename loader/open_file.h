#pragma once
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

#include "transforms/error.h"

// Files by their descriptors. Internal to loader/.
namespace trivox {

inline Error system_error(const std::filesystem::path& path, const std::string& what, int reason) {
  return Error(Fault{path.string(), what + ": " + std::strerror(reason), "", "", {}});
}

/// A file descriptor that is closed at the end.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  /// False where the system could not store what was written (network file systems say so here).
  [[nodiscard]] bool close() {
    const int fd = fd_;
    fd_ = -1;
    return ::close(fd) == 0;
  }

 private:
  int fd_ = -1;
};

/// A regular file that is open for reading, and how long it was when it was opened. Reading is
/// thread safe.
struct OpenFile {
  Descriptor descriptor;
  uint64_t size = 0;
  struct stat status{};

  // Not blocking, for a named pipe would wait for its writer; of a file it changes nothing.
  explicit OpenFile(const std::filesystem::path& path)
      : descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (descriptor.get() < 0) throw system_error(path, "cannot be read", errno);
    if (::fstat(descriptor.get(), &status) != 0) throw system_error(path, "cannot be read", errno);
    if (!S_ISREG(status.st_mode))
      throw Error(
          Fault{path.string(), "it", S_ISDIR(status.st_mode) ? "a folder" : "no regular file", "a file", {}});
    size = static_cast<uint64_t>(status.st_size);
  }

  void read(const std::filesystem::path& path, uint64_t offset, std::span<std::byte> out) const {
    for (size_t filled = 0; filled < out.size();) {
      const ssize_t n = ::pread(descriptor.get(), out.data() + filled, out.size() - filled,
                                static_cast<off_t>(offset + filled));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw system_error(path, "cannot be read", errno);
      if (n == 0)
        throw Error(Fault{path.string(),
                          "length",
                          std::to_string(offset + filled) + " bytes",
                          std::to_string(offset + out.size()) + " bytes: it shrank while it was read",
                          {}});
      filled += static_cast<size_t>(n);
    }
  }
};

}  // namespace trivox
