#include "loader/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "loader/text.h"

namespace trivox::log {
namespace {

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made =
        std::make_shared<spdlog::logger>("trivox", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    made->set_pattern("%^%l%$: %v");
    return made;
  }();
  return *instance;
}

}  // namespace

void info(std::string_view line) { logger().info("{}", printable(line)); }
void warning(std::string_view line) { logger().warn("{}", printable(line)); }
void error(std::string_view line) { logger().error("{}", printable(line)); }

}  // namespace trivox::log
