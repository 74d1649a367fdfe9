#include <fstream>
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

TEST_CASE("inspect of a patient tells geometry and masks and draws them") {
  const Phantoms phantoms;
  const path page_file = phantoms.folder / "page.html";
  const auto outcome = test::trivox("inspect " + phantoms.patient("001").string() + "/ --slices 2 --html " +
                                    page_file.string());
  INFO(outcome.output);
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("patient folder"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("mask ROI-CE-T1.nii: in the same place as its series"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("label 1: "));
  CHECK_THAT(outcome.output, !CONTAINS_TEXT("warning: ROI"));
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

TEST_CASE("inspect of a DICOM file shows the series that it belongs to") {
  const Phantoms phantoms;
  const path both = phantoms.folder / "both";
  for (const char* name : {"T1WI", "T2WI"}) {
    test::fs::create_directories(both);
    for (const auto& entry : test::fs::directory_iterator(phantoms.patient("001") / name))
      test::fs::copy(entry.path(), both / (name + entry.path().filename().string()));
  }
  const path file =
      both /
      ("T2WI" + test::fs::directory_iterator(phantoms.patient("001") / "T2WI")->path().filename().string());
  const auto outcome = test::trivox("inspect " + file.string());
  INFO(outcome.output);
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.output, CONTAINS_TEXT(": file of a DICOM series\n"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("chosen: the only one of 2 series with the file T2WI"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("not chosen"));
}

TEST_CASE("inspect of an escape_sequence tells it and does not send it") {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "t.csv") << "ID,Age,\x1b[2Jshoe\n1,4\x1b[31m1,\xc2\x9b"
                                     "2J\n2,50,x\n";
  const auto outcome =
      test::trivox("inspect " + (folder / "t.csv").string() + " --html " + (folder / "t.html").string());
  const std::string page = text_of(folder / "t.html");
  for (const std::string& text : {outcome.output, page}) {
    INFO(text);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find("\xc2\x9b") == std::string::npos);
    CHECK_THAT(text, CONTAINS_TEXT("\\x1b[2Jshoe"));
    CHECK_THAT(text, CONTAINS_TEXT("4\\x1b[31m1"));
  }
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

TEST_CASE("inspect shows Philips' own values where the configuration says so") {
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  const path patient = folder / "MRI-Segments/001";
  for (const char* channel : {"T1WI", "T2WI", "CE-T1WI"}) {
    test::fs::create_directories(patient / channel);
    REQUIRE(test::python("golden/dicom_case.py " + (patient / channel).string() + " philips " +
                         std::to_string(std::string(channel).size()))
                .exit_code == 0);
  }
  const auto values = [](const path& what, const std::string& options) {
    const Json said = Json::parse(test::trivox("inspect " + what.string() + " --json" + options).output);
    std::pair<double, double> range;
    std::istringstream text(said["cases"][0]["series"][0]["facts"]["values"].get<std::string>());
    std::string to;
    text >> range.first >> to >> range.second;
    return range;
  };
  for (const path& what : {patient, patient / "T1WI"}) {
    const auto rescaled = values(what, "");
    const auto floating = values(what, " --set dataset.philips_scaling=true");
    // Stored s, RescaleSlope 1.5, RescaleIntercept 4, ScaleSlope .25: (1.5 s + 4) / (1.5 * .25).
    CHECK(rescaled.second > 1000);
    CHECK(floating.first == Approx(rescaled.first / (1.5 * 0.25)).margin(0.02));
    CHECK(floating.second == Approx(rescaled.second / (1.5 * 0.25)).margin(0.02));
  }
}

TEST_CASE("inspect of a NIfTI image tells its forms") {
  const test::TemporaryFolder folder;
  Grid grid;
  grid.size = {5, 6, 7};
  write_nifti(folder / "x.nii.gz", Volume<float>(grid, 1, 2.5F));
  const auto outcome =
      test::trivox("inspect " + (folder / "x.nii.gz").string() + " --html " + (folder / "x.html").string());
  INFO(outcome.output);
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("geometry from: both agree"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("axes run to: RAS"));
  CHECK(text_of(folder / "x.html").size() > 1000);
}

TEST_CASE("inspect of masks explains their place and lists what to look at") {
  const Phantoms phantoms;
  const path patient = phantoms.patient("001");
  // The mask of T2WI as another tool may save it: x and y swapped, and a speck far off; that of T1WI moved.
  const NiftiNative given = read_nifti_native(patient / "ROI-T2.nii");
  const auto& mask = std::get<Volume<uint8_t>>(given.volume.stored);
  AxisMap swap;
  swap.axis = {1, 0, 2};
  Grid turned = mask.grid;
  std::swap(turned.size[0], turned.size[1]);
  turned.affine.col(0) = mask.grid.affine.col(1);
  turned.affine.col(1) = mask.grid.affine.col(0);
  Volume<uint8_t> swapped = reorder(mask, swap, turned);
  swapped.at(0, 0, 5, 0) = 1;
  write_nifti(patient / "ROI-T2.nii", swapped);
  NiftiNative other = read_nifti_native(patient / "ROI-T1.nii");
  std::get<Volume<uint8_t>>(other.volume.stored).grid.affine(1, 3) += 30;
  write_nifti(patient / "ROI-T1.nii", other.volume);

  const auto outcome = test::trivox("inspect " + patient.string());
  INFO(outcome.output);
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output,
             CONTAINS_TEXT("mask ROI-T2.nii: reordered onto its series' axes (x <- y, y <- x, z <- z, "));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("mask ROI-T1.nii: cannot be used: "));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("up to 30 mm from its series"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("      mask: first voxel at ("));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("look at: label 1 has 1 island: 1 voxel ("));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("look at: touches the volume's edge: "));
  CHECK_THAT(outcome.output, !CONTAINS_TEXT("mask touches the volume's edge"));  // once is enough
  CHECK_THAT(outcome.output, CONTAINS_TEXT("masks of T2WI and CE-T1WI: centroids "));

  const Json finding = Json::parse(test::trivox("inspect " + patient.string() + " --json").output);
  const Json& series = finding["cases"][0]["series"];
  CHECK(series[1]["mask"]["place"]["axes"] == "x <- y, y <- x, z <- z");
  CHECK(series[1]["mask"]["place"]["distance_mm"].get<double>() < 0.05);
  CHECK(series[1]["mask"]["found"]["corners_mm"].size() == 8);
  CHECK(series[1]["mask"]["labels"][0]["islands"][0]["voxels"] == 1);
  CHECK(series[0]["mask"]["usable"] == false);
  CHECK(series[0]["mask"]["found"]["corners_mm"][0][1].get<double>() ==
        Approx(series[0]["mask"]["expected"]["corners_mm"][0][1].get<double>() + 30).margin(0.05));
  CHECK(finding["cases"][0]["usable"] == false);
  CHECK(finding["cases"][0]["masks"].size() == 1);
}

TEST_CASE("inspect of a study lists every series and every file that is none") {
  const Phantoms phantoms;
  const path study = phantoms.folder / "study";
  for (const auto& [from, to] : {std::pair{"T1WI", "301"}, std::pair{"T2WI", "302/images"}}) {
    test::fs::create_directories((study / to).parent_path());
    test::fs::copy(phantoms.patient("001") / from, study / to);
  }
  std::ofstream(study / "notes.txt") << "as the scanner left it";
  const path broken = test::fs::directory_iterator(study / "301")->path();
  const auto whole = test::trivox("inspect " + study.string());
  INFO(whole.output);
  CHECK(whole.exit_code == 1);
  CHECK_THAT(whole.output, CONTAINS_TEXT(": DICOM folder"));
  CHECK_THAT(whole.output, CONTAINS_TEXT("not chosen"));
  CHECK_THAT(whole.output, CONTAINS_TEXT("modality: MR"));
  CHECK_THAT(whole.output, CONTAINS_TEXT("ignored: notes.txt: "));
  CHECK_THAT(whole.output, CONTAINS_TEXT(": number of series is 2"));
  const auto one = test::trivox("inspect " + (study / "302").string());
  INFO(one.output);
  CHECK(one.exit_code == 0);
  CHECK_THAT(one.output, CONTAINS_TEXT("chosen: the only series"));
  test::fs::resize_file(broken, 2000);
  const auto spoilt = test::trivox("inspect " + study.string());
  INFO(spoilt.output);
  CHECK_THAT(spoilt.output, CONTAINS_TEXT("broken: 301/" + broken.filename().string() + ": "));
}

TEST_CASE("inspect picks a series by the channel's rule or by --where") {
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  const path patient = folder / "P1", channel = patient / "T2WI";
  REQUIRE(test::python("golden/dicom_folder.py " + channel.string() + " flat t2 t1").exit_code == 0);
  const auto none = test::trivox("inspect " + channel.string());
  CHECK(none.exit_code == 1);
  CHECK_THAT(none.output, CONTAINS_TEXT("or --where KEY=VALUE that picks one of them"));
  const std::string rule = " --set 'dataset.series={T2WI: {description: \"t2*\"}}'";
  for (const std::string& how : {rule, std::string(" --where description=t2*")}) {
    const auto outcome = test::trivox("inspect " + channel.string() + how);
    INFO(outcome.output);
    CHECK(outcome.exit_code == 0);
    CHECK_THAT(outcome.output, CONTAINS_TEXT("the only one of 2 series with description \"t2*\""));
  }
  const auto page = test::trivox("inspect " + (folder / "none").string() + " --where part=x");
  CHECK(page.exit_code == 1);
}

TEST_CASE("inspect of a patient whose sequences are NIfTI files looks at the masks") {
  const Phantoms phantoms;
  const path patient = phantoms.patient("001");
  for (const char* name : {"T1WI", "T2WI", "CE-T1WI"}) {
    const path file = patient / (std::string(name) + ".nii");
    REQUIRE(test::trivox("convert " + (patient / name).string() + " " + file.string()).exit_code == 0);
    test::fs::remove_all(patient / name);
  }
  const auto outcome = test::trivox("inspect " + patient.string());
  CHECK_THAT(outcome.output, CONTAINS_TEXT("mask ROI-CE-T1.nii: in the same place as its series"));
  CHECK_THAT(outcome.output, !CONTAINS_TEXT("names and headers only"));
}
