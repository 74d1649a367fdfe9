#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "loader/phantom/signal.h"
#include "transforms/volume.h"

namespace trivox::phantom {

/// One scanner of the dataset's Table 3.
struct Scanner {
  const char* manufacturer;
  const char* model;
  double field_strength_t;
  int patients;  ///< of 277
};

/// Drawn as often as Table 3 counts it.
[[nodiscard]] const Scanner& draw_scanner(Rng& rng);

/// Size of a mask, as in Table 2.
struct Morphology {
  double volume_mm3 = 0;
  double surface_mm2 = 0;  ///< two thirds of the voxel faces: the mean ratio of a convex body
  double diameter_mm = 0;  ///< largest extent of the voxel centres over 400 directions
  double regularity = 0;   ///< V / (4/3 pi R^3), R = sqrt(A / 4 pi)
};
[[nodiscard]] Morphology measure(const Volume<uint8_t>& mask);

struct TableRow {
  uint32_t patient = 0;
  std::string folder;  ///< "007"
  const Scanner* scanner = nullptr;
  std::array<Morphology, kSequences> size;
};

/// The text of the three CSVs beside the images; columns follow the paper's Tables 2 to 4, with stages,
/// ages and titres in the proportions of Table 4 (larger tumours get the higher T stages).
[[nodiscard]] std::string diagnoses_csv(const std::vector<TableRow>& rows, uint64_t seed);
[[nodiscard]] std::string morphology_csv(const std::vector<TableRow>& rows);
[[nodiscard]] std::string scanners_csv(const std::vector<TableRow>& rows);

}  // namespace trivox::phantom
