#pragma once
#include <chrono>
#include <cstddef>
#include <string>

namespace trivox {

/// How far a run is: a bar with time left on a terminal, a plain line every tenth elsewhere; on standard
/// error. Not thread safe: callers report in order.
class Progress {
 public:
  explicit Progress(std::string title);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void update(size_t done, size_t total, const std::string& note);
  /// Ends the bar's line, so that what is printed next starts a new one.
  void finish();

 private:
  std::string title_;
  bool terminal_;
  bool open_line_ = false;
  size_t last_tenth_ = 0;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace trivox
