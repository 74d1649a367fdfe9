#pragma once
#include <vector>

#include "transforms/augment/options.h"
#include "transforms/augment/transform.h"

namespace trivox {

/// y = lo + (hi - lo) ((x - lo) / (hi - lo))^gamma, with lo and hi the channel's minimum and
/// maximum; then, where statistics are kept, shifted and scaled so that the channel's mean and
/// standard deviation are as before (its range then is not). Image: any unit; a constant channel
/// stays as it is. Labels: untouched. Above 1 darkens. Each channel has a gamma of its own: with
/// chance 1/2 U(low, 1), else U(max(low, 1), high). Source: batchgeneratorsv2 0.3.6, GammaTransform
/// and BGContrast.
struct Gamma {
  double probability = 0.3;
  Range gamma = {0.7, 1.5};
  bool keep_statistics = true;

  struct Draw {
    std::vector<double> gamma;  ///< one a channel
    bool keep_statistics = true;
  };
  static constexpr std::string_view kName = "gamma";
  static constexpr std::string_view kMeaning = "gamma correction between minimum and maximum";
  static constexpr uint16_t kNumber = 140;
  static constexpr bool kChangesImage = true;
  static constexpr bool kChangesLabel = false;
  static constexpr std::array<FieldText, 3> kFields = {{
      {"probability", "chance that all channels are corrected"},
      {"gamma", "exponent; one a channel, half of the draws below 1"},
      {"keep_statistics", "restore each channel's mean and standard deviation"},
  }};
  [[nodiscard]] std::optional<Draw> draw(Rng& rng, const PatchShape& shape) const;
  static void apply(const Draw& draw, Patch& patch);
};

/// The same on the inverted image: y = -gamma(-x). Stretches the bright end where Gamma stretches
/// the dark one.
struct InvertedGamma {
  double probability = 0.1;
  Range gamma = {0.7, 1.5};
  bool keep_statistics = true;

  using Draw = Gamma::Draw;
  static constexpr std::string_view kName = "inverted_gamma";
  static constexpr std::string_view kMeaning = "gamma correction of the inverted image";
  static constexpr uint16_t kNumber = 130;
  static constexpr bool kChangesImage = true;
  static constexpr bool kChangesLabel = false;
  static constexpr std::array<FieldText, 3> kFields = Gamma::kFields;
  [[nodiscard]] std::optional<Draw> draw(Rng& rng, const PatchShape& shape) const;
  static void apply(const Draw& draw, Patch& patch);
};

}  // namespace trivox
