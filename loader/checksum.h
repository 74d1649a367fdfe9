#pragma once
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace trivox {

/// XXH3 (64 bit) over bytes that arrive in pieces. Source: xxHash 0.8, whose XXH3 is stable.
class Checksum {
 public:
  Checksum();
  ~Checksum();
  Checksum(const Checksum&) = delete;
  Checksum& operator=(const Checksum&) = delete;
  void add(std::span<const std::byte> bytes);
  void add(std::string_view text);
  /// 16 lower-case hex digits over all that was added so far.
  [[nodiscard]] std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

[[nodiscard]] std::string xxh3_hex(std::span<const std::byte> bytes);
[[nodiscard]] std::string xxh3_hex(std::string_view text);
/// Of a file's content, read in pieces; throws Error with path and the system's reason.
[[nodiscard]] std::string xxh3_of_file(const std::filesystem::path& file);

}  // namespace trivox
