#include "loader/phantom/signal.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "loader/phantom/streams.h"
#include "transforms/rng.h"

namespace trivox::phantom {
namespace {

struct Contrast {
  Tissue tissue;
  std::array<float, kSequences> signal;  // T1WI, T2WI, CE-T1WI
};

constexpr std::array<Contrast, kTissues> kContrasts = {{
    {Tissue::kAir, {0, 0, 0}},
    {Tissue::kCorticalBone, {70, 50, 80}},
    {Tissue::kMarrow, {700, 470, 700}},
    {Tissue::kFat, {880, 640, 860}},
    {Tissue::kSkin, {430, 360, 520}},
    {Tissue::kMuscle, {400, 230, 440}},
    {Tissue::kTongue, {450, 310, 490}},
    {Tissue::kMucosa, {400, 900, 820}},
    {Tissue::kGland, {620, 560, 720}},
    {Tissue::kGrey, {430, 540, 450}},
    {Tissue::kWhite, {510, 420, 520}},
    {Tissue::kFluid, {180, 950, 190}},
    {Tissue::kCord, {480, 430, 480}},
    {Tissue::kArtery, {50, 40, 60}},
    {Tissue::kVein, {70, 60, 780}},
    {Tissue::kMastoid, {120, 160, 140}},
    {Tissue::kCapsule, {980, 930, 980}},
    {Tissue::kTumour, {390, 710, 570}},
    {Tissue::kLymphoid, {390, 710, 310}},
    {Tissue::kFibrous, {390, 370, 570}},
    {Tissue::kProteinaceous, {680, 710, 570}},
}};

constexpr double kTissueDeviation = 0.03;  // between patients, of the logarithm
constexpr double kTileMm = 6;              // the deformation is exact at the tiles' corners

// Quantiles of the normal distribution at (i + 1/2) / 2^16: sixteen random bits give one draw, finer
// than a pixel value for any noise that is used here.
class NormalTable {
 public:
  NormalTable() : values_(size_t{1} << 16) {
    const size_t half = values_.size() / 2;
    double x = 0;
    for (size_t i = half; i < values_.size(); ++i) {
      const double upper = 1 - (static_cast<double>(i) + 0.5) / static_cast<double>(values_.size());
      for (int step = 0; step < 4; ++step) {  // Newton from the quantile before
        const double density = std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi);
        x += (0.5 * std::erfc(x / std::numbers::sqrt2) - upper) / density;
      }
      values_[i] = static_cast<float>(x);
      values_[values_.size() - 1 - i] = -values_[i];
    }
  }
  [[nodiscard]] float operator[](uint32_t bits16) const { return values_[bits16 & 0xFFFF]; }

 private:
  std::vector<float> values_;
};

const NormalTable& normal_table() {
  static const NormalTable table;
  return table;
}

template <class T>
T bilinear(const T& a, const T& b, const T& c, const T& d, float x, float y) {
  return (1 - y) * ((1 - x) * a + x * b) + y * ((1 - x) * c + x * d);
}

// Adds up one slice's signal and tumour share, tile by tile.
class SliceRenderer {
 public:
  SliceRenderer(const Anatomy& anatomy, const Acquisition& acquisition, int64_t k)
      : anatomy_(anatomy),
        acquisition_(acquisition),
        width_(acquisition.grid.size[0]),
        height_(acquisition.grid.size[1]),
        signal(static_cast<size_t>(width_ * height_)),
        tumour(signal.size()) {
    const double pixel_mm = acquisition.grid.spacing_mm().x();
    tile_ = std::max<int64_t>(4, 2 * std::llround(kTileMm / pixel_mm / 2));
    columns_ = (width_ + tile_ - 1) / tile_ + 1;
    rows_ = (height_ + tile_ - 1) / tile_ + 1;
    for (int s = 0; s < kSubSlices; ++s) {
      auto& nodes = nodes_[static_cast<size_t>(s)];
      nodes.resize(static_cast<size_t>(columns_ * rows_));
      const double depth = ((s + 0.5) / kSubSlices - 0.5) * kSliceThicknessMm / kSliceSpacingMm;
      for (int64_t j = 0; j < rows_; ++j)
        for (int64_t i = 0; i < columns_; ++i) {
          const Eigen::Vector4d voxel(static_cast<double>(i * tile_), static_cast<double>(j * tile_),
                                      static_cast<double>(k) + depth, 1);
          const Eigen::Vector4d head = acquisition.world_to_head * (acquisition.grid.affine * voxel);
          nodes[node(i, j)] = anatomy.warp(head.head<3>().cast<float>());
        }
    }
  }

  void render() {
    for (int64_t j = 0; j + 1 < rows_; ++j)
      for (int64_t i = 0; i + 1 < columns_; ++i) {
        Box box;
        for (const auto& nodes : nodes_)
          for (const size_t n : {node(i, j), node(i + 1, j), node(i, j + 1), node(i + 1, j + 1)})
            box.extend(nodes[n]);
        anatomy_.find(box, candidates_);
        if (candidates_.nothing) continue;
        for (const auto& nodes : nodes_) tile(nodes, i, j);
      }
  }

 private:
  [[nodiscard]] size_t node(int64_t i, int64_t j) const { return static_cast<size_t>(j * columns_ + i); }

  void tile(const std::vector<Eigen::Vector3f>& nodes, int64_t i, int64_t j) {
    const Eigen::Vector3f &a = nodes[node(i, j)], &b = nodes[node(i + 1, j)], &c = nodes[node(i, j + 1)],
                          &d = nodes[node(i + 1, j + 1)];
    const float per_pixel = 1.0F / static_cast<float>(tile_);
    const auto tissue = [&](float x, float y) {
      return anatomy_.at_warped(bilinear<Eigen::Vector3f>(a, b, c, d, x * per_pixel, y * per_pixel),
                                candidates_);
    };
    const int64_t half = tile_ / 2;
    std::array<Tissue, 9> corner{};
    for (size_t n = 0; n < 9; ++n)
      corner[n] = tissue(static_cast<float>(half * static_cast<int64_t>(n % 3)),
                         static_cast<float>(half * static_cast<int64_t>(n / 3)));
    for (size_t block = 0; block < 4; ++block) {
      const size_t n = (block / 2) * 3 + block % 2;
      const int64_t x0 = half * static_cast<int64_t>(block % 2), y0 = half * static_cast<int64_t>(block / 2);
      const int64_t x1 = std::min(x0 + half, width_ - i * tile_),
                    y1 = std::min(y0 + half, height_ - j * tile_);
      // Nothing is thinner than half a tile without a neighbour of another tissue at a corner or in the
      // middle.
      const float middle = 0.5F * static_cast<float>(half);
      const bool uniform =
          corner[n] == corner[n + 1] && corner[n] == corner[n + 3] && corner[n] == corner[n + 4] &&
          corner[n] == tissue(static_cast<float>(x0) + middle, static_cast<float>(y0) + middle);
      for (int64_t y = y0; y < y1; ++y)
        for (int64_t x = x0; x < x1; ++x) {
          const Tissue t = uniform ? corner[n] : tissue(static_cast<float>(x), static_cast<float>(y));
          const auto at = static_cast<size_t>((j * tile_ + y) * width_ + i * tile_ + x);
          signal[at] += acquisition_.intensity[static_cast<size_t>(t)];
          tumour[at] = static_cast<uint8_t>(tumour[at] + (t == Tissue::kTumour ? 1 : 0));
        }
    }
  }

  const Anatomy& anatomy_;
  const Acquisition& acquisition_;
  int64_t width_, height_;
  int64_t tile_ = 0, columns_ = 0, rows_ = 0;
  std::array<std::vector<Eigen::Vector3f>, kSubSlices> nodes_;
  Candidates candidates_;

 public:
  std::vector<float> signal;    // H x W, sum over the sub-slices
  std::vector<uint8_t> tumour;  // H x W, sub-slices that are tumour
};

// The scanner's point spread: weights 0.15, 0.7, 0.15 along both axes.
void blur(std::vector<float>& image, int64_t width, int64_t height) {
  constexpr float kSide = 0.15F, kCentre = 0.7F;
  std::vector<float> line(static_cast<size_t>(std::max(width, height)));
  const auto along = [&](float* first, int64_t count, int64_t stride) {
    for (int64_t i = 0; i < count; ++i) line[static_cast<size_t>(i)] = first[i * stride];
    for (int64_t i = 0; i < count; ++i) {
      const float before = line[static_cast<size_t>(std::max<int64_t>(i - 1, 0))];
      const float after = line[static_cast<size_t>(std::min(i + 1, count - 1))];
      first[i * stride] = kSide * (before + after) + kCentre * line[static_cast<size_t>(i)];
    }
  };
  for (int64_t y = 0; y < height; ++y) along(image.data() + y * width, width, 1);
  for (int64_t x = 0; x < width; ++x) along(image.data() + x, height, width);
}

}  // namespace

std::array<float, kTissues> draw_intensities(size_t sequence, uint64_t seed, uint32_t patient) {
  Rng rng({seed, static_cast<uint32_t>(sequence), patient, stream::kIntensity});
  std::array<float, kTissues> out{};
  for (const Contrast& contrast : kContrasts)
    out[static_cast<size_t>(contrast.tissue)] =
        contrast.signal[sequence] * static_cast<float>(std::exp(kTissueDeviation * rng.normal()));
  return out;
}

float BiasField::at(const Eigen::Vector3f& world) const {
  float sum = 0;
  for (size_t i = 0; i < frequency.size(); ++i) sum += std::sin(frequency[i].dot(world) + phase[i]);
  return 1 + depth * sum / static_cast<float>(frequency.size());
}

Slice render_slice(const Anatomy& anatomy, const Acquisition& acquisition, int64_t k) {
  const int64_t width = acquisition.grid.size[0], height = acquisition.grid.size[1];
  SliceRenderer renderer(anatomy, acquisition, k);
  renderer.render();
  blur(renderer.signal, width, height);

  Slice slice;
  slice.pixels.resize(renderer.signal.size());
  slice.mask.resize(renderer.signal.size());
  const NormalTable& normal = normal_table();
  // One Philox block makes four pixels of noise; blocks are numbered by slice, row and place in the row.
  const int64_t blocks = (width + 3) / 4;
  const std::array<uint32_t, 2> key = {static_cast<uint32_t>(acquisition.seed),
                                       static_cast<uint32_t>(acquisition.seed >> 32)};
  constexpr int64_t kBiasStep = 8;
  std::vector<float> bias(static_cast<size_t>(width / kBiasStep + 2));
  for (int64_t y = 0; y < height; ++y) {
    for (size_t i = 0; i < bias.size(); ++i) {
      const Eigen::Vector3d world = acquisition.grid.to_world(
          {static_cast<double>(i) * kBiasStep, static_cast<double>(y), static_cast<double>(k)});
      bias[i] = acquisition.bias.at(world.cast<float>());
    }
    std::array<uint32_t, 4> bits{};
    for (int64_t x = 0; x < width; ++x) {
      if (x % 4 == 0)
        bits = philox4x32({static_cast<uint32_t>((k * height + y) * blocks + x / 4),
                           (uint32_t{stream::kNoise} << 17) | (1U << 16), acquisition.patient,
                           static_cast<uint32_t>(acquisition.sequence)},
                          key);
      const auto at = static_cast<size_t>(y * width + x);
      const auto i = static_cast<size_t>(x / kBiasStep);
      const float f = static_cast<float>(x % kBiasStep) / kBiasStep;
      const float clean = renderer.signal[at] / kSubSlices * ((1 - f) * bias[i] + f * bias[i + 1]);
      const uint32_t word = bits[static_cast<size_t>(x % 4)];
      const float real = clean + acquisition.noise * normal[word];
      const float imaginary = acquisition.noise * normal[word >> 16];
      const float value = acquisition.gain * std::sqrt(real * real + imaginary * imaginary);
      slice.pixels[at] = static_cast<uint16_t>(std::min(value + 0.5F, static_cast<float>(kLargestPixel)));
      slice.mask[at] = 2 * renderer.tumour[at] > kSubSlices ? 1 : 0;
    }
  }
  return slice;
}

}  // namespace trivox::phantom
