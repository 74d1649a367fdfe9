#pragma once
#include <initializer_list>
#include <string>

namespace trivox::test {

/// Bytes of a stream written down as numbers.
inline std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int v : values) out += static_cast<char>(v);
  return out;
}

}  // namespace trivox::test
