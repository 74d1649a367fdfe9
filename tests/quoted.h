#pragma once
#include <filesystem>
#include <string>

namespace trivox::test {

/// A path as one word of a shell command.
inline std::string quoted(const std::filesystem::path& path) {
  return std::string("'").append(path.string()).append("'");
}

}  // namespace trivox::test
