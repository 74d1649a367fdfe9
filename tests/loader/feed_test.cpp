// Sampling and the pipeline, on cases in memory.
#include "loader/feed.h"

#include <tbb/global_control.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <set>
#include <thread>

#include "tests/test.h"
#include "transforms/sample.h"

using namespace trivox;

namespace {

struct MemoryCase {
  std::array<int64_t, 3> size;
  std::vector<float> image;
  std::vector<uint8_t> label;
  std::vector<float> air = {-1.0F, -2.0F};
};

// Case i is 2 x D x H x W with a block of label 1 and a single voxel of label 2; case 0 has none.
std::shared_ptr<std::vector<MemoryCase>> memory_cases(size_t n) {
  auto cases = std::make_shared<std::vector<MemoryCase>>(n);
  for (size_t i = 0; i < n; ++i) {
    MemoryCase& c = (*cases)[i];
    c.size = {24 + static_cast<int64_t>(i), 22, 8 + static_cast<int64_t>(i % 3)};
    const auto voxels = static_cast<size_t>(c.size[0] * c.size[1] * c.size[2]);
    for (size_t v = 0; v < 2 * voxels; ++v)
      c.image.push_back(static_cast<float>(std::sin(0.01 * static_cast<double>(v + 100 * i))));
    c.label.assign(voxels, 0);
    if (i == 0) continue;
    for (int64_t z = 2; z < 4; ++z)
      for (int64_t y = 3; y < 9; ++y)
        for (int64_t x = 15; x < 20; ++x) c.label[static_cast<size_t>((z * 22 + y) * c.size[0] + x)] = 1;
    c.label[static_cast<size_t>((6 * 22 + 20) * c.size[0] + 1)] = 2;
    c.label[0] = kIgnoreLabel;
  }
  return cases;
}

SourceView view_of(const MemoryCase& c) { return {c.size, 2, 1, c.image, {}, c.label, c.air}; }

CaseSource source_of(std::shared_ptr<std::vector<MemoryCase>> cases) {
  CaseSource source;
  for (size_t i = 0; i < cases->size(); ++i) source.keys.push_back("case" + std::to_string(i));
  source.view = [cases](size_t i) { return view_of((*cases)[i]); };
  return source;
}

FeedOptions options(int threads = 1) {
  FeedOptions o;
  o.patch = {16, 12, 4};
  o.batch = 3;
  o.queue = 2;
  o.batches_per_epoch = 5;
  o.threads = threads;
  return o;
}

AugmentOptions often() {
  AugmentOptions a;
  a.rotation_probability = a.scaling_probability = a.noise_probability = 0.5;
  a.gamma_probability = a.gamma_invert_probability = 0.5;
  return a;
}

bool same(const Batch& a, const Batch& b) {
  return a.epoch == b.epoch && a.index == b.index && a.keys == b.keys && a.n == b.n && a.patch == b.patch &&
         std::ranges::equal(a.image, b.image) && std::ranges::equal(a.label, b.label);
}

}  // namespace

TEST_CASE("feed gives the same bits for 1 and many threads", "[feed]") {
  const tbb::global_control allowed(tbb::global_control::max_allowed_parallelism, 8);
  Feed one(source_of(memory_cases(7)), options(1), often(), 42);
  Feed many(source_of(memory_cases(7)), options(4), often(), 42);
  const PatchSampler oracle(source_of(memory_cases(7)), options(), often(), 42);
  for (int64_t k = 0; k < 12; ++k) {
    const Batch a = one.next();
    CHECK(a.epoch == static_cast<uint32_t>(k / 5));
    CHECK(a.index == k % 5);
    CHECK(same(a, many.next()));
    CHECK(same(a, oracle.make_batch(a.epoch, a.index)));
  }
}

TEST_CASE("feed resumed in the middle of an epoch goes on with the same bits", "[feed]") {
  Feed whole(source_of(memory_cases(4)), options(2), often(), 1);
  std::vector<Batch> batches;
  for (int k = 0; k < 10; ++k) batches.push_back(whole.next());
  Feed resumed(source_of(memory_cases(4)), options(1), often(), 1, 0, 3);
  for (size_t k = 3; k < 10; ++k) CHECK(same(resumed.next(), batches[k]));
  Feed later(source_of(memory_cases(4)), options(1), often(), 1, 1, 2);
  CHECK(same(later.next(), batches[7]));
  Feed other_seed(source_of(memory_cases(4)), options(1), often(), 2);
  CHECK(!same(other_seed.next(), batches[0]));
  CHECK(!std::ranges::equal(batches[0].image, batches[5].image));
}

TEST_CASE("foreground is forced from the rounded share on", "[feed]") {
  // round(3 * .67) = 2: the last of three. Every forced patch without augmentation holds
  // foreground.
  FeedOptions o = options();
  o.augment = false;
  o.batches_per_epoch = 60;
  const PatchSampler sampler(source_of(memory_cases(5)), o, {}, 7);
  std::set<int> seen;
  int anywhere = 0;
  for (int64_t k = 0; k < 60; ++k) {
    const Batch batch = sampler.make_batch(0, k);
    for (int64_t i = 0; i < 3; ++i) {
      const PatchPlan plan = sampler.plan(0, k, i);
      CHECK(plan.forced == (i == 2 && plan.case_index != 0));
      const auto voxels = static_cast<ptrdiff_t>(sampler.shape().voxels());
      const std::vector<uint8_t> label(batch.label.begin() + i * voxels,
                                       batch.label.begin() + (i + 1) * voxels);
      const bool one = std::ranges::count(label, 1) > 0, two = std::ranges::count(label, 2) > 0;
      if (plan.forced)
        CHECK((one || two));
      else
        anywhere += one || two ? 0 : 1;
      if (plan.forced && one) seen.insert(1);
      if (plan.forced && two) seen.insert(2);
    }
  }
  CHECK(seen == std::set<int>{1, 2});
  CHECK(anywhere > 0);
  for (const double share : {0.0, 1.0}) {
    o.foreground = share;
    const PatchSampler all(source_of(memory_cases(5)), o, {}, 7);
    for (int64_t i = 0; i < 3; ++i) {
      const PatchPlan plan = all.plan(0, 0, i);
      CHECK(plan.forced == (share == 1.0 && plan.case_index != 0));
    }
  }
}

TEST_CASE("foreground voxels are drawn by class and then evenly", "[feed]") {
  const auto cases = memory_cases(2);
  const ForegroundIndex index(view_of((*cases)[1]));
  REQUIRE(index.classes() == 2);
  CHECK(index.voxels(0) == 2 * 6 * 5);
  CHECK(index.voxels(1) == 1);
  Rng rng({11, 0, 0, 1});
  constexpr int n = 24000;
  int single = 0;
  std::vector<int> counts(60);
  for (int k = 0; k < n; ++k) {
    const auto v = index.draw(rng);
    if (v == std::array<int64_t, 3>{1, 20, 6}) {
      ++single;
      continue;
    }
    REQUIRE((v[0] >= 15 && v[0] < 20 && v[1] >= 3 && v[1] < 9 && v[2] >= 2 && v[2] < 4));
    ++counts[static_cast<size_t>(((v[2] - 2) * 6 + v[1] - 3) * 5 + v[0] - 15)];
  }
  CHECK(std::abs(single - n / 2) < 6 * std::sqrt(n / 4));  // six standard errors
  for (const int count : counts) CHECK(std::abs(count - n / 120) < 6 * std::sqrt(n / 120));
  CHECK(ForegroundIndex(view_of((*cases)[0])).classes() == 0);
}

TEST_CASE("an epoch goes through all cases in shuffled rounds", "[feed]") {
  FeedOptions o = options();
  o.batches_per_epoch = 7;
  const PatchSampler sampler(source_of(memory_cases(7)), o, {}, 3);
  std::vector<std::vector<size_t>> rounds(3);
  for (int64_t s = 0; s < 21; ++s)
    rounds[static_cast<size_t>(s / 7)].push_back(sampler.plan(4, s / 3, s % 3).case_index);
  for (const auto& round : rounds) CHECK(std::set(round.begin(), round.end()).size() == 7);
  CHECK((rounds[0] != rounds[1] || rounds[1] != rounds[2]));
}

TEST_CASE("positions are even over the volume and small volumes are centred", "[feed]") {
  FeedOptions o = options();
  o.foreground = 0;
  o.batches_per_epoch = 4000;
  o.patch = {22, 30, 4};  // x: starts 0 to 2; y: 8 voxels of padding, 4 before; z: starts 0 to 4
  const PatchSampler sampler(source_of(memory_cases(1)), o, {}, 3);
  std::array<int, 3> x{};
  std::array<int, 5> z{};
  for (int64_t k = 0; k < 4000; ++k) {
    const PatchPlan plan = sampler.plan(0, k, 0);
    CHECK(plan.start[1] == -4);
    ++x.at(static_cast<size_t>(plan.start[0]));
    ++z.at(static_cast<size_t>(plan.start[2]));
  }
  for (const int count : x) CHECK(std::abs(count - 4000 / 3.0) < 6 * std::sqrt(4000 * 2 / 9.0));
  for (const int count : z) CHECK(std::abs(count - 800) < 6 * std::sqrt(4000 * 0.16));
}

TEST_CASE("padding holds each channel's air and ignored labels", "[feed]") {
  FeedOptions o = options();
  o.augment = false;
  o.patch = {40, 12, 4};
  const PatchSampler sampler(source_of(memory_cases(1)), o, {}, 3);
  const Batch batch = sampler.make_batch(0, 0);
  CHECK(batch.image[0] == -1.0F);
  CHECK(batch.image[static_cast<size_t>(sampler.shape().voxels())] == -2.0F);
  CHECK(batch.label[0] == kIgnoreLabel);
  CHECK(batch.label[20] == 0);
  CHECK(batch.keys == std::vector<std::string>{"case0", "case0", "case0"});
}

TEST_CASE("an error while reading reaches the consumer after the batches before it", "[feed]") {
  // Twelve cases last for four batches of three; one that comes third fails at its second reading
  // (the first is the sampler's, for foreground).
  auto cases = memory_cases(12);
  CaseSource source = source_of(cases);
  const size_t torn = PatchSampler(source, options(), {}, 1).plan(0, 2, 1).case_index;
  auto reads = std::make_shared<std::atomic<int>>(0);
  source.view = [cases, reads, torn](size_t i) {
    if (i == torn && ++*reads > 1) throw Error("npy data", "10 bytes", "20 bytes for its type and shape");
    return view_of((*cases)[i]);
  };
  Feed feed(source, options(2), {}, 1);
  CHECK(feed.next().index == 0);
  CHECK(feed.next().index == 1);
  for (int k = 0; k < 3; ++k) {
    const std::string message = test::error_of([&] { (void)feed.next(); });
    CHECK_THAT(message, CONTAINS_TEXT("npy data is 10 bytes, expected 20 bytes"));
    CHECK_THAT(message, CONTAINS_TEXT("case case" + std::to_string(torn)));
  }
}

TEST_CASE("errors that are not ours reach the consumer too", "[feed]") {
  auto cases = memory_cases(1);
  CaseSource source = source_of(cases);
  auto reads = std::make_shared<std::atomic<int>>(0);
  source.view = [cases, reads](size_t i) {
    if (++*reads > 1) throw std::runtime_error("the cable was pulled");
    return view_of((*cases)[i]);
  };
  Feed feed(source, options(2), {}, 1);
  CHECK_THAT(test::error_of([&] { (void)feed.next(); }), CONTAINS_TEXT("the cable was pulled"));
}

TEST_CASE("feed ends without deadlock whatever it is doing", "[feed]") {
  const tbb::global_control allowed(tbb::global_control::max_allowed_parallelism, 4);
  const auto cases = memory_cases(3);
  for (int round = 0; round < 60; ++round) {
    FeedOptions o = options(1 + round % 3);
    o.queue = 1 + round % 2;
    Feed feed(source_of(cases), o, often(), 1);
    for (int k = 0; k < round % 4; ++k) (void)feed.next();
    if (round % 10 == 9) std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the queue is full
  }
}

TEST_CASE("feed that met an error ends without deadlock", "[feed]") {
  const auto cases = memory_cases(2);
  for (int round = 0; round < 20; ++round) {
    CaseSource source = source_of(cases);
    auto reads = std::make_shared<std::atomic<int>>(0);
    source.view = [cases, reads, round](size_t i) {
      if (++*reads > 2 + round) throw Error("a shard", "torn", "whole");
      return view_of((*cases)[i]);
    };
    Feed feed(source, options(2), {}, 1);
    if (round % 2 == 0)
      CHECK_THAT(test::error_of([&] {
                   for (;;) (void)feed.next();
                 }),
                 CONTAINS_TEXT("torn"));
  }
}

TEST_CASE("feed statistics count batches and waiting", "[feed]") {
  Feed feed(source_of(memory_cases(2)), options(1), {}, 1);
  for (int k = 0; k < 4; ++k) (void)feed.next();
  const FeedStatistics s = feed.statistics();
  CHECK(s.batches == 4);
  CHECK(s.consumer_waited_s >= 0);
  CHECK(s.producer_blocked_s >= 0);
}

TEST_CASE("feed refuses what it cannot draw", "[feed]") {
  const auto message = [](const FeedOptions& o, CaseSource source, int64_t first = 0) {
    return test::error_of([&] { const Feed feed(std::move(source), o, {}, 1, 0, first); });
  };
  CHECK_THAT(message(options(), {}), CONTAINS_TEXT("samples to draw from is 0, expected at least 1"));
  FeedOptions o = options();
  o.patch = {16, 0, 4};
  CHECK_THAT(message(o, source_of(memory_cases(1))), CONTAINS_TEXT("feed.patch is 0, expected > 0"));
  o.patch = {1 << 22, 1 << 22, 1 << 22};  // 2^66 voxels: 0 in 64 bits
  CHECK_THAT(message(o, source_of(memory_cases(1))),
             CONTAINS_TEXT("voxels of feed.patch is 73786976294838206464.000000, expected fewer"));
  o = options();
  o.batch = INT64_C(1) << 40;
  CHECK_THAT(message(o, source_of(memory_cases(1))),
             CONTAINS_TEXT("feed.batch is 1099511627776, expected 1 to 2^20"));
  o = options();
  o.foreground = 1.5;
  CHECK_THAT(message(o, source_of(memory_cases(1))), CONTAINS_TEXT("feed.foreground is 1.5"));
  CHECK_THAT(message(options(), source_of(memory_cases(1)), 5),
             CONTAINS_TEXT("first batch of the feed is 5, expected 0 to 4"));
  CaseSource mixed = source_of(memory_cases(2));
  const auto whole = mixed.view;
  mixed.view = [whole](size_t i) {
    SourceView view = whole(i);
    if (i == 1) view.channels = 1;
    return view;
  };
  CHECK_THAT(message(options(), mixed),
             CONTAINS_TEXT("channels is 1, expected 2 as in case case0 (case case1)"));
}
