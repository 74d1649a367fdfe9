#include "transforms/interpolation.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "transforms/multiversion.h"
#include "transforms/spline_field.h"

namespace trivox {
namespace {

typedef float Pair __attribute__((vector_size(8)));
typedef float Four __attribute__((vector_size(16)));
constexpr int64_t kAtOnce = 4;  // voxels; rows of taps are rounded up to it

inline Pair load_pair(const float* from) {
  Pair lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}
inline Four load_four(const float* from) {
  Four lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}
inline Four joined(Pair a, Pair b) { return __builtin_shufflevector(a, b, 0, 1, 2, 3); }

/// Lane k of the four becomes vector k.
inline void transpose(Four& a, Four& b, Four& c, Four& d) {
  const Four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  const Four cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const Four ab2 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const Four cd2 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  a = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  b = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  c = __builtin_shufflevector(ab2, cd2, 0, 1, 4, 5);
  d = __builtin_shufflevector(ab2, cd2, 2, 3, 6, 7);
}

/// Samples or coefficients in memory, and how a position becomes an index into them.
struct Lattice {
  const float* data;                      ///< of the first channel
  int64_t row, slice, channel;            ///< distance in floats between y, z, c and the next
  std::array<double, 3> lowest, highest;  ///< positions are brought between these
  std::array<double, 3> shift;            ///< added to a position, which is then at least 0
  std::array<int32_t, 3> last;            ///< the highest index of a first tap
  int64_t next_row, next_slice;           ///< to the second of two taps along y, z
};

/// With a border all around: every position has all its taps.
Lattice lattice_of(const PaddedField& field) {
  constexpr double far = std::numeric_limits<double>::max();
  Lattice l{field.data.data(), field.row, field.slice, field.channel, {-far, -far, -far},
            {far, far, far},   {},        {},          field.row,     field.slice};
  for (size_t i = 0; i < 3; ++i) {
    // The first of 2 taps lies at the position's floor, the first of 4 one before it.
    l.shift[i] = static_cast<double>(field.pad[i] == 1 ? 1 : field.pad[i] - 1);
    l.last[i] = std::numeric_limits<int32_t>::max();
  }
  return l;
}

/// The volume itself, for two taps along each axis: positions beyond the outermost centres are
/// brought onto them, and the second tap of an axis of one voxel is that voxel again.
Lattice lattice_of(const Volume<float>& source) {
  const std::array<int64_t, 3>& size = source.grid.size;
  const int64_t row = size[0], slice = size[0] * size[1];
  Lattice l{source.data.data(),     row, slice, slice * size[2], {}, {}, {}, {}, size[1] > 1 ? row : 0,
            size[2] > 1 ? slice : 0};
  for (size_t i = 0; i < 3; ++i) {
    l.highest[i] = static_cast<double>(size[i] - 1);
    l.last[i] = static_cast<int32_t>(std::max<int64_t>(size[i] - 2, 0));
  }
  return l;
}

/// The taps of the voxels of one row: index of the first, and weights.
struct Taps {
  AlignedVector<int32_t> x, y, z;
  std::array<AlignedVector<float>, 4> wx, wy, wz;
  AlignedVector<float> blended;  ///< rows in one
  void resize(size_t n, const std::array<int, 3>& taps) {
    for (auto* index : {&x, &y, &z}) index->resize(n);
    const std::array<decltype(wx)*, 3> weights = {&wx, &wy, &wz};
    for (size_t i = 0; i < 3; ++i)
      for (size_t k = 0; k < static_cast<size_t>(taps[i]); ++k) (*weights[i])[k].resize(n);
  }
};

/// First taps along one axis and the fraction of each position behind them.
TRIVOX_MULTIVERSION void locate(const Lattice& lattice, size_t axis, const VoxelRow& row, int32_t count,
                                int32_t* first, float* fraction) {
  const double start = row.start[static_cast<int>(axis)], step = row.step[static_cast<int>(axis)];
  const double low = lattice.lowest[axis], high = lattice.highest[axis], shift = lattice.shift[axis];
  const int32_t last = lattice.last[axis], begin = static_cast<int32_t>(row.first);
  const int32_t end = static_cast<int32_t>(row.last) - begin - 1;
  for (int32_t i = 0; i < count; ++i) {
    const double place = start + static_cast<double>(begin + std::min(i, end)) * step;
    const double position = std::min(std::max(place, low), high) + shift;
    const int32_t whole = std::min(static_cast<int32_t>(position), last);
    first[i] = whole;
    fraction[i] = static_cast<float>(position - static_cast<double>(whole));
  }
}

/// Linear: 1 - t, t. w[1] holds the fractions.
TRIVOX_MULTIVERSION void weigh_two(int32_t count, float* lower, const float* upper) {
  for (int32_t i = 0; i < count; ++i) lower[i] = 1 - upper[i];
}

/// Cubic B-spline: (1 - t)^3 / 6, 2/3 - t^2 + t^3 / 2, their mirror images; by Horner's rule. w3
/// holds the fractions.
TRIVOX_MULTIVERSION void weigh_four(int32_t count, float* w0, float* w1, float* w2, float* w3) {
  constexpr float sixth = 1.0F / 6;
  for (int32_t i = 0; i < count; ++i) {
    const float t = w3[i];
    w0[i] = ((-sixth * t + 0.5F) * t - 0.5F) * t + sixth;
    w1[i] = (0.5F * t - 1) * t * t + 4 * sixth;
    w2[i] = ((-0.5F * t + 0.5F) * t + 0.5F) * t + sixth;
    w3[i] = sixth * t * t * t;
  }
}

void weigh(int taps, int32_t count, std::array<AlignedVector<float>, 4>& w) {
  if (taps == 2)
    weigh_two(count, w[0].data(), w[1].data());
  else
    weigh_four(count, w[0].data(), w[1].data(), w[2].data(), w[3].data());
}

/// out: `count` voxels rounded up to kAtOnce. Taps along y are summed first, then z, then x: the
/// order of all branches, so that they give the same bits.
TRIVOX_MULTIVERSION void linear(const Lattice& l, const float* data, const Taps& taps, int64_t count,
                                float* out) {
  for (int64_t i = 0; i < count; i += kAtOnce) {
    const auto k = static_cast<size_t>(i);
    const auto along_y = [&](size_t v) TRIVOX_INLINED {  // z0 x0, z0 x1, z1 x0, z1 x1
      const float* at = data + taps.z[v] * l.slice + taps.y[v] * l.row + taps.x[v];
      const Four first = joined(load_pair(at), load_pair(at + l.next_slice));
      const Four second = joined(load_pair(at + l.next_row), load_pair(at + l.next_row + l.next_slice));
      return first * taps.wy[0][v] + second * taps.wy[1][v];
    };
    Four a = along_y(k), b = along_y(k + 1), c = along_y(k + 2), d = along_y(k + 3);
    transpose(a, b, c, d);
    const Four z0 = load_four(taps.wz[0].data() + k), z1 = load_four(taps.wz[1].data() + k);
    const Four x0 = load_four(taps.wx[0].data() + k), x1 = load_four(taps.wx[1].data() + k);
    const Four value = (a * z0 + c * z1) * x0 + (b * z0 + d * z1) * x1;
    std::memcpy(out + i, &value, sizeof value);
  }
}

template <int across>
TRIVOX_INLINED inline void cubic(const Lattice& l, const float* data, const Taps& taps, int64_t count,
                                 float* out) {
  for (int64_t i = 0; i < count; i += kAtOnce) {
    const auto k = static_cast<size_t>(i);
    const auto along_y_and_z = [&](size_t v) TRIVOX_INLINED {
      const float* at = data + taps.z[v] * l.slice + taps.y[v] * l.row + taps.x[v];
      Four total{};
      for (size_t z = 0; z < across; ++z, at += l.slice) {
        const Four rows = ((load_four(at) * taps.wy[0][v] + load_four(at + l.row) * taps.wy[1][v]) +
                           load_four(at + 2 * l.row) * taps.wy[2][v]) +
                          load_four(at + 3 * l.row) * taps.wy[3][v];
        total = z == 0 ? rows * taps.wz[z][v] : total + rows * taps.wz[z][v];
      }
      return total;
    };
    Four a = along_y_and_z(k), b = along_y_and_z(k + 1), c = along_y_and_z(k + 2), d = along_y_and_z(k + 3);
    transpose(a, b, c, d);
    const auto weight = [&](size_t x) { return load_four(taps.wx[x].data() + k); };
    const Four value = (a * weight(0) + b * weight(1)) + (c * weight(2) + d * weight(3));
    std::memcpy(out + i, &value, sizeof value);
  }
}
TRIVOX_MULTIVERSION void cubic_in_plane(const Lattice& l, const float* data, const Taps& taps, int64_t count,
                                        float* out) {
  cubic<2>(l, data, taps, count, out);
}
TRIVOX_MULTIVERSION void cubic_everywhere(const Lattice& l, const float* data, const Taps& taps,
                                          int64_t count, float* out) {
  cubic<4>(l, data, taps, count, out);
}

/// Rows that run along the source's: all their voxels have the same taps along y and z, which are
/// blended once, in columns first <= x < first + length.
template <int in_plane, int across>
TRIVOX_INLINED inline void blend(const Lattice& l, const float* at, const Taps& taps, int64_t length,
                                 float* blended) {
  const auto tap_row = [&](int64_t y) { return in_plane == 2 ? y * l.next_row : y * l.row; };
  const auto tap_slice = [&](int64_t z) { return across == 2 ? z * l.next_slice : z * l.slice; };
  for (int64_t k = 0; k < length; ++k) {
    float total = 0;
    for (int64_t z = 0; z < across; ++z) {
      const float* from = at + tap_slice(z) + k;
      float rows = from[0] * taps.wy[0][0];
      for (int64_t y = 1; y < in_plane; ++y) rows += from[tap_row(y)] * taps.wy[static_cast<size_t>(y)][0];
      const float weight = taps.wz[static_cast<size_t>(z)][0];
      total = z == 0 ? rows * weight : total + rows * weight;
    }
    blended[k] = total;
  }
}
TRIVOX_MULTIVERSION void along_rows(const Lattice& l, const std::array<int, 3>& kind, const float* data,
                                    Taps& taps, int64_t count, float* out) {
  const auto [low, high] = std::minmax(taps.x[0], taps.x[static_cast<size_t>(count - 1)]);
  const int64_t length = high - low + kind[0];
  taps.blended.resize(static_cast<size_t>(length));
  float* blended = taps.blended.data();
  const float* at = data + taps.z[0] * l.slice + taps.y[0] * l.row + low;
  if (kind[0] == 2)
    blend<2, 2>(l, at, taps, length, blended);
  else if (kind[2] == 2)
    blend<4, 2>(l, at, taps, length, blended);
  else
    blend<4, 4>(l, at, taps, length, blended);
  const int32_t* x = taps.x.data();
  const float *w0 = taps.wx[0].data(), *w1 = taps.wx[1].data();
  const float *w2 = taps.wx[2].data(), *w3 = taps.wx[3].data();
  if (kind[0] == 2)
    for (int64_t i = 0; i < count; ++i) {
      const float* from = blended + (x[i] - low);
      out[i] = from[0] * w0[i] + from[1] * w1[i];
    }
  else
    for (int64_t i = 0; i < count; ++i) {
      const float* from = blended + (x[i] - low);
      out[i] = (from[0] * w0[i] + from[1] * w1[i]) + (from[2] * w2[i] + from[3] * w3[i]);
    }
}

}  // namespace

void interpolate(const Volume<float>& source, const VoxelMap& map, const std::array<int, 3>& kind,
                 const std::array<double, 3>& smoothing, float outside, std::span<float> out,
                 const RowDone& done) {
  const bool smooth = std::any_of(smoothing.begin(), smoothing.end(), [](double s) { return s > 0; });
  PaddedField field;  // where the samples themselves will not do
  const bool padded = kind[0] != 2 || smooth || source.grid.size[0] < 2;
  if (padded) field = make_field(source, kind, smoothing);
  const Lattice lattice = padded ? lattice_of(field) : lattice_of(source);
  const int64_t width = map.target[0], voxels = width * map.target[1] * map.target[2];
  for_rows(map, [&](const VoxelRow& row, int64_t i) {
    float* const to = out.data() + i * width;
    const int64_t count = std::max<int64_t>(row.last - row.first, 0);
    const int64_t rounded = (count + kAtOnce - 1) / kAtOnce * kAtOnce;
    thread_local Taps taps;
    thread_local AlignedVector<float> values;
    const bool parallel = row.step.y() == 0 && row.step.z() == 0;
    if (count > 0) {
      taps.resize(static_cast<size_t>(rounded), kind);
      values.resize(static_cast<size_t>(rounded));
      const std::array<AlignedVector<int32_t>*, 3> first = {&taps.x, &taps.y, &taps.z};
      const std::array<std::array<AlignedVector<float>, 4>*, 3> weights = {&taps.wx, &taps.wy, &taps.wz};
      for (size_t axis = 0; axis < 3; ++axis) {
        const auto needed = static_cast<int32_t>(parallel && axis > 0 ? kAtOnce : rounded);
        auto& w = *weights[axis];
        locate(lattice, axis, row, needed, first[axis]->data(),
               w[static_cast<size_t>(kind[axis] - 1)].data());
        weigh(kind[axis], needed, w);
      }
    }
    for (int64_t c = 0; c < source.channels; ++c) {
      float* const line = to + c * voxels;
      std::fill_n(line, std::min(row.first, width), outside);
      if (count > 0) {
        const float* data = lattice.data + c * lattice.channel;
        if (parallel)
          along_rows(lattice, kind, data, taps, count, values.data());
        else if (kind[0] == 2)
          linear(lattice, data, taps, rounded, values.data());
        else if (kind[2] == 2)
          cubic_in_plane(lattice, data, taps, rounded, values.data());
        else
          cubic_everywhere(lattice, data, taps, rounded, values.data());
        if (done) done(std::span(values).first(static_cast<size_t>(count)));
        std::copy_n(values.data(), count, line + row.first);
      }
      const int64_t end = std::min(row.first, width) + count;
      std::fill_n(line + end, width - end, outside);
    }
  });
}

}  // namespace trivox
