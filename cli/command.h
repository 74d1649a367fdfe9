#pragma once
#include <span>
#include <string_view>

namespace trivox {

/// One command: a file of its own in cli/, with its help and an example that runs.
struct Command {
  std::string_view name;
  std::string_view summary;
  int (*run)(int argc, char** argv);  ///< argv[0] is the command's name; nullptr: lives in trivox-torch
};

/// Exit codes of every command.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;

/// Finds the command named in argv[1] and runs it; catches once. Commands without `run` are handed
/// to `trivox-torch` beside this executable by exec, with OMP_WAIT_POLICY=passive (libgomp reads
/// it only when the process starts). Holds OpenCV to the calling thread for good.
int dispatch(std::span<const Command> commands, int argc, char** argv);

/// Version of the program, e.g. "0.1.0".
std::string_view version();

}  // namespace trivox
