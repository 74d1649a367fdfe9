#include "loader/mask.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>
#include <set>
#include <sstream>
#include <type_traits>

#include "loader/text.h"
#include "transforms/error.h"
#include "transforms/grid_difference.h"

namespace trivox {
namespace {

// A whole number that was stored scaled, or went through an interpolation, comes back with such an
// error; scaling by a slope in float32 errs by 6e-8 of the value.
constexpr double kWhole = 1e-3, kWholePart = 1e-6;

// Beyond this a double no longer tells whole numbers apart.
constexpr double kLargestWhole = 9007199254740992;  // 2^53

constexpr size_t kMostValues = 1000;

std::string text(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

template <class Numbers>
std::string listed(const Numbers& values) {
  std::string out;
  for (const auto value : values) {
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

/// A mask's values, each a whole number: exactly as stored where the type is one of whole numbers and
/// nothing scales it.
template <class T>
struct Exact {
  using Number = std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>;
  const Volume<T>& volume;
  [[nodiscard]] Number at(size_t i) const { return volume.data[i]; }
  [[nodiscard]] static std::optional<Number> whole(Number value) { return value; }
};

/// As numbers with fractions, in double.
template <class T>
struct Scaled {
  using Number = int64_t;
  const Volume<T>& volume;
  double slope, intercept;
  [[nodiscard]] double at(size_t i) const { return static_cast<double>(volume.data[i]) * slope + intercept; }
  /// The whole number that a value stands for.
  [[nodiscard]] static std::optional<Number> whole(double value) {
    const double rounded = std::round(value);
    if (std::abs(value - rounded) > kWhole + kWholePart * std::abs(value) ||
        std::abs(rounded) > kLargestWhole)
      return std::nullopt;
    return static_cast<Number>(rounded);
  }
};

/// Largest value, after NaN, infinity and values below 0 were refused.
template <class Values>
double check_values(const Values& values) {
  const size_t n = values.volume.data.size();
  size_t nan = 0, infinite = 0;
  double least = 0, largest = 0;
  for (size_t i = 0; i < n; ++i) {
    const auto value = static_cast<double>(values.at(i));
    nan += std::isnan(value) ? 1 : 0;
    infinite += std::isinf(value) ? 1 : 0;
    least = std::min(least, value);
    largest = std::max(largest, value);
  }
  if (nan > 0) throw Error("mask value", "NaN at " + counted(nan, "voxel"), "numbers");
  if (infinite > 0) throw Error("mask value", "infinite at " + counted(infinite, "voxel"), "finite numbers");
  if (least < -kWhole) throw Error("mask value", text(least), "0 or above");
  return largest;
}

/// The whole numbers besides 0, or nothing where there are fractions.
template <class Values>
std::optional<std::set<typename Values::Number>> whole_values(const Values& values) {
  std::set<typename Values::Number> found;
  typename Values::Number last = 0;  // neighbours are mostly equal
  for (size_t i = 0; i < values.volume.data.size(); ++i) {
    const auto whole = values.whole(values.at(i));
    if (!whole) return std::nullopt;
    if (*whole == last) continue;
    last = *whole;
    if (last != 0) found.insert(last);
    if (found.size() > kMostValues) break;  // an image, no mask: some of its values say so
  }
  return found;
}

template <class Values>
Volume<uint8_t> resolve(const Values& values, const std::map<int, std::string>& labels,
                        std::vector<std::string>& warnings, SoftMask soft) {
  const double largest = check_values(values);
  const bool one_label = labels.size() <= 1;
  const auto foreground = static_cast<uint8_t>(labels.empty() ? 1 : labels.begin()->first);
  Volume<uint8_t> out(values.volume.grid, 1);
  const auto found = whole_values(values);
  if (!found) {
    if (!one_label) throw Error("mask value", "fractions", "whole numbers: " + listed(labels));
    if (soft == SoftMask::kRefuse)
      throw Error("mask value", "fractions up to " + text(largest),
                  "whole numbers: probabilities cut before");
    for (size_t i = 0; i < out.data.size(); ++i)
      out.data[i] = static_cast<double>(values.at(i)) >= largest / 2 ? foreground : uint8_t{0};
    warnings.push_back("mask is soft (fractions up to " + text(largest) + "): cut at half its maximum");
    return out;
  }
  if (found->empty() && largest > 0)  // soft or empty, nobody can tell
    throw Error("largest mask value", text(largest), "0, for an empty mask, or more than " + text(kWhole));
  if (found->empty()) warnings.push_back("mask is empty: no voxel above 0");
  if (one_label && found->size() > 1)
    throw Error("mask values", listed(*found), "one value besides 0, or a name for each in dataset.labels");
  if (!one_label)
    for (const auto value : *found)
      if (value > 254 || !labels.contains(static_cast<int>(value)))
        throw Error("mask value", std::to_string(value), "one of " + listed(labels));
  for (size_t i = 0; i < out.data.size(); ++i) {
    const auto whole = *values.whole(values.at(i));
    out.data[i] = whole == 0 ? uint8_t{0} : one_label ? foreground : static_cast<uint8_t>(whole);
  }
  return out;
}

/// The same for voxels: what an axis of one voxel does is of no matter.
bool same_effect(const AxisMap& a, const AxisMap& b, const Grid& target) {
  for (size_t i = 0; i < 3; ++i)
    if (target.size[i] > 1 && (a.axis[i] != b.axis[i] || a.flip[i] != b.flip[i])) return false;
  return true;
}

std::string mm(double value) {
  std::array<char, 40> out{};
  std::snprintf(out.data(), out.size(), "%.3f mm", value);
  return out.data();
}

}  // namespace

Volume<uint8_t> mask_values(const NativeVolume& mask, const std::map<int, std::string>& labels,
                            std::vector<std::string>& warnings, SoftMask soft) {
  if (mask.channels() != 1)
    throw Error("mask's dimensions", "those of " + std::to_string(mask.channels()) + " volumes",
                "one volume");
  return std::visit(
      [&](const auto& volume) {
        using T = typename std::decay_t<decltype(volume.data)>::value_type;
        if constexpr (std::is_integral_v<T>)
          if (!mask.is_scaled()) return resolve(Exact<T>{volume}, labels, warnings, soft);
        return resolve(Scaled<T>{volume, mask.slope, mask.intercept}, labels, warnings, soft);
      },
      mask.stored);
}

MaskPlace find_mask_place(const NiftiHeader& mask, const Grid& series_grid, const DatasetOptions& options,
                          const std::string& series) {
  const Grid& grid = mask.grid;
  if (!mask.has_geometry) {
    const bool fits = grid.size == series_grid.size;
    if (options.assert_mask_grid != "series" || !fits)
      throw Error("mask's geometry", "absent (" + grid.describe() + ")",
                  "the grid of " + series + " (" + series_grid.describe() + ")" +
                      (fits ? ", or assert_mask_grid: series in the configuration" : ""));
    return {{}, 0, true, mask.geometry_source};
  }
  const std::vector<LatticeMatch> matches = lattice_matches(grid, series_grid);
  if (matches.empty()) {
    const double distance = corner_distance_mm(grid, series_grid);
    const auto [found, expected] = describe_apart(grid, series_grid);
    throw Error("mask's grid",
                found + (std::isfinite(distance) ? ", up to " + text(distance) + " mm from " + series : ""),
                "that of " + series + ", " + expected + ", within 0.2 mm");
  }
  for (const LatticeMatch& other : matches)
    if (!same_effect(matches.front().map, other.map, series_grid))
      throw Error("mask's grid",
                  "on that of " + series + " within 0.2 mm in several ways: " +
                      matches.front().map.describe() + " (" + mm(matches.front().distance_mm) + ") and " +
                      other.map.describe() + " (" + mm(other.distance_mm) + ")",
                  "one way, but " + series_grid.describe() + " is too small to tell");
  return {matches.front().map, matches.front().distance_mm, false, mask.geometry_source};
}

std::string describe_mask_place(const MaskPlace& place) {
  if (place.asserted) return "without geometry of its own, taken to lie on its series' grid as configured";
  const std::string found = "corners within " + mm(place.distance_mm) + ", " + place.geometry_source + ")";
  return place.map.identity() ? "in the same place as its series (" + found
                              : "reordered onto its series' axes (" + place.map.describe() + ", " + found;
}

Volume<uint8_t> place_mask(const NiftiNative& mask, const Grid& series_grid, const DatasetOptions& options,
                           std::vector<std::string>& warnings, SoftMask soft) {
  for (const std::string& warning : mask.header.warnings) warnings.push_back("mask: " + warning);
  const MaskPlace place = find_mask_place(mask.header, series_grid, options);
  if (place.asserted)
    warnings.push_back("mask holds no geometry: taken to lie on its series' grid, as configured");
  else if (!place.map.identity())
    warnings.push_back("mask is stored in another orientation: axes reordered, " + place.map.describe());
  Volume<uint8_t> values = mask_values(mask.volume, options.labels, warnings, soft);
  if (!place.map.identity()) return reorder(values, place.map, series_grid);
  values.grid = series_grid;
  return values;
}

}  // namespace trivox
