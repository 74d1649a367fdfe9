#pragma once
#include <array>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "loader/raters.h"

namespace trivox {

/// How two raters' masks of one tumour overlap.
struct RaterPairFinding {
  RaterFiles names;
  std::optional<Fault> fault;  ///< why the pair cannot be used; nothing below is known then
  Grid grid;                   ///< in voxels where no_mm says so
  std::array<std::string, 2> datatypes;
  std::array<int64_t, 2> voxels = {0, 0};
  std::optional<std::array<double, 2>> ml;  ///< absent where there are no millimetres
  double dice = 0, jaccard = 0;             ///< in voxels; NaN where both masks are empty
  std::string no_mm;
  std::vector<std::string> warnings;
};

struct RaterFinding {
  std::vector<RaterPairFinding> pairs;
  std::vector<Fault> failures;  ///< masks that make no pair
  size_t images = 0;
  std::vector<std::string> notes;
};

/// Reads every pair below a folder or .zip. Never throws for their content.
[[nodiscard]] RaterFinding inspect_raters(const RaterStudy& study, const DatasetOptions& options);

/// For a terminal, for programs, for a page.
[[nodiscard]] std::string raters_text(const RaterFinding& finding);
[[nodiscard]] nlohmann::ordered_json raters_json(const RaterFinding& finding);
[[nodiscard]] std::string raters_html(const RaterFinding& finding);

}  // namespace trivox
