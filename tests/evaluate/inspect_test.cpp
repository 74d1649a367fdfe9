#include "evaluate/inspect.h"

#include <fstream>
#include <iomanip>

#include "evaluate/inspect_page.h"
#include "evaluate/inspect_series.h"
#include "evaluate/inspect_text.h"
#include "evaluate/picture.h"
#include "loader/manifest.h"
#include "loader/nifti.h"
#include "tests/test.h"

using namespace trivox;

TEST_CASE("orientation is told by the letters of the axes") {
  Grid grid;
  grid.size = {4, 4, 4};
  CHECK(orientation_letters(grid) == "RAS");
  grid.affine.diagonal() << -1, -1, 1, 1;
  CHECK(orientation_letters(grid) == "LPS");
  CHECK(describe_plane(grid) == "axial");
  grid.affine.topLeftCorner<3, 3>() =
      Eigen::AngleAxisd(0.1, Eigen::Vector3d::UnitX()).matrix() * grid.affine.topLeftCorner<3, 3>();
  CHECK(describe_plane(grid) == "axial, tilted 5.7 degrees");  // .1 rad
}

TEST_CASE("file order is told against geometric order") {
  CHECK(describe_file_order({"a/2.dcm", "a/3.dcm", "a/10.dcm"}) == "with the slices");
  CHECK(describe_file_order({"a/IM10.dcm", "a/IM9.dcm", "a/IM1.dcm"}) == "against the slices");
  CHECK(describe_file_order({"a/000001.dcm", "a/000003.dcm", "a/000002.dcm"}) == "not in the slices' order");
}

TEST_CASE("real series stand upright with R on the left by SimpleITK's coordinates") {
  NEEDS_DATA();
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  const auto patient = test::data_folder() / "glioma" / "MRI-Segments" / "001";
  const Finding finding = inspect(patient, {}, InspectDepth::kPixels);
  CHECK(finding.kind == PathKind::kPatientFolder);
  REQUIRE(finding.cases.size() == 1);
  REQUIRE(finding.cases[0].series.size() == 3);
  std::ofstream out(folder / "pixels.txt");
  out << std::setprecision(12);
  for (const SeriesFinding& series : finding.cases[0].series) {
    REQUIRE_FALSE(series.fault);
    const SliceView view = slice_view(series.grid);
    CHECK(view.plane() == "axial");
    CHECK(view.letters == std::array<char, 4>{'R', 'L', 'A', 'P'});
    for (int64_t slice = 0; slice < view.slices(); slice += 7)
      for (const double row : {0.0, 100.0, static_cast<double>(view.height() - 1)})
        for (const double column : {0.0, 150.0, static_cast<double>(view.width() - 1)}) {
          const Eigen::Vector3d voxel = view.to_voxel(column, row, static_cast<double>(slice));
          const Eigen::Vector3d world = series.grid.to_world(voxel);
          out << series.path << '\t' << slice << '\t' << row << '\t' << column << '\t' << voxel.transpose()
              << '\t' << world.transpose() << '\t'
              << series.image.at(0, std::llround(voxel[0]), std::llround(voxel[1]), std::llround(voxel[2]))
              << '\n';
        }
  }
  out.close();
  const auto outcome = test::python("evaluate/screen_oracle.py " + (folder / "pixels.txt").string());
  INFO(outcome.output);
  CHECK(outcome.exit_code == 0);
}

TEST_CASE("inspect writes a page of real series that refers to nothing outside") {
  NEEDS_DATA();
  const test::TemporaryFolder folder;
  const auto patient = test::data_folder() / "glioma" / "MRI-Segments" / "001";
  const auto page_file = folder / "page.html";
  const auto outcome =
      test::trivox("inspect " + patient.string() + " --slices 2 --html " + page_file.string());
  INFO(outcome.output);
  CHECK(outcome.exit_code == 0);
  for (const char* text : {"patient folder", "CE-T1WI", "TE ms", "TR ms", "between slices mm",
                           "file names run", "transfer syntax", "axes run to"})
    CHECK_THAT(outcome.output, CONTAINS_TEXT(text));
  std::ifstream in(page_file);
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  for (const char* outside : {"http", "src=", "<link", "<script", "@import", "url("})
    CHECK(page.find(outside) == std::string::npos);
  for (const char* text : {">R</text>", ">L</text>", "name=\"viewport\"", "T2WI"})
    CHECK_THAT(page, CONTAINS_TEXT(text));
}

TEST_CASE("inspect takes the form that the configuration names") {
  const test::TemporaryFolder folder;
  Grid grid;
  grid.size = {4, 3, 2};
  write_nifti(folder / "a.nii", Volume<float>(grid, 1, 1.0F));
  const float moved = 5;  // mm; qoffset_x of NIfTI-1 stands at byte 268
  std::fstream file(folder / "a.nii", std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(268);
  file.write(reinterpret_cast<const char*>(&moved), sizeof moved);
  file.close();
  CHECK_THAT(test::error_of([&] { (void)inspect(folder / "a.nii", {}, InspectDepth::kHeaders); }),
             CONTAINS_TEXT("distance between qform and sform is 5.0"));
  DatasetOptions options;
  options.nifti_form = "qform";
  const Finding finding = inspect(folder / "a.nii", options, InspectDepth::kHeaders);
  CHECK(finding.cases.at(0).series.at(0).grid.affine(0, 3) == 5);
}

TEST_CASE("text that is no UTF-8 is replaced in json") {
  // Scanners write a description in Latin-1: "sp", a dotted a, "t".
  Finding finding;
  finding.facts = {{"description", "sp\xe4t"}};
  CHECK_THAT(finding_json(finding), CONTAINS_TEXT("\"sp\xef\xbf\xbdt\""));
}

TEST_CASE("inspect of shards tells their manifest and what was quarantined") {
  const test::TemporaryFolder folder;
  Manifest manifest;
  manifest.folder = folder.path();
  manifest.version = "0.1.0";
  manifest.channels = {"T1WI", "CE-T1WI"};
  manifest.labels = {{1, "tumour"}};
  manifest.quarantined = {{"007", Fault{"007", "mask", "absent", "one", {}}}};
  write_manifest(manifest);
  const Finding finding = inspect(folder.path(), {}, InspectDepth::kMasks);
  CHECK(finding.kind == PathKind::kShards);
  const std::string text = finding_text(finding);
  CHECK_THAT(text, CONTAINS_TEXT("channels: T1WI, CE-T1WI"));
  CHECK_THAT(text, CONTAINS_TEXT("labels: 1 tumour"));
  CHECK_THAT(text, CONTAINS_TEXT("samples: 0"));
  CHECK_THAT(text, CONTAINS_TEXT("007: 007: mask is absent, expected one"));
  CHECK_THAT(inspect_html(finding, 8, "0.1.0"), CONTAINS_TEXT("T1WI, CE-T1WI"));
}

TEST_CASE("images and labels of one dataset are no two raters", "[inspect]") {
  const test::TemporaryFolder folder;
  test::fs::create_directories(folder / "imagesTr");
  test::fs::create_directories(folder / "labelsTr");
  std::ofstream(folder / "dataset.json")
      << R"({"channel_names": {"0": "T1"}, "labels": {"background": 0, "tumour": 1}, "file_ending": ".nii"})";
  Grid grid;
  grid.size = {4, 3, 2};
  for (const char* part : {"imagesTr", "labelsTr"})  // without the _0000 of nnU-Net's names
    write_nifti(folder / part / "c001.nii", Volume<uint8_t>(grid, 1, 1));
  const Finding finding = inspect(folder.path(), {}, InspectDepth::kHeaders);
  CHECK(finding.kind == PathKind::kDataset);
  CHECK(finding.raters == std::nullopt);
}
