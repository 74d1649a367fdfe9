// `trivox feed` and the feed over real shards.
#include "loader/feed.h"

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "evaluate/contact_sheet.h"
#include "loader/file.h"
#include "loader/manifest.h"
#include "loader/shard/writer.h"
#include "tests/loader/shard/samples.h"
#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

namespace {

// Two channels of 40 x 36 x 10: a disc on a slope, labelled 1 where x > 20 and 2 elsewhere.
Sample disc_sample(const std::string& id, double radius) {
  Sample s = formula_sample(id, 0);
  Grid grid = s.image.grid;
  grid.size = {40, 36, 10};
  s.image = Volume<float>(grid, 2);
  s.label = Volume<uint8_t>(grid, 1);
  for (int64_t z = 0; z < 10; ++z)
    for (int64_t y = 0; y < 36; ++y)
      for (int64_t x = 0; x < 40; ++x) {
        const bool inside = std::hypot(static_cast<double>(x) - 18, static_cast<double>(y) - 15) < radius;
        s.image.at(0, x, y, z) = static_cast<float>(x) / 20 + (inside ? 1.0F : 0.0F);
        s.image.at(1, x, y, z) = static_cast<float>(y) / 20 - (inside ? 1.0F : 0.0F);
        if (inside) s.label.at(0, x, y, z) = x > 20 ? 1 : 2;
      }
  return s;
}

// A folder of shards with four samples of these.
void write_shards(const fs::path& folder, const std::string& dtype = "float16") {
  Manifest manifest;
  manifest.folder = folder;
  manifest.version = "0";
  manifest.channels = {"T1WI", "CE-T1WI"};
  manifest.labels = {{1, "east"}, {2, "west"}};
  std::vector<Sample> samples;
  for (int i = 0; i < 4; ++i) samples.push_back(disc_sample("disc" + std::to_string(i), 6 + i));
  ShardOptions options;
  options.dtype = dtype;
  manifest.shards = {write_shard(folder / "shard-000000.tar", samples, options, manifest.samples)};
  write_manifest(manifest);
}

FeedOptions small_patches() {
  FeedOptions o;
  o.patch = {24, 20, 4};
  o.batch = 3;
  o.batches_per_epoch = 4;
  return o;
}

const std::string kConfig = "seed: 5\nfeed:\n  patch: [24, 20, 4]\n  batch: 3\n  batches_per_epoch: 4\n";

}  // namespace

TEST_CASE("feed cuts stored voxels out of mapped shards", "[feed]") {
  const TemporaryFolder folder;
  write_shards(folder.path(), "float32");
  const auto shards = std::make_shared<const ShardSet>(read_manifest(folder.path()));
  FeedOptions o = small_patches();
  o.augment = false;
  Feed feed(shards, {1, 3}, o, {}, 1);
  const Batch batch = feed.next();
  CHECK(batch.channels == 2);
  CHECK(batch.labels == 1);
  for (int64_t i = 0; i < batch.n; ++i) {
    const PatchPlan plan = feed.sampler().plan(0, 0, i);
    const size_t sample = plan.case_index == 0 ? 1 : 3;
    CHECK(batch.keys[static_cast<size_t>(i)] == "disc" + std::to_string(sample));
    const Sample whole = shards->load(sample);
    for (int64_t c = 0; c < 2; ++c)
      for (int64_t z = 0; z < 4; ++z)
        for (int64_t y = 0; y < 20; ++y)
          for (int64_t x = 0; x < 24; ++x) {
            const auto at = static_cast<size_t>((((i * 2 + c) * 4 + z) * 20 + y) * 24 + x);
            REQUIRE(batch.image[at] ==
                    whole.image.at(c, plan.start[0] + x, plan.start[1] + y, plan.start[2] + z));
          }
  }
}

TEST_CASE("feed pads with the air that the sample's json names", "[feed]") {
  const TemporaryFolder folder;
  write_shards(folder.path());
  FeedOptions o = small_patches();
  o.patch = {48, 20, 4};
  o.augment = false;
  Feed feed(std::make_shared<const ShardSet>(read_manifest(folder.path())), {0}, o, {}, 1);
  const Batch batch = feed.next();
  CHECK(batch.image[0] == -1.7F);
  CHECK(int{batch.label[0]} == 255);
}

TEST_CASE("truncated shard", "[feed]") {
  const TemporaryFolder folder;
  write_shards(folder.path());
  fs::resize_file(folder / "shard-000000.tar", 20000);
  const Outcome outcome = trivox::test::trivox("feed " + folder.path().string());
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("shard-000000.tar"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("20000"));
}

TEST_CASE("array in a shard overwritten after it was mapped", "[feed]") {
  // The first reading, for foreground, finds a sound array; then its header is lost.
  const TemporaryFolder folder;
  write_shards(folder.path());
  const Manifest manifest = read_manifest(folder.path());
  FeedOptions o = small_patches();
  o.queue = 1;
  Feed feed(std::make_shared<const ShardSet>(manifest), {0, 1, 2, 3}, o, {}, 1);
  {
    std::fstream shard(folder / "shard-000000.tar", std::ios::in | std::ios::out | std::ios::binary);
    for (const SampleEntry& entry : manifest.samples) {
      shard.seekp(static_cast<std::streamoff>(entry.image_offset));
      shard.write("XXXXXXXX", 8);
    }
  }
  const std::string message = error_of([&] {
    for (;;) (void)feed.next();
  });
  CHECK_THAT(message, CONTAINS_TEXT("npy magic"));
  CHECK_THAT(message, CONTAINS_TEXT("case disc"));
}

TEST_CASE("trivox feed prints the same checksum for any number of threads", "[feed]") {
  const TemporaryFolder folder;
  write_shards(folder.path());
  write_file_atomically(folder / "c.yaml", kConfig);
  const std::string command = "feed " + folder.path().string() + " --config " + (folder / "c.yaml").string() +
                              " --batches 6 --json --threads ";
  std::vector<nlohmann::json> answers;
  for (const char* threads : {"1", "3"}) {
    const Outcome outcome = trivox::test::trivox(command + threads);
    REQUIRE(outcome.exit_code == 0);
    answers.push_back(nlohmann::json::parse(outcome.output));
  }
  CHECK(answers[0].at("xxh3") == answers[1].at("xxh3"));
  CHECK(answers[0].at("xxh3").get<std::string>().size() == 16);
  CHECK(answers[0].at("batches") == 6);
  CHECK(answers[0].at("samples") == 18);
  CHECK(answers[1].at("threads") == 3);
  CHECK(answers[0].at("consumer_waited_s").get<double>() >= 0);
  const Outcome other = trivox::test::trivox(command + "1 --set seed=6");
  CHECK(nlohmann::json::parse(other.output).at("xxh3") != answers[0].at("xxh3"));
}

TEST_CASE("trivox feed says its figures in words and draws a picture", "[feed]") {
  const TemporaryFolder folder;
  write_shards(folder.path());
  const Outcome outcome =
      trivox::test::trivox("feed " + folder.path().string() + " --batches 2 --set feed.batch=3 " +
                           "--set 'feed.patch=[24, 20, 4]' --picture " + (folder / "p.png").string());
  REQUIRE(outcome.exit_code == 0);
  for (const char* word : {"batches/s", "samples/s", "consumer", "producers", "xxh3"})
    CHECK_THAT(outcome.output, CONTAINS_TEXT(word));
  const std::vector<std::byte> png = read_file(folder / "p.png");
  REQUIRE(png.size() > 1000);
  CHECK(png[1] == std::byte{'P'});
}

TEST_CASE("trivox feed without shards or with a wrong option", "[feed]") {
  CHECK_THAT(trivox::test::trivox("feed /nowhere").output, CONTAINS_TEXT("/nowhere/manifest.json"));
  CHECK(trivox::test::trivox("feed /nowhere").exit_code == 1);
  CHECK(trivox::test::trivox("feed").exit_code == 2);
  CHECK(trivox::test::trivox("feed x --batches 0").exit_code == 2);
  const Outcome unknown = trivox::test::trivox("feed x --set feed.pach=3");
  CHECK(unknown.exit_code == 2);
  CHECK_THAT(unknown.output, CONTAINS_TEXT("feed.patch"));
}

TEST_CASE("a contact sheet without batches is refused", "[feed]") {
  CHECK_THAT(error_of([] { (void)contact_sheet({}); }), CONTAINS_TEXT("batches to draw is 0"));
}
