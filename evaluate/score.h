#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "evaluate/html.h"
#include "evaluate/metrics.h"
#include "evaluate/statistics.h"
#include "loader/dataset.h"

namespace trivox {

/// One label of one case, on the reference's own grid.
struct LabelScore {
  int value = 0;
  std::string name;
  Overlap overlap;
  double dice = 0, jaccard = 0;  ///< NaN where both masks are empty
  double volume_reference_ml = 0, volume_prediction_ml = 0;
};

/// One case. Figures of its own are means over the labels that have one; volumes are sums.
struct CaseScore {
  std::string id;
  double dice = 0, jaccard = 0;  ///< NaN where both masks are empty in every label
  double volume_reference_ml = 0, volume_prediction_ml = 0;
  std::vector<LabelScore> labels;
  std::vector<std::string> warnings;  ///< of the reference's sequence and of both masks
  Figure figure;  ///< slice with the largest reference area (else predicted area, else the middle one)
};

struct LabelSummary {
  int value = 0;
  std::string name;
  Summary dice, jaccard;
  double dice_aggregated = 0;  ///< 2 sum tp / sum (|A| + |B|) over the cases
};

/// One folder of predictions against one dataset.
struct GroupScore {
  std::string name;  ///< "" for the main one, else dotted: "motion.header"
  std::filesystem::path predictions, dataset;
  std::string reference;                   ///< the sequence whose mask is the truth
  std::vector<CaseScore> cases;            ///< sorted by id
  std::vector<std::string> not_predicted;  ///< cases of the dataset without a prediction
  std::vector<CaseFailure> quarantined;    ///< could not be scored, with the reason
  Summary dice, jaccard;                   ///< of the cases' own figures: one value a patient
  double dice_aggregated = 0;              ///< mean over labels of theirs
  std::vector<LabelSummary> labels;
};

struct ScoreJob {
  DatasetOptions dataset;
  std::string reference = "auto";  ///< as AssembleOptions::reference
  int threads = 0;                 ///< 0: all cores
  bool figures = true;             ///< false: no pictures are made
};

/// Scores of one case from masks in memory. `image` and both masks lie on one grid, 1 x D x H x W.
/// labels: value to name, without background. Pure function.
[[nodiscard]] CaseScore score_case(const std::string& id, const Volume<float>& image,
                                   const Volume<uint8_t>& reference, const Volume<uint8_t>& prediction,
                                   const std::map<int, std::string>& labels, bool figure);

/// Fills a group's summaries from its cases.
void summarise_group(GroupScore& group, const std::map<int, std::string>& labels);

/// Scores every ID.nii.gz (or ID.nii) of a folder against the reference sequence's mask of case ID.
/// A prediction is placed by the rule for masks (loader/patient.h `resolve_mask`), so one on another
/// grid, one without a case, or a case without a readable reference is quarantined with its reason.
/// Deterministic for any number of threads. Throws Error where there is no dataset or no prediction.
/// `progress(done, total, id)` is called by one thread at a time.
[[nodiscard]] GroupScore score_group(const std::filesystem::path& predictions,
                                     const std::filesystem::path& dataset_root, const ScoreJob& job,
                                     const std::function<void(size_t, size_t, const std::string&)>& progress);

}  // namespace trivox
