#pragma once
#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "loader/case_registration.h"
#include "loader/dataset.h"
#include "loader/manifest.h"
#include "loader/options.h"
#include "models/options.h"
#include "train/options.h"
#include "train/run_info.h"
#include "transforms/sample.h"

namespace trivox {

struct PredictorOptions {
  ModelOptions model;
  PredictOptions predict;
  std::array<int64_t, 3> patch = {0, 0, 0};         ///< x, y, z; as trained
  std::array<bool, 3> mirror = {true, true, true};  ///< x, y, z: as trained; used where predict.mirror is set
  std::string precision = "auto";
  int torch_threads = 1;
  /// Channel i of the network is fed the data's channel that belongs to input permutation[i]; empty: each its
  /// own. To show that a network needs every contrast.
  std::vector<int64_t> permutation;
};

/// A trained network, applied to samples. Not thread safe.
class Predictor {
 public:
  /// Throws Error for a file that is no checkpoint or holds another network.
  Predictor(const std::filesystem::path& checkpoint, const PredictorOptions& options);
  ~Predictor();
  Predictor(const Predictor&) = delete;
  Predictor& operator=(const Predictor&) = delete;

  [[nodiscard]] const RunInfo& info() const;
  /// Probability of every foreground class, (K - 1) x D x H x W on the sample's grid: softmax of the network
  /// by sliding window, padded with each channel's air. Throws Error where the sample lacks a channel.
  [[nodiscard]] Volume<float> probabilities(const Sample& sample) const;
  /// Label values on the reference's native grid: probabilities are interpolated linearly, then the most
  /// probable class wins; background outside the sample's grid (it may be cropped).
  [[nodiscard]] Volume<uint8_t> mask(const Sample& sample) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct PredictJob {
  DatasetOptions
      dataset;  ///< as trained, but for layout and cases, which are the input's; masks are not asked for
  AssembleOptions assemble;            ///< as trained
  CoregistrationOptions registration;  ///< as trained
  std::string split = "all";           ///< all, train or validation: the checkpoint's
  std::function<void(size_t, size_t, const std::string&)> progress;  ///< may be empty
};

struct PredictSummary {
  size_t cases = 0;                      ///< of the chosen split
  size_t written = 0;                    ///< the others were quarantined
  std::vector<CaseFailure> quarantined;  ///< sorted by id; a case may have several faults
  std::vector<CaseWarning> warnings;     ///< of the cases that were written, by channel
  /// How their sequences were laid onto each other, and those of cases that were quarantined for it.
  std::vector<CaseRegistration> registrations;
};

/// Writes ID.nii.gz (uint8, on the reference's native grid) into `out` for every case of `input`, a folder
/// of shards (one with manifest.json) or a dataset. A case that cannot be read is quarantined with its
/// reason, also in quarantine.csv; what is odd about the others goes to warnings.csv, how their sequences
/// were laid onto each other to registration.csv. Files are written whole or not at all. Throws UsageError
/// where `out` holds the input's images or masks, and Error where it holds masks of these cases and no
/// quarantine.csv: no run wrote those. Throws Error where the input's channels lack one of the network's,
/// where the chosen split has no case in `input`, or nothing can be written.
PredictSummary predict(const Predictor& predictor, const std::filesystem::path& input,
                       const std::filesystem::path& out, const PredictJob& job);

}  // namespace trivox
