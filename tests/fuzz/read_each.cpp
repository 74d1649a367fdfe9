// Reads every path of a list in this one process, as the mutation run (run.py) wants it.
//
// usage: trivox-read-each FORMAT VALUES SECONDS < LIST
//
// Prints a line of JSON a path, before it is read {"begin": path} and then what came of it: the Error,
// or shape, affine and where in the file VALUES its float32 values stand; with the CPU time and the
// heap that reading took. A path that takes more than SECONDS of CPU time ends the process.

#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "loader/log.h"
#include "tests/fuzz/memory.h"
#include "tests/fuzz/readings.h"
#include "transforms/error.h"

#if defined(TRIVOX_ADDRESS_SANITIZER)
// Some 200 bytes each for a stream that they cannot decode.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:gdcm::JPEGLSCodec::Decode\nleak:libopenjp2\n";
}
#endif

namespace {

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

void set_timer(int seconds) {
  itimerval timer{};
  timer.it_value.tv_sec = seconds;
  setitimer(ITIMER_PROF, &timer, nullptr);
}

void on_timer(int) {
  constexpr char kText[] = "\nthe path took more CPU time than it may\n";
  [[maybe_unused]] const ssize_t n = write(STDERR_FILENO, kText, sizeof kText - 1);
  _exit(3);
}

}  // namespace

int main(int argc, char** argv) {
  using nlohmann::json;
  if (argc != 4) {
    std::cerr << "usage: trivox-read-each FORMAT VALUES SECONDS < LIST\n";
    return 2;
  }
  std::ofstream values(argv[2], std::ios::binary | std::ios::app);
  values.seekp(0, std::ios::end);
  signal(SIGPROF, on_timer);
  for (std::string path; std::getline(std::cin, path);) {
    std::cout << json{{"begin", path}}.dump() << std::endl;
    json line = {{"path", path}};
    trivox::fuzz::Reading reading;
    trivox::fuzz::watch_heap();
    set_timer(std::atoi(argv[3]));
    const double start = cpu_seconds();
    try {
      reading = trivox::fuzz::read_path(argv[1], path);
    } catch (const trivox::Error& error) {
      line["error"] = error.what();
    }
    const double end = cpu_seconds();
    set_timer(0);
    const trivox::fuzz::HeapUse heap = trivox::fuzz::heap_use();
    line["cpu_s"] = end - start;
    line["peak"] = heap.peak;
    line["largest"] = heap.largest;
    if (!line.contains("error")) {
      line["shape"] = reading.shape;
      std::vector<double> affine;
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j) affine.push_back(reading.affine(i, j));
      line["affine"] = affine;
      line["text"] = reading.text;
      line["at"] = static_cast<int64_t>(values.tellp());
      line["count"] = reading.values.size();
      values.write(reinterpret_cast<const char*>(reading.values.data()),
                   static_cast<std::streamsize>(reading.values.size() * sizeof(float)));
    }
    values.flush();
    std::cout << line.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
  }
}
