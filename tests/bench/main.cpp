// trivox-bench NAME DATA [--benchmark_...]: times one thing with Google Benchmark.
#include <cstdio>
#include <exception>
#include <iterator>
#include <string>

#include "tests/bench/measured.h"

namespace {

struct Row {
  const char* name;
  trivox::bench::Measured run;
};

constexpr Row kRows[] = {
    {"read", trivox::bench::read},
    {"read-float", trivox::bench::read_float},
    {"assemble-linear", trivox::bench::assemble_linear},
    {"assemble-cubic", trivox::bench::assemble_cubic},
    {"preprocess", trivox::bench::preprocess},
    {"list", trivox::bench::list},
};

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const Row* row = std::begin(kRows);
  while (argc == 3 && row != std::end(kRows) && std::string(argv[1]) != row->name) ++row;
  if (argc != 3 || row == std::end(kRows)) {
    std::fprintf(stderr, "usage: trivox-bench NAME DATA [--benchmark_...], NAME one of:");
    for (const Row& known : kRows) std::fprintf(stderr, " %s", known.name);
    std::fprintf(stderr, "\n");
    return 2;
  }
  const std::string data = argv[2];
  benchmark::RegisterBenchmark(row->name,
                               [row, &data](benchmark::State& state) {
                                 try {
                                   row->run(state, data);
                                 } catch (const std::exception& error) {
                                   state.SkipWithError(error.what());
                                 }
                               })
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
