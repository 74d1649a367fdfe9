#include "loader/image_check.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <set>
#include <span>
#include <utility>

#include "loader/mask_edge.h"
#include "loader/text.h"
#include "transforms/error.h"
#include "transforms/multiversion.h"

namespace trivox {
namespace {

constexpr size_t kFewValues = 16;  // an image of real tissue has hundreds
constexpr double kSaturatedShare = 0.01;
constexpr double kMostForeground = 0.5;

std::string number(double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

std::string percent(double share) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.1f %%", 100 * share);
  return text.data();
}

/// The distinct values, or nothing where there are kFewValues or more. Ends soon where there is
/// noise.
std::set<float> few_values(std::span<const float> values) {
  std::set<float> found;
  float last = std::numeric_limits<float>::quiet_NaN();
  for (const float value : values) {
    if (value == last) continue;  // neighbours in the background are mostly equal
    last = value;
    if (found.insert(value).second && found.size() >= kFewValues) return {};
  }
  return found;
}

/// n > 0. In lanes, so that many are compared at once.
TRIVOX_MULTIVERSION float largest_in(const float* values, size_t n) {
  constexpr size_t kLanes = 32;
  std::array<float, kLanes> top;
  top.fill(values[0]);
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (size_t lane = 0; lane < kLanes; ++lane)
      top[lane] = values[i + lane] > top[lane] ? values[i + lane] : top[lane];
  float largest = top[0];
  for (const float value : top) largest = std::max(largest, value);
  for (; i < n; ++i) largest = std::max(largest, values[i]);
  return largest;
}

TRIVOX_MULTIVERSION int32_t count_equal(const float* values, size_t n, float wanted) {
  int32_t count = 0;
  for (size_t i = 0; i < n; ++i) count += values[i] == wanted ? 1 : 0;
  return count;
}

/// The largest value and how many voxels hold it, in pieces that stay in the cache.
std::pair<float, size_t> largest_of(std::span<const float> values) {
  constexpr size_t kPiece = 8192;
  float largest = std::numeric_limits<float>::lowest();
  size_t count = 0;
  for (size_t at = 0; at < values.size(); at += kPiece) {
    const size_t n = std::min(kPiece, values.size() - at);
    const float top = largest_in(values.data() + at, n);
    if (top < largest) continue;
    const auto held = static_cast<size_t>(count_equal(values.data() + at, n, top));
    count = top > largest ? held : count + held;
    largest = top;
  }
  return {largest, count};
}

}  // namespace

std::vector<std::string> check_image_values(const Volume<float>& image) {
  const std::span<const float> values = image.channel(0);
  const std::set<float> few = few_values(values);
  if (few.size() == 1)
    throw Error("every voxel", number(static_cast<double>(*few.begin())),
                "an image: no contrast, no z-score");
  std::vector<std::string> warnings;
  if (!few.empty()) {
    std::vector<std::string> listed;
    for (const float value : few) listed.push_back(number(static_cast<double>(value)));
    warnings.push_back("the image holds " + std::to_string(few.size()) + " distinct values alone (" +
                       joined(listed) + "): is it a mask?");
    return warnings;
  }
  const auto [largest, count] = largest_of(values);
  const double share = static_cast<double>(count) / static_cast<double>(values.size());
  if (share > kSaturatedShare)
    warnings.push_back(percent(share) + " of the voxels hold the image's largest value, " +
                       number(static_cast<double>(largest)) + ": saturated or inverted");
  return warnings;
}

std::vector<std::string> check_mask_extent(const Volume<uint8_t>& mask) {
  const auto background = static_cast<size_t>(std::count(mask.data.begin(), mask.data.end(), uint8_t{0}));
  const size_t foreground = mask.data.size() - background;
  std::vector<std::string> warnings;
  const double share = static_cast<double>(foreground) / static_cast<double>(mask.data.size());
  if (foreground == mask.data.size()) {
    warnings.emplace_back("mask covers the whole image");
    return warnings;
  }
  if (share > kMostForeground) warnings.push_back("mask covers " + percent(share) + " of the image");
  // Series are stored slice after slice.
  if (const std::string text = edge_text(edge_contact(mask, 2)); !text.empty())
    warnings.push_back("mask " + text);
  return warnings;
}

}  // namespace trivox
