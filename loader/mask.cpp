#include "loader/mask.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <sstream>

#include "transforms/error.h"

namespace trivox {
namespace {

// A whole number that was stored scaled comes back with some 1e-6 of error.
constexpr double kWhole = 1e-3;

std::string text(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

std::string listed(const std::set<int>& values) {
  std::string out;
  for (const int value : values) {
    if (out.size() > 60) return out + ", ...";
    out += (out.empty() ? "" : ", ") + std::to_string(value);
  }
  return out;
}

std::string listed(const std::map<int, std::string>& labels) {
  std::string out;
  for (const auto& [value, name] : labels)
    out += (out.empty() ? "" : ", ") + std::to_string(value) + " (" + name + ")";
  return out;
}

/// Largest value, after NaN, infinity and values below 0 were refused.
double check_values(std::span<const float> values) {
  size_t nan = 0, infinite = 0;
  double least = 0, largest = 0;
  for (const float value : values) {
    nan += std::isnan(value) ? 1 : 0;
    infinite += std::isinf(value) ? 1 : 0;
    least = std::min(least, static_cast<double>(value));
    largest = std::max(largest, static_cast<double>(value));
  }
  if (nan > 0) throw Error("mask value", "NaN at " + std::to_string(nan) + " voxels", "numbers");
  if (infinite > 0)
    throw Error("mask value", "infinite at " + std::to_string(infinite) + " voxels",
                "finite numbers");
  if (least < -kWhole) throw Error("mask value", text(least), "0 or above");
  return largest;
}

/// The whole numbers besides 0, or nothing where there are fractions.
std::optional<std::set<int>> whole_values(std::span<const float> values) {
  std::set<int> found;
  int last = 0;  // neighbours are mostly equal
  for (const float value : values) {
    const double v = static_cast<double>(value);
    const double whole = std::round(v);
    if (std::abs(v - whole) > kWhole || whole > 1e9) return std::nullopt;
    const int w = static_cast<int>(whole);
    if (w == last) continue;
    last = w;
    if (w != 0) found.insert(w);
  }
  return found;
}

}  // namespace

Volume<uint8_t> mask_values(const Volume<float>& mask, const std::map<int, std::string>& labels,
                            std::vector<std::string>& warnings) {
  if (mask.channels != 1)
    throw Error("mask's dimensions", "those of " + std::to_string(mask.channels) + " volumes",
                "one volume");
  const double largest = check_values(mask.data);
  const bool one_label = labels.size() <= 1;
  const auto foreground = static_cast<uint8_t>(labels.empty() ? 1 : labels.begin()->first);
  Volume<uint8_t> out(mask.grid, 1);
  const auto found = whole_values(mask.data);
  if (!found) {
    if (!one_label) throw Error("mask value", "fractions", "whole numbers: " + listed(labels));
    for (size_t i = 0; i < out.data.size(); ++i)
      out.data[i] = static_cast<double>(mask.data[i]) >= largest / 2 ? foreground : uint8_t{0};
    warnings.push_back("mask is soft (fractions up to " + text(largest) +
                       "): cut at half its maximum");
    return out;
  }
  if (found->empty()) warnings.push_back("mask is empty: no voxel above 0");
  if (one_label) {
    if (found->size() > 1)
      throw Error("mask values", listed(*found),
                  "one value besides 0, or a name for each in dataset.labels");
    for (size_t i = 0; i < out.data.size(); ++i)
      out.data[i] = mask.data[i] > 0.5F ? foreground : uint8_t{0};
    return out;
  }
  for (const int value : *found)
    if (!labels.contains(value))
      throw Error("mask value", std::to_string(value), "one of " + listed(labels));
  for (size_t i = 0; i < out.data.size(); ++i)
    out.data[i] = static_cast<uint8_t>(std::lround(mask.data[i]));
  return out;
}

Volume<uint8_t> place_mask(const NiftiImage& mask, const Grid& series_grid,
                           const DatasetOptions& options, std::vector<std::string>& warnings) {
  for (const std::string& warning : mask.warnings) warnings.push_back("mask: " + warning);
  const Grid& grid = mask.volume.grid;
  std::optional<AxisMap> map;
  if (!mask.has_geometry) {
    if (options.assert_mask_grid != "series" || grid.size != series_grid.size)
      throw Error(
          "mask's geometry", "absent (" + grid.describe() + ")",
          "the grid of its series (" + series_grid.describe() + ")" +
              (grid.size == series_grid.size ? ", or assert_mask_grid: series in the configuration"
                                             : ""));
    warnings.push_back("mask holds no geometry: taken to lie on its series' grid, as configured");
    map = AxisMap{};
  } else if (same_place(grid, series_grid)) {
    map = AxisMap{};
  } else {
    map = same_lattice(grid, series_grid);
    if (map)
      warnings.push_back("mask is stored in another orientation: axes reordered, " +
                         map->describe());
  }
  if (!map) {
    const double distance = corner_distance_mm(grid, series_grid);
    throw Error(
        "mask's grid",
        grid.describe() +
            (std::isfinite(distance) ? ", up to " + text(distance) + " mm from its series" : ""),
        "that of its series, " + series_grid.describe() + ", within 0.2 mm");
  }
  Volume<uint8_t> values = mask_values(mask.volume, options.labels, warnings);
  if (!map->identity()) return reorder(values, *map, series_grid);
  values.grid = series_grid;
  return values;
}

}  // namespace trivox
