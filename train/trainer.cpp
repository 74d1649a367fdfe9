#include "train/trainer.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <utility>

#include "loader/feed.h"
#include "loader/file.h"
#include "loader/log.h"
#include "models/losses.h"
#include "models/precision.h"
#include "models/unet.h"
#include "train/batch.h"
#include "train/checkpoint.h"
#include "train/sgd.h"
#include "transforms/error.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr double kMovingAverage = 0.9;
constexpr uint64_t kValidationSeed = 0x9E3779B97F4A7C15;  // other patches than training draws

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Independent of the locale; empty for what is undefined.
std::string number(double value, int digits = 6) {
  if (std::isnan(value)) return "";
  std::array<char, 64> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, digits);
  return {text.data(), end.ptr};
}

std::string row(const std::vector<std::string>& fields) {
  std::string line;
  for (size_t i = 0; i < fields.size(); ++i) line.append(i == 0 ? "" : ",").append(fields[i]);
  return line.append("\n");
}

double mean_of_defined(const std::vector<double>& values) {
  double sum = 0;
  int count = 0;
  for (const double v : values)
    if (!std::isnan(v)) sum += v, ++count;
  return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

// The first lines in which two texts differ, without their indentation; equal where none does.
std::pair<std::string, std::string> first_difference(const std::string& a, const std::string& b) {
  std::istringstream lines_a(a), lines_b(b);
  std::string line_a, line_b;
  while (line_a == line_b && (lines_a || lines_b)) {
    line_a.clear();
    line_b.clear();
    std::getline(lines_a, line_a);
    std::getline(lines_b, line_b);
  }
  const auto stripped = [](const std::string& s) {
    return s.substr(std::min(s.size(), s.find_first_not_of(' ')));
  };
  return {stripped(line_a), stripped(line_b)};
}

void check(const TrainJob& job, const UNet& net) {
  const auto divisor = net.divisor();
  for (size_t a = 0; a < 3; ++a)
    if (job.feed.patch[a] % divisor[2 - a] != 0)
      throw UsageError("feed.patch along " + std::string(1, "xyz"[a]), std::to_string(job.feed.patch[a]),
                       "a multiple of " + std::to_string(divisor[2 - a]) + ", the product of model.strides");
  if (job.train.epochs < 1) throw UsageError("train.epochs", std::to_string(job.train.epochs), ">= 1");
  if (job.train.checkpoint_every < 1)
    throw UsageError("train.checkpoint_every", std::to_string(job.train.checkpoint_every), ">= 1");
}

RunInfo describe(const TrainJob& job, const Manifest& manifest, const Split& split) {
  RunInfo info;
  info.config_yaml = job.config_yaml;
  info.shards_hash = manifest.config_hash;
  for (const int64_t i : channel_indices(manifest.channels, job.train.channels, "train.channels"))
    info.channels.push_back(manifest.channels[static_cast<size_t>(i)]);
  info.labels = manifest.labels;
  info.split = split;
  info.threads = job.torch_threads;
  info.precision = use_bfloat16(job.train.precision) ? "bfloat16" : "float32";
  return info;
}

std::vector<Split> all_splits(const TrainJob& job, const Manifest& manifest) {
  std::vector<std::string> keys;
  for (const SampleEntry& sample : manifest.samples) keys.push_back(sample.key);
  auto splits = make_splits(keys, job.train.folds, job.seed);
  if (job.train.fold < 0 || job.train.fold >= std::ssize(splits))
    throw UsageError("train.fold", std::to_string(job.train.fold),
                     "0 to " + std::to_string(splits.size() - 1));
  return splits;
}

class Training {
 public:
  Training(const std::shared_ptr<const ShardSet>& shards, const fs::path& run, const TrainJob& job)
      : shards_(shards),
        run_(run),
        job_(job),
        splits_(all_splits(job, shards->manifest())),
        info_(describe(job, shards->manifest(), splits_[static_cast<size_t>(job.train.fold)])),
        low_precision_(info_.precision == "bfloat16"),
        net_(job.model, std::ssize(info_.channels), std::ssize(info_.labels) + 1, job.seed),
        sgd_(net_.parameters(), {job.train.momentum, job.train.weight_decay}),
        view_(channel_indices(shards->manifest().channels, info_.channels, "train.channels"), info_.labels) {
    check(job, net_);
  }

  TrainSummary run() {
    at::set_num_threads(job_.torch_threads);
    make_output_folder(run_);
    begin();
    const auto start = Clock::now();
    TrainSummary summary;
    if (state_.epoch < job_.train.epochs) {
      write_file_atomically(run_ / "splits.json", splits_to_json(splits_));
      const Manifest& manifest = shards_->manifest();
      Feed feed(shards_, sample_indices(manifest, info_.split.train), job_.feed, job_.augment, job_.seed,
                static_cast<uint32_t>(state_.epoch), state_.iteration);
      FeedOptions held_out = job_.feed;
      held_out.augment = false;
      held_out.batches_per_epoch = std::max<int64_t>(job_.train.validation_batches, 1);
      Feed validation(shards_, sample_indices(manifest, info_.split.validation), held_out, job_.augment,
                      job_.seed ^ kValidationSeed, static_cast<uint32_t>(state_.epoch), 0);
      while (state_.epoch < job_.train.epochs && run_epoch(feed, validation)) {
      }
      summary.feed_waited_s = feed.statistics().consumer_waited_s;
    }
    summary.finished = state_.epoch >= job_.train.epochs;
    summary.epochs = state_.epoch;
    summary.ema = state_.ema;
    summary.best_ema = state_.best_ema;
    summary.seconds = seconds_since(start);
    return summary;
  }

 private:
  [[nodiscard]] fs::path path(const char* name) const {
    return run_ / (std::string("checkpoint_") + name + ".safetensors");
  }

  void write(const char* name) const {
    write_checkpoint(path(name), {net_.parameters(), sgd_.momentum(), info_, state_});
  }

  // Takes up checkpoint_last on request, else starts a log.
  void begin() {
    const bool there = fs::exists(path("last"));
    if (there && !job_.resume)
      throw UsageError("folder " + run_.string(), "that of another training", "--resume or a new folder");
    if (!there) {
      if (job_.resume) log::info("nothing to resume in " + run_.string() + ": training starts anew");
      std::vector<std::string> names = {"epoch", "learning_rate", "train_loss", "validation_loss"};
      for (const auto& label : info_.labels) names.push_back("pseudo_dice_" + label.second);
      names.insert(names.end(), {"pseudo_dice_mean", "pseudo_dice_moving_average"});
      state_.log = row(names);
      return;
    }
    const Checkpoint last = read_checkpoint(path("last"));
    if (last.info.shards_hash != info_.shards_hash || last.info.split != info_.split)
      throw UsageError("shards to resume " + run_.string() + " with", "others than it was trained on",
                       "the same");
    if (const auto [now, before] = first_difference(info_.config_yaml, last.info.config_yaml); now != before)
      throw UsageError("configuration to resume " + run_.string() + " with", "'" + now + "'",
                       "'" + before + "' as it was trained with");
    if (last.info.threads != info_.threads || last.info.precision != info_.precision)
      log::warning("resumed with " + std::to_string(info_.threads) + " threads in " + info_.precision +
                   ", begun with " + std::to_string(last.info.threads) + " in " + last.info.precision +
                   ": results round otherwise");
    net_.load(last.weights);
    sgd_.load_momentum(last.momentum);
    state_ = last.state;
  }

  // False where a stop was asked for.
  bool run_epoch(Feed& feed, Feed& validation) {
    const auto start = Clock::now();
    const double waited = feed.statistics().consumer_waited_s;
    const double rate = poly_learning_rate(job_.train.learning_rate, state_.epoch, job_.train.epochs,
                                           job_.train.poly_exponent);
    while (state_.iteration < job_.feed.batches_per_epoch) {
      if (job_.stop && job_.stop()) {
        write("last");
        return false;
      }
      state_.loss_sum += step(feed.next(), rate);
      ++state_.iteration;
      if (job_.progress)
        job_.progress({state_.epoch + 1, job_.train.epochs, state_.iteration, job_.feed.batches_per_epoch,
                       state_.loss_sum / static_cast<double>(state_.iteration), pseudo_dice_});
    }
    finish_epoch(validation, rate);
    std::ofstream timing(run_ / "timing.csv", std::ios::app);
    if (timing.tellp() == 0) timing << "epoch,seconds,feed_wait_seconds\n";
    timing << state_.epoch << ',' << number(seconds_since(start), 3) << ','
           << number(feed.statistics().consumer_waited_s - waited, 3) << '\n';
    if (!timing.flush()) log::warning((run_ / "timing.csv").string() + ": a line could not be written");
    return true;
  }

  double step(Batch batch, double rate) {
    const TrainBatch in = view_.view(batch);
    const at::Tensor loss = loss_of(forward(in.image), in.label);
    const double value = loss.item().toDouble();
    if (!std::isfinite(value))
      throw Error("training loss in epoch " + std::to_string(state_.epoch + 1) + ", batch " +
                      std::to_string(state_.iteration),
                  std::to_string(value), "a finite number; a lower train.learning_rate may help");
    loss.backward();
    clip_gradients(net_.parameters(), job_.train.gradient_clip);
    sgd_.step(rate);
    sgd_.clear_gradients();
    return value;
  }

  // Logits in float32: the loss is not rounded to bfloat16.
  [[nodiscard]] std::vector<at::Tensor> forward(const at::Tensor& image) const {
    const Autocast autocast(low_precision_);
    std::vector<at::Tensor> logits = net_.forward(image, job_.model.deep_supervision);
    for (at::Tensor& l : logits) l = l.to(at::kFloat);
    return logits;
  }

  [[nodiscard]] at::Tensor loss_of(const std::vector<at::Tensor>& logits, const at::Tensor& label) const {
    return deep_supervision_loss(logits, label, job_.train.batch_dice);
  }

  void finish_epoch(Feed& validation, double rate) {
    const at::NoGradGuard no_grad;
    PseudoDice dice(net_.classes());
    double loss = 0;
    for (int64_t i = 0; i < job_.train.validation_batches; ++i) {
      Batch batch = validation.next();
      const TrainBatch in = view_.view(batch);
      const auto logits = forward(in.image);
      loss += loss_of(logits, in.label).item().toDouble();
      dice.add(logits[0], in.label);
    }
    loss /= static_cast<double>(job_.train.validation_batches);  // NaN, an empty cell, where there is none
    const double mean = mean_of_defined(dice.values());
    bool best = false;
    if (!std::isnan(mean)) {
      pseudo_dice_ = mean;
      state_.ema = state_.ema ? kMovingAverage * *state_.ema + (1 - kMovingAverage) * mean : mean;
      best = !state_.best_ema || *state_.ema > *state_.best_ema;
      if (best) state_.best_ema = state_.ema;
    }
    std::vector<std::string> fields = {std::to_string(state_.epoch + 1), number(rate),
                                       number(state_.loss_sum / static_cast<double>(state_.iteration)),
                                       number(loss)};
    for (const double d : dice.values()) fields.push_back(number(d));
    fields.insert(fields.end(), {number(mean), state_.ema ? number(*state_.ema) : ""});
    state_.log += row(fields);
    ++state_.epoch;
    state_.iteration = 0;
    state_.loss_sum = 0;
    write_file_atomically(run_ / "log.csv", state_.log);
    if (best) write("best");
    const bool done = state_.epoch == job_.train.epochs;
    if (done) write("final");
    if (done || state_.epoch % job_.train.checkpoint_every == 0) write("last");
  }

  std::shared_ptr<const ShardSet> shards_;
  fs::path run_;
  const TrainJob& job_;
  std::vector<Split> splits_;
  RunInfo info_;
  bool low_precision_;
  UNet net_;
  Sgd sgd_;
  BatchView view_;
  RunState state_;
  std::optional<double> pseudo_dice_;
};

}  // namespace

TrainSummary train(const std::shared_ptr<const ShardSet>& shards, const fs::path& run, const TrainJob& job) {
  return Training(shards, run, job).run();
}

}  // namespace trivox
