#include "transforms/registration/prepared_image.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <span>

#include "transforms/error.h"
#include "transforms/normalise.h"
#include "transforms/registration/pyramid.h"
#include "transforms/registration/samples.h"

namespace trivox {
namespace {

constexpr size_t kMaskLevel = 1;      // where the body is found: as well as on all voxels, sooner
constexpr size_t kBodyPoints = 1000;  // at least, of a body that has so many

constexpr float kLargest = 1e30F;  // sums and products of a few stay finite

void check_values(std::span<const float> values) {
  constexpr int32_t kWithoutSign = 0x7fffffff;
  int32_t largest = 0;  // as whole numbers they have the same order, infinity and NaN last: several at once
  for (const float v : values) largest = std::max(largest, std::bit_cast<int32_t>(v) & kWithoutSign);
  const auto found = std::bit_cast<float>(largest);
  if (found <= kLargest) return;
  if (!std::isfinite(found)) {
    const auto count = std::ranges::count_if(values, [](float v) { return !std::isfinite(v); });
    throw Error("voxel value", "not finite at " + std::to_string(count) + (count == 1 ? " voxel" : " voxels"),
                "numbers");
  }
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%g", found);
  throw Error("largest voxel value", text.data(), "at most 1e30");
}

MovingImage make_moving(const Volume<float>& image, const IntensityRange& range, bool is_cubic) {
  const int taps = is_cubic ? 4 : 2;
  MovingImage out;
  out.field = make_field(image, {taps, taps, taps}, {0, 0, 0});
  out.grid = image.grid;
  out.is_cubic = is_cubic;
  out.range = range;
  return out;
}

void describe_body(const Volume<uint8_t>& body, PreparedImage& out) {
  const auto inside =
      static_cast<size_t>(std::ranges::count_if(body.data, [](uint8_t voxel) { return voxel != 0; }));
  const size_t stride = std::max<size_t>(1, inside / kBodyPoints);
  const auto& n = body.grid.size;
  size_t seen = 0;
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  std::array<int64_t, 3> first = n, last = {-1, -1, -1};
  for (int64_t i = 0; i < body.grid.voxels(); ++i) {
    if (body.data[static_cast<size_t>(i)] == 0) continue;
    const std::array<int64_t, 3> at = {i % n[0], i / n[0] % n[1], i / (n[0] * n[1])};
    for (size_t a = 0; a < at.size(); ++a) {
      first[a] = std::min(first[a], at[a]);
      last[a] = std::max(last[a], at[a]);
    }
    if (seen++ % stride != 0) continue;
    out.body_points.push_back(body.grid.to_world(
        {static_cast<double>(at[0]), static_cast<double>(at[1]), static_cast<double>(at[2])}));
    sum += out.body_points.back();
  }
  if (seen > 0) out.slices = std::min({last[0] - first[0], last[1] - first[1], last[2] - first[2]}) + 1;
  out.centre_mm = sum / static_cast<double>(std::max<size_t>(1, out.body_points.size()));
}

}  // namespace

PreparedImage prepare_image(const Volume<float>& image, uint64_t seed) {
  check_values(image.data);
  constexpr size_t kLevels = kRegistrationLevels.size();
  std::array<std::array<int64_t, 3>, kLevels> factors;
  std::array<Volume<float>, kLevels> shrunken;
  std::array<const Volume<float>*, kLevels> images{};  // one that is coarse enough is not copied
  for (size_t i = kLevels; i-- > 0;) {
    factors[i] = shrink_factors(image.grid, kRegistrationLevels[i].spacing_mm);
    const bool is_multiple =
        i + 1 < kLevels &&
        std::ranges::equal(factors[i], factors[i + 1], [](int64_t a, int64_t b) { return a % b == 0; });
    std::array<int64_t, 3> further = factors[i];
    for (size_t a = 0; is_multiple && a < further.size(); ++a) further[a] /= factors[i + 1][a];
    const Volume<float>& from = is_multiple ? *images[i + 1] : image;
    if (further == std::array<int64_t, 3>{1, 1, 1}) {
      images[i] = &from;
      continue;
    }
    shrunken[i] = shrink(from, further);
    images[i] = &shrunken[i];
  }
  const Volume<uint8_t> body = body_mask(*images[kMaskLevel]);
  const Volume<uint8_t> around = grown_in_plane(body);
  PreparedImage out;
  describe_body(body, out);
  for (size_t i = 0; i < kLevels; ++i) {
    const RegistrationLevel& level = kRegistrationLevels[i];
    Volume<uint8_t> mask;
    if (level.is_masked) mask = on_level(around, factors[kMaskLevel], images[i]->grid, factors[i]);
    const IntensityRange range = intensity_range(*images[i]);
    out.samples[i] = draw_samples(*images[i], mask, range, level.samples, seed, out.centre_mm);
    out.moving[i] = make_moving(*images[i], range, level.is_cubic);
  }
  return out;
}

}  // namespace trivox
