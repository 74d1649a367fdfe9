#include "transforms/spline_field.h"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

namespace trivox {
namespace {

/// Parallel lines that are filtered together, so that the arithmetic runs across them:
/// sample k of line j is first[k * step + j].
struct Bundle {
  float* first;
  int64_t length;  ///< samples of a line
  int64_t step;
  int64_t lines;
};

constexpr int64_t kRowsAtOnce = 16;     // along x, rows are transposed in groups of this many
constexpr int64_t kColumnsAtOnce = 64;  // along y and z: a bundle then stays in the L2 cache

/// Calls `filter(bundle)` for all lines along `axis` of the field's inside.
template <class Filter>
void along_axis(PaddedField& field, const std::array<int64_t, 3>& size, int axis, const Filter& filter) {
  const auto inside = [&](int64_t c, int64_t y, int64_t z) {
    return field.data.data() + c * field.channel + (z + field.pad[2]) * field.slice +
           (y + field.pad[1]) * field.row + field.pad[0];
  };
  if (axis == 0) {
    const int64_t groups = (size[1] + kRowsAtOnce - 1) / kRowsAtOnce;
    tbb::parallel_for(tbb::blocked_range<int64_t>(0, field.channels * size[2] * groups),
                      [&](const auto& range) {
                        // Lanes without a row hold zeros, or what an earlier group left.
                        AlignedVector<float> turned(static_cast<size_t>(size[0] * kRowsAtOnce), 0.0F);
                        for (int64_t i = range.begin(); i < range.end(); ++i) {
                          const int64_t y = i % groups * kRowsAtOnce;
                          const int64_t rows = std::min(kRowsAtOnce, size[1] - y);
                          float* first = inside(i / groups / size[2], y, i / groups % size[2]);
                          for (int64_t r = 0; r < rows; ++r)
                            for (int64_t x = 0; x < size[0]; ++x)
                              turned[static_cast<size_t>(x * kRowsAtOnce + r)] = first[r * field.row + x];
                          filter(Bundle{turned.data(), size[0], kRowsAtOnce, kRowsAtOnce});
                          for (int64_t r = 0; r < rows; ++r)
                            for (int64_t x = 0; x < size[0]; ++x)
                              first[r * field.row + x] = turned[static_cast<size_t>(x * kRowsAtOnce + r)];
                        }
                      });
    return;
  }
  const int64_t outer = axis == 1 ? size[2] : size[1];
  const int64_t groups = (size[0] + kColumnsAtOnce - 1) / kColumnsAtOnce;
  tbb::parallel_for(tbb::blocked_range<int64_t>(0, field.channels * outer * groups), [&](const auto& range) {
    for (int64_t i = range.begin(); i < range.end(); ++i) {
      const int64_t x = i % groups * kColumnsAtOnce;
      const int64_t o = i / groups % outer;
      const int64_t c = i / groups / outer;
      float* first = (axis == 1 ? inside(c, 0, o) : inside(c, o, 0)) + x;
      filter(Bundle{first, size[static_cast<size_t>(axis)], axis == 1 ? field.row : field.slice,
                    std::min(kColumnsAtOnce, size[0] - x)});
    }
  });
}

void prefilter(const Bundle& b) {
  if (b.length < 2) return;
  const double pole = std::sqrt(3.0) - 2;
  const auto z = static_cast<float>(pole);
  constexpr float gain = 6;  // (1 - pole) (1 - 1 / pole)
  // First causal coefficient: the sum of pole^k s[k] over the mirrored line. 24 terms leave 2e-14
  // of it; shorter lines are summed in full, as the geometric series of their period.
  constexpr int64_t horizon = 24;
  const int64_t period = 2 * b.length - 2;
  const int64_t terms = std::min(horizon, period);
  std::array<float, kColumnsAtOnce> sum{};
  const double closed = period <= horizon ? 1 / (1 - std::pow(pole, static_cast<double>(period))) : 1;
  double power = gain * closed;
  for (int64_t k = 0; k < terms; ++k, power *= pole) {
    const float* s = b.first + mirror_index(k, b.length) * b.step;
    for (int64_t j = 0; j < b.lines; ++j) sum[static_cast<size_t>(j)] += static_cast<float>(power) * s[j];
  }
  for (int64_t j = 0; j < b.lines; ++j) b.first[j] = sum[static_cast<size_t>(j)];
  for (int64_t k = 1; k < b.length; ++k) {
    float* now = b.first + k * b.step;
    const float* before = now - b.step;
    for (int64_t j = 0; j < b.lines; ++j) now[j] = gain * now[j] + z * before[j];
  }
  float* last = b.first + (b.length - 1) * b.step;
  const auto end = static_cast<float>(pole / (pole * pole - 1));
  for (int64_t j = 0; j < b.lines; ++j) last[j] = end * (last[j] + z * (last - b.step)[j]);
  for (int64_t k = b.length - 2; k >= 0; --k) {
    float* now = b.first + k * b.step;
    const float* after = now + b.step;
    for (int64_t j = 0; j < b.lines; ++j) now[j] = z * (after[j] - now[j]);
  }
}

/// Half of a Gaussian kernel for lines of that length: weights at 0, 1, ..., radius. From twice the
/// length on every sigma gives the mean of the mirrored line (within 3e-9), so that is the widest.
std::vector<float> gaussian(double sigma, int64_t length) {
  sigma = std::min(sigma, 2 * static_cast<double>(length));
  const int radius = static_cast<int>(4 * sigma + 0.5);
  std::vector<double> weights;
  double sum = 0;
  for (int k = 0; k <= radius; ++k) {
    weights.push_back(std::exp(-0.5 * k * k / (sigma * sigma)));
    sum += (k == 0 ? 1 : 2) * weights.back();
  }
  std::vector<float> half;
  for (const double w : weights) half.push_back(static_cast<float>(w / sum));
  return half;
}

void smooth(const Bundle& b, const std::vector<float>& half) {
  const auto radius = static_cast<int64_t>(half.size()) - 1;
  thread_local AlignedVector<float> lines;
  lines.resize(static_cast<size_t>((b.length + 2 * radius) * b.lines));
  for (int64_t k = -radius; k < b.length + radius; ++k)
    std::copy_n(b.first + mirror_index(k, b.length) * b.step, b.lines, lines.data() + (k + radius) * b.lines);
  for (int64_t k = 0; k < b.length; ++k) {
    float* out = b.first + k * b.step;
    const float* centre = lines.data() + (k + radius) * b.lines;
    for (int64_t j = 0; j < b.lines; ++j) out[j] = half[0] * centre[j];
    for (int64_t r = 1; r <= radius; ++r) {
      const float* left = centre - r * b.lines;
      const float* right = centre + r * b.lines;
      const float weight = half[static_cast<size_t>(r)];
      for (int64_t j = 0; j < b.lines; ++j) out[j] += weight * (left[j] + right[j]);
    }
  }
}

/// Where the border's sample i comes from.
int64_t border_index(int64_t i, int64_t n, int taps) {
  return taps == 4 ? mirror_index(i, n) : std::clamp<int64_t>(i, 0, n - 1);
}

}  // namespace

int64_t mirror_index(int64_t i, int64_t n) {
  if (n == 1) return 0;
  const int64_t period = 2 * n - 2;
  i = ((i % period) + period) % period;
  return i < n ? i : period - i;
}

PaddedField make_field(const Volume<float>& source, const std::array<int, 3>& taps,
                       const std::array<double, 3>& smoothing) {
  const std::array<int64_t, 3>& size = source.grid.size;
  PaddedField field;
  field.channels = source.channels;
  for (size_t i = 0; i < 3; ++i) field.pad[i] = taps[i] / 2;
  field.row = size[0] + 2 * field.pad[0];
  field.slice = field.row * (size[1] + 2 * field.pad[1]);
  field.channel = field.slice * (size[2] + 2 * field.pad[2]);
  field.data.resize(static_cast<size_t>(field.channel * field.channels));
  const auto slice_at = [&](int64_t i) {
    return field.data.data() + i / size[2] * field.channel + (i % size[2] + field.pad[2]) * field.slice;
  };
  const tbb::blocked_range<int64_t> slices(0, field.channels * size[2]);
  tbb::parallel_for(slices, [&](const auto& range) {
    for (int64_t i = range.begin(); i < range.end(); ++i)
      for (int64_t y = 0; y < size[1]; ++y)
        std::copy_n(source.data.data() + (i * size[1] + y) * size[0], size[0],
                    slice_at(i) + (y + field.pad[1]) * field.row + field.pad[0]);
  });
  for (int axis = 0; axis < 3; ++axis) {
    const auto a = static_cast<size_t>(axis);
    if (smoothing[a] > 0) {
      const std::vector<float> half = gaussian(smoothing[a], size[a]);
      along_axis(field, size, axis, [&](const Bundle& bundle) { smooth(bundle, half); });
    }
    if (taps[a] == 4) along_axis(field, size, axis, prefilter);
  }
  tbb::parallel_for(slices, [&](const auto& range) {
    for (int64_t i = range.begin(); i < range.end(); ++i) {
      float* slice = slice_at(i);
      const auto row = [&](int64_t y) { return slice + (y + field.pad[1]) * field.row; };
      for (int64_t y = 0; y < size[1]; ++y)
        for (int64_t x = 1; x <= field.pad[0]; ++x) {
          float* inside = row(y) + field.pad[0];
          inside[-x] = inside[border_index(-x, size[0], taps[0])];
          inside[size[0] - 1 + x] = inside[border_index(size[0] - 1 + x, size[0], taps[0])];
        }
      for (int64_t y = 1; y <= field.pad[1]; ++y) {
        std::copy_n(row(border_index(-y, size[1], taps[1])), field.row, row(-y));
        std::copy_n(row(border_index(size[1] - 1 + y, size[1], taps[1])), field.row, row(size[1] - 1 + y));
      }
    }
  });
  for (int64_t c = 0; c < field.channels; ++c) {
    const auto slice = [&](int64_t z) {
      return field.data.data() + c * field.channel + (z + field.pad[2]) * field.slice;
    };
    for (int64_t z = 1; z <= field.pad[2]; ++z) {
      std::copy_n(slice(border_index(-z, size[2], taps[2])), field.slice, slice(-z));
      std::copy_n(slice(border_index(size[2] - 1 + z, size[2], taps[2])), field.slice,
                  slice(size[2] - 1 + z));
    }
  }
  return field;
}

}  // namespace trivox
