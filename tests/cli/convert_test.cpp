#include <fstream>
#include <nlohmann/json.hpp>

#include "loader/nifti.h"
#include "tests/test.h"

using namespace trivox;
using test::fs::path;
using Json = nlohmann::json;

namespace {

struct Phantom {
  test::TemporaryFolder folder;
  path patient = folder / "set/data/MRI-Segments/001";
  explicit Phantom(int seed = 5) {
    const auto made =
        test::trivox("phantom " + (folder / "set").string() + " --patients 1 --seed " + std::to_string(seed));
    if (made.exit_code != 0) throw std::runtime_error(made.output);
  }
};

Grid small_grid() {
  Grid grid;
  grid.size = {3, 4, 2};
  grid.affine.diagonal() << -0.5, -0.5, 5, 1;
  return grid;
}

}  // namespace

TEST_CASE("convert writes what pydicom and SimpleITK and dcm2niix read", "[convert]") {
  NEEDS_PYTHON();
  const Phantom phantom;
  for (const char* name : {"T1WI", "T2WI", "CE-T1WI"}) {
    const std::string out = (phantom.folder / (std::string(name) + ".nii.gz")).string();
    const auto outcome = test::trivox("convert " + (phantom.patient / name).string() + " " + out);
    INFO(outcome.output);
    REQUIRE(outcome.exit_code == 0);
    CHECK_THAT(outcome.output, CONTAINS_TEXT(out + ": "));
    CHECK_THAT(outcome.output, CONTAINS_TEXT("chosen: the only series"));
    const auto checked =
        test::python("cli/convert_oracle.py " + out + " " + (phantom.patient / name).string());
    INFO(checked.output);
    CHECK(checked.exit_code == 0);
  }
}

TEST_CASE("convert writes the glioma as others read it", "[convert][data]") {
  NEEDS_DATA();
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  const path patient = test::data_folder() / "glioma/MRI-Segments/001";
  for (const char* name : {"T1WI", "T2WI", "CE-T1WI"}) {
    const std::string out = (folder / (std::string(name) + ".nii")).string();
    const auto outcome = test::trivox("convert " + (patient / name).string() + " " + out);
    INFO(outcome.output);
    REQUIRE(outcome.exit_code == 0);
    const auto checked = test::python("cli/convert_oracle.py " + out + " " + (patient / name).string());
    INFO(checked.output);
    CHECK(checked.exit_code == 0);
  }
}

TEST_CASE("convert of a NIfTI file keeps type and scaling and place", "[convert]") {
  const test::TemporaryFolder folder;
  Volume<int32_t> volume(small_grid(), 1);
  for (size_t i = 0; i < volume.data.size(); ++i) volume.data[i] = 16777216 + static_cast<int32_t>(i);
  write_nifti(folder / "a.nii", NativeVolume{volume, 0.25, -3});
  const auto outcome = test::trivox("convert " + (folder / "a.nii").string() + " " +
                                    (folder / "b.nii.gz").string() + " --json");
  REQUIRE(outcome.exit_code == 0);
  const Json said = Json::parse(outcome.output);
  CHECK(said["datatype"] == "int32");
  CHECK(said["slope"] == 0.25);
  CHECK(said["intercept"] == -3);
  CHECK(said["size"] == Json({3, 4, 2}));
  CHECK(said["affine"][2][2] == 5);
  const NiftiNative read = read_nifti_native(folder / "b.nii.gz");
  CHECK(std::get<Volume<int32_t>>(read.volume.stored).data == volume.data);
  CHECK(read.volume.slope == 0.25);
  CHECK(corner_distance_mm(read.header.grid, small_grid()) < 1e-4);
}

TEST_CASE("two_series_in_a_folder are converted by name or by file", "[convert]") {
  const Phantom phantom;
  const path both = phantom.folder / "both";
  test::fs::create_directories(both / "a");
  test::fs::create_directories(both / "b");
  for (const auto& [from, to] : {std::pair{"T1WI", "a"}, std::pair{"T2WI", "b"}})
    test::fs::copy(phantom.patient / from, both / to);
  const std::string out = std::string(" ").append((phantom.folder / "out.nii").string());
  const auto tie = test::trivox("convert " + both.string() + out);
  CHECK(tie.exit_code == 1);
  CHECK_THAT(tie.output, CONTAINS_TEXT("number of series is 2: "));
  CHECK_THAT(tie.output, CONTAINS_TEXT("one, or --series and --te that leave one"));
  CHECK_FALSE(test::fs::exists(phantom.folder / "out.nii"));

  const auto alone = test::trivox("convert " + (phantom.patient / "T2WI").string() + out + " --json");
  const Json expected = Json::parse(alone.output);
  const std::string file = test::fs::directory_iterator(both / "b")->path().string();
  const auto by_file = test::trivox("convert " + file + out + " --json");
  INFO(by_file.output);
  REQUIRE(by_file.exit_code == 0);
  CHECK(Json::parse(by_file.output)["affine"] == expected["affine"]);
  const auto by_name = test::trivox("convert " + both.string() + out + " --series '*t2*' --json");
  INFO(by_name.output);
  REQUIRE(by_name.exit_code == 0);
  const Json said = Json::parse(by_name.output);
  CHECK(said["affine"] == expected["affine"]);
  CHECK_THAT(said["chosen"].get<std::string>(), CONTAINS_TEXT("the only one of 2 series that was asked for"));
  CHECK(said["passed_over"].size() == 1);
  const auto none = test::trivox("convert " + both.string() + out + " --series flair");
  CHECK(none.exit_code == 1);
  CHECK_THAT(none.output, CONTAINS_TEXT("number of series that were asked for is 0 of 2"));
}

TEST_CASE("convert refuses what it cannot write or read", "[convert]") {
  const test::TemporaryFolder folder;
  write_nifti(folder / "a.nii", Volume<float>(small_grid(), 1));
  const std::string a = (folder / "a.nii").string();
  const auto name = test::trivox("convert " + a + " " + (folder / "b.img").string());
  CHECK(name.exit_code == 2);
  CHECK_THAT(name.output, CONTAINS_TEXT("a name that ends in .nii or .nii.gz"));
  CHECK(test::trivox("convert " + a + " " + a).exit_code == 2);
  const auto absent =
      test::trivox("convert " + (folder / "none").string() + " " + (folder / "b.nii").string());
  CHECK(absent.exit_code == 1);
  CHECK_THAT(absent.output, CONTAINS_TEXT("path is not there"));
  std::fstream file(a, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(252);  // qform_code, sform_code
  file.write("\0\0\0\0", 4);
  file.close();
  const auto placeless = test::trivox("convert " + a + " " + (folder / "b.nii").string());
  CHECK(placeless.exit_code == 1);
  CHECK_THAT(placeless.output, CONTAINS_TEXT("geometry is absent (qform_code and sform_code are 0)"));
}
