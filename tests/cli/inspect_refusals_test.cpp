// What inspect says of what cannot be used.
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "loader/nifti.h"
#include "tests/cli/phantoms.h"
#include "tests/loader/files.h"
#include "tests/test.h"

using namespace trivox;
using test::Phantoms;
using test::text_of;
using test::fs::path;
using Json = nlohmann::json;

TEST_CASE("mask_or_table_in_the_place_of_the_page is not overwritten") {
  const Phantoms phantoms;
  const std::string command = "inspect " + phantoms.patient("001").string() + " --slices 1 --html ";
  std::ofstream(phantoms.folder / "empty");
  std::ofstream(phantoms.folder / "other.htm") << "<!doctype HTML>\n<p>of another program";
  std::ofstream(phantoms.root / "data/info.csv") << "id,age\n001,50\n";
  for (const path& there :
       {phantoms.patient("001") / "ROI-T1.nii", phantoms.root / "data/info.csv", phantoms.root / "data"}) {
    const std::string before = test::fs::is_directory(there) ? "" : text_of(there);
    const auto outcome = test::trivox(command + there.string());
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.output,
               CONTAINS_TEXT(there.string() + ": it is a f"));  // a folder, a file that is ...
    CHECK_THAT(outcome.output, CONTAINS_TEXT("expected another name for --html: it would be lost"));
    CHECK((test::fs::is_directory(there) ? "" : text_of(there)) == before);
  }
  for (const char* name : {"page.html", "page.html", "empty", "other.htm"})
    CHECK(test::trivox(command + (phantoms.folder / name).string()).exit_code == 0);
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
  const auto outcome = test::trivox("inspect " + phantoms.patient("002").string() + " --html " +
                                    page_file.string() + " --slices 1");
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
  CHECK_THAT(outcome.output,
             CONTAINS_TEXT("cannot be used: " + phantoms.patient("002").string() +
                           ": mask is absent: ROI-T2.nii, expected a mask for each sequence"));
  CHECK(test::trivox(command + " --set dataset.require_masks=false").exit_code == 0);
  const auto all = test::trivox("inspect " + phantoms.root.string());
  CHECK(all.exit_code == 0);
  CHECK_THAT(all.output,
             CONTAINS_TEXT("names and headers only; pictures and masks are checked with --case ID or by "
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
  CHECK_THAT(outcome.output,
             CONTAINS_TEXT("cannot be used: voxel value is not finite at 2 voxels, expected numbers"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("values: 2.50 to 2.50"));
}

TEST_CASE("case_whose_image_is_refused has its section in a dataset's page and is counted") {
  const test::TemporaryFolder folder;
  test::fs::create_directories(folder / "imagesTr");
  test::fs::create_directories(folder / "labelsTr");
  std::ofstream(folder / "dataset.json")
      << R"({"channel_names": {"0": "T2"}, "labels": {"background": 0, "x": 1}, "file_ending": ".nii"})";
  Grid grid;
  grid.size = {20, 20, 3};
  Volume<float> image(grid, 1);
  for (size_t i = 0; i < image.data.size(); ++i) image.data[i] = static_cast<float>(i % 97);
  Volume<uint8_t> mask(grid, 1);
  mask.at(0, 9, 9, 1) = 1;
  for (const char* id : {"a", "b"}) {
    image.data[7] = *id == 'a' ? std::numeric_limits<float>::quiet_NaN() : 1;
    write_nifti(folder / "imagesTr" / (std::string(id) + "_0000.nii"), image);
    write_nifti(folder / "labelsTr" / (std::string(id) + ".nii"), mask);
  }
  const std::string page_file = (folder / "page.html").string();
  const auto outcome = test::trivox("inspect " + folder.path().string() + " --case a --html " + page_file);
  INFO(outcome.output);
  CHECK(outcome.exit_code == 1);
  const std::string refusal = "cannot be used: " + (folder / "imagesTr/a_0000.nii").string() +
                              ": voxel value is not finite at 1 voxel, expected numbers";
  CHECK_THAT(outcome.output, CONTAINS_TEXT(refusal));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("  cases: 2\n  cases that cannot be used: 1\n"));
  const std::string page = text_of(page_file);
  CHECK_THAT(page, CONTAINS_TEXT("<h2>Case a</h2>"));
  CHECK_THAT(page, !CONTAINS_TEXT("<h2>Case b</h2>"));
  CHECK_THAT(page, CONTAINS_TEXT("<b>T2</b> " + refusal));                       // of the case
  CHECK_THAT(page, CONTAINS_TEXT("<div class=\"wrap\">" + refusal + "</div>"));  // in the table of cases

  test::fs::resize_file(folder / "imagesTr/b_0000.nii", 300);  // within the header
  const auto headers = test::trivox("inspect " + folder.path().string() + " --json");
  CHECK(Json::parse(headers.output)["facts"]["cases that cannot be used"] == 1);
  CHECK_THAT(test::trivox("inspect " + folder.path().string() + " --case a").output,
             CONTAINS_TEXT("  cases: 2\n  cases that cannot be used: 2\n"));
}

TEST_CASE("case_with_a_dot_in_its_name is told to be unusable as preprocess does") {
  const test::TemporaryFolder folder;
  Grid grid;
  grid.size = {8, 8, 3};
  write_nifti(folder / "a.nii", Volume<float>(grid, 1));
  std::ofstream(folder / "cases.csv") << "id,T1\n1.3.6.1,a.nii\n";
  const std::string from = folder.path().string() + " --set dataset.require_masks=false";
  const std::string reason = "case id is '1.3.6.1', expected 1 to 80 bytes without dots, slashes, ";
  const auto outcome = test::trivox("inspect " + from);
  INFO(outcome.output);
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("    cannot be used: " + reason));
  CHECK_THAT(test::trivox("preprocess " + from + " --out " + (folder / "out").string()).output,
             CONTAINS_TEXT(reason));
}

TEST_CASE("nifti_of_several_volumes is no usable case by its header alone") {
  const test::TemporaryFolder folder;
  Grid grid;
  grid.size = {8, 8, 3};
  write_nifti(folder / "a.nii", Volume<float>(grid, 1));
  write_nifti(folder / "b.nii", Volume<float>(grid, 2));
  std::ofstream(folder / "cases.csv") << "id,T1\na,a.nii\nb,b.nii\n";
  std::ofstream(folder / "no_masks.yaml") << "dataset: {require_masks: false}\n";
  const auto outcome =
      test::trivox("inspect " + folder.path().string() + " --config " + (folder / "no_masks.yaml").string());
  INFO(outcome.output);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("  cases: 2\n  cases that cannot be used: 1\n"));
  CHECK_THAT(
      outcome.output,
      CONTAINS_TEXT("cannot be used: number of volumes is 2, expected 1: each channel is a file of its own"));
  CHECK_THAT(outcome.output, !CONTAINS_TEXT("T1: channels"));
}

TEST_CASE("inspect of a slice_missing_in_the_middle names the series") {
  const Phantoms phantoms("slice_missing_in_the_middle");
  const auto outcome = test::trivox("inspect " + phantoms.patient("002").string());
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("CE-T1WI: gap between"));
}

TEST_CASE("inspect of what is not there or not known says so") {
  CHECK_THAT(test::trivox("inspect /nowhere").output, CONTAINS_TEXT("/nowhere: path is not there"));
  const test::TemporaryFolder folder;
  std::ofstream(folder / "x.txt") << "x";
  const auto outcome = test::trivox("inspect " + (folder / "x.txt").string());
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("file is neither NIfTI nor DICOM, nor a table by its name"));
}

TEST_CASE("nnunet_without_dataset.json is no study of two raters") {
  const test::TemporaryFolder folder;
  for (const char* name : {"imagesTr/a_001_0000.nii.gz", "labelsTr/a_001.nii.gz"}) test::touch(folder / name);
  const auto outcome = test::trivox("inspect " + folder.path().string());
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("dataset.json"));
}

TEST_CASE("inspect of a refused file gives json with the fault") {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "a.nii") << "no NIfTI";
  const auto outcome = test::trivox("inspect " + (folder / "a.nii").string() + " --json");
  CHECK(outcome.exit_code == 1);
  const size_t start = outcome.output.find('{'), end = outcome.output.rfind('}');  // beside the error
  REQUIRE(end != std::string::npos);
  const Json finding = Json::parse(outcome.output.substr(start, end + 1 - start));
  CHECK(finding["path"] == (folder / "a.nii").string());
  CHECK_THAT(finding["fault"].get<std::string>(), CONTAINS_TEXT("a.nii: sizeof_hdr is "));
  const auto where = test::trivox("inspect " + (folder / "a.nii").string() + " --where part=x");
  CHECK(where.exit_code != 0);
}

TEST_CASE("answer_that_cannot_be_written") {
  const Phantoms phantoms;
  const auto outcome = test::shell("{ " + std::string(test::kBinDir) + "/trivox inspect " +
                                   phantoms.root.string() + " --json > /dev/full; }");
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("the answer cannot be written: No space left on device"));
}

TEST_CASE("inspect counts an id that preprocess refuses among the cases that cannot be used") {
  const Phantoms phantoms;
  test::fs::rename(phantoms.patient("001"), phantoms.patient("a.b"));
  const auto outcome = test::trivox("inspect " + phantoms.root.string() + " --json");
  const Json finding = Json::parse(outcome.output);
  CHECK(finding["facts"]["cases"].is_number_integer());
  CHECK(finding["facts"]["cases"] == 1);
  CHECK(finding["facts"]["cases that cannot be used"] == 1);
  CHECK(finding["facts"]["read from"] == (phantoms.root / "data/MRI-Segments").string());
}
