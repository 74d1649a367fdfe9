// One libFuzzer target; TRIVOX_FUZZ_TARGET names the parser (readings.h).
#include <cstddef>
#include <cstdint>
#include <span>

#include "tests/fuzz/readings.h"
#include "transforms/error.h"

// Some 200 bytes each for a stream that they cannot decode.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:gdcm::JPEGLSCodec::Decode\nleak:libopenjp2\n";
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    trivox::fuzz::parse_bytes(TRIVOX_FUZZ_TARGET, std::as_bytes(std::span(data, size)));
  } catch (const trivox::Error&) {
    // what a parser says of an input that it refuses
  }
  return 0;
}
