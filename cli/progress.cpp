#include "cli/progress.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include "loader/text.h"

namespace trivox {

Progress::Progress(std::string title)
    : title_(std::move(title)),
      terminal_(isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()) {}

Progress::~Progress() { finish(); }

void Progress::finish() {
  if (open_line_) std::fputc('\n', stderr);
  open_line_ = false;
}

void Progress::update(size_t done, size_t total, const std::string& note) {
  if (total == 0) return;
  const double passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  if (terminal_) {
    constexpr size_t kWidth = 30;
    const size_t filled = kWidth * done / total;
    const double left = done > 0 ? passed / static_cast<double>(done) * static_cast<double>(total - done) : 0;
    const std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
    std::fprintf(stderr, "\r\033[K%s [%s] %zu/%zu  %.0f s left  %s", title_.c_str(), bar.c_str(), done, total,
                 left, printable(note).c_str());
    open_line_ = true;
  } else if (const size_t tenth = 10 * done / total; tenth > last_tenth_) {
    std::fprintf(stderr, "%s %zu/%zu  %.0f s  %s\n", title_.c_str(), done, total, passed,
                 printable(note).c_str());
    last_tenth_ = tenth;
  }
  std::fflush(stderr);
}

}  // namespace trivox
