#include "transforms/distance.h"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace trivox {
namespace {

constexpr float kFar = std::numeric_limits<float>::infinity();

/// Lower envelope of the parabolas value + (position - at)^2 over one line, then read at the
/// voxels' centres. Lines hold one sample a voxel; the faces between voxels take the smaller of
/// their two neighbours, because a voxel's box reaches from face to face.
class Envelope {
 public:
  explicit Envelope(int64_t length) : at_(static_cast<size_t>(2 * length)), value_(at_), from_(at_) {}

  /// line: squared distances in mm^2, `length` samples `step` apart, in place.
  void transform(float* line, int64_t length, int64_t step, double spacing_mm) {
    size_t count = 0;
    const auto add = [&](double at, double value) {
      if (value == kFar) return;
      double from = -kFar;
      while (count > 0) {
        const size_t last = count - 1;
        from = ((value - value_[last]) / (at - at_[last]) + at + at_[last]) / 2;
        if (from > from_[last]) break;
        --count;
        from = -kFar;
      }
      at_[count] = at;
      value_[count] = value;
      from_[count] = from;
      ++count;
    };
    for (int64_t k = 0; k < length; ++k) {
      const double value = line[k * step];
      add(static_cast<double>(k) * spacing_mm, value);
      if (k + 1 < length)
        add((static_cast<double>(k) + 0.5) * spacing_mm, std::min<double>(value, line[(k + 1) * step]));
    }
    if (count == 0) return;
    size_t piece = 0;
    for (int64_t k = 0; k < length; ++k) {
      const double position = static_cast<double>(k) * spacing_mm;
      while (piece + 1 < count && from_[piece + 1] < position) ++piece;
      const double away = position - at_[piece];
      line[k * step] = static_cast<float>(value_[piece] + away * away);
    }
  }

 private:
  std::vector<double> at_, value_, from_;
};

/// Squared distance in mm^2 of every voxel's centre to the nearest box of a voxel in the set
/// (0 in the set), infinity where the set is empty.
template <class InSet>
AlignedVector<float> squared_distance(const Volume<uint8_t>& mask, const InSet& in_set) {
  const std::array<int64_t, 3>& n = mask.grid.size;
  const Eigen::Vector3d spacing = mask.grid.spacing_mm();
  AlignedVector<float> squared(mask.data.size());
  const auto lines = [&](int axis, int64_t count, const auto& first) {
    const auto a = static_cast<size_t>(axis);
    const int64_t step = axis == 1 ? n[0] : n[0] * n[1];
    tbb::parallel_for(tbb::blocked_range<int64_t>(0, count, 64), [&](const auto& range) {
      Envelope envelope(n[a]);
      for (int64_t i = range.begin(); i < range.end(); ++i)
        envelope.transform(squared.data() + first(i), n[a], step, spacing[axis]);
    });
  };
  tbb::parallel_for(tbb::blocked_range<int64_t>(0, n[1] * n[2], 64), [&](const auto& range) {
    for (int64_t i = range.begin(); i < range.end(); ++i) {
      const uint8_t* row = mask.data.data() + i * n[0];
      float* out = squared.data() + i * n[0];
      // Along x the sets are plain: two sweeps count the voxels to the nearest one of the set.
      float away = kFar;
      for (int64_t x = 0; x < n[0]; ++x) out[x] = away = in_set(row[x]) ? 0 : away + 1;
      away = kFar;
      for (int64_t x = n[0] - 1; x >= 0; --x) {
        away = in_set(row[x]) ? 0 : away + 1;
        const auto voxels = static_cast<double>(std::min(out[x], away));
        const double mm = std::max(0.0, voxels - 0.5) * spacing[0];
        out[x] = static_cast<float>(mm * mm);
      }
    }
  });
  lines(1, n[0] * n[2], [&](int64_t i) { return i / n[0] * n[0] * n[1] + i % n[0]; });
  lines(2, n[0] * n[1], [](int64_t i) { return i; });
  return squared;
}

}  // namespace

Volume<float> signed_distance_mm(const Volume<uint8_t>& mask, uint8_t value) {
  const auto to_inside = squared_distance(mask, [value](uint8_t v) { return v == value; });
  const auto to_outside = squared_distance(mask, [value](uint8_t v) { return v != value; });
  const auto corners = mask.grid.corners();
  const auto diagonal = static_cast<float>((corners[7] - corners[0]).norm());
  Volume<float> out(mask.grid, 1);
  for (size_t i = 0; i < out.data.size(); ++i) {
    const bool inside = mask.data[i] == value;
    const float squared = inside ? to_outside[i] : to_inside[i];
    const float distance = squared == kFar ? diagonal : std::sqrt(squared);
    out.data[i] = inside ? -distance : distance;
  }
  return out;
}

}  // namespace trivox
