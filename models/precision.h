#pragma once
#include <string>

namespace trivox {

/// "auto", "float32" or "bfloat16" to whether bfloat16 is used: auto where the processor multiplies it
/// natively (AVX512-BF16 or AMX). Throws UsageError for another word.
[[nodiscard]] bool use_bfloat16(const std::string& precision);

/// While alive, convolutions of this thread run in bfloat16 (autocast on the CPU) when `enabled`;
/// weights, their gradients and the loss stay float32.
class Autocast {
 public:
  explicit Autocast(bool enabled);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool enabled_;
  bool was_enabled_ = false;
  int was_dtype_ = 0;
};

}  // namespace trivox
