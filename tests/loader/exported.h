#pragma once
#include <string>

#include "loader/dicom/select.h"
#include "tests/test.h"

namespace trivox::test {

/// A folder with the series and objects named, as a PACS exports them: see tests/golden/dicom_folder.py.
struct Exported {
  TemporaryFolder folder;

  explicit Exported(const std::string& what) {
    const Outcome made = python("golden/dicom_folder.py " + folder.path().string() + " " + what);
    INFO(made.output);
    REQUIRE(made.exit_code == 0);
  }
  [[nodiscard]] DicomSeries find(const SeriesRule& rule = {}, const std::string& channel = "T1WI") const {
    return find_dicom_series(folder.path(), rule, channel);
  }
  /// The number of the series that the rule picks, which is each of its voxels.
  [[nodiscard]] int chosen(const SeriesRule& rule) const {
    return static_cast<int>(read_dicom_series(find(rule)).data[0]);
  }
  /// The error without the folder's path.
  [[nodiscard]] std::string error(const SeriesRule& rule = {}, const std::string& channel = "T1WI") const {
    const std::string said = error_of([&] { (void)find(rule, channel); });
    const std::string path = folder.path().string() + ": ";
    return said.starts_with(path) ? said.substr(path.size()) : said;
  }
};

inline SeriesRule in_folder(const Patterns& patterns) {
  SeriesRule rule;
  rule.folder = patterns;
  return rule;
}

}  // namespace trivox::test
