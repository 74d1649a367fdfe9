#include "tests/fuzz/memory.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

#if defined(TRIVOX_ADDRESS_SANITIZER)
// Of sanitizer/allocator_interface.h, which g++ 12 does not ship beside its own copy of the library.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, size_t),
                                                         void (*)(const volatile void*));
extern "C" size_t __sanitizer_get_allocated_size(const volatile void*);
#endif

namespace trivox::fuzz {
namespace {

std::atomic<ptrdiff_t> now{0}, peak{0};
std::atomic<size_t> largest{0};

template <class T>
void raise_to(std::atomic<T>& most, T value) {
  T seen = most.load();
  while (seen < value && !most.compare_exchange_weak(seen, value)) {
  }
}

void allocated(size_t bytes) {
  raise_to(peak, now += static_cast<ptrdiff_t>(bytes));
  raise_to(largest, bytes);
}

void freed(size_t bytes) { now -= static_cast<ptrdiff_t>(bytes); }

}  // namespace

void watch_heap() {
#if defined(TRIVOX_ADDRESS_SANITIZER)
  static const int installed =
      __sanitizer_install_malloc_and_free_hooks([](const volatile void*, size_t bytes) { allocated(bytes); },
                                                [](const volatile void* at) {
                                                  if (at != nullptr)
                                                    freed(__sanitizer_get_allocated_size(at));
                                                });
  (void)installed;
#endif
  now = 0;
  peak = 0;
  largest = 0;
}

HeapUse heap_use() { return {static_cast<size_t>(peak.load()), largest.load()}; }

namespace {

[[maybe_unused]] void* counted(void* at) {
  if (at == nullptr) throw std::bad_alloc();
  allocated(malloc_usable_size(at));
  return at;
}

[[maybe_unused]] void release(void* at) {
  if (at != nullptr) freed(malloc_usable_size(at));
  std::free(at);
}

}  // namespace
}  // namespace trivox::fuzz

#if !defined(TRIVOX_ADDRESS_SANITIZER)
using trivox::fuzz::counted;
using trivox::fuzz::release;
void* operator new(size_t n) { return counted(std::malloc(n)); }
void* operator new[](size_t n) { return counted(std::malloc(n)); }
void* operator new(size_t n, std::align_val_t a) {
  const auto align = static_cast<size_t>(a);
  return counted(std::aligned_alloc(align, (n + align - 1) / align * align));
}
void* operator new[](size_t n, std::align_val_t a) { return operator new(n, a); }
void operator delete(void* p) noexcept { release(p); }
void operator delete[](void* p) noexcept { release(p); }
void operator delete(void* p, size_t) noexcept { release(p); }
void operator delete[](void* p, size_t) noexcept { release(p); }
void operator delete(void* p, std::align_val_t) noexcept { release(p); }
void operator delete[](void* p, std::align_val_t) noexcept { release(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { release(p); }
void operator delete[](void* p, size_t, std::align_val_t) noexcept { release(p); }
#endif
