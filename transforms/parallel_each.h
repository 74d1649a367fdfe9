#pragma once
#include <tbb/parallel_for.h>

#include <cstddef>
#include <exception>
#include <vector>

namespace trivox {

/// `work(i)` for every i below `count`, several at once. All run to their end, also after one has thrown;
/// then the exception of the lowest i comes out, whatever the number of threads: tbb::parallel_for alone lets
/// the first in time win, and cancels the others.
template <class Work>
void parallel_each(size_t count, const Work& work) {
  std::vector<std::exception_ptr> thrown(count);
  tbb::parallel_for(size_t{0}, count, [&](size_t i) {
    try {
      work(i);
    } catch (...) {
      thrown[i] = std::current_exception();
    }
  });
  for (const std::exception_ptr& one : thrown)
    if (one) std::rethrow_exception(one);
}

}  // namespace trivox
