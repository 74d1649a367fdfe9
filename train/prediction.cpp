#include "train/prediction.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "loader/assemble.h"
#include "loader/dataset/output_place.h"
#include "loader/file.h"
#include "loader/log.h"
#include "loader/nifti.h"
#include "loader/patient.h"
#include "loader/quarantine.h"
#include "loader/shard.h"
#include "models/precision.h"
#include "models/sliding_window.h"
#include "models/tensor.h"
#include "models/unet.h"
#include "train/batch.h"
#include "train/checkpoint.h"
#include "transforms/error.h"
#include "transforms/resample.h"

namespace trivox {

namespace fs = std::filesystem;

struct Predictor::State {
  State(Checkpoint checkpoint, const PredictorOptions& options)
      : info(std::move(checkpoint.info)),
        window{{options.patch[2], options.patch[1], options.patch[0]},
               options.predict.step,
               {options.predict.mirror && options.mirror[2], options.predict.mirror && options.mirror[1],
                options.predict.mirror && options.mirror[0]},
               options.predict.batch},
        low_precision(use_bfloat16(options.precision)),
        permutation(options.permutation),
        net(options.model, std::ssize(info.channels), std::ssize(info.labels) + 1, 0) {
    net.load(checkpoint.weights);
    const auto divisor = net.divisor();
    for (size_t a = 0; a < 3; ++a)
      if (window.patch_dhw[a] < 1 || window.patch_dhw[a] % divisor[a] != 0)
        throw UsageError("feed.patch along " + std::string(1, "zyx"[a]), std::to_string(window.patch_dhw[a]),
                         "a multiple of " + std::to_string(divisor[a]));
    if (permutation.empty())
      for (int64_t i = 0; i < net.channels(); ++i) permutation.push_back(i);
    auto sorted = permutation;
    std::ranges::sort(sorted);
    for (int64_t i = 0; i < std::max(std::ssize(sorted), net.channels()); ++i)
      if (std::ssize(sorted) != net.channels() || sorted[static_cast<size_t>(i)] != i)
        throw UsageError("permutation of the channels", std::to_string(sorted.size()) + " numbers",
                         "each of 0 to " + std::to_string(net.channels() - 1) + " once");
  }

  RunInfo info;
  SlidingWindow window;
  bool low_precision;
  std::vector<int64_t> permutation;
  UNet net;
};

Predictor::Predictor(const fs::path& checkpoint, const PredictorOptions& options) {
  at::set_num_threads(options.torch_threads);
  state_ = with_path(checkpoint.string(),
                     [&] { return std::make_unique<State>(read_checkpoint(checkpoint), options); });
}

Predictor::~Predictor() = default;

const RunInfo& Predictor::info() const { return state_->info; }

Volume<float> Predictor::probabilities(const Sample& sample) const {
  const at::NoGradGuard no_grad;
  std::vector<std::string> names;
  for (const ChannelProvenance& channel : sample.channels) names.push_back(channel.name);
  const auto own = channel_indices(names, state_->info.channels, "the network's channel");
  std::vector<int64_t> chosen;
  std::vector<float> air;
  for (const int64_t i : state_->permutation) {
    chosen.push_back(own[static_cast<size_t>(i)]);
    air.push_back(static_cast<float>(sample.channels[static_cast<size_t>(chosen.back())].air));
  }
  const at::Tensor image = tensor_view(sample.image).select(0, 0).index_select(0, at::tensor(chosen));
  const at::Tensor all = slide(image, air, state_->window, [&](const at::Tensor& tiles) {
    const Autocast autocast(state_->low_precision);
    return at::softmax(state_->net.forward(tiles, false)[0].to(at::kFloat), 1);
  });
  const at::Tensor foreground = all.slice(0, 1).contiguous();
  Volume<float> out(sample.image.grid, foreground.size(0));
  std::copy_n(foreground.const_data_ptr<float>(), out.data.size(), out.data.begin());
  return out;
}

Volume<uint8_t> Predictor::mask(const Sample& sample) const {
  const Volume<float> on_sample = probabilities(sample);
  Volume<uint8_t> out(sample.reference_grid, 1);
  AlignedVector<float> best(out.data.size(), 0.0F);        // of the foreground classes so far
  AlignedVector<float> background(out.data.size(), 1.0F);  // what they leave
  auto label = state_->info.labels.begin();
  for (int64_t k = 0; k < on_sample.channels; ++k, ++label) {
    Volume<float> one(on_sample.grid, 1);
    std::ranges::copy(on_sample.channel(k), one.data.begin());
    const auto native =
        resample(one, out.grid, Eigen::Matrix4d::Identity(), Interpolation::kLinear, 0.0F).image;
    for (size_t i = 0; i < out.data.size(); ++i) {
      const float p = native.data[i];
      background[i] -= p;
      if (p > best[i]) {
        best[i] = p;
        out.data[i] = static_cast<uint8_t>(label->first);
      }
    }
  }
  for (size_t i = 0; i < out.data.size(); ++i)
    if (best[i] <= background[i]) out.data[i] = 0;
  return out;
}

namespace {

// One case of either kind of input: its id, and how to get at its sample.
struct Case {
  std::string id;
  std::function<Sample()> load;
};

void check_channels(const std::vector<std::string>& available, const RunInfo& info, const fs::path& input) {
  try {
    (void)channel_indices(available, info.channels, "the network's channel");
  } catch (const Error& error) {
    Fault fault = error.fault();
    fault.is_usage = false;  // the data lack it, whatever the options say
    throw Error(std::move(fault)).with_path(input.string());
  }
}

std::vector<Case> shard_cases(const fs::path& input, const RunInfo& info) {
  const auto shards = std::make_shared<const ShardSet>(read_manifest(input));
  check_channels(shards->manifest().channels, info, input);
  std::vector<Case> cases;
  for (size_t i = 0; i < shards->manifest().samples.size(); ++i)
    cases.push_back({shards->manifest().samples[i].key, [shards, i] { return shards->load(i); }});
  return cases;
}

/// Their quarantine.csv, which says why patients are not among them, would be replaced.
void refuse_shards(const fs::path& out) {
  for (const std::string_view name : {kManifestName, kPartialManifestName})
    if (is_file(out / name))
      throw UsageError(Fault{out.string(),
                             "it",
                             "a folder of shards (" + std::string(name) + " is there)",
                             "a folder of its own for the predicted masks",
                             {}});
}

/// A mask that no run of predict wrote, somebody's own, is not overwritten.
void refuse_masks_of_others(const fs::path& out, const std::set<std::string>& ids) {
  for (const fs::path& file : files_in(out))
    for (const std::string_view end : {".nii.gz", ".nii"}) {
      const std::string name = file.filename().string();
      if (name.ends_with(end) && ids.contains(name.substr(0, name.size() - end.size())))
        throw Error(Fault{out.string(),
                          "it",
                          "a folder with masks of these cases that predict did not write, such as " + name,
                          "a folder without",
                          {}});
    }
}

std::vector<Case> dataset_cases(const fs::path& input, const fs::path& out, const PredictJob& job,
                                const RunInfo& info, std::vector<CaseFailure>& quarantined) {
  DatasetOptions options = job.dataset;
  options.require_masks = false;
  Dataset dataset = find_dataset(input, options);
  refuse_output_among(dataset, out, "the predicted masks");
  for (const std::string& note : dataset.notes) log::warning(note);
  check_channels(dataset.channels, info, input);
  for (CaseFailure& failure : dataset.failures)
    if (failure.images)
      dataset.cases.push_back(std::move(*failure.images));  // only its masks are in doubt
    else
      quarantined.push_back(relative_to(failure, input));
  std::ranges::sort(dataset.cases, {}, &CaseFiles::id);
  std::vector<Case> cases;
  for (const CaseFiles& files : dataset.cases)
    cases.push_back({files.id, [files, options, assembly = job.assemble, registration = job.registration] {
                       CaseFiles images = files;
                       for (ChannelFiles& channel : images.channels) channel.mask.clear();
                       try {
                         return coregister_and_assemble(read_patient(images, options), assembly,
                                                        registration);
                       } catch (const RejectedCase& error) {
                         throw RejectedCase(error.with_path(files.folder.string()), error.found());
                       } catch (const Error& error) {
                         throw error.with_path(files.folder.string());
                       }
                     }});
  return cases;
}

/// `path`, or with a number behind it where that is there.
fs::path unused_name(const fs::path& path) {
  fs::path name = path;
  for (int n = 2; fs::exists(fs::symlink_status(name)); ++n) name = path.string() + std::to_string(n);
  return name;
}

/// Masks of an earlier run would be scored as this run's: those of its quarantined cases get a name that is
/// none of a mask (somebody may have drawn them, so none is removed), and so do ID.nii beside ID.nii.gz;
/// those of cases that it does not know are named.
void settle_earlier(const fs::path& out, const PredictSummary& summary, const std::set<std::string>& ids) {
  std::set<std::string> bad;
  for (const CaseFailure& failure : summary.quarantined) bad.insert(failure.id);
  std::vector<std::string> others;
  for (const fs::path& file : files_in(out)) {
    const std::string name = file.filename().string();
    const bool is_plain = name.ends_with(".nii");
    if (!is_plain && !name.ends_with(".nii.gz")) continue;
    const std::string id = name.substr(0, name.rfind(".nii"));
    if (bad.contains(id) || (is_plain && ids.contains(id))) {
      const fs::path aside = unused_name(file.string() + ".earlier");
      fs::rename(file, aside);
      log::warning(file.string() + ": is now " + aside.filename().string() +
                   (bad.contains(id) ? ": the case cannot be predicted, and an earlier mask would be taken "
                                       "for this run's"
                                     : ": it would be a second mask of its case"));
    } else if (!ids.contains(id)) {
      others.push_back(name);
    }
  }
  if (!others.empty())
    log::warning(out.string() + ": " + std::to_string(others.size()) +
                 " masks that this run did not make stay there, such as " + others.front());
}

std::function<bool(const std::string&)> chosen_by(const std::string& split, const RunInfo& info) {
  if (split == "all") return [](const std::string&) { return true; };
  if (split != "train" && split != "validation") throw UsageError("split", split, "all, train or validation");
  const std::vector<std::string> keys = split == "train" ? info.split.train : info.split.validation;
  return [keys](const std::string& id) { return std::ranges::find(keys, id) != keys.end(); };
}

}  // namespace

PredictSummary predict(const Predictor& predictor, const fs::path& input, const fs::path& out,
                       const PredictJob& job) {
  const RunInfo& info = predictor.info();
  const auto chosen = chosen_by(job.split, info);
  refuse_shards(out);
  PredictSummary summary;
  std::vector<Case> cases = fs::exists(input / "manifest.json")
                                ? shard_cases(input, info)
                                : dataset_cases(input, out, job, info, summary.quarantined);
  std::erase_if(cases, [&](const Case& c) { return !chosen(c.id); });
  std::erase_if(summary.quarantined, [&](const CaseFailure& c) { return !chosen(c.id); });
  std::set<std::string> ids;  // a case may have several faults
  for (const CaseFailure& failure : summary.quarantined) ids.insert(failure.id);
  size_t done = ids.size();
  for (const Case& c : cases) ids.insert(c.id);
  summary.cases = ids.size();
  if (summary.cases == 0)
    throw Error(Fault{input.string(), "cases of the split " + job.split, "none", "at least one", {}});
  make_output_folder(out);
  const bool is_ours = fs::exists(out / kQuarantineName);
  if (!is_ours) refuse_masks_of_others(out, ids);
  for (const Case& c : cases) {
    std::optional<Sample> sample;
    try {
      sample = c.load();
    } catch (const RejectedCase& error) {
      summary.quarantined.push_back(relative_to({c.id, error.fault()}, input));
      summary.registrations.insert(summary.registrations.end(), error.found().begin(), error.found().end());
    } catch (const Error& error) {  // bad input: this case only; a fault in writing ends the run
      summary.quarantined.push_back(relative_to({c.id, error.fault()}, input));
    }
    if (sample) {
      write_nifti(out / (c.id + ".nii.gz"), predictor.mask(*sample));
      ++summary.written;
      for (CaseWarning& one : warnings_of(c.id, sample->channels)) summary.warnings.push_back(std::move(one));
      for (CaseRegistration& one : registrations_of(c.id, sample->channels))
        summary.registrations.push_back(std::move(one));
    }
    if (job.progress) job.progress(++done, summary.cases, c.id);
  }
  std::ranges::stable_sort(summary.quarantined, {}, &CaseFailure::id);
  settle_earlier(out, summary, ids);
  write_quarantine(out, summary.quarantined);
  write_warnings(out, summary.warnings);
  write_registrations(out, summary.registrations);
  return summary;
}

}  // namespace trivox
