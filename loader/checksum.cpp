#include "loader/checksum.h"

#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <new>
#include <vector>

#include "transforms/error.h"

namespace trivox {
namespace {

std::string to_hex(XXH64_hash_t hash) {
  char text[17];
  std::snprintf(text, sizeof text, "%016" PRIx64, static_cast<uint64_t>(hash));
  return text;
}

}  // namespace

struct Checksum::State {
  XXH3_state_t* xxh = XXH3_createState();
  State() {
    if (xxh == nullptr) throw std::bad_alloc();
    XXH3_64bits_reset(xxh);
  }
  ~State() { XXH3_freeState(xxh); }
};

Checksum::Checksum() : state_(std::make_unique<State>()) {}
Checksum::~Checksum() = default;

void Checksum::add(std::span<const std::byte> bytes) {
  XXH3_64bits_update(state_->xxh, bytes.data(), bytes.size());
}
void Checksum::add(std::string_view text) {
  XXH3_64bits_update(state_->xxh, text.data(), text.size());
}
std::string Checksum::hex() const { return to_hex(XXH3_64bits_digest(state_->xxh)); }

std::string xxh3_hex(std::span<const std::byte> bytes) {
  return to_hex(XXH3_64bits(bytes.data(), bytes.size()));
}
std::string xxh3_hex(std::string_view text) {
  return to_hex(XXH3_64bits(text.data(), text.size()));
}

std::string xxh3_of_file(const std::filesystem::path& file) {
  const auto fail = [&](int code) {
    return Error(Fault{file.string(), "read error", std::strerror(code), "", {}});
  };
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw fail(errno);
  Checksum sum;
  std::vector<std::byte> buffer(size_t{1} << 20);
  ssize_t n = 0;
  while ((n = read(fd, buffer.data(), buffer.size())) != 0) {
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int code = errno;
      close(fd);
      throw fail(code);
    }
    sum.add(std::span(buffer).first(static_cast<size_t>(n)));
  }
  close(fd);
  return sum.hex();
}

}  // namespace trivox
