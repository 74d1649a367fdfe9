#include "cli/command.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <opencv2/core/utility.hpp>
#include <string>

#include "loader/log.h"
#include "transforms/error.h"

namespace trivox {
namespace {

int print_overview(std::span<const Command> commands, std::FILE* out) {
  std::fprintf(out,
               "trivox %s: multi-sequence MRI with radiologists' masks into training batches,\n"
               "baselines and scores.\n\nusage: trivox COMMAND [OPTIONS]   (trivox COMMAND --help)\n\n",
               std::string(version()).c_str());
  for (const Command& c : commands)
    std::fprintf(out, "  %-12s %s\n", std::string(c.name).c_str(), std::string(c.summary).c_str());
  return out == stdout ? kDone : kUsage;
}

// Returns only on failure.
int run_torch_program(char** argv) {
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  const auto program = self.parent_path() / "trivox-torch";
  if (failed || access(program.c_str(), X_OK) != 0) {
    log::error(program.string() + " is not there: this build has no LibTorch, so '" + std::string(argv[1]) +
               "' cannot run. Configure with TORCH_ROOT set and build again.");
    return kFailed;
  }
  setenv("OMP_WAIT_POLICY", "passive", 0);
  execv(program.c_str(), argv);
  log::error(program.string() + ": " + std::strerror(errno));
  return kFailed;
}

}  // namespace

std::string_view version() { return TRIVOX_VERSION; }

int dispatch(std::span<const Command> commands, int argc, char** argv) {
  cv::setNumThreads(1);  // oneTBB's budget is the only one: OpenCV would start threads of its own
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name == "--help" || name == "-h" || name == "help") return print_overview(commands, stdout);
  if (name == "--version") {
    std::printf("trivox %s\n", std::string(version()).c_str());
    return kDone;
  }
  for (const Command& command : commands) {
    if (command.name != name) continue;
    if (command.run == nullptr) return run_torch_program(argv);
    try {
      const int code = command.run(argc - 1, argv + 1);
      if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
      log::error(std::string("the answer cannot be written: ") + std::strerror(errno));
      return kFailed;
    } catch (const Error& error) {
      log::error(error.what());
      return error.fault().is_usage ? kUsage : kFailed;
    } catch (const std::exception& error) {
      log::error(error.what());
      return kFailed;
    }
  }
  if (!name.empty()) log::error("there is no command '" + std::string(name) + "'");
  return print_overview(commands, stderr);
}

}  // namespace trivox
