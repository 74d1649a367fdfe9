#pragma once
#include <fstream>
#include <stdexcept>
#include <string>

#include "tests/test.h"

namespace trivox::test {

inline std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Patient 001 is good, 002 has the defect.
struct Phantoms {
  TemporaryFolder folder;
  fs::path root = folder / "set";
  explicit Phantoms(const std::string& defect = "") {
    const auto outcome = trivox("phantom " + root.string() + " --size tiny --patients 1 --seed 4" +
                                (defect.empty() ? "" : " --defect " + defect));
    if (outcome.exit_code != 0) throw std::runtime_error(outcome.output);
  }
  [[nodiscard]] fs::path patient(const std::string& id) const { return root / "data" / "MRI-Segments" / id; }
};

}  // namespace trivox::test
