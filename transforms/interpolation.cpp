#include "transforms/interpolation.h"

#include <cstring>

#include "transforms/spline_field.h"

namespace trivox {
namespace {

template <int taps>
struct Weights;

/// Linear, at the distance t in [0, 1) from the lower neighbour.
template <>
struct Weights<2> {
  typedef float Lanes __attribute__((vector_size(8)));
  static Lanes at(float t) { return Lanes{1 - t, t}; }
};

/// Cubic B-spline: (1 - t)^3 / 6, 2/3 - t^2 + t^3 / 2, their mirror images; by Horner's rule.
template <>
struct Weights<4> {
  typedef float Lanes __attribute__((vector_size(16)));
  static Lanes at(float t) {
    constexpr float sixth = 1.0F / 6;
    const Lanes a = {sixth, 4 * sixth, sixth, 0}, b = {-0.5F, 0, 0.5F, 0};
    const Lanes c = {0.5F, -1, 0.5F, 0}, d = {-sixth, 0.5F, -0.5F, sixth};
    return ((d * t + c) * t + b) * t + a;
  }
};

template <int taps>
typename Weights<taps>::Lanes load(const float* from) {
  typename Weights<taps>::Lanes lanes;
  std::memcpy(&lanes, from, sizeof(lanes));
  return lanes;
}

template <class Lanes>
float sum(const Lanes& lanes) {
  if constexpr (sizeof(Lanes) == 8)
    return lanes[0] + lanes[1];
  else
    return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

/// First tap (an index into the padded field) and fraction along one axis.
template <int taps>
struct Tap {
  int64_t first;
  float fraction;
  explicit Tap(double position) {
    const double padded = position + taps / 2;  // positive: truncation is floor
    const auto whole = static_cast<int32_t>(padded);
    first = whole - (taps / 2 - 1);
    fraction = static_cast<float>(padded - whole);
  }
};

/// `in_plane` taps along x and y, `across` along z: slices first, then y, then x. The order of the
/// sums is the same in both branches, so both give the same bits.
template <int in_plane, int across>
void interpolate(const PaddedField& field, const VoxelMap& map, Volume<float>& out) {
  using Plane = Weights<in_plane>;
  using Lanes = typename Plane::Lanes;
  /// The taps in y and z of all columns x, x + 1, ... that fit into `Lanes`.
  const auto column = [&field](const float* at, const auto& wy, const auto& wz) {
    Lanes total{};
    for (int z = 0; z < across; ++z) {
      const float* from = at + z * field.slice;
      Lanes lines = load<in_plane>(from) * wy[0];
      for (int y = 1; y < in_plane; ++y) lines += load<in_plane>(from + y * field.row) * wy[y];
      if (z == 0)
        total = lines * wz[0];
      else
        total += lines * wz[z];
    }
    return total;
  };
  for_rows(map, [&](const VoxelRow& row, int64_t i) {
    if (row.first >= row.last) return;
    if (row.step.y() == 0 && row.step.z() == 0) {  // parallel to the source's rows: blend them once
      const Tap<in_plane> y(row.start.y());
      const Tap<across> z(row.start.z());
      const auto wy = Plane::at(y.fraction);
      const auto wz = Weights<across>::at(z.fraction);
      const auto tap = [&](int64_t x) {
        return Tap<in_plane>(row.start.x() + static_cast<double>(x) * row.step.x());
      };
      const auto ends = std::minmax({tap(row.first).first, tap(row.last - 1).first});
      const int64_t length = ends.second + in_plane - ends.first;
      thread_local AlignedVector<float> blended;
      blended.resize(static_cast<size_t>(length + in_plane));
      for (int64_t c = 0; c < field.channels; ++c) {
        const float* at = field.data.data() + c * field.channel + z.first * field.slice +
                          y.first * field.row + ends.first;
        int64_t k = 0;
        for (; k + in_plane <= length; k += in_plane) {
          const Lanes lanes = column(at + k, wy, wz);
          std::memcpy(blended.data() + k, &lanes, sizeof(lanes));
        }
        if (k < length) {  // the last full vector once more, ending at the last column
          k = length - in_plane;
          const Lanes lanes = column(at + k, wy, wz);
          std::memcpy(blended.data() + k, &lanes, sizeof(lanes));
        }
        float* to = out.channel(c).data() + i * map.target[0];
        for (int64_t x = row.first; x < row.last; ++x) {
          const Tap<in_plane> tx = tap(x);
          to[x] = sum<Lanes>(load<in_plane>(blended.data() + tx.first - ends.first) *
                             Plane::at(tx.fraction));
        }
      }
      return;
    }
    for (int64_t x = row.first; x < row.last; ++x) {
      const auto distance = static_cast<double>(x);
      const Tap<in_plane> tx(row.start.x() + distance * row.step.x());
      const Tap<in_plane> ty(row.start.y() + distance * row.step.y());
      const Tap<across> tz(row.start.z() + distance * row.step.z());
      const auto wx = Plane::at(tx.fraction);
      const auto wy = Plane::at(ty.fraction);
      const auto wz = Weights<across>::at(tz.fraction);
      const float* at =
          field.data.data() + tz.first * field.slice + ty.first * field.row + tx.first;
      for (int64_t c = 0; c < field.channels; ++c)
        out.channel(c)[static_cast<size_t>(i * map.target[0] + x)] =
            sum<Lanes>(column(at + c * field.channel, wy, wz) * wx);
    }
  });
}

}  // namespace

Volume<float> interpolate(const Volume<float>& source, const Grid& target, const VoxelMap& map,
                          const std::array<int, 3>& taps, const std::array<double, 3>& smoothing,
                          float outside) {
  const PaddedField field = make_field(source, taps, smoothing);
  Volume<float> out(target, source.channels, outside);
  if (taps[0] == 2)
    interpolate<2, 2>(field, map, out);
  else if (taps[2] == 2)
    interpolate<4, 2>(field, map, out);
  else
    interpolate<4, 4>(field, map, out);
  return out;
}

}  // namespace trivox
