#include "evaluate/score.h"

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <optional>
#include <set>

#include "loader/assemble.h"
#include "loader/file.h"
#include "loader/log.h"
#include "loader/patient.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

double mean_of_known(const std::vector<LabelScore>& labels, double LabelScore::* figure) {
  double sum = 0;
  int n = 0;
  for (const LabelScore& label : labels)
    if (!std::isnan(label.*figure)) sum += label.*figure, ++n;
  return n > 0 ? sum / n : std::numeric_limits<double>::quiet_NaN();
}

int64_t slice_to_show(const SliceView& view, const Volume<uint8_t>& reference,
                      const Volume<uint8_t>& prediction) {
  for (const auto* mask : {&reference, &prediction}) {
    const auto areas = area_by_slice(*mask, view);
    const auto largest = std::max_element(areas.begin(), areas.end());
    if (*largest > 0) return largest - areas.begin();
  }
  return view.slices() / 2;
}

Figure overlay(const Volume<float>& image, const Volume<uint8_t>& reference,
               const Volume<uint8_t>& prediction, const std::map<int, std::string>& labels) {
  const SliceView view = slice_view(image.grid);
  const int64_t slice = slice_to_show(view, reference, prediction);
  Figure figure = make_figure(image, view, slice, percentile_window(image));
  for (const auto& [value, name] : labels) {
    const auto label = static_cast<uint8_t>(value);
    figure.layers.push_back({"reference", outlines(reference, view, slice, label)});
    figure.layers.push_back({"prediction", outlines(prediction, view, slice, label)});
  }
  return figure;
}

// ID of a NIfTI file's name, nothing for other files.
std::optional<std::string> id_of(const fs::path& file) {
  const std::string name = file.filename().string();
  for (const std::string_view ending : {".nii.gz", ".nii"})
    if (name.size() > ending.size() && name.ends_with(ending))
      return name.substr(0, name.size() - ending.size());
  return std::nullopt;
}

struct Prediction {
  std::string id;
  std::vector<fs::path> files;  // several are a fault
};

std::vector<Prediction> find_predictions(const fs::path& folder) {
  if (!fs::is_directory(folder))
    throw Error(Fault{folder.string(), "folder of predictions", "not there", "a folder with ID.nii.gz", {}});
  std::map<std::string, std::vector<fs::path>> found;
  for (const fs::path& file : files_in(folder))
    if (const auto id = id_of(file)) found[*id].push_back(file);
  if (found.empty())
    throw Error("number of predictions", "0", "at least one ID.nii.gz").with_path(folder.string());
  std::vector<Prediction> out;
  for (auto& [id, files] : found) out.push_back({id, std::move(files)});
  return out;
}

const ChannelFiles& channel_of(const CaseFiles& files, const std::string& name) {
  for (const ChannelFiles& channel : files.channels)
    if (channel.name == name) return channel;
  throw Error("sequence " + name, "missing", "the reference sequence").with_path(files.folder.string());
}

struct GroupInput {
  Dataset dataset;
  DatasetOptions options;
  std::string reference;
};

CaseScore read_and_score(const GroupInput& input, const Prediction& prediction, bool figure) {
  if (prediction.files.size() > 1)
    throw Error("prediction of case " + prediction.id,
                "found twice (" + prediction.files[0].filename().string() + ", " +
                    prediction.files[1].filename().string() + ")",
                "one file")
        .with_path(prediction.files[0].parent_path().string());
  const std::string file = prediction.files.front().string();
  const auto known = std::find_if(input.dataset.cases.begin(), input.dataset.cases.end(),
                                  [&](const CaseFiles& c) { return c.id == prediction.id; });
  if (known == input.dataset.cases.end())
    throw Error("case " + prediction.id, "not in the dataset", "a case of " + input.dataset.root.string())
        .with_path(file);
  const ChannelFiles& channel = channel_of(*known, input.reference);
  if (channel.mask.empty())
    throw Error("mask of " + channel.name, "missing", "the reference to score against")
        .with_path(known->folder.string());
  const Sequence truth = read_sequence(*known, channel, input.options);
  if (!truth.mask)
    throw Error("mask of " + channel.name, "missing", "the reference to score against")
        .with_path(known->folder.string());
  DatasetOptions rules = input.options;
  rules.assert_mask_grid.clear();  // it speaks of the radiologists' masks
  std::vector<std::string> warnings;
  const Volume<uint8_t> predicted =
      resolve_mask(prediction.files.front(), truth.image.grid, rules, warnings, SoftMask::kRefuse);
  CaseScore score =
      score_case(prediction.id, truth.image, *truth.mask, predicted, input.dataset.labels, figure);
  score.warnings = truth.warnings;
  for (const std::string& warning : warnings) score.warnings.push_back("prediction: " + warning);
  return score;
}

GroupInput find_input(const fs::path& root, const ScoreJob& job) {
  GroupInput input;
  input.options = job.dataset;
  // Only the reference's mask is needed, and its absence is told case by case.
  input.options.require_masks = false;
  input.dataset = find_dataset(root, input.options);
  for (const std::string& note : input.dataset.notes) log::warning(note);
  if (input.dataset.labels.empty()) input.dataset.labels = {{1, "foreground"}};
  input.options.labels = input.dataset.labels;
  const auto& names = input.dataset.channels;
  input.reference = names.at(reference_channel(names, job.reference));
  return input;
}

}  // namespace

CaseScore score_case(const std::string& id, const Volume<float>& image, const Volume<uint8_t>& reference,
                     const Volume<uint8_t>& prediction, const std::map<int, std::string>& labels,
                     bool figure) {
  CaseScore score;
  score.id = id;
  const double ml = reference.grid.voxel_volume_mm3() / 1000;
  for (const auto& [value, name] : labels) {
    LabelScore label;
    label.value = value;
    label.name = name;
    label.overlap = count_overlap(reference, prediction, static_cast<uint8_t>(value));
    label.dice = dice(label.overlap);
    label.jaccard = jaccard(label.overlap);
    label.volume_reference_ml = static_cast<double>(label.overlap.reference()) * ml;
    label.volume_prediction_ml = static_cast<double>(label.overlap.prediction()) * ml;
    score.volume_reference_ml += label.volume_reference_ml;
    score.volume_prediction_ml += label.volume_prediction_ml;
    score.labels.push_back(std::move(label));
  }
  score.dice = mean_of_known(score.labels, &LabelScore::dice);
  score.jaccard = mean_of_known(score.labels, &LabelScore::jaccard);
  if (figure) score.figure = overlay(image, reference, prediction, labels);
  return score;
}

void summarise_group(GroupScore& group, const std::map<int, std::string>& labels) {
  std::vector<double> dices, jaccards;
  for (const CaseScore& score : group.cases) {
    dices.push_back(score.dice);
    jaccards.push_back(score.jaccard);
  }
  group.dice = summarise(dices);
  group.jaccard = summarise(jaccards);
  group.labels.clear();
  size_t place = 0;
  double aggregated = 0;
  int known = 0;
  for (const auto& [value, name] : labels) {
    LabelSummary summary;
    summary.value = value;
    summary.name = name;
    Overlap pooled;
    for (size_t i = 0; i < group.cases.size(); ++i) {
      const LabelScore& score = group.cases[i].labels.at(place);
      dices[i] = score.dice;
      jaccards[i] = score.jaccard;
      pooled += score.overlap;
    }
    summary.dice = summarise(dices);
    summary.jaccard = summarise(jaccards);
    summary.dice_aggregated = dice(pooled);
    if (!std::isnan(summary.dice_aggregated)) aggregated += summary.dice_aggregated, ++known;
    group.labels.push_back(std::move(summary));
    ++place;
  }
  group.dice_aggregated = known > 0 ? aggregated / known : std::numeric_limits<double>::quiet_NaN();
}

GroupScore score_group(const fs::path& predictions, const fs::path& dataset_root, const ScoreJob& job,
                       const std::function<void(size_t, size_t, const std::string&)>& progress) {
  const GroupInput input = find_input(dataset_root, job);
  const std::vector<Prediction> found = find_predictions(predictions);
  GroupScore group;
  group.predictions = predictions;
  group.dataset = dataset_root;
  group.reference = input.reference;
  std::map<std::string, Fault> faults;  // of the dataset's own cases
  for (const CaseFailure& failure : input.dataset.failures) faults.emplace(failure.id, failure.fault);

  std::vector<std::optional<CaseScore>> scores(found.size());
  std::vector<std::optional<Fault>> failed(found.size());
  std::mutex reporting;
  size_t done = 0;
  tbb::task_arena arena(job.threads > 0 ? job.threads : tbb::task_arena::automatic);
  arena.execute([&] {
    tbb::parallel_for(size_t{0}, found.size(), [&](size_t i) {
      try {
        if (faults.count(found[i].id) == 0) scores[i] = read_and_score(input, found[i], job.figures);
      } catch (const Error& error) {
        failed[i] = error.fault();
      } catch (const std::exception& error) {  // of a library: one case must not end the others
        failed[i] = Fault{
            found[i].files.front().string(), std::string("cannot be scored: ") + error.what(), "", "", {}};
      }
      const std::lock_guard lock(reporting);
      ++done;
      if (progress) progress(done, found.size(), found[i].id);
    });
  });

  std::set<std::string> predicted;
  for (size_t i = 0; i < found.size(); ++i) {
    predicted.insert(found[i].id);
    if (scores[i]) group.cases.push_back(std::move(*scores[i]));
    if (failed[i]) faults.emplace(found[i].id, *failed[i]);
  }
  for (const CaseFiles& files : input.dataset.cases)
    if (predicted.count(files.id) == 0) group.not_predicted.push_back(files.id);
  for (const auto& [id, fault] : faults) group.quarantined.push_back({id, fault});
  summarise_group(group, input.dataset.labels);
  return group;
}

}  // namespace trivox
