#include "transforms/normalise.h"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <cmath>
#include <string>

#include "transforms/components.h"
#include "transforms/error.h"
#include "transforms/intensity_survey.h"
#include "transforms/masked_statistics.h"
#include "transforms/multiversion.h"

namespace trivox {
namespace {

TRIVOX_MULTIVERSION void mark_above(std::span<const float> values, float threshold, uint8_t* mask) {
  for (size_t i = 0; i < values.size(); ++i) mask[i] = values[i] > threshold ? 1 : 0;
}

/// Half of Otsu's threshold, from the minimum.
float body_threshold(const Volume<float>& image, const IntensitySurvey& found) {
  const double otsu = otsu_threshold(image.channel(0), found);
  return static_cast<float>((static_cast<double>(found.low) + otsu) / 2);
}

Volume<uint8_t> find_body(const Volume<float>& image, const IntensitySurvey& found, float threshold) {
  if (!(found.high > found.low)) return Volume<uint8_t>(image.grid, 1, 1);
  auto mask = Volume<uint8_t>::uninitialised(image.grid, 1);
  mark_above(image.channel(0), threshold, mask.data.data());
  keep_largest_component(mask);
  fill_holes_by_slice(mask);
  return mask;
}

Intensity intensity_of(const Volume<float>& image, const Volume<uint8_t>& mask, const IntensitySurvey& all,
                       float threshold) {
  if (all.broken > 0)
    throw Error("intensity", "not a finite number in " + std::to_string(all.broken) + " voxels",
                "finite numbers");
  const MaskedStatistics found =
      masked_statistics(image.channel(0), mask.channel(0), all, threshold, image.grid.size[0]);
  if (found.inside == 0) throw Error("mask", "empty", "at least one voxel of the body");
  Intensity out;
  out.mean = found.mean;
  // A constant's mean can be off by a rounding error, which is no deviation.
  if (found.deviation > 1e-12 * std::abs(out.mean)) out.standard_deviation = found.deviation;
  out.air = (found.air - out.mean) / out.standard_deviation;
  return out;
}

TRIVOX_MULTIVERSION void z_score_all(std::span<float> values, double mean, double deviation) {
  const double scale = 1 / deviation;
  for (float& value : values) value = static_cast<float>((static_cast<double>(value) - mean) * scale);
}

}  // namespace

float otsu_threshold(const Volume<float>& image) {
  return otsu_threshold(image.channel(0), survey(image.channel(0)));
}

Volume<uint8_t> body_mask(const Volume<float>& image) {
  const IntensitySurvey found = survey(image.channel(0));
  return find_body(image, found, body_threshold(image, found));
}

Intensity measure_intensity(const Volume<float>& image, const Volume<uint8_t>& mask) {
  if (mask.grid.size != image.grid.size) throw Error("mask", mask.grid.describe(), image.grid.describe());
  const IntensitySurvey found = survey(image.channel(0));
  return intensity_of(image, mask, found, body_threshold(image, found));
}

Body measure_body(const Volume<float>& image) {
  const IntensitySurvey found = survey(image.channel(0));
  const float threshold = body_threshold(image, found);
  Body body{find_body(image, found, threshold), {}};
  body.intensity = intensity_of(image, body.mask, found, threshold);
  return body;
}

void z_score(std::span<float> values, const Intensity& intensity) {
  z_score_all(values, intensity.mean, intensity.standard_deviation);
}

void z_score(Volume<float>& image, const Intensity& intensity) {
  tbb::parallel_for(tbb::blocked_range<size_t>(0, image.data.size(), 1U << 16), [&](const auto& range) {
    z_score(std::span(image.data).subspan(range.begin(), range.size()), intensity);
  });
}

}  // namespace trivox
