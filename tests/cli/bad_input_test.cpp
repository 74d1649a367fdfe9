#include <algorithm>
#include <fstream>
#include <map>

#include "loader/phantom/phantom.h"
#include "tests/quoted.h"
#include "tests/test.h"

// Bad input on its whole way: written by `trivox phantom`, met by `trivox preprocess`.
using namespace trivox;
using namespace trivox::test;

namespace {

/// The lines of quarantine.csv by case id; several of one case one after another.
std::map<std::string, std::string> quarantine(const fs::path& shards) {
  std::ifstream stream(shards / "quarantine.csv");
  std::map<std::string, std::string> lines;
  std::string line;
  std::getline(stream, line);
  CHECK(line == "id,path,attribute,found,expected,context");
  while (std::getline(stream, line)) lines[line.substr(0, line.find(','))] += line + "\n";
  return lines;
}

/// A part of each defect's line of quarantine.csv that no other's has: "name: part" a line.
std::map<std::string, std::string> reasons_by_defect() {
  std::ifstream stream(fs::path(kSourceDir) / "tests/cli/defect_reasons.txt");
  std::map<std::string, std::string> reasons;
  for (std::string line; std::getline(stream, line);)
    if (const size_t colon = line.find(": "); colon != std::string::npos)
      reasons[line.substr(0, colon)] = line.substr(colon + 2);
  return reasons;
}

/// Preprocesses a patient with `defect` (002) and a sound one that comes after it (900). Checks
/// that the run went on and counts the bad one; returns its lines of quarantine.csv.
std::string quarantined(const std::string& defect) {
  const TemporaryFolder folder;
  const auto written = trivox::test::trivox("phantom " + quoted(folder / "p") +
                                            " --size tiny --patients 1 --defect " + defect);
  INFO(written.output);
  REQUIRE(written.exit_code == 0);
  fs::rename(folder / "p/data/MRI-Segments/001", folder / "p/data/MRI-Segments/900");
  const auto outcome =
      trivox::test::trivox("preprocess " + quoted(folder / "p") + " --out " + quoted(folder / "s"));
  INFO(outcome.output);
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("quarantined 002: "));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("1 of 2 cases: 1 written, 0 kept, 1 quarantined (reasons: " +
                                           (folder / "s/quarantine.csv").string() + ")"));
  CHECK(fs::exists(folder / "s/shard-00000.tar"));
  const auto lines = quarantine(folder / "s");
  REQUIRE(lines.size() == 1);
  REQUIRE(lines.begin()->first == "002");
  return lines.at("002");
}

}  // namespace

TEST_CASE("missing_sequence_folder through the program") {
  CHECK(quarantined("missing_sequence_folder") ==
        "002,data/MRI-Segments/002,sequence folder,absent: T2WI,\"T1WI, T2WI, CE-T1WI\",\n");
}

TEST_CASE("missing_mask through the program") {
  CHECK(quarantined("missing_mask") ==
        "002,data/MRI-Segments/002,mask,absent: ROI-T2.nii,a mask for each sequence,\n");
}

TEST_CASE("mask_on_other_grid through the program") {
  const std::string line = quarantined("mask_on_other_grid");
  CHECK_THAT(line, CONTAINS_TEXT("data/MRI-Segments/002/ROI-T1.nii,mask's grid,\"72 x 72 x 20"));
  CHECK_THAT(line, CONTAINS_TEXT(", up to 30"));
  CHECK_THAT(line, CONTAINS_TEXT(" mm from its series\",\"that of its series, 72 x 72 x 20"));
  CHECK_THAT(line, CONTAINS_TEXT(", within 0.2 mm\",sequence T1WI; case 002\n"));
}

TEST_CASE("slice_missing_in_the_middle through the program") {
  const std::string line = quarantined("slice_missing_in_the_middle");
  CHECK_THAT(line, CONTAINS_TEXT("002,data/MRI-Segments/002/CE-T1WI,gap between "));
  CHECK_THAT(line, CONTAINS_TEXT(",11.000 mm (1 slice is missing),5.500 mm,sequence CE-T1WI; case 002\n"));
}

TEST_CASE("truncated_dicom through the program") {
  const std::string line = quarantined("truncated_dicom");
  CHECK_THAT(line, CONTAINS_TEXT("002,data/MRI-Segments/002/CE-T1WI/0000"));
  CHECK_THAT(line, CONTAINS_TEXT(".dcm,PixelData,"));
  // 64 x 64 pixels of two bytes.
  CHECK_THAT(line, CONTAINS_TEXT(" bytes (truncated),8192 bytes,sequence CE-T1WI; case 002\n"));
}

TEST_CASE("truncated_nii_gz through the program") {
  const std::string line = quarantined("truncated_nii_gz");
  CHECK_THAT(line, CONTAINS_TEXT("002,data/MRI-Segments/002/ROI-CE-T1.nii.gz,gzip stream,truncated after "));
  // 64 x 64 x 20 voxels of one byte behind a header of 352.
  CHECK_THAT(line, CONTAINS_TEXT(",82272 bytes and a checksum,sequence CE-T1WI; case 002\n"));
}

TEST_CASE("empty_folder through the program") {
  CHECK(quarantined("empty_folder") ==
        "002,data/MRI-Segments/002/T1WI,number of DICOM images,0,a series,"
        "sequence T1WI; case 002\n");
}

TEST_CASE("every defect of the phantom is quarantined for its own reason") {
  const TemporaryFolder folder;
  const auto written =
      trivox::test::trivox("phantom " + quoted(folder / "p") + " --size tiny --patients 2 --defect all");
  INFO(written.output);
  REQUIRE(written.exit_code == 0);
  const auto outcome =
      trivox::test::trivox("preprocess " + quoted(folder / "p") + " --out " + quoted(folder / "s"));
  INFO(outcome.output);
  CHECK(outcome.exit_code == 0);
  const auto reasons = reasons_by_defect();
  const size_t defects = phantom_defects().size();
  REQUIRE(reasons.size() == defects);
  CHECK_THAT(outcome.output,
             CONTAINS_TEXT("2 of " + std::to_string(defects + 2) + " cases: 2 written, 0 kept, " +
                           std::to_string(defects) + " quarantined"));
  const auto lines = quarantine(folder / "s");
  REQUIRE(lines.size() == defects);
  CHECK(lines.count("001") == 0);
  CHECK(lines.count("002") == 0);
  auto line = lines.begin();
  for (const PhantomAlteration& defect : phantom_defects()) {
    INFO(std::string(defect.name));
    CHECK(std::count(line->second.begin(), line->second.end(), '\n') == 1);
    const std::string& reason = reasons.at(std::string(defect.name));
    for (const auto& [id, text] : lines)
      CHECK((text.find(reason) != std::string::npos) == (id == line->first));
    CHECK_THAT((line++)->second, CONTAINS_TEXT(reason));
  }
}

TEST_CASE("unknown_config_key through the program") {
  const TemporaryFolder folder;
  std::ofstream(folder / "my.yaml") << "seed: 3\nshards:\n  dtyp: float32\n";
  const auto outcome = trivox::test::trivox("preprocess " + quoted(folder.path()) + " --out " +
                                            quoted(folder / "s") + " --config " + quoted(folder / "my.yaml"));
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.output, CONTAINS_TEXT((folder / "my.yaml").string() +
                                           ":3: key is 'shards.dtyp', expected a known key; the nearest is "
                                           "'shards.dtype'"));
  CHECK_FALSE(fs::exists(folder / "s"));
}
