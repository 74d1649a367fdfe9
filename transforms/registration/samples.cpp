#include "transforms/registration/samples.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "transforms/rng.h"

namespace trivox {
namespace {

constexpr double kClippedPart = 0.001;

}  // namespace

IntensityRange intensity_range(const Volume<float>& image) {
  constexpr size_t kEnough = 1 << 16;
  const auto [nx, ny, nz] = image.grid.size;
  auto stride = static_cast<int64_t>(image.data.size() / kEnough) + 1;
  while (std::gcd(stride, nx * ny) != 1) ++stride;  // else of some columns nothing is looked at
  std::vector<float> values;
  for (size_t i = 0; i < image.data.size(); i += static_cast<size_t>(stride)) values.push_back(image.data[i]);
  const auto at = [&](double p) {
    const auto k = static_cast<std::ptrdiff_t>(p * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + k, values.end());
    return values[static_cast<size_t>(k)];
  };
  const float low = at(kClippedPart), high = at(1 - kClippedPart);
  // What is divided by it must be finite, and large numbers have no number 1 above them.
  constexpr float kLeastRange = 1e-30F, kStep = 1e-6F;
  return {low, high - low > kLeastRange ? high : low + std::max(1.0F, kStep * std::abs(low))};
}

FixedSamples draw_samples(const Volume<float>& image, const Volume<uint8_t>& mask,
                          const IntensityRange& range, int64_t count, uint64_t seed,
                          const Eigen::Vector3d& centre_mm) {
  const auto [nx, ny, nz] = image.grid.size;
  std::vector<int64_t> of_row(static_cast<size_t>(ny * nz), nx);  // voxels that the mask holds
  for (size_t r = 0; !mask.empty() && r < of_row.size(); ++r) {
    const uint8_t* row = mask.data.data() + r * static_cast<size_t>(nx);
    of_row[r] = nx - std::count(row, row + nx, uint8_t{0});
  }
  const int64_t there = std::accumulate(of_row.begin(), of_row.end(), int64_t{0});
  count = std::min(count, there);
  const double share = static_cast<double>(there) / static_cast<double>(std::max<int64_t>(1, count));
  const float scale = static_cast<float>(kBins) / (range.high - range.low);
  FixedSamples out;
  out.centre_mm = centre_mm;
  const auto take = [&](int64_t x, size_t row) {
    const auto r = static_cast<int64_t>(row);
    const Eigen::Vector3d voxel(static_cast<double>(x), static_cast<double>(r % ny),
                                static_cast<double>(r / ny));
    const Eigen::Vector3d from_centre = image.grid.to_world(voxel) - centre_mm;
    out.x.push_back(static_cast<float>(from_centre.x()));
    out.y.push_back(static_cast<float>(from_centre.y()));
    out.z.push_back(static_cast<float>(from_centre.z()));
    const float bin =
        (image.data[row * static_cast<size_t>(nx) + static_cast<size_t>(x)] - range.low) * scale;
    out.bin.push_back(static_cast<uint8_t>(std::clamp(bin, 0.0F, static_cast<float>(kBins - 1))));
  };
  Rng rng({.seed = seed});
  int64_t before = 0, next = -1;  // of the mask's voxels: those of earlier rows, the one that is drawn
  size_t row = 0;
  int64_t x = 0, seen = 0;  // within the row
  for (int64_t k = 0; k < count; ++k) {
    const auto drawn = static_cast<int64_t>((static_cast<double>(k) + rng.uniform()) * share);
    // Two that were drawn at the ends of their shares may be one voxel: the second is the next.
    next = std::max(next + 1, std::min(drawn, there - 1));
    if (next >= there) break;
    for (; next - before >= of_row[row]; ++row) {
      before += of_row[row];
      x = seen = 0;
    }
    const uint8_t* from = mask.empty() ? nullptr : mask.data.data() + row * static_cast<size_t>(nx);
    for (;; ++x)
      if ((from == nullptr || from[x] != 0) && seen++ == next - before) break;
    take(x++, row);
  }
  return out;
}

}  // namespace trivox
