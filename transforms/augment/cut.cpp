#include "transforms/augment/cut.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "transforms/float16.h"
#include "transforms/sample.h"

namespace trivox {
namespace {

float value(float v) { return v; }
float value(uint16_t half) { return float16_value(half); }
uint8_t value(uint8_t label) { return label; }

// --- Plain copy

template <class From, class To>
void copy_channel(const From* from, const std::array<int64_t, 3>& size, const std::array<int64_t, 3>& start,
                  const std::array<bool, 3>& mirrored, To outside, To* to,
                  const std::array<int64_t, 3>& extent) {
  // Patch voxels whose column of the volume exists, before flipping.
  const int64_t first = std::clamp<int64_t>(-start[0], 0, extent[0]);
  const int64_t last = std::clamp<int64_t>(size[0] - start[0], first, extent[0]);
  for (int64_t z = 0; z < extent[2]; ++z)
    for (int64_t y = 0; y < extent[1]; ++y, to += extent[0]) {
      const int64_t sy = start[1] + (mirrored[1] ? extent[1] - 1 - y : y);
      const int64_t sz = start[2] + (mirrored[2] ? extent[2] - 1 - z : z);
      if (sy < 0 || sy >= size[1] || sz < 0 || sz >= size[2] || first == last) {
        std::fill_n(to, extent[0], outside);
        continue;
      }
      const From* row = from + (sz * size[1] + sy) * size[0] + start[0];
      std::fill_n(to, first, outside);
      for (int64_t x = first; x < last; ++x) to[x] = value(row[x]);
      std::fill_n(to + last, extent[0] - last, outside);
      if (mirrored[0]) std::reverse(to, to + extent[0]);
    }
}

// --- Resampling

// Where the voxels of one row of the patch lie in the volume. In plane: within each slice.
struct RowMap {
  std::vector<int32_t> x, y, z;   // floor of the position
  std::vector<float> fx, fy, fz;  // the rest, in [0, 1)
  std::vector<int32_t> offset;    // of the low corner; -1 where a corner lies outside
  explicit RowMap(size_t n) : x(n), y(n), z(n), fx(n), fy(n), fz(n), offset(n) {}
};

// Positions far outside are brought to where every corner is outside still, and an int holds them.
int32_t floor_within(double position, int64_t size) {
  return static_cast<int32_t>(std::clamp(std::floor(position), -2.0, static_cast<double>(size) + 1.0));
}

template <bool kVolume>
void map_row(const Eigen::Vector3d& at_first, const Eigen::Vector3d& step, const std::array<int64_t, 3>& size,
             RowMap& map) {
  for (size_t i = 0; i < map.x.size(); ++i) {
    // Not accumulated: the error does not grow along the row.
    const double k = static_cast<double>(i);
    const double px = at_first[0] + k * step[0];
    const double py = at_first[1] + k * step[1];
    map.x[i] = floor_within(px, size[0]);
    map.y[i] = floor_within(py, size[1]);
    map.fx[i] = static_cast<float>(px - std::floor(px));
    map.fy[i] = static_cast<float>(py - std::floor(py));
    bool inside = map.x[i] >= 0 && map.x[i] + 1 < size[0] && map.y[i] >= 0 && map.y[i] + 1 < size[1];
    int64_t offset = map.y[i] * size[0] + map.x[i];
    if constexpr (kVolume) {
      const double pz = at_first[2] + k * step[2];
      map.z[i] = floor_within(pz, size[2]);
      map.fz[i] = static_cast<float>(pz - std::floor(pz));
      inside = inside && map.z[i] >= 0 && map.z[i] + 1 < size[2];
      offset += map.z[i] * size[0] * size[1];
    }
    map.offset[i] = inside ? static_cast<int32_t>(offset) : -1;
  }
}

// The corners of the cell around voxel i of the row, x fastest; `outside` where there is no voxel.
template <bool kVolume, class From, class To>
std::array<To, kVolume ? 8 : 4> corners(const From* from, const std::array<int64_t, 3>& size,
                                        const RowMap& map, size_t i, To outside) {
  std::array<To, kVolume ? 8 : 4> out;
  const int64_t row = size[0];
  const int64_t slice = size[0] * size[1];
  if (map.offset[i] >= 0) {
    const From* p = from + map.offset[i];
    out[0] = value(p[0]);
    out[1] = value(p[1]);
    out[2] = value(p[row]);
    out[3] = value(p[row + 1]);
    if constexpr (kVolume) {
      p += slice;
      out[4] = value(p[0]);
      out[5] = value(p[1]);
      out[6] = value(p[row]);
      out[7] = value(p[row + 1]);
    }
    return out;
  }
  for (size_t k = 0; k < out.size(); ++k) {
    const int64_t x = map.x[i] + static_cast<int64_t>(k & 1U);
    const int64_t y = map.y[i] + static_cast<int64_t>((k >> 1U) & 1U);
    const int64_t z = kVolume ? map.z[i] + static_cast<int64_t>(k >> 2U) : 0;
    const bool inside = x >= 0 && x < size[0] && y >= 0 && y < size[1] && z >= 0 && (!kVolume || z < size[2]);
    out[k] = inside ? value(from[z * slice + y * row + x]) : outside;
  }
  return out;
}

float blend(float a, float b, float t) { return a + t * (b - a); }

template <bool kVolume, class From>
void image_row(const From* from, const std::array<int64_t, 3>& size, const RowMap& map, float outside,
               float* to) {
  for (size_t i = 0; i < map.x.size(); ++i) {
    const auto c = corners<kVolume, From, float>(from, size, map, i, outside);
    float v = blend(blend(c[0], c[1], map.fx[i]), blend(c[2], c[3], map.fx[i]), map.fy[i]);
    if constexpr (kVolume)
      v = blend(v, blend(blend(c[4], c[5], map.fx[i]), blend(c[6], c[7], map.fx[i]), map.fy[i]), map.fz[i]);
    to[i] = v;
  }
}

// The label with the largest share of the cell; of equals the lower.
template <size_t kCorners>
uint8_t heaviest(const std::array<uint8_t, kCorners>& labels, float fx, float fy, float fz) {
  std::array<float, kCorners> weights;
  for (size_t k = 0; k < kCorners; ++k)
    weights[k] = ((k & 1U) != 0 ? fx : 1 - fx) * ((k & 2U) != 0 ? fy : 1 - fy) *
                 (kCorners == 4   ? 1
                  : (k & 4U) != 0 ? fz
                                  : 1 - fz);
  uint8_t best = 0;
  float best_weight = -1;
  for (size_t k = 0; k < kCorners; ++k) {
    float weight = 0;
    for (size_t j = 0; j < kCorners; ++j) weight += labels[j] == labels[k] ? weights[j] : 0;
    if (weight > best_weight || (weight == best_weight && labels[k] < best)) {
      best = labels[k];
      best_weight = weight;
    }
  }
  return best;
}

template <bool kVolume>
void label_row(const uint8_t* from, const std::array<int64_t, 3>& size, const RowMap& map, uint8_t* to) {
  for (size_t i = 0; i < map.x.size(); ++i) {
    const auto c = corners<kVolume, uint8_t, uint8_t>(from, size, map, i, kIgnoreLabel);
    const bool same = std::all_of(c.begin() + 1, c.end(), [&](uint8_t v) { return v == c[0]; });
    to[i] = same ? c[0] : heaviest(c, map.fx[i], map.fy[i], map.fz[i]);
  }
}

// From patch voxel to volume voxel: position = origin + matrix * (x, y, z).
struct Placement {
  Eigen::Matrix3d matrix;
  Eigen::Vector3d origin;
};

Placement place(const std::array<int64_t, 3>& start, const Spatial::Draw& spatial,
                const std::array<bool, 3>& mirrored, const std::array<int64_t, 3>& extent) {
  Eigen::Vector3d half, corner, sign;
  for (int i = 0; i < 3; ++i) {
    const auto a = static_cast<size_t>(i);
    half[i] = static_cast<double>(extent[a] - 1) / 2;
    corner[i] = static_cast<double>(start[a]);
    sign[i] = mirrored[a] ? -1 : 1;
  }
  const Eigen::Matrix3d matrix = spatial.matrix() * sign.asDiagonal();
  return {matrix, corner + half - matrix * half};
}

template <class From>
void resample_in_plane(const SourceView& source, const From* image, const std::array<int64_t, 3>& start,
                       bool mirrored_z, const Placement& at, Patch& patch) {
  RowMap map(static_cast<size_t>(patch.size[0]));
  const int64_t slice = source.size[0] * source.size[1];
  for (int64_t y = 0; y < patch.size[1]; ++y) {
    // Slices share the map, so it is made once for all of them.
    map_row<false>(at.origin + static_cast<double>(y) * at.matrix.col(1), at.matrix.col(0), source.size, map);
    for (int64_t z = 0; z < patch.size[2]; ++z) {
      const int64_t sz = start[2] + (mirrored_z ? patch.size[2] - 1 - z : z);
      const bool outside = sz < 0 || sz >= source.size[2];
      const int64_t row = (z * patch.size[1] + y) * patch.size[0];
      for (int64_t c = 0; c < patch.channels; ++c) {
        const float air = source.air[static_cast<size_t>(c)];
        float* to = patch.image.data() + c * patch.voxels() + row;
        if (outside)
          std::fill_n(to, patch.size[0], air);
        else
          image_row<false>(image + c * source.voxels() + sz * slice, source.size, map, air, to);
      }
      for (int64_t l = 0; l < source.labels; ++l) {
        uint8_t* to = patch.label.data() + l * patch.voxels() + row;
        if (outside)
          std::fill_n(to, patch.size[0], kIgnoreLabel);
        else
          label_row<false>(source.label.data() + l * source.voxels() + sz * slice, source.size, map, to);
      }
    }
  }
}

template <class From>
void resample_volume(const SourceView& source, const From* image, const Placement& at, Patch& patch) {
  RowMap map(static_cast<size_t>(patch.size[0]));
  for (int64_t z = 0; z < patch.size[2]; ++z)
    for (int64_t y = 0; y < patch.size[1]; ++y) {
      map_row<true>(
          at.origin + static_cast<double>(y) * at.matrix.col(1) + static_cast<double>(z) * at.matrix.col(2),
          at.matrix.col(0), source.size, map);
      const int64_t row = (z * patch.size[1] + y) * patch.size[0];
      for (int64_t c = 0; c < patch.channels; ++c)
        image_row<true>(image + c * source.voxels(), source.size, map, source.air[static_cast<size_t>(c)],
                        patch.image.data() + c * patch.voxels() + row);
      for (int64_t l = 0; l < source.labels; ++l)
        label_row<true>(source.label.data() + l * source.voxels(), source.size, map,
                        patch.label.data() + l * patch.voxels() + row);
    }
}

template <class From>
void cut_from(const SourceView& source, const From* image, const std::array<int64_t, 3>& start,
              const Spatial::Draw* spatial, const std::array<bool, 3>& mirrored, Patch& patch) {
  if (spatial != nullptr) {
    const Placement at = place(start, *spatial, mirrored, patch.size);
    if (spatial->in_plane)
      resample_in_plane(source, image, start, mirrored[2], at, patch);
    else
      resample_volume(source, image, at, patch);
    return;
  }
  for (int64_t c = 0; c < patch.channels; ++c)
    copy_channel(image + c * source.voxels(), source.size, start, mirrored,
                 source.air[static_cast<size_t>(c)], patch.channel(c).data(), patch.size);
  for (int64_t l = 0; l < source.labels; ++l)
    copy_channel(source.label.data() + l * source.voxels(), source.size, start, mirrored, kIgnoreLabel,
                 patch.label_channel(l).data(), patch.size);
}

}  // namespace

void cut(const SourceView& source, const std::array<int64_t, 3>& start, const Spatial::Draw* spatial,
         const std::array<bool, 3>& mirrored, Patch& patch) {
  if (source.float16.empty())
    cut_from(source, source.float32.data(), start, spatial, mirrored, patch);
  else
    cut_from(source, source.float16.data(), start, spatial, mirrored, patch);
  if (source.labels == 0) std::ranges::fill(patch.label, kIgnoreLabel);
}

}  // namespace trivox
