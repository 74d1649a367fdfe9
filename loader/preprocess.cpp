#include "loader/preprocess.h"

#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <set>
#include <utility>

#include "loader/assemble.h"
#include "loader/clinical/covariates.h"
#include "loader/dataset/output_place.h"
#include "loader/dataset/source.h"
#include "loader/file.h"
#include "loader/fingerprint.h"
#include "loader/log.h"
#include "loader/patient.h"
#include "loader/quarantine.h"
#include "loader/sample_json.h"
#include "loader/shard/folder.h"
#include "loader/shard/writer.h"
#include "loader/text.h"

namespace trivox {
namespace {

// Every sample would be without a label, though masks are asked for and are there.
void refuse_reference_without_masks(const Dataset& dataset, const PreprocessJob& job) {
  if (!job.dataset.require_masks || job.assemble.label_policy != "reference" || dataset.channels.empty())
    return;
  const size_t reference = reference_channel(dataset.channels, job.assemble.reference);
  std::set<std::string> with_masks;
  for (const CaseFiles& files : dataset.cases)
    for (const ChannelFiles& channel : files.channels)
      if (!channel.mask.empty()) with_masks.insert(channel.name);
  if (with_masks.empty() || with_masks.contains(dataset.channels[reference])) return;
  throw UsageError("preprocess.reference", dataset.channels[reference] + ", of which no case has a mask",
                   "a channel with masks (" + joined({with_masks.begin(), with_masks.end()}) +
                       "), preprocess.label_policy: union, or dataset.require_masks: false");
}

// A place in the order of ids: a case, or the reasons why there is none.
struct Slot {
  const CaseFiles* files = nullptr;
  std::vector<Fault> faults;
};

// One case on its way through the pipeline.
struct Work {
  std::vector<Fault> faults;
  std::string inputs_hash;
  const ShardFolder::Earlier* earlier = nullptr;
  EncodedSample made;
  std::vector<ChannelProvenance> channels;  // of either, from its json
  std::vector<CaseRegistration> rejected;   // of neither: what was found for a case that is quarantined
};

void check_options(const ShardOptions& options) {
  if (options.dtype != "float16" && options.dtype != "float32")
    throw UsageError("shards.dtype", "'" + options.dtype + "'", "float16 or float32");
  if (options.samples_per_shard < 1)
    throw UsageError("shards.samples_per_shard", std::to_string(options.samples_per_shard), "at least 1");
}

// Empty where an input cannot be read: then nothing earlier fits, and reading says why.
std::string hash_or_nothing(const CaseFiles& files) {
  try {
    return hash_inputs(files);
  } catch (const Error&) {
    return {};
  }
}

std::vector<ChannelProvenance> channels_of(std::span<const std::byte> members, const SampleEntry& entry) {
  const auto json = members.subspan(entry.json_offset, entry.json_bytes);
  return sample_from_json({reinterpret_cast<const char*>(json.data()), json.size()}).channels;
}

// The sample of an earlier run, where it can be taken over.
const ShardFolder::Earlier* take_earlier(const ShardFolder& folder, const std::string& id, Work& work) {
  const ShardFolder::Earlier* earlier = folder.find(id, work.inputs_hash);
  if (earlier == nullptr) return nullptr;
  try {
    work.channels = channels_of(earlier->bytes, earlier->entry);
    return earlier;
  } catch (const Error& error) {
    log::warning(earlier->shard + ": " + error.in(id + ".json").what() + "; the sample is made again");
    return nullptr;
  }
}

// Cases that hold the same images: apart in a split, one tells the other's answer. Neither is left
// out, since nobody can tell here which of the ids is right.
class Duplicates {
 public:
  void add(const std::string& id, const std::vector<ChannelProvenance>& channels) {
    std::map<std::string, std::vector<std::string>> shared;  // by the earlier case: channels of this one
    for (const ChannelProvenance& channel : channels)
      for (const std::string& image :
           {"series " + channel.series_uid_hash, "voxels " + channel.middle_slice_hash}) {
        if (image.ends_with(' ')) continue;  // NIfTI has no UID, a constant slice no voxels to tell by
        const auto [first, is_new] = first_.try_emplace(image, id);
        if (is_new || first->second == id) continue;
        auto& names = shared[first->second];
        if (names.empty() || names.back() != channel.name) names.push_back(channel.name);
      }
    for (const auto& [other, names] : shared)
      found_.push_back({id, "",
                        "holds the images of case " + other + " (" + joined(names) +
                            "): one patient twice? Apart in a split, one gives the other away"});
  }
  [[nodiscard]] const std::vector<CaseWarning>& found() const { return found_; }

 private:
  std::map<std::string, std::string> first_;  // image to the first case that holds it
  std::vector<CaseWarning> found_;
};

Work process(const Slot& slot, const MakeSample& make, const ShardOptions& options,
             const ShardFolder& folder) {
  Work work;
  work.faults = slot.faults;
  if (!work.faults.empty()) return work;
  const CaseFiles& files = *slot.files;
  try {
    check_key(files.id);
    work.inputs_hash = hash_or_nothing(files);
    work.earlier = take_earlier(folder, files.id, work);
    if (work.earlier != nullptr) return work;
    // Isolated, so that a thread that waits inside one case does not begin another.
    tbb::this_task_arena::isolate([&] { work.made = encode_sample(make(files), options); });
    work.channels = channels_of(work.made.bytes, work.made.entry);
  } catch (const RejectedCase& error) {
    work.faults.push_back(error.with_path(files.folder.string()).fault());
    work.rejected = error.found();
  } catch (const Error& error) {
    if (error.fault().is_usage) throw;  // the configuration, not the case
    work.faults.push_back(error.with_path(files.folder.string()).fault());
  } catch (const std::bad_alloc&) {
    // What a broken header asks for must not take the other cases along.
    work.faults.push_back({files.folder.string(),
                           "memory for the case",
                           "not to be had",
                           "fewer --threads, or a coarser preprocess.spacing_mm",
                           {}});
  } catch (const std::exception& error) {
    work.faults.push_back(
        {files.folder.string(), std::string("case cannot be read: ") + error.what(), "", "", {}});
  }
  return work;
}

}  // namespace

PreprocessSummary preprocess(const Dataset& dataset, const MakeSample& make, const std::filesystem::path& out,
                             const PreprocessJob& job,
                             const std::function<void(size_t, size_t, const std::string&)>& progress) {
  check_options(job.shards);
  ShardFolder folder(out);
  std::map<std::string, Slot> by_id;
  for (const CaseFiles& files : dataset.cases) by_id[files.id].files = &files;
  for (const CaseFailure& failure : dataset.failures) by_id[failure.id].faults.push_back(failure.fault);
  const std::vector<std::pair<std::string, Slot>> slots(by_id.begin(), by_id.end());

  Manifest head;
  head.version = TRIVOX_VERSION;
  head.config_hash =
      hash_config(dataset, job.dataset, job.assemble, job.registration, job.shards, head.version);
  head.config_yaml = job.config_yaml;
  head.source = find_source(dataset);
  head.channels = dataset.channels;
  head.labels = dataset.labels;
  folder.open(std::move(head));

  PreprocessSummary summary;
  summary.cases = slots.size();
  for (const std::string& note : dataset.notes) summary.warnings.push_back({"", "", note});
  std::vector<CaseFailure> quarantined;
  Duplicates duplicates;
  const auto write = [&](size_t index, Work& work) {
    const std::string& id = slots[index].first;
    folder.start_shard(index / static_cast<size_t>(job.shards.samples_per_shard));
    for (const Fault& fault : work.faults) {
      if (job.strict) throw Error(fault).in("case " + id + "; the run is strict");
      summary.quarantined.push_back({id, fault});
      quarantined.push_back(relative_to(summary.quarantined.back(), dataset.root));
    }
    if (work.earlier != nullptr) {
      folder.keep(*work.earlier);
      ++summary.kept;
    } else if (work.faults.empty()) {
      folder.add(work.made, work.inputs_hash);
      ++summary.written;
    }
    for (CaseWarning& one : warnings_of(id, work.channels)) summary.warnings.push_back(std::move(one));
    for (CaseRegistration& one : registrations_of(id, work.channels))
      summary.registrations.push_back(std::move(one));
    for (CaseRegistration& one : work.rejected) summary.registrations.push_back(std::move(one));
    duplicates.add(id, work.channels);
    if (progress) progress(index + 1, slots.size(), id);
  };

  const int threads = job.threads > 0 ? job.threads : tbb::info::default_concurrency();
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, static_cast<size_t>(threads));
  tbb::task_arena arena(threads);
  // Only indices go through the pipeline: what an exception cancels on its way is freed with this.
  std::vector<std::unique_ptr<Work>> works(slots.size());
  size_t next = 0;
  const auto draw = [&](tbb::flow_control& flow) -> size_t {
    if (next < slots.size()) return next++;
    flow.stop();
    return 0;
  };
  const auto make_one = [&](size_t index) {
    works[index] = std::make_unique<Work>(process(slots[index].second, make, job.shards, folder));
    return index;
  };
  const auto write_one = [&](size_t index) {
    write(index, *works[index]);
    works[index].reset();
  };
  arena.execute([&] {
    tbb::parallel_pipeline(static_cast<size_t>(threads) + 2,
                           tbb::make_filter<void, size_t>(tbb::filter_mode::serial_in_order, draw) &
                               tbb::make_filter<size_t, size_t>(tbb::filter_mode::parallel, make_one) &
                               tbb::make_filter<size_t, void>(tbb::filter_mode::serial_in_order, write_one));
  });

  summary.warnings.insert(summary.warnings.end(), duplicates.found().begin(), duplicates.found().end());
  if (summary.written + summary.kept == 0 && folder.holds_shards()) {
    // A disk that is not mounted, a slip in the options: no reason to throw hours of work away.
    write_quarantine(out, quarantined, kFailedRunName);
    summary.keeps_shards = true;
    summary.manifest.channels = dataset.channels;
    return summary;
  }
  write_quarantine(out, quarantined);
  write_warnings(out, summary.warnings);
  write_registrations(out, summary.registrations);
  summary.manifest =
      folder.finish(std::move(quarantined), summary.warnings, count_registrations(summary.registrations));
  return summary;
}

PreprocessSummary preprocess(const std::filesystem::path& dataset_root, const std::filesystem::path& out,
                             const PreprocessJob& job,
                             const std::function<void(size_t, size_t, const std::string&)>& progress) {
  check_options(job.shards);
  Dataset dataset = find_dataset(dataset_root, job.dataset);
  refuse_output_among(dataset, out, "the shards");
  refuse_reference_without_masks(dataset, job);
  make_output_folder(out);  // before any image is read: nobody waits for a run that cannot end
  add_covariates(dataset, dataset.notes, job.dataset.text_encoding);
  for (const std::string& note : dataset.notes) log::warning(note);
  for (std::string& note : archive_notes(dataset)) dataset.notes.push_back(std::move(note));  // said before
  DatasetOptions options = job.dataset;
  options.channels = dataset.channels;
  options.labels = dataset.labels;
  const auto make = [&](const CaseFiles& files) {
    Sample sample = coregister_and_assemble(read_patient(files, options), job.assemble, job.registration);
    sample.covariates = files.covariates;
    return sample;
  };
  PreprocessSummary summary = preprocess(dataset, make, out, job, progress);
  summary.dataset = std::move(dataset);
  return summary;
}

}  // namespace trivox
