#include "models/precision.h"

#include <ATen/autocast_mode.h>
#include <ATen/cpu/Utils.h>

#include "transforms/error.h"

namespace trivox {

bool use_bfloat16(const std::string& precision) {
  if (precision == "bfloat16") return true;
  if (precision == "float32") return false;
  if (precision != "auto") throw UsageError("train.precision", precision, "auto, float32 or bfloat16");
  const auto capabilities = at::cpu::get_cpu_capabilities();
  for (const char* name : {"avx512_bf16", "amx_bf16"}) {
    const auto found = capabilities.find(name);
    if (found != capabilities.end() && found->second.isBool() && found->second.toBool()) return true;
  }
  return false;
}

Autocast::Autocast(bool enabled) : enabled_(enabled) {
  if (!enabled_) return;
  was_enabled_ = at::autocast::is_autocast_enabled(c10::kCPU);
  was_dtype_ = static_cast<int>(at::autocast::get_autocast_dtype(c10::kCPU));
  at::autocast::set_autocast_dtype(c10::kCPU, at::kBFloat16);
  at::autocast::set_autocast_enabled(c10::kCPU, true);
  at::autocast::increment_nesting();
}

Autocast::~Autocast() {
  if (!enabled_) return;
  // The cache holds bfloat16 copies of weights, which the next optimiser step makes stale.
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(c10::kCPU, was_enabled_);
  at::autocast::set_autocast_dtype(c10::kCPU, static_cast<at::ScalarType>(was_dtype_));
}

}  // namespace trivox
