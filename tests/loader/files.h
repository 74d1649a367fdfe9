#pragma once
#include <filesystem>
#include <fstream>
#include <string>

namespace trivox::test {

/// A file of that content, with the folders above it.
inline void touch(const std::filesystem::path& file, const std::string& content = "") {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << content;
}

}  // namespace trivox::test
