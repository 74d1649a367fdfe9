#include "cli/arguments.h"

#include <tbb/info.h>

#include "cli/command.h"

namespace trivox {

void ConfigArguments::add_to(CLI::App& app) {
  app.add_option("--config", file, "YAML file; keys that it leaves out keep the defaults below");
  app.add_option("--set", sets, "KEY=VALUE over the file's, with a key from below; may be repeated")
      ->allow_extra_args(false);
}

std::string help_footer(const std::string& notes, const std::string& example,
                        std::span<const std::string_view> sections) {
  std::string text = notes.empty() ? "" : notes + "\n\n";
  text += "Example:\n" + example;
  if (!sections.empty()) text += "\n" + config_help(sections);
  return text;
}

std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  return {};
}

int or_all_cores(int threads) { return threads > 0 ? threads : tbb::info::default_concurrency(); }

}  // namespace trivox
