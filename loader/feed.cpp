#include "loader/feed.h"

#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include "transforms/error.h"

namespace trivox {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Whatever was thrown, as the value that travels to the consumer.
Error current_error() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return {"memory for a batch", "not to be had", "smaller feed.patch, feed.batch or feed.queue"};
  } catch (const std::exception& error) {
    return {"feed", error.what(), ""};
  }
}

// One sample on its way; the batch is shared with its fellows.
struct Job {
  std::shared_ptr<Batch> batch;
  int64_t i = 0;
  PatchPlan plan;
  std::optional<Error> error;
};
using JobPtr = std::shared_ptr<Job>;

using Item = std::variant<Batch, Error>;

// Bounded; closing it lets everybody go.
class Queue {
 public:
  explicit Queue(size_t capacity) : capacity_(capacity) {}

  // False where the queue is closed and the item was dropped.
  bool push(Item item) {
    std::unique_lock lock(mutex_);
    const auto start = Clock::now();
    not_full_.wait(lock, [&] { return items_.size() < capacity_ || closed_; });
    statistics_.producer_blocked_s += seconds_since(start);
    if (closed_) return false;
    items_.push_back(std::move(item));
    not_empty_.notify_one();
    return true;
  }

  // An error stays at the front for every later call.
  Batch pop() {
    std::unique_lock lock(mutex_);
    const auto start = Clock::now();
    not_empty_.wait(lock, [&] { return !items_.empty(); });
    statistics_.consumer_waited_s += seconds_since(start);
    if (const auto* error = std::get_if<Error>(&items_.front())) throw *error;
    Batch batch = std::get<Batch>(std::move(items_.front()));
    items_.pop_front();
    ++statistics_.batches;
    not_full_.notify_one();
    return batch;
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    not_full_.notify_all();
  }

  FeedStatistics statistics() const {
    const std::lock_guard lock(mutex_);
    return statistics_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable not_full_, not_empty_;
  std::deque<Item> items_;
  size_t capacity_;
  bool closed_ = false;
  FeedStatistics statistics_;
};

}  // namespace

struct Feed::State {
  State(CaseSource cases, FeedOptions options, const AugmentOptions& augment, uint64_t seed,
        uint32_t first_epoch, int64_t first_index)
      : arena(options.threads > 0 ? options.threads : tbb::task_arena::automatic),
        sampler(arena.execute([&] { return PatchSampler(std::move(cases), options, augment, seed); })),
        queue(static_cast<size_t>(sampler.options().queue)),
        epoch(first_epoch),
        index(first_index) {
    if (first_index < 0 || first_index >= options.batches_per_epoch)
      throw Error("first batch of the feed", std::to_string(first_index),
                  "0 to " + std::to_string(options.batches_per_epoch - 1));
    producer = std::thread([this] {
      try {
        arena.execute([this] { run(); });
      } catch (...) {
        queue.push(current_error());
      }
    });
  }

  ~State() {
    closing = true;
    queue.close();
    producer.join();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void run() {
    // Enough samples in flight to keep every thread busy while one of them waits on the queue.
    const auto tokens = static_cast<size_t>(2 * arena.max_concurrency());
    tbb::parallel_pipeline(
        tokens, tbb::make_filter<void, JobPtr>(tbb::filter_mode::serial_in_order,
                                               [this](tbb::flow_control& control) -> JobPtr {
                                                 if (!closing && !drawn_last) return draw();
                                                 control.stop();
                                                 return nullptr;
                                               }) &
                    tbb::make_filter<JobPtr, JobPtr>(tbb::filter_mode::parallel,
                                                     [this](JobPtr job) { return fill(std::move(job)); }) &
                    tbb::make_filter<JobPtr, void>(tbb::filter_mode::serial_in_order,
                                                   [this](const JobPtr& job) { collate(*job); }));
  }

  JobPtr draw() {
    auto job = std::make_shared<Job>();
    try {
      if (i == 0) current = std::make_shared<Batch>(sampler.allocate(epoch, index));
      job->batch = current;
      job->i = i;
      job->plan = sampler.plan(epoch, index, i);
    } catch (...) {
      job->error = current_error();
      drawn_last = true;
      return job;
    }
    if (++i == sampler.options().batch) {
      i = 0;
      current.reset();
      if (++index == sampler.options().batches_per_epoch) {
        index = 0;
        ++epoch;
      }
    }
    return job;
  }

  JobPtr fill(JobPtr job) const {
    // Once closing, nothing more is handed out: the work is not worth doing.
    if (job->error || closing) return job;
    try {
      sampler.fill(job->plan, *job->batch, job->i);
    } catch (...) {
      job->error = current_error();
    }
    return job;
  }

  void collate(Job& job) {
    if (ended) return;
    if (job.error) {
      ended = true;
      closing = true;
      queue.push(std::move(*job.error));
    } else if (job.i + 1 == sampler.options().batch) {
      // In order, so all its fellows were filled before.
      ended = !queue.push(std::move(*job.batch));
    }
  }

  tbb::task_arena arena;
  PatchSampler sampler;
  Queue queue;
  std::atomic<bool> closing = false;  // set by the destructor and after an error
  // Of the first stage.
  uint32_t epoch;
  int64_t index;
  int64_t i = 0;
  std::shared_ptr<Batch> current;
  bool drawn_last = false;
  // Of the last stage.
  bool ended = false;
  std::thread producer;
};

Feed::Feed(CaseSource cases, FeedOptions options, AugmentOptions augment, uint64_t seed, uint32_t first_epoch,
           int64_t first_index)
    : state_(std::make_unique<State>(std::move(cases), options, augment, seed, first_epoch, first_index)) {}

Feed::Feed(std::shared_ptr<const ShardSet> shards, std::vector<size_t> samples, FeedOptions options,
           AugmentOptions augment, uint64_t seed, uint32_t first_epoch, int64_t first_index)
    : Feed(shard_cases(std::move(shards), samples), options, augment, seed, first_epoch, first_index) {}

Feed::~Feed() = default;

Batch Feed::next() { return state_->queue.pop(); }

FeedStatistics Feed::statistics() const { return state_->queue.statistics(); }

const PatchSampler& Feed::sampler() const { return state_->sampler; }

}  // namespace trivox
