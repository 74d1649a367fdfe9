#include "transforms/registration/mutual_information.h"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace trivox {
namespace {

constexpr size_t kBlock = 2048;  // samples: sums are formed in blocks, whatever the number of threads
constexpr size_t kCells = static_cast<size_t>(kBins) * kBins;
constexpr float kPadding = 2;  // bins that the window reaches beyond a value

/// A sample's place in the moving histogram and how its value changes there.
struct Reading {
  float fraction = 0;            // of a bin, beyond the window's second
  std::array<float, 3> slope{};  // of the bin coordinate, by moving voxel
  std::array<float, 3> point{};  // from the centre, mm
  uint16_t cell = 0;             // fixed bin * kBins + the window's first
};

/// Weights of the taps around a place between voxels, and their derivatives.
template <int taps>
struct Weights {
  std::array<float, taps> value, slope;
};

template <int taps>
inline Weights<taps> weights(float t) {
  if constexpr (taps == 2) {
    return {{1 - t, t}, {-1, 1}};
  } else {
    const float r = 1 - t, t2 = t * t;
    return {{r * r * r / 6, (0.5F * t - 1) * t2 + 2.0F / 3, ((-0.5F * t + 0.5F) * t + 0.5F) * t + 1.0F / 6,
             t2 * t / 6},
            {-r * r / 2, (1.5F * t - 2) * t, (-1.5F * t + 1) * t + 0.5F, t2 / 2}};
  }
}

/// The moving image's value and slope at voxel (x, y, z), which lies inside.
template <int taps>
inline float read(const PaddedField& field, float x, float y, float z, std::array<float, 3>& slope) {
  const auto ix = static_cast<int64_t>(x), iy = static_cast<int64_t>(y), iz = static_cast<int64_t>(z);
  const auto wx = weights<taps>(x - static_cast<float>(ix)), wy = weights<taps>(y - static_cast<float>(iy)),
             wz = weights<taps>(z - static_cast<float>(iz));
  constexpr int64_t kBefore = taps / 2 - 1;
  const float* corner = field.data.data() + (iz + field.pad[2] - kBefore) * field.slice +
                        (iy + field.pad[1] - kBefore) * field.row + ix + field.pad[0] - kBefore;
  float value = 0;
  slope = {0, 0, 0};
  for (size_t k = 0; k < taps; ++k) {
    const float* plane = corner + static_cast<int64_t>(k) * field.slice;
    float of_plane = 0, by_x = 0, by_y = 0;
    for (size_t j = 0; j < taps; ++j) {
      const float* row = plane + static_cast<int64_t>(j) * field.row;
      float sum = 0, change = 0;
      for (size_t i = 0; i < taps; ++i) sum += wx.value[i] * row[i], change += wx.slope[i] * row[i];
      of_plane += wy.value[j] * sum;
      by_x += wy.value[j] * change;
      by_y += wy.slope[j] * sum;
    }
    value += wz.value[k] * of_plane;
    slope[0] += wz.value[k] * by_x;
    slope[1] += wz.value[k] * by_y;
    slope[2] += wz.slope[k] * of_plane;
  }
  return value;
}

struct Block {
  std::array<float, kCells> histogram{};
  int64_t inside = 0;
  Eigen::Vector3d force = Eigen::Vector3d::Zero();   // sum of slopes, by voxel
  Eigen::Matrix3d moment = Eigen::Matrix3d::Zero();  // of slope times point
};

/// Fixed point from the centre to moving voxel.
struct Map {
  Eigen::Matrix3f linear;
  Eigen::Vector3f offset;
};

template <int taps>
void read_block(const FixedSamples& samples, const MovingImage& moving, const Map& map, size_t first,
                size_t last, std::vector<Reading>& readings, Block& block) {
  const auto& size = moving.grid.size;
  const float scale = (kBins - 2 * kPadding - 1e-3F) / (moving.range.high - moving.range.low);
  const Eigen::Vector3f most(static_cast<float>(size[0] - 1), static_cast<float>(size[1] - 1),
                             static_cast<float>(size[2] - 1));
  for (size_t s = first; s < last; ++s) {
    const Eigen::Vector3f point(samples.x[s], samples.y[s], samples.z[s]);
    const Eigen::Vector3f v = map.linear * point + map.offset;
    if (!(v[0] >= 0 && v[1] >= 0 && v[2] >= 0 && v[0] <= most[0] && v[1] <= most[1] && v[2] <= most[2]))
      continue;
    Reading reading;
    const float value = read<taps>(moving.field, v[0], v[1], v[2], reading.slope);
    const float clamped = std::clamp(value, moving.range.low, moving.range.high);
    const float bin = kPadding + (clamped - moving.range.low) * scale;
    const float by_value = clamped == value ? scale : 0;
    for (float& slope : reading.slope) slope *= by_value;
    const auto second = static_cast<int>(bin);
    reading.fraction = bin - static_cast<float>(second);
    reading.point = {point[0], point[1], point[2]};
    reading.cell = static_cast<uint16_t>(samples.bin[s] * kBins + second - 1);
    const auto window = weights<4>(reading.fraction);
    for (size_t k = 0; k < 4; ++k) block.histogram[reading.cell + k] += window.value[k];
    readings.push_back(reading);
    ++block.inside;
  }
}

/// What a sample in each cell adds to the mutual information when it gains weight there.
void gain_of_cells(const std::array<double, kCells>& joint, double& nats, std::array<float, kCells>& gain) {
  std::array<double, kBins> fixed{}, moving{};
  for (size_t f = 0; f < kBins; ++f)
    for (size_t m = 0; m < kBins; ++m) {
      fixed[f] += joint[f * kBins + m];
      moving[m] += joint[f * kBins + m];
    }
  nats = 0;
  for (size_t f = 0; f < kBins; ++f)
    for (size_t m = 0; m < kBins; ++m) {
      const double p = joint[f * kBins + m];
      if (!(p > 0)) continue;
      nats += p * std::log(p / (fixed[f] * moving[m]));
      gain[f * kBins + m] = static_cast<float>(std::log(p / moving[m]));
    }
}

void add_forces(std::span<const Reading> readings, const std::array<float, kCells>& gain, Block& block) {
  std::array<float, 12> sums{};
  for (const Reading& reading : readings) {
    const auto window = weights<4>(reading.fraction);
    float pull = 0;
    for (size_t k = 0; k < 4; ++k) pull += window.slope[k] * gain[reading.cell + k];
    for (size_t i = 0; i < 3; ++i) {
      const float force = pull * reading.slope[i];
      sums[i] += force;
      for (size_t j = 0; j < 3; ++j) sums[3 + 3 * i + j] += force * reading.point[j];
    }
  }
  for (int i = 0; i < 3; ++i) {
    block.force[i] = sums[static_cast<size_t>(i)];
    for (int j = 0; j < 3; ++j) block.moment(i, j) = sums[static_cast<size_t>(3 + 3 * i + j)];
  }
}

}  // namespace

MutualInformationValue mutual_information(const FixedSamples& samples, const MovingImage& moving,
                                          const RigidTransform& transform) {
  const Eigen::Matrix4d to_voxel = moving.grid.affine.inverse();
  const Eigen::Matrix3d linear = to_voxel.topLeftCorner<3, 3>();
  const Eigen::Vector3d centre = transform.centre_mm + transform.translation_mm;
  const Map map = {(linear * transform.rotation()).cast<float>(),
                   Eigen::Vector3d(linear * centre + to_voxel.topRightCorner<3, 1>()).cast<float>()};
  const size_t blocks = (samples.size() + kBlock - 1) / kBlock;
  std::vector<Block> sums(blocks);
  std::vector<std::vector<Reading>> readings(blocks);
  const auto for_blocks = [&](const auto& work) { tbb::parallel_for(size_t{0}, blocks, work); };
  for_blocks([&](size_t b) {
    const size_t first = b * kBlock, last = std::min(first + kBlock, samples.size());
    readings[b].reserve(last - first);
    if (moving.is_cubic)
      read_block<4>(samples, moving, map, first, last, readings[b], sums[b]);
    else
      read_block<2>(samples, moving, map, first, last, readings[b], sums[b]);
  });
  MutualInformationValue out;
  std::array<double, kCells> joint{};
  for (const Block& block : sums) {
    out.inside += block.inside;
    for (size_t i = 0; i < kCells; ++i) joint[i] += static_cast<double>(block.histogram[i]);
  }
  if (out.inside == 0) return out;
  for (double& p : joint) p /= static_cast<double>(out.inside);
  std::array<float, kCells> gain{};
  gain_of_cells(joint, out.nats, gain);
  for_blocks([&](size_t b) { add_forces(readings[b], gain, sums[b]); });
  Eigen::Vector3d force = Eigen::Vector3d::Zero();
  Eigen::Matrix3d moment = Eigen::Matrix3d::Zero();
  for (const Block& block : sums) {
    force += block.force;
    moment += block.moment;
  }
  force = linear.transpose() * force / static_cast<double>(out.inside);
  moment = linear.transpose() * moment / static_cast<double>(out.inside);
  const auto turns = transform.rotation_derivatives();
  for (int i = 0; i < 3; ++i) {
    out.gradient[i] = moment.cwiseProduct(turns[static_cast<size_t>(i)]).sum();
    out.gradient[3 + i] = force[i];
  }
  return out;
}

}  // namespace trivox
