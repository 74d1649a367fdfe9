#ifdef TRIVOX_CATCH3
#include <catch2/catch_session.hpp>
int main(int argc, char* argv[]) { return Catch::Session().run(argc, argv); }
#else
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif

#include "tests/test.h"

namespace trivox::test {
const char* const kSourceDir = TRIVOX_SOURCE_DIR;
const char* const kBinDir = TRIVOX_BIN_DIR;
const char* const kPython = TRIVOX_PYTHON;
}  // namespace trivox::test
