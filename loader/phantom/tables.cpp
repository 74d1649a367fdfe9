#include "loader/phantom/tables.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

#include "loader/phantom/streams.h"

namespace trivox::phantom {
namespace {

constexpr std::array<Scanner, 6> kScanners = {{{"Philips Medical Systems", "Achieva", 1.5, 146},
                                               {"GE MEDICAL SYSTEMS", "DISCOVERY MR750w", 3.0, 12},
                                               {"SIEMENS", "MAGNETOM IMPACT", 1.0, 93},
                                               {"GE MEDICAL SYSTEMS", "OPTIMA MR360", 1.5, 5},
                                               {"GE MEDICAL SYSTEMS", "SIGNA EXCITE", 1.5, 1},
                                               {"GE MEDICAL SYSTEMS", "Signa HDxt", 1.5, 20}}};

constexpr std::array<const char*, kSequences> kNames = {"T1WI", "T2WI", "CE-T1WI"};

template <class... Values>
std::string format(const char* pattern, Values... values) {
  std::array<char, 256> text{};
  std::snprintf(text.data(), text.size(), pattern, values...);
  return text.data();
}

// An index drawn with the given weights.
template <size_t N>
size_t draw_index(Rng& rng, const std::array<int, N>& weights) {
  int total = 0;
  for (const int w : weights) total += w;
  auto left = static_cast<int>(rng.below(static_cast<uint64_t>(total)));
  for (size_t i = 0; i < N; ++i)
    if ((left -= weights[i]) < 0) return i;
  return N - 1;
}

}  // namespace

const Scanner& draw_scanner(Rng& rng) {
  std::array<int, kScanners.size()> weights{};
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = kScanners[i].patients;
  return kScanners[draw_index(rng, weights)];
}

Morphology measure(const Volume<uint8_t>& mask) {
  const auto& size = mask.grid.size;
  const Eigen::Vector3d spacing = mask.grid.spacing_mm();
  const auto inside = [&](int64_t x, int64_t y, int64_t z) {
    return x >= 0 && y >= 0 && z >= 0 && x < size[0] && y < size[1] && z < size[2] &&
           mask.at(0, x, y, z) != 0;
  };
  Morphology m;
  std::vector<Eigen::Vector3d> border;
  int64_t voxels = 0;
  for (int64_t z = 0; z < size[2]; ++z)
    for (int64_t y = 0; y < size[1]; ++y)
      for (int64_t x = 0; x < size[0]; ++x) {
        if (!inside(x, y, z)) continue;
        ++voxels;
        const int faces_x = !inside(x - 1, y, z) + !inside(x + 1, y, z);
        const int faces_y = !inside(x, y - 1, z) + !inside(x, y + 1, z);
        const int faces_z = !inside(x, y, z - 1) + !inside(x, y, z + 1);
        if (faces_x + faces_y + faces_z == 0) continue;
        m.surface_mm2 += faces_x * spacing.y() * spacing.z() + faces_y * spacing.x() * spacing.z() +
                         faces_z * spacing.x() * spacing.y();
        border.push_back(spacing.cwiseProduct(
            Eigen::Vector3d(static_cast<double>(x), static_cast<double>(y), static_cast<double>(z))));
      }
  m.volume_mm3 = static_cast<double>(voxels) * mask.grid.voxel_volume_mm3();
  m.surface_mm2 *= 2.0 / 3.0;
  constexpr int kDirections = 400;  // a Fibonacci half sphere
  for (int i = 0; i < kDirections && !border.empty(); ++i) {
    const double z = (i + 0.5) / kDirections, r = std::sqrt(1 - z * z);
    const double angle = i * std::numbers::pi * (3 - std::sqrt(5.0));
    const Eigen::Vector3d direction(r * std::cos(angle), r * std::sin(angle), z);
    double low = 1e9, high = -1e9;
    for (const Eigen::Vector3d& p : border) {
      const double along = direction.dot(p);
      low = std::min(low, along);
      high = std::max(high, along);
    }
    m.diameter_mm = std::max(m.diameter_mm, high - low);
  }
  if (m.surface_mm2 > 0) {
    const double radius = std::sqrt(m.surface_mm2 / (4 * std::numbers::pi));
    // Of the steps of few voxels the surface is estimated low: no body is rounder than a ball.
    m.regularity = std::min(1.0, m.volume_mm3 / (4.0 / 3.0 * std::numbers::pi * radius * radius * radius));
  }
  return m;
}

std::string diagnoses_csv(const std::vector<TableRow>& rows, uint64_t seed) {
  constexpr std::array<const char*, 3> kPathology = {"Non-keratinized squamous cell carcinoma",
                                                     "Keratinized squamous cell carcinoma",
                                                     "Basaloid squamous cell carcinoma"};
  std::string text =
      "ID,Gender,Age,Pathological type,T stage,N stage,M stage,Clinical stage,EBV,VCA,Overall survival "
      "(months)\n";
  for (const TableRow& row : rows) {
    Rng rng({seed, 0, row.patient, stream::kTables});
    const double cm3 = row.size[2].volume_mm3 / 1000;
    const double rank = std::log(std::max(cm3, 0.1) / 9.4) / 0.8 + 0.7 * rng.normal();
    const int t = rank < -1.3 ? 1 : rank < -0.4 ? 2 : rank < 0.6 ? 3 : 4;
    const auto n = static_cast<int>(draw_index(rng, std::array<int, 4>{25, 73, 142, 38}));
    const int m = rng.chance(14.0 / 278) ? 1 : 0;
    // UICC/AJCC, eighth edition.
    const char* stage = m == 1             ? "4b"
                        : t == 4 || n == 3 ? "4a"
                        : t == 3 || n == 2 ? "3"
                        : t == 2 || n == 1 ? "2"
                                           : "1";
    const bool female = rng.chance(74.0 / 278);
    const int age = std::clamp(static_cast<int>(std::lround(50.5 + 13 * rng.normal())), 20, 91);
    const char* pathology = kPathology[draw_index(rng, std::array<int, 3>{265, 12, 1})];
    const bool ebv = rng.chance(78.0 / 278), vca = rng.chance(201.0 / 278);
    const int months = rng.chance(0.72) ? 60 : static_cast<int>(rng.below(60));
    text += format("%s,%s,%d,%s,T%d,N%d,M%d,%s,%s,%s,%d\n", row.folder.c_str(), female ? "F" : "M", age,
                   pathology, t, n, m, stage, ebv ? "Positive" : "Negative", vca ? "Positive" : "Negative",
                   months);
  }
  return text;
}

std::string morphology_csv(const std::vector<TableRow>& rows) {
  std::string text = "ID,Sequence,Volume (mm3),Surface area (mm2),Max diameter (mm),Surface regularity\n";
  for (const TableRow& row : rows)
    for (size_t s = 0; s < kSequences; ++s)
      text += format("%s,%s,%.2f,%.2f,%.2f,%.4f\n", row.folder.c_str(), kNames[s], row.size[s].volume_mm3,
                     row.size[s].surface_mm2, row.size[s].diameter_mm, row.size[s].regularity);
  return text;
}

std::string scanners_csv(const std::vector<TableRow>& rows) {
  std::string text = "ID,Manufacturer,Manufacturer model name,Magnetic field strength (T)\n";
  for (const TableRow& row : rows)
    text += format("%s,%s,%s,%.1f\n", row.folder.c_str(), row.scanner->manufacturer, row.scanner->model,
                   row.scanner->field_strength_t);
  return text;
}

}  // namespace trivox::phantom
