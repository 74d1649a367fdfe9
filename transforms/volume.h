#pragma once
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "transforms/grid.h"

namespace trivox {

/// Memory aligned to 64 bytes (one cache line, one AVX-512 vector), its values undefined. From 4 MiB
/// on the system is asked for huge pages, which come at a tenth of the cost of touching small ones.
/// Throws std::bad_alloc. Freed by `free_aligned` with the same size. Thread safe.
[[nodiscard]] void* allocate_aligned(size_t bytes);
void free_aligned(void* memory, size_t bytes) noexcept;

/// Allocator of such memory. Elements made without a value (`AlignedVector<float> v(n)`, `resize(n)`)
/// are left undefined, so that a buffer about to be filled is not written twice; give the value
/// (`v(n, 0)`, `assign(n, 0)`) where zeros are wanted.
template <class T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) noexcept {}  // NOLINT: rebinding converts
  T* allocate(size_t n) {
    if (n > SIZE_MAX / sizeof(T)) throw std::bad_array_new_length();
    return static_cast<T*>(allocate_aligned(n * sizeof(T)));
  }
  void deallocate(T* p, size_t n) noexcept { free_aligned(p, n * sizeof(T)); }
  template <class U>
  void construct(U* p) noexcept(noexcept(::new(static_cast<void*>(p)) U)) {
    ::new (static_cast<void*>(p)) U;
  }
  template <class U, class... Arguments>
  void construct(U* p, Arguments&&... arguments) {
    ::new (static_cast<void*>(p)) U(std::forward<Arguments>(arguments)...);
  }
  template <class U>
  bool operator==(const AlignedAllocator<U>&) const noexcept {
    return true;
  }
};

template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

/// Voxels on a grid: C x D x H x W (channel, z, y, x), x fastest, in one 64-byte-aligned buffer.
/// Movable and copyable as a value; const access is thread safe.
template <class T>
struct Volume {
  Grid grid;
  int64_t channels = 0;
  AlignedVector<T> data;

  Volume() = default;
  Volume(Grid g, int64_t channel_count, T fill = T{})
      : grid(std::move(g)),
        channels(channel_count),
        data(static_cast<size_t>(grid.voxels() * channel_count), fill) {}

  /// Voxels undefined: every one of them is about to be written.
  [[nodiscard]] static Volume uninitialised(Grid g, int64_t channel_count) {
    Volume out;
    out.grid = std::move(g);
    out.channels = channel_count;
    out.data = AlignedVector<T>(static_cast<size_t>(out.grid.voxels() * channel_count));
    return out;
  }

  [[nodiscard]] bool empty() const { return data.empty(); }
  [[nodiscard]] std::span<T> channel(int64_t c) {
    return {data.data() + c * grid.voxels(), static_cast<size_t>(grid.voxels())};
  }
  [[nodiscard]] std::span<const T> channel(int64_t c) const {
    return {data.data() + c * grid.voxels(), static_cast<size_t>(grid.voxels())};
  }
  [[nodiscard]] size_t index(int64_t c, int64_t x, int64_t y, int64_t z) const {
    return static_cast<size_t>(((c * grid.size[2] + z) * grid.size[1] + y) * grid.size[0] + x);
  }
  [[nodiscard]] T& at(int64_t c, int64_t x, int64_t y, int64_t z) { return data[index(c, x, y, z)]; }
  [[nodiscard]] const T& at(int64_t c, int64_t x, int64_t y, int64_t z) const {
    return data[index(c, x, y, z)];
  }
};

/// The source's voxels in the order of `target`'s lattice, as `same_lattice` found it.
template <class T>
[[nodiscard]] Volume<T> reorder(const Volume<T>& source, const AxisMap& map, const Grid& target) {
  Volume<T> out(target, source.channels);
  for (int64_t c = 0; c < source.channels; ++c)
    for (int64_t z = 0; z < target.size[2]; ++z)
      for (int64_t y = 0; y < target.size[1]; ++y)
        for (int64_t x = 0; x < target.size[0]; ++x) {
          const std::array<int64_t, 3> t = {x, y, z};
          std::array<int64_t, 3> s{};
          for (size_t i = 0; i < 3; ++i) {
            const auto a = static_cast<size_t>(map.axis[i]);
            s[a] = map.flip[i] ? source.grid.size[a] - 1 - t[i] : t[i];
          }
          out.at(c, x, y, z) = source.at(c, s[0], s[1], s[2]);
        }
  return out;
}

}  // namespace trivox
