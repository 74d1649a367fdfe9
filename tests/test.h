#pragma once
// Catch2 2 and 3 behind one name, and what most tests need.
#ifdef TRIVOX_CATCH3
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
using Catch::Approx;
#define CONTAINS_TEXT(text) Catch::Matchers::ContainsSubstring(text)
#else
#include <catch2/catch.hpp>
#define CONTAINS_TEXT(text) Catch::Matchers::Contains(text)
#endif

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "transforms/error.h"

namespace trivox::test {

namespace fs = std::filesystem;

// Places of this build, set in catch_main.cpp alone, so that no other object depends on them.
extern const char* const kSourceDir;
extern const char* const kBinDir;
extern const char* const kPython;  ///< with the oracles; empty: none

/// A folder that is empty at first and gone at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "trivox-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }
  fs::path operator/(const fs::path& rest) const { return path_ / rest; }

 private:
  fs::path path_;
};

/// The real data, or empty: TRIVOX_TEST_DATA, by default ../shared/data beside the checkout.
inline fs::path data_folder() {
  const char* set = std::getenv("TRIVOX_TEST_DATA");
  const fs::path folder = set != nullptr ? fs::path(set) : fs::path(kSourceDir) / "../shared/data";
  return fs::is_directory(folder) ? fs::canonical(folder) : fs::path();
}

struct Outcome {
  int exit_code = -1;
  std::string output;  ///< stdout and stderr together
};

/// Runs a shell command and waits.
inline Outcome shell(const std::string& command) {
  Outcome outcome;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen failed");
  std::array<char, 4096> buffer{};
  for (size_t n = 0; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    outcome.output.append(buffer.data(), n);
  const int status = pclose(pipe);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

/// The program under test: `trivox ARGUMENTS`.
inline Outcome trivox(const std::string& arguments) {
  return shell(std::string(kBinDir) + "/trivox " + arguments);
}

/// Runs a Python script of ours that holds the oracle; `arguments` starts with its path below tests/.
inline Outcome python(const std::string& arguments) {
  return shell(std::string(kPython) + " " + kSourceDir + "/tests/" + arguments);
}

/// The message of the Error that `action` throws; empty where it throws none.
template <class Action>
std::string error_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace trivox::test

/// Ends the test as skipped where shared data or the Python oracles are absent; fails it there when
/// TRIVOX_REQUIRE_DATA is set, as it is in continuous integration.
#define REQUIRE_OR_SKIP(condition, what)                                        \
  if (!(condition)) {                                                           \
    if (std::getenv("TRIVOX_REQUIRE_DATA") != nullptr) FAIL(what " is absent"); \
    std::cout << "SKIPPED: " what " is absent" << std::endl;                    \
    return;                                                                     \
  }
#define NEEDS_DATA() REQUIRE_OR_SKIP(!trivox::test::data_folder().empty(), "test data (TRIVOX_TEST_DATA)")
#define NEEDS_PYTHON() \
  REQUIRE_OR_SKIP(trivox::test::kPython[0] != 0, "Python with the oracles (TRIVOX_PYTHON)")
