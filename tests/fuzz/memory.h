#pragma once
#include <cstddef>

// Said by g++ in the one way, by clang in the other.
#if defined(__SANITIZE_ADDRESS__)
#define TRIVOX_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TRIVOX_ADDRESS_SANITIZER
#endif
#endif

namespace trivox::fuzz {

/// Heap of the whole process, by the sanitizer's own hooks where there are such, else what
/// operator new hands out. Thread safe.
struct HeapUse {
  size_t peak = 0;     ///< bytes above what was there at the start
  size_t largest = 0;  ///< of the allocations since
};

void watch_heap();  ///< starts anew
[[nodiscard]] HeapUse heap_use();

}  // namespace trivox::fuzz
