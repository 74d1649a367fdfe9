#pragma once
#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/config.h"

namespace trivox {

/// --config and --set, as every command takes them that reads a configuration.
struct ConfigArguments {
  std::filesystem::path file;
  std::vector<std::string> sets;

  /// The struct must outlive the parsing.
  void add_to(CLI::App& app);
  /// Throws UsageError for what the file or --set say wrongly.
  [[nodiscard]] Config read() const { return read_config(file, sets); }
};

/// The end of a command's help: notes (may be empty), its example as whole lines, then every
/// configuration key of the sections. ctest `help_examples` runs the indented lines below "Example".
[[nodiscard]] std::string help_footer(const std::string& notes, const std::string& example,
                                      std::span<const std::string_view> sections);

/// Parses the command line; the exit code where the command ends with that: 0 after --help, 2 after
/// wrong usage, which is then said on standard error.
[[nodiscard]] std::optional<int> parse(CLI::App& app, int argc, char** argv);

/// `threads`, or the machine's cores where it is 0.
[[nodiscard]] int or_all_cores(int threads);

}  // namespace trivox
