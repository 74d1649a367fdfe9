#include "loader/checksum.h"

#include <xxhash.h>

#include <cinttypes>
#include <cstdio>
#include <new>

#include "loader/file.h"

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
void Checksum::add(std::string_view text) { XXH3_64bits_update(state_->xxh, text.data(), text.size()); }
std::string Checksum::hex() const { return to_hex(XXH3_64bits_digest(state_->xxh)); }

std::string xxh3_hex(std::span<const std::byte> bytes) {
  return to_hex(XXH3_64bits(bytes.data(), bytes.size()));
}
std::string xxh3_hex(std::string_view text) { return to_hex(XXH3_64bits(text.data(), text.size())); }

std::string xxh3_of_file(const std::filesystem::path& file) {
  Checksum sum;
  read_pieces(file, [&](std::span<const std::byte> piece) { sum.add(piece); });
  return sum.hex();
}

}  // namespace trivox
