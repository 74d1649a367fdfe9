#include "transforms/registration/samples.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "transforms/rng.h"

namespace trivox {
namespace {

constexpr double kClippedPart = 0.001;

}  // namespace

IntensityRange intensity_range(const Volume<float>& image) {
  constexpr size_t kEnough = 1 << 16;
  const size_t stride = image.data.size() / kEnough + 1;
  std::vector<float> values;
  for (size_t i = 0; i < image.data.size(); i += stride) values.push_back(image.data[i]);
  const auto at = [&](double p) {
    const auto k = static_cast<std::ptrdiff_t>(p * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + k, values.end());
    return values[static_cast<size_t>(k)];
  };
  const float low = at(kClippedPart), high = at(1 - kClippedPart);
  return {low, high > low ? high : low + 1};
}

FixedSamples draw_samples(const Volume<float>& image, const Volume<uint8_t>& mask, int64_t count,
                          uint64_t seed, const Eigen::Vector3d& centre_mm) {
  const auto voxels = static_cast<int64_t>(image.data.size());
  const auto is_in = [&](int64_t i) { return mask.empty() || mask.data[static_cast<size_t>(i)] != 0; };
  int64_t there = voxels;
  if (!mask.empty())
    there = std::count_if(mask.data.begin(), mask.data.end(), [](uint8_t m) { return m != 0; });
  count = std::min(count, there);
  const IntensityRange range = intensity_range(image);
  const float scale = static_cast<float>(kBins) / (range.high - range.low);
  FixedSamples out;
  out.centre_mm = centre_mm;
  Rng rng({.seed = seed});
  const auto wanted = [&](int64_t k) {  // of those that are in the mask
    const double share = static_cast<double>(there) / static_cast<double>(count);
    const auto at = static_cast<int64_t>((static_cast<double>(k) + rng.uniform()) * share);
    return std::min(at, there - 1);
  };
  int64_t next = count > 0 ? wanted(0) : voxels, seen = 0;
  for (int64_t i = 0; i < voxels && std::cmp_less(out.size(), count); ++i) {
    if (!is_in(i)) continue;
    if (seen++ < next) continue;
    const auto& n = image.grid.size;
    const Eigen::Vector3d voxel(static_cast<double>(i % n[0]), static_cast<double>(i / n[0] % n[1]),
                                static_cast<double>(i / (n[0] * n[1])));
    const Eigen::Vector3d from_centre = image.grid.to_world(voxel) - centre_mm;
    out.x.push_back(static_cast<float>(from_centre.x()));
    out.y.push_back(static_cast<float>(from_centre.y()));
    out.z.push_back(static_cast<float>(from_centre.z()));
    const float bin = (image.data[static_cast<size_t>(i)] - range.low) * scale;
    out.bin.push_back(static_cast<uint8_t>(std::clamp(bin, 0.0F, static_cast<float>(kBins - 1))));
    // Two that were drawn at the ends of their shares may be one voxel: the second is the next.
    next = std::max(seen, wanted(static_cast<int64_t>(out.size())));
  }
  return out;
}

}  // namespace trivox
