#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "loader/nifti.h"
#include "tests/test.h"

using namespace trivox;
using test::fs::path;
using Json = nlohmann::json;

namespace {

std::string text_of(const path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Phantoms: patient 001 is good, 002 has the defect.
struct Phantoms {
  test::TemporaryFolder folder;
  path root = folder / "set";
  explicit Phantoms(const std::string& defect = "") {
    const auto outcome = test::trivox("phantom " + root.string() + " --patients 1 --seed 4" +
                                      (defect.empty() ? "" : " --defect " + defect));
    if (outcome.exit_code != 0) throw std::runtime_error(outcome.output);
  }
  [[nodiscard]] path patient(const std::string& id) const { return root / "data" / "MRI-Segments" / id; }
};

}  // namespace

TEST_CASE("inspect of a patient tells geometry and masks and draws them") {
  const Phantoms phantoms;
  const path page_file = phantoms.folder / "page.html";
  const auto outcome =
      test::trivox("inspect " + phantoms.patient("001").string() + "/ --slices 2 --html " + page_file.string());
  INFO(outcome.output);
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("patient folder"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("mask ROI-CE-T1.nii: in the same place as its series"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("label 1: "));
  const std::string page = text_of(page_file);
  CHECK_THAT(page, CONTAINS_TEXT("<path class=\"mask\""));
  CHECK_THAT(page, CONTAINS_TEXT(">R</text>"));
  CHECK_THAT(page, CONTAINS_TEXT("mm off"));  // sequences have slices of their own
  CHECK(page.find("http") == std::string::npos);
}

TEST_CASE("inspect gives the same as json") {
  const Phantoms phantoms;
  const auto outcome = test::trivox("inspect " + phantoms.patient("001").string() + " --json");
  const Json finding = Json::parse(outcome.output);
  CHECK(finding["kind"] == "patient folder");
  REQUIRE(finding["cases"][0]["series"].size() == 3);
  const Json& series = finding["cases"][0]["series"][2];
  CHECK(series["name"] == "CE-T1WI");
  CHECK(series["size"].size() == 3);
  CHECK(series["affine"].size() == 4);
  CHECK(series["facts"]["TE ms"].is_number());
  CHECK(series["mask"]["usable"] == true);
  CHECK(series["mask"]["labels"][0]["ml"].get<double>() > 0);
}

TEST_CASE("inspect of a mask_on_other_grid says where it lies and fails") {
  const Phantoms phantoms("mask_on_other_grid");
  const auto outcome = test::trivox("inspect " + phantoms.patient("002").string());
  INFO(outcome.output);
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("mask ROI-T1.nii: cannot be used: "));
}

TEST_CASE("inspect of a missing_sequence_folder names it and fails") {
  const Phantoms phantoms("missing_sequence_folder");
  const path page_file = phantoms.folder / "page.html";
  const auto outcome =
      test::trivox("inspect " + phantoms.patient("002").string() + " --html " + page_file.string() + " --slices 1");
  INFO(outcome.output);
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("T2WI: sequence folder is not there"));
  CHECK_THAT(outcome.output, !CONTAINS_TEXT("belongs to no sequence"));
  CHECK_THAT(text_of(page_file), CONTAINS_TEXT("sequence folder is not there"));
}

TEST_CASE("inspect of a missing_mask fails as preprocess does") {
  const Phantoms phantoms("missing_mask");
  const std::string command = "inspect " + phantoms.patient("002").string();
  const auto outcome = test::trivox(command);
  INFO(outcome.output);
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("no mask"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("warning: " + phantoms.patient("002").string() +
                                           ": mask is absent: ROI-T2.nii, expected a mask for each sequence"));
  CHECK(test::trivox(command + " --set dataset.require_masks=false").exit_code == 0);
  const auto all = test::trivox("inspect " + phantoms.root.string());
  CHECK(all.exit_code == 0);
  CHECK_THAT(all.output, CONTAINS_TEXT("names and headers only; pictures and masks are checked with --case ID or by "
                                       "preprocess"));
  test::fs::remove_all(phantoms.patient("001"));
  CHECK(test::trivox("inspect " + phantoms.root.string()).exit_code == 1);  // no case is left
}

TEST_CASE("inspect of a mask_there_twice fails as preprocess does") {
  const Phantoms phantoms;
  const path mask = phantoms.patient("001") / "ROI-T1.nii";
  std::ofstream(mask.string() + ".gz") << "x";
  const auto outcome = test::trivox("inspect " + phantoms.patient("001").string());
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("mask is there twice: ROI-T1.nii and ROI-T1.nii.gz"));
}

TEST_CASE("inspect of a nifti_with_nan counts the voxels and fails") {
  const test::TemporaryFolder folder;
  Grid grid;
  grid.size = {5, 6, 7};
  Volume<float> image(grid, 1, 2.5F);
  image.data[3] = std::numeric_limits<float>::quiet_NaN();
  image.data[9] = std::numeric_limits<float>::infinity();
  write_nifti(folder / "x.nii", image);
  const auto outcome = test::trivox("inspect " + (folder / "x.nii").string());
  INFO(outcome.output);
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("warning: voxel value is not finite at 2 voxels, expected numbers"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("values: 2.50 to 2.50"));
}

TEST_CASE("inspect of a slice_missing_in_the_middle names the series") {
  const Phantoms phantoms("slice_missing_in_the_middle");
  const auto outcome = test::trivox("inspect " + phantoms.patient("002").string());
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("CE-T1WI: gap between"));
}

TEST_CASE("inspect of a dataset lists cases and failures and looks into the case asked for") {
  const Phantoms phantoms("missing_sequence_folder");
  const auto outcome = test::trivox("inspect " + phantoms.root.string() + " --case 001");
  INFO(outcome.output);
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.output, CONTAINS_TEXT(": dataset"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("layout: npc"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("CE-T1WI: TE ms"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("case 001"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("in the same place as its series"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("cannot be used:\n  002: "));
  CHECK(test::trivox("inspect " + phantoms.root.string() + " --case 002").exit_code == 1);
  CHECK_THAT(test::trivox("inspect " + phantoms.root.string() + " --case 999").output,
             CONTAINS_TEXT("case 999 is not in the dataset"));
}

TEST_CASE("inspect of one sequence folder shows its series") {
  const Phantoms phantoms;
  const auto outcome = test::trivox("inspect " + (phantoms.patient("001") / "T2WI").string());
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("DICOM folder"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("TR ms"));
}

TEST_CASE("inspect of a NIfTI image tells its forms") {
  const test::TemporaryFolder folder;
  Grid grid;
  grid.size = {5, 6, 7};
  write_nifti(folder / "x.nii.gz", Volume<float>(grid, 1, 2.5F));
  const auto outcome = test::trivox("inspect " + (folder / "x.nii.gz").string() + " --html " + (folder / "x.html").string());
  INFO(outcome.output);
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("geometry from: both agree"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("axes run to: RAS"));
  CHECK(text_of(folder / "x.html").size() > 1000);
}

TEST_CASE("inspect of what is not there or not known says so") {
  CHECK_THAT(test::trivox("inspect /nowhere").output, CONTAINS_TEXT("/nowhere: path is not there"));
  const test::TemporaryFolder folder;
  std::ofstream(folder / "x.txt") << "x";
  const auto outcome = test::trivox("inspect " + (folder / "x.txt").string());
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("neither .nii nor .nii.gz"));
}
