#pragma once
#include <algorithm>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include "loader/dicom/select.h"
#include "loader/file.h"
#include "tests/test.h"

namespace trivox::test {

/// What an oracle says about a series: affine (RAS+ mm), size and values.
struct ExpectedSeries {
  Grid grid;
  std::vector<float> values;

  explicit ExpectedSeries(const std::string& printed) {
    std::istringstream text(printed);
    for (int i = 0; i < 4; ++i)
      for (int j = 0; j < 4; ++j) text >> grid.affine(i, j);
    text >> grid.size[0] >> grid.size[1] >> grid.size[2];
    for (double value = 0; text >> value;) values.push_back(static_cast<float>(value));
  }
};

/// Files that pydicom wrote, and the series that pydicom knows to be in them.
struct DicomCase {
  TemporaryFolder folder;
  std::vector<ExpectedSeries> series;  ///< one or more

  explicit DicomCase(const std::string& name, const std::string& script = "dicom_case.py") {
    const Outcome made = python("golden/" + script + " " + folder.path().string() + " " + name);
    INFO(name << ": " << made.output);
    REQUIRE(made.exit_code == 0);
    for (size_t at = 0; at < made.output.size();) {  // a line of dashes parts them
      const size_t end = std::min(made.output.find("---\n", at), made.output.size());
      series.emplace_back(made.output.substr(at, end - at));
      at = end + 4;
    }
  }
  [[nodiscard]] std::string error() const {
    return error_of([&] { (void)find_dicom_series(folder.path()); });
  }
};

/// That a series' place and voxels are as expected; lossless, so to the bit.
inline void check_series(const DicomSeries& series, const ExpectedSeries& expected,
                         std::vector<std::string>* warnings = nullptr) {
  const Volume<float> volume = read_dicom_series(series, false, warnings);
  CHECK(corner_distance_mm(series.grid, expected.grid) < 1e-3);
  CHECK(series.grid.size == expected.grid.size);
  CHECK(std::vector<float>(volume.data.begin(), volume.data.end()) == expected.values);
}

inline void check_reads(const std::string& name, const std::string& script = "dicom_case.py") {
  const DicomCase c(name, script);
  INFO(name);
  check_series(find_dicom_series(c.folder.path()), c.series.front());
}

/// The one image in a file's bytes.
struct DecodedDicom {
  DicomSeries series;
  std::vector<float> values;
  std::vector<std::string> warnings;  ///< that only the voxels tell
};

inline DicomSeries series_of(std::span<const std::byte> bytes) {
  std::vector<DicomSeries> all = parse_dicom_series(bytes);
  REQUIRE(all.size() == 1);
  return std::move(all.front());
}

inline DecodedDicom decoded(std::span<const std::byte> bytes) {
  DecodedDicom out{series_of(bytes), {}, {}};
  const Volume<float> volume = decode_dicom_series(bytes, out.series, &out.warnings);
  out.values.assign(volume.data.begin(), volume.data.end());
  return out;
}

inline std::vector<float> floats_in(const fs::path& path) {
  const std::vector<std::byte> bytes = read_file(path);
  std::vector<float> out(bytes.size() / sizeof(float));
  std::memcpy(out.data(), bytes.data(), out.size() * sizeof(float));
  return out;
}

inline void write_bytes(const fs::path& path, std::span<const std::byte> bytes) {
  write_file_atomically(path, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace trivox::test
