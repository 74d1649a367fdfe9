#include "transforms/components.h"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cstring>
#include <numeric>

namespace trivox {
namespace {

/// Voxels first <= x < last of one row.
struct Run {
  int64_t first, last;
};

/// The first byte in [at, end) that `hit` is true of, or is not. Equal bytes are passed over eight at
/// a time, since most voxels are like their neighbours.
template <class Hit>
const uint8_t* find_first(const uint8_t* at, const uint8_t* end, const Hit& hit, bool wanted) {
  while (at != end && hit(*at) != wanted) {
    const uint8_t value = *at;
    const uint64_t alike = value * uint64_t{0x0101010101010101};
    for (uint64_t eight = 0; end - at >= 8; at += 8) {
      std::memcpy(&eight, at, sizeof eight);
      if (eight != alike) break;
    }
    while (at != end && *at == value) ++at;
  }
  return at;
}

/// The runs of a stack of rows, joined into components by union-find. Runs are few where voxels are
/// many, so this costs little more than reading the mask once.
class Runs {
 public:
  /// Finds the runs of voxels that `hit(value)` is true of.
  template <class Hit>
  Runs(const uint8_t* mask, int64_t width, int64_t rows, const Hit& hit) : begin_{0} {
    for (int64_t r = 0; r < rows; ++r) {
      const uint8_t* row = mask + r * width;
      const uint8_t* const end = row + width;
      for (const uint8_t* x = find_first(row, end, hit, true); x != end; x = find_first(x, end, hit, true)) {
        const uint8_t* stop = find_first(x, end, hit, false);
        runs_.push_back({x - row, stop - row});
        x = stop;
      }
      begin_.push_back(runs_.size());
    }
    parent_.resize(runs_.size());
    std::iota(parent_.begin(), parent_.end(), size_t{0});
  }

  /// Joins the runs of two rows that have a column in common; reach 1: or lie a column apart.
  void join_rows(int64_t a, int64_t b, int64_t reach = 0) {
    size_t i = begin_[static_cast<size_t>(a)], j = begin_[static_cast<size_t>(b)];
    const size_t i_end = begin_[static_cast<size_t>(a) + 1], j_end = begin_[static_cast<size_t>(b) + 1];
    while (i < i_end && j < j_end) {
      if (runs_[i].first < runs_[j].last + reach && runs_[j].first < runs_[i].last + reach) join(i, j);
      if (runs_[i].last < runs_[j].last)
        ++i;
      else
        ++j;
    }
  }

  /// The component's number: its first run.
  [[nodiscard]] size_t root(size_t run) {
    while (parent_[run] != run) run = parent_[run] = parent_[parent_[run]];
    return run;
  }

  template <class Visit>
  void for_each(const Visit& visit) const {
    for (size_t row = 0; row + 1 < begin_.size(); ++row)
      for (size_t i = begin_[row]; i < begin_[row + 1]; ++i) visit(i, static_cast<int64_t>(row), runs_[i]);
  }
  [[nodiscard]] size_t size() const { return runs_.size(); }

 private:
  void join(size_t a, size_t b) {
    a = root(a);
    b = root(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

  std::vector<Run> runs_;
  std::vector<size_t> begin_;  ///< index of each row's first run; one more at the end
  std::vector<size_t> parent_;
};

constexpr auto kSet = [](uint8_t v) { return v != 0; };
constexpr auto kClear = [](uint8_t v) { return v == 0; };

/// A component for each that `wanted(root)` is true of, in memory order.
template <class Wanted>
std::vector<Component> collect(Runs& runs, const std::array<int64_t, 3>& n, const Wanted& wanted) {
  constexpr size_t kNone = SIZE_MAX;
  std::vector<size_t> place(runs.size(), kNone);
  std::vector<Component> out;
  runs.for_each([&](size_t i, int64_t row, const Run& run) {
    const size_t root = runs.root(i);
    if (!wanted(root)) return;
    const int64_t y = row % n[1], z = row / n[1];
    if (place[root] == kNone) {
      place[root] = out.size();
      out.emplace_back();
      out.back().slices = {z, z};
    }
    Component& c = out[place[root]];
    const int64_t length = run.last - run.first;
    c.voxels += length;
    c.centre[0] += static_cast<double>(length * (run.first + run.last - 1)) / 2;
    c.centre[1] += static_cast<double>(length * y);
    c.centre[2] += static_cast<double>(length * z);
    c.slices[1] = z;  // rows come in ascending order
  });
  for (Component& c : out)
    for (double& mean : c.centre) mean /= static_cast<double>(c.voxels);
  return out;
}

/// Joins what touches by a face, of a volume whose rows the runs are.
void join_by_faces(Runs& runs, const std::array<int64_t, 3>& n) {
  for (int64_t z = 0; z < n[2]; ++z)
    for (int64_t y = 0; y < n[1]; ++y) {
      const int64_t row = z * n[1] + y;
      if (y > 0) runs.join_rows(row - 1, row);
      if (z > 0) runs.join_rows(row - n[1], row);
    }
}

/// Of background: whether a component reaches the border.
template <class Border>
std::vector<uint8_t> reaching(Runs& runs, const Border& at_border) {
  std::vector<uint8_t> open(runs.size(), 0);
  runs.for_each([&](size_t i, int64_t row, const Run& run) {
    if (at_border(row, run)) open[runs.root(i)] = 1;
  });
  return open;
}

}  // namespace

void keep_largest_component(Volume<uint8_t>& mask) {
  const std::array<int64_t, 3>& n = mask.grid.size;
  Runs runs(mask.data.data(), n[0], n[1] * n[2], kSet);
  join_by_faces(runs, n);
  std::vector<int64_t> voxels(runs.size(), 0);
  runs.for_each([&](size_t i, int64_t, const Run& run) { voxels[runs.root(i)] += run.last - run.first; });
  const auto largest = static_cast<size_t>(std::max_element(voxels.begin(), voxels.end()) - voxels.begin());
  runs.for_each([&](size_t i, int64_t row, const Run& run) {
    if (runs.root(i) != largest)
      std::fill_n(mask.data.data() + row * n[0] + run.first, run.last - run.first, uint8_t{0});
  });
}

void fill_holes_by_slice(Volume<uint8_t>& mask) {
  const std::array<int64_t, 3>& n = mask.grid.size;
  tbb::parallel_for(int64_t{0}, n[2], [&](int64_t z) {
    uint8_t* slice = mask.data.data() + z * n[0] * n[1];
    Runs runs(slice, n[0], n[1], kClear);
    for (int64_t y = 1; y < n[1]; ++y) runs.join_rows(y - 1, y);
    const auto open = reaching(runs, [&](int64_t y, const Run& run) {
      return y == 0 || y == n[1] - 1 || run.first == 0 || run.last == n[0];
    });
    runs.for_each([&](size_t i, int64_t y, const Run& run) {
      if (open[runs.root(i)] == 0)
        std::fill_n(slice + y * n[0] + run.first, run.last - run.first, uint8_t{1});
    });
  });
}

std::vector<Component> components(const Volume<uint8_t>& mask, uint8_t value) {
  const std::array<int64_t, 3>& n = mask.grid.size;
  Runs runs(mask.data.data(), n[0], n[1] * n[2], [value](uint8_t v) { return v == value; });
  for (int64_t z = 0; z < n[2]; ++z)
    for (int64_t y = 0; y < n[1]; ++y) {
      const int64_t row = z * n[1] + y;
      if (y > 0) runs.join_rows(row - 1, row, 1);
      if (z == 0) continue;
      for (int64_t other = std::max<int64_t>(0, y - 1); other <= std::min(n[1] - 1, y + 1); ++other)
        runs.join_rows((z - 1) * n[1] + other, row, 1);
    }
  std::vector<Component> out = collect(runs, n, [](size_t) { return true; });
  std::stable_sort(out.begin(), out.end(),
                   [](const Component& a, const Component& b) { return a.voxels > b.voxels; });
  return out;
}

std::vector<Component> holes(const Volume<uint8_t>& mask) {
  const std::array<int64_t, 3>& n = mask.grid.size;
  Runs runs(mask.data.data(), n[0], n[1] * n[2], kClear);
  join_by_faces(runs, n);
  const auto open = reaching(runs, [&](int64_t row, const Run& run) {
    const int64_t y = row % n[1], z = row / n[1];
    return z == 0 || z == n[2] - 1 || y == 0 || y == n[1] - 1 || run.first == 0 || run.last == n[0];
  });
  return collect(runs, n, [&](size_t root) { return open[root] == 0; });
}

std::vector<Component> holes_by_slice(const Volume<uint8_t>& mask) {
  const std::array<int64_t, 3>& n = mask.grid.size;
  Runs runs(mask.data.data(), n[0], n[1] * n[2], kClear);
  for (int64_t z = 0; z < n[2]; ++z)
    for (int64_t y = 1; y < n[1]; ++y) runs.join_rows(z * n[1] + y - 1, z * n[1] + y);
  const auto open = reaching(runs, [&](int64_t row, const Run& run) {
    const int64_t y = row % n[1];
    return y == 0 || y == n[1] - 1 || run.first == 0 || run.last == n[0];
  });
  return collect(runs, n, [&](size_t root) { return open[root] == 0; });
}

}  // namespace trivox
