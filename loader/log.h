#pragma once
#include <string_view>

namespace trivox::log {

/// Lines for people, on standard error, through spdlog. A façade without spdlog's headers, because
/// LibTorch ships another fmt and both do not compile in one translation unit. Control characters are told,
/// not sent (loader/text.h). Thread safe.
void info(std::string_view line);
void warning(std::string_view line);
void error(std::string_view line);

}  // namespace trivox::log
