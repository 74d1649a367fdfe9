#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "loader/nifti.h"
#include "tests/loader/dicom/case.h"
#include "tests/test.h"

using namespace trivox;
using test::fs::path;
using Json = nlohmann::json;

namespace {

struct Phantom {
  test::TemporaryFolder folder;
  path patient = folder / "set/data/MRI-Segments/001";
  Phantom() {
    const auto made =
        test::trivox("phantom " + (folder / "set").string() + " --size tiny --patients 1 --seed 5");
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
  CHECK_THAT(tie.output, CONTAINS_TEXT("number of series is 2 that differ in "));
  CHECK_THAT(tie.output, CONTAINS_TEXT("expected one, or --where KEY=VALUE that picks one of them (by "));
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
  CHECK_THAT(said["chosen"].get<std::string>(),
             CONTAINS_TEXT("the only one of 2 series with description or SeriesInstanceUID \"*t2*\""));
  CHECK(said["passed_over"].size() == 1);
  const auto none = test::trivox("convert " + both.string() + out + " --series flair");
  CHECK(none.exit_code == 1);
  CHECK_THAT(none.output, CONTAINS_TEXT("number of series that match is 0 of "));
  CHECK_THAT(none.output, CONTAINS_TEXT("expected one with description or SeriesInstanceUID \"flair\""));

  const Json t2 = Json::parse(test::trivox("inspect " + (both / "b").string() + " --json").output);
  const auto te = t2["cases"][0]["series"][0]["facts"]["TE ms"].get<double>();
  const auto by_te = test::trivox("convert " + both.string() + out + " --json --te " + std::to_string(te));
  INFO(by_te.output);
  REQUIRE(by_te.exit_code == 0);
  CHECK(Json::parse(by_te.output)["affine"] == expected["affine"]);
  const auto no_te = test::trivox("convert " + both.string() + out + " --te 3.25");
  CHECK(no_te.exit_code == 1);
  CHECK_THAT(no_te.output, CONTAINS_TEXT("expected one with TE 3.25 ms"));

  // Of what is not asked for a file may be broken; of what is asked for not.
  const path broken = test::fs::directory_iterator(both / "a")->path();
  test::fs::resize_file(broken, test::fs::file_size(broken) - 100);
  const auto other = test::trivox("convert " + both.string() + out + " --series '*t2*'");
  INFO(other.output);
  CHECK(other.exit_code == 0);
  CHECK_THAT(other.output, CONTAINS_TEXT("passed over: of another series and not read: a/"));
  CHECK(test::trivox("convert " + file + out).exit_code == 0);
  CHECK(test::trivox("convert " + both.string() + out + " --series '*t1*'").exit_code == 1);
}

TEST_CASE("convert picks by whatever a rule of series has", "[convert]") {
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  const std::string out = (folder / "out.nii").string();
  for (const auto& [name, where] :
       {std::pair{"two_stacks", "part='*StackID 2*'"}, std::pair{"two_moments", "part='*PositionIndex 2'"},
        std::pair{"two_b_values", "part='*BValue 800*'"},
        std::pair{"magnitude_and_phase", "image_type='*\\P\\*'"},
        std::pair{"two_echoes", "te_ms=[60,100]"}}) {
    const path in = folder / name;
    test::fs::create_directory(in);
    const auto made = test::python("golden/dicom_enhanced.py " + in.string() + " " + name);
    REQUIRE(made.exit_code == 0);
    const test::ExpectedSeries expected(made.output.substr(made.output.find("---\n") + 4));
    for (const path& given : {in, in / "enhanced.dcm"}) {
      const auto outcome =
          test::trivox("convert " + given.string() + " " + out + " --where modality=mr --where " + where);
      INFO(name << ": " << outcome.output);
      REQUIRE(outcome.exit_code == 0);
      const NiftiImage image = read_nifti(out);
      CHECK(corner_distance_mm(image.volume.grid, expected.grid) < 1e-3);
      CHECK(std::vector<float>(image.volume.data.begin(), image.volume.data.end()) == expected.values);
    }
  }
  const auto said = [&](const std::string& where) {
    const auto outcome =
        test::trivox("convert " + (folder / "two_stacks").string() + " " + out + " " + where);
    CHECK(outcome.exit_code != 0);
    return outcome.output;
  };
  CHECK_THAT(said(""), CONTAINS_TEXT("expected one, or --where KEY=VALUE that picks one of them (by "
                                     "orientation, part)"));
  CHECK_THAT(said("--where part=x"), CONTAINS_TEXT("expected one with part \"x\""));
  CHECK_THAT(said("--where part"), CONTAINS_TEXT("--where is 'part', expected KEY=VALUE"));
  CHECK_THAT(said("--where parts=x"),
             CONTAINS_TEXT("--where:1: key is 'parts', expected a known key; the nearest is 'part'"));
  CHECK_THAT(said("--where te_ms=80"),
             CONTAINS_TEXT("--where:1: te_ms is 80, expected [low, high] with low <= high"));
  CHECK_THAT(said("--where te_ms=[60,130"),
             CONTAINS_TEXT("--where is 'te_ms=[60,130', expected te_ms=[low, high], once"));
  CHECK_THAT(said("--where part=a --where part=b"), CONTAINS_TEXT("expected one with part \"a\" or \"b\""));
  CHECK_THAT(said("--where part='[\"a\", \"!b\"]'"), CONTAINS_TEXT("with part \"a\" but not \"b\""));
  CHECK_THAT(said("--where 'part=[*a*]'"),
             CONTAINS_TEXT("expected part=[\"PATTERN\", \"PATTERN\"], or each by itself"));
  CHECK_THAT(said("--where orientation=transversal"), CONTAINS_TEXT("from enhanced.dcm, axial "));
}

TEST_CASE("convert takes Philips' own scaling on request", "[convert]") {
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  REQUIRE(test::python("golden/dicom_case.py " + folder.path().string() + " philips").exit_code == 0);
  const std::string out = (folder / "out.nii").string();
  const auto largest = [&](const std::string& flags) {
    const auto outcome = test::trivox("convert " + folder.path().string() + " " + out + flags);
    INFO(outcome.output);
    REQUIRE(outcome.exit_code == 0);
    const NiftiImage image = read_nifti(out);
    test::fs::remove(out);
    return *std::max_element(image.volume.data.begin(), image.volume.data.end());
  };
  // Stored s, RescaleSlope 1.5, RescaleIntercept 4, ScaleSlope .25: (1.5 s + 4) / (1.5 * .25).
  const float rescaled = largest(""), floating = largest(" --philips-scaling");
  CHECK(floating == Approx(rescaled / (1.5 * 0.25)));
}

TEST_CASE("options of DICOM with a NIfTI file are refused", "[convert]") {
  const test::TemporaryFolder folder;
  write_nifti(folder / "a.nii", Volume<float>(small_grid(), 1));
  for (const char* option : {"--series x", "--te 3", "--where part=x", "--philips-scaling"}) {
    const auto outcome = test::trivox("convert " + (folder / "a.nii").string() + " " +
                                      (folder / "b.nii").string() + " " + option);
    INFO(outcome.output);
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.output, CONTAINS_TEXT("given with a NIfTI file"));
  }
}

TEST_CASE("form of a NIfTI file with a DICOM series is refused", "[convert]") {
  const test::TemporaryFolder folder;
  const std::string out = " " + (folder / "out.nii").string() + " --form qform";
  std::ofstream(folder / "1.dcm") << "in any case";
  for (const path& given : {folder.path(), folder / "1.dcm"}) {
    const auto outcome = test::trivox("convert " + given.string() + out);
    INFO(outcome.output);
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.output, CONTAINS_TEXT("--form is given with a DICOM series, expected a NIfTI file"));
  }
}

TEST_CASE("convert keeps the dimensions that nibabel wrote", "[convert]") {
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  const auto made = test::python("golden/nifti_shapes.py write " + folder.path().string());
  INFO(made.output);
  REQUIRE(made.exit_code == 0);
  int files = 0;
  for (const auto& entry : test::fs::directory_iterator(folder / "in")) {
    ++files;
    const auto outcome = test::trivox("convert " + entry.path().string() + " " +
                                      (folder / "out" / entry.path().filename()).string());
    INFO(outcome.output);
    CHECK(outcome.exit_code == 0);
  }
  CHECK(files == 7);
  const auto checked = test::python("golden/nifti_shapes.py check " + folder.path().string());
  INFO(checked.output);
  CHECK(checked.exit_code == 0);
}

TEST_CASE("nifti_pair", "[convert]") {
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  REQUIRE(test::python("golden/nifti_shapes.py pair " + folder.path().string()).exit_code == 0);
  const std::string advice =
      "expected one file, .nii (a pair is made one by nibabel, for instance: "
      "nibabel.save(nibabel.load('a.hdr'), 'a.nii'))";
  for (const auto& [name, found] :
       {std::pair{"pair.hdr", "magic is that of an .hdr/.img pair, "},
        std::pair{"pair.img", "file is the voxels of an .hdr/.img pair, whose header is pair.hdr, "}}) {
    const std::string file = (folder / name).string(), expected = file + ": " + found + advice;
    CHECK(test::error_of([&] { (void)read_nifti(file); }) == expected);
    const auto convert = test::trivox("convert " + file + " " + (folder / "out.nii").string());
    CHECK(convert.exit_code == 1);
    CHECK_THAT(convert.output, CONTAINS_TEXT(expected));
    const auto inspect = test::trivox("inspect " + file);
    CHECK(inspect.exit_code == 1);
    CHECK_THAT(inspect.output, CONTAINS_TEXT(found + advice));
  }
}

TEST_CASE("analyze_image is refused as its header is", "[convert]") {
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  REQUIRE(test::python("golden/nifti_shapes.py analyze " + folder.path().string()).exit_code == 0);
  const std::string reason = "is neither NIfTI-1 nor NIfTI-2 (ANALYZE 7.5 holds no geometry), expected n+1";
  for (const auto& [name, found] :
       {std::pair{"pair.hdr", "magic "},
        std::pair{"pair.img",
                  "file is the voxels of an .hdr/.img pair, whose header pair.hdr has a magic that "}}) {
    const std::string file = (folder / name).string(), expected = file + ": " + found + reason;
    CHECK(test::error_of([&] { (void)read_nifti(file); }) == expected);
    const auto outcome = test::trivox("convert " + file + " " + (folder / "out.nii").string());
    CHECK(outcome.exit_code == 1);
    CHECK_THAT(outcome.output, CONTAINS_TEXT(expected));
  }
}

TEST_CASE("folder_without_a_dicom_image says what was passed over", "[convert]") {
  const test::TemporaryFolder folder;
  for (const char* name : {"a", "b"}) std::ofstream(folder / name) << "text";
  const std::string out = " " + (folder / "out.nii").string();
  const auto all = test::trivox("convert " + folder.path().string() + out);
  CHECK(all.exit_code == 1);
  CHECK_THAT(all.output,
             CONTAINS_TEXT("number of DICOM images is 0 among 2 files, the first of them a (not DICOM), "
                           "expected a series"));
  const auto one = test::trivox("convert " + (folder / "a").string() + out);
  CHECK_THAT(one.output, CONTAINS_TEXT("/a: content is not DICOM, expected a DICOM image or a NIfTI file"));
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

TEST_CASE("mask_in_the_place_of_what_convert_writes is not overwritten", "[convert]") {
  const test::TemporaryFolder folder;
  write_nifti(folder / "a.nii", Volume<float>(small_grid(), 1));
  const std::string command = "convert " + (folder / "a.nii").string() + " ";
  for (const char* name : {"ROI-T1.nii", "ROI-T1.nii.gz", "notes.nii"}) {
    const path there = folder / name;
    if (there.stem() == "notes")
      std::ofstream(there) << "no image";
    else
      write_nifti(there, Volume<uint8_t>(small_grid(), 1));
    const auto size = test::fs::file_size(there);
    const auto outcome = test::trivox(command + there.string());
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.output,
               CONTAINS_TEXT(there.string() + ": it is a file that trivox convert did not write, expected "
                                              "another name for OUT: it would be lost"));
    CHECK(test::fs::file_size(there) == size);
  }
  const path drawn = folder / "drawn.nii";  // on a converted image, whose header was taken
  REQUIRE(test::trivox(command + drawn.string()).exit_code == 0);
  NiftiNative mask = read_nifti_native(drawn);
  std::get<Volume<float>>(mask.volume.stored).data[0] = 1;
  write_nifti(drawn, mask.volume, NiftiWriteForm::kBoth, mask.header.description);
  CHECK(test::trivox(command + drawn.string()).exit_code == 2);
  CHECK(std::get<Volume<float>>(read_nifti_native(drawn).volume.stored).data[0] == 1);
  for (const char* name : {"own.nii", "own.nii.gz", "own.nii"})
    CHECK(test::trivox(command + (folder / name).string()).exit_code == 0);
  CHECK(test::trivox(command + (folder / "own.nii.gz").string()).exit_code == 0);
  CHECK(read_nifti_header(folder / "own.nii.gz").description.starts_with("trivox convert "));
  test::fs::create_directory(folder / "folder.nii");
  CHECK_THAT(test::trivox(command + (folder / "folder.nii").string()).output,
             CONTAINS_TEXT("folder.nii: it is a folder, expected another name for OUT"));
}

TEST_CASE("convert takes the form that is named where a file's two lie apart", "[convert]") {
  const test::TemporaryFolder folder;
  write_nifti(folder / "A.NII", Volume<float>(small_grid(), 1));
  const float moved = 5;  // mm; qoffset_x of NIfTI-1 stands at byte 268
  std::fstream file(folder / "A.NII", std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(268);
  file.write(reinterpret_cast<const char*>(&moved), sizeof moved);
  file.close();
  const std::string command = "convert " + (folder / "A.NII").string() + " " + (folder / "b.nii").string();
  CHECK_THAT(test::trivox(command).output, CONTAINS_TEXT("distance between qform and sform is 5.0"));
  for (const auto& [form, x] : {std::pair{"qform", 5.0}, std::pair{"sform", 0.0}}) {
    CHECK(test::trivox(command + " --form " + form).exit_code == 0);
    CHECK(read_nifti_header(folder / "b.nii").grid.affine(0, 3) == x);
  }
  CHECK(
      test::trivox("inspect " + (folder / "A.NII").string() + " --set dataset.nifti_form=sform").exit_code ==
      0);
}

TEST_CASE("sheared_stack is converted with a warning, a rounded one without shear", "[convert]") {
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  const std::string out = (folder / "out.nii").string();
  for (const bool is_sheared : {true, false}) {
    const std::string name = is_sheared ? "tilted" : "rounded_in_a_large_field";
    test::fs::create_directory(folder / name);
    REQUIRE(test::python("golden/dicom_case.py " + (folder / name).string() + " " + name).exit_code == 0);
    const auto outcome = test::trivox("convert " + (folder / name).string() + " " + out);
    CHECK(outcome.exit_code == 0);
    CHECK((outcome.output.find("programs that need one, ITK's among them, cannot open it") !=
           std::string::npos) == is_sheared);
  }
}
