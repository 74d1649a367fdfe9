#include <tbb/global_control.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/print.h"
#include "evaluate/contact_sheet.h"
#include "loader/checksum.h"
#include "loader/feed.h"
#include "loader/file.h"
#include "transforms/error.h"

namespace trivox {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Samples that a picture shows at most: more would not be looked at.
constexpr size_t kPictured = 8;
constexpr std::string_view kSections[] = {"seed", "threads.feed", "feed", "augment"};

struct Measured {
  double opened_s = 0;  // shards mapped, foreground found
  double first_s = 0;   // from there to the first batch
  double total_s = 0;   // from there to the last
  int64_t batches = 0;
  int64_t samples = 0;
  std::string checksum;
  FeedStatistics feed;
};

Measured draw_batches(const std::string& shards, const Config& config, int64_t count,
                      const std::string& picture) {
  Measured m;
  auto start = Clock::now();
  const auto set = std::make_shared<const ShardSet>(read_manifest(shards));
  std::vector<size_t> all(set->manifest().samples.size());
  std::iota(all.begin(), all.end(), size_t{0});
  Feed feed(set, std::move(all), config.feed, config.augment, config.seed);
  m.opened_s = seconds_since(start);

  start = Clock::now();
  Checksum checksum;
  std::vector<Batch> pictured;
  size_t pictured_samples = 0;
  for (int64_t k = 0; k < count; ++k) {
    Batch batch = feed.next();
    if (k == 0) m.first_s = seconds_since(start);
    checksum.add(std::as_bytes(std::span(batch.image)));
    checksum.add(std::as_bytes(std::span(batch.label)));
    ++m.batches;
    m.samples += batch.n;
    if (!picture.empty() && pictured_samples < kPictured) {
      pictured_samples += static_cast<size_t>(batch.n);
      pictured.push_back(std::move(batch));
    }
  }
  m.total_s = seconds_since(start);
  m.checksum = checksum.hex();
  m.feed = feed.statistics();
  if (!picture.empty()) write_file_atomically(picture, contact_sheet(pictured));
  return m;
}

void print(const Measured& m, int threads, bool as_json) {
  const double batches_per_s = static_cast<double>(m.batches) / m.total_s;
  const double samples_per_s = static_cast<double>(m.samples) / m.total_s;
  if (as_json) {
    const nlohmann::ordered_json json = {{"batches", m.batches},
                                         {"samples", m.samples},
                                         {"threads", threads},
                                         {"opened_s", m.opened_s},
                                         {"first_batch_s", m.first_s},
                                         {"total_s", m.total_s},
                                         {"batches_per_s", batches_per_s},
                                         {"samples_per_s", samples_per_s},
                                         {"consumer_waited_s", m.feed.consumer_waited_s},
                                         {"producer_blocked_s", m.feed.producer_blocked_s},
                                         {"xxh3", m.checksum}};
    print_answer(json);
    return;
  }
  std::printf("batches    %lld of %lld samples, %d threads\n", static_cast<long long>(m.batches),
              static_cast<long long>(m.samples / m.batches), threads);
  std::printf("speed      %.2f batches/s, %.2f samples/s\n", batches_per_s, samples_per_s);
  std::printf("time       %.3f s to open, %.3f s to the first batch, %.3f s in all\n", m.opened_s, m.first_s,
              m.total_s);
  std::printf("waiting    consumer %.3f s, producers %.3f s\n", m.feed.consumer_waited_s,
              m.feed.producer_blocked_s);
  std::printf("xxh3       %s (of all bytes; the same for any number of threads)\n", m.checksum.c_str());
}

}  // namespace

int run_feed(int argc, char** argv) {
  std::string shards, picture;
  ConfigArguments configuration;
  int64_t batches = 20;
  int threads = -1;
  bool as_json = false;
  CLI::App app(
      "Draws training batches from shards as `trivox train` would, and says how fast, how long\n"
      "the consumer waited and the producers were blocked, and the checksum of all bytes.",
      "trivox feed");
  app.add_option("SHARDS", shards, "folder with manifest.json, as written by trivox preprocess")->required();
  configuration.add_to(app);
  app.add_option("--batches", batches, "how many to draw")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_option("--threads", threads, "0: all cores; otherwise threads.feed of the configuration")
      ->check(CLI::Range(0, 1024));
  app.add_flag("--json", as_json, "print the figures as JSON");
  app.add_option("--picture", picture, "PNG to write: a slice of the first samples, labels outlined");
  app.footer(help_footer(
      "", "  trivox feed shards --config configs/demo.yaml --batches 4 --picture patches.png\n", kSections));
  if (const auto code = parse(app, argc, argv)) return *code;
  Config config = configuration.read();
  config.feed.threads = or_all_cores(threads >= 0 ? threads : config.threads.feed);
  // Without it more threads than cores are not to be had. The feed's own thread is one of them.
  const tbb::global_control budget(tbb::global_control::max_allowed_parallelism,
                                   static_cast<size_t>(config.feed.threads));
  print(draw_batches(shards, config, batches, picture), config.feed.threads, as_json);
  return kDone;
}

}  // namespace trivox
