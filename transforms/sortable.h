#pragma once
#include <bit>
#include <cstdint>

#include "transforms/multiversion.h"

namespace trivox {

/// Order-preserving whole number of a float, and back. Whole numbers have a minimum that loops over
/// many of them at once can find, floats have not, for fear of not-a-number.
TRIVOX_INLINED inline int32_t sortable(float value) {
  const auto bits = std::bit_cast<int32_t>(value);
  return bits ^ ((bits >> 31) & 0x7fffffff);
}
TRIVOX_INLINED inline float from_sortable(int32_t key) {
  return std::bit_cast<float>(key ^ ((key >> 31) & 0x7fffffff));
}

/// yes where the mask's bits are set, else no: a choice without a branch, which loops over many
/// values at once need.
TRIVOX_INLINED inline int32_t chosen(int32_t mask, int32_t yes, int32_t no) {
  return (yes & mask) | (no & ~mask);
}

}  // namespace trivox
