#include <fstream>

#include "loader/dicom.h"
#include "loader/gzip.h"
#include "loader/nifti.h"
#include "tests/loader/dicom/case.h"

using namespace trivox;
using namespace trivox::test;

namespace {

/// How many bytes this process has read from files.
uint64_t bytes_read() {
  std::ifstream all("/proc/self/io");
  std::string name;
  uint64_t count = 0;
  all >> name >> count;
  REQUIRE(name == "rchar:");
  return count;
}

}  // namespace

TEST_CASE("echo times that differ by rounding are of one series", "[dicom]") {
  NEEDS_PYTHON();
  check_reads("echoes_as_measured");
  const DicomCase c("echoes_as_measured");
  CHECK(find_dicom_series(c.folder.path()).warnings ==
        std::vector<std::string>{"EchoTime is 102.312 to 102.328 ms: taken for rounding within one series"});
}

TEST_CASE("one_slice_of_monochrome1", "[dicom]") {
  NEEDS_PYTHON();
  check_reads("one_slice_monochrome1");
  const DicomCase c("one_slice_monochrome1");
  CHECK_THAT(
      find_dicom_series(c.folder.path()).warnings.at(0),
      CONTAINS_TEXT("MONOCHROME1 in 1 of 5 slices (the first is 000006.dcm): their values are inverted"));
}

TEST_CASE("signs_of_two_kinds", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c("signed_12_extended_at_times");
  const std::string said = error_of([&] { (void)read_dicom_series(find_dicom_series(c.folder.path())); });
  CHECK_THAT(said, CONTAINS_TEXT("BitsStored is 12, but of the words with a sign "));
  CHECK_THAT(
      said, CONTAINS_TEXT(" in bit 11 alone, expected one of them in all slices, or enough for all numbers"));
}

TEST_CASE("number_of_frames_is_0", "[dicom]") {
  NEEDS_PYTHON();
  check_reads("no_frames");
  const DicomCase c("no_frames");
  CHECK_THAT(find_dicom_series(c.folder.path()).warnings.at(0),
             CONTAINS_TEXT("4 others: NumberOfFrames is 0: read as one, which the file describes"));
  CHECK_THAT(
      DicomCase("no_frames_of_two").error(),
      CONTAINS_TEXT("NumberOfFrames is 0, with more PixelData than one has, expected how many there are"));
}

TEST_CASE("series_uid_absent", "[dicom]") {
  NEEDS_PYTHON();
  for (const char* name : {"no_series_uid", "blank_series_uid"}) {
    check_reads(name);
    const DicomCase c(name);
    const DicomSeries series = find_dicom_series(c.folder.path());
    CHECK(series.series_uid.empty());
    CHECK_THAT(series.warnings.at(0),
               CONTAINS_TEXT("SeriesInstanceUID is absent: files of one folder, study, "
                             "SeriesNumber, SeriesDescription and Modality are taken"));
  }
  CHECK_THAT(DicomCase("two_series_without_uid").error(), CONTAINS_TEXT("number of series is 2"));
  CHECK_THAT(
      DicomCase("one_without_series_uid").error(),
      CONTAINS_TEXT(".dcm: SeriesInstanceUID is absent, expected one, as files beside it have that are "
                    "described alike"));
}

TEST_CASE("rounded cosines of a large field are made orthonormal as SimpleITK does", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c("rounded_in_a_large_field");
  const Outcome asked = python("golden/dicom_by_simpleitk.py " + c.folder.path().string() + " " +
                               (c.folder / ".voxels").string());
  INFO(asked.output);
  REQUIRE(asked.exit_code == 0);
  const DicomSeries series = find_dicom_series(c.folder.path());
  CHECK(corner_distance_mm(series.grid, ExpectedSeries(asked.output).grid) < 1e-3);
  CHECK(series.orthonormal_mm > 0.05);
  CHECK_THAT(
      series.warnings.at(0),
      CONTAINS_TEXT(
          "ImageOrientationPatient is rounded: made orthonormal as ITK does, which moves a corner by"));
}

TEST_CASE("cosines of two decimals and positions of one are read as SimpleITK does", "[dicom]") {
  NEEDS_PYTHON();
  for (const auto& [name, warning] :
       {std::pair{"two_decimals", "ImageOrientationPatient is rounded: made orthonormal as ITK does"},
        {"positions_of_one_decimal",
         "ImagePositionPatient is rounded: laid along the slices' normal as ITK does"}}) {
    INFO(name);
    const DicomCase c(name);
    const Outcome asked = python("golden/dicom_by_simpleitk.py " + c.folder.path().string() + " " +
                                 (c.folder / ".voxels").string());
    INFO(asked.output);
    REQUIRE(asked.exit_code == 0);
    const DicomSeries series = find_dicom_series(c.folder.path());
    CHECK(corner_distance_mm(series.grid, ExpectedSeries(asked.output).grid) < 1e-3);
    CHECK(series.orthonormal_mm > 0.05);
    CHECK(series.warnings.size() == 1);
    CHECK_THAT(series.warnings.at(0), CONTAINS_TEXT(std::string(warning) + ", which moves a corner by 0.0"));
    CHECK(fits_qform(series.grid));
  }
}

TEST_CASE("a tilt that rounding does not explain stays", "[dicom]") {
  NEEDS_PYTHON();
  for (const auto& [name, angle] :
       {std::pair{"two_decimals_tilted", "1.1"}, {"tilted_positions_of_one_decimal", ""}}) {
    INFO(name);
    const DicomCase c(name);
    const DicomSeries series = find_dicom_series(c.folder.path());
    CHECK_THAT(series.warnings.at(0),
               CONTAINS_TEXT(std::string("the stack is sheared: its slices run ") + angle));
    CHECK(!fits_qform(series.grid));
  }
}

TEST_CASE("directions_off_a_right_angle", "[dicom]") {
  NEEDS_PYTHON();
  CHECK_THAT(DicomCase("directions_off").error(),
             CONTAINS_TEXT("cosine of their angle 0.0025), expected two unit vectors at a right angle, "
                           "within 0.002"));
  CHECK_THAT(DicomCase("two_decimals_off").error(),
             CONTAINS_TEXT("cosine of their angle 0.03), expected two unit vectors at a right angle, within "
                           "0.02"));
}

TEST_CASE("an image of another modality that lies nowhere is listed", "[dicom]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  REQUIRE(python("golden/dicom_case.py " + folder.path().string() + " x_ray_beside").exit_code == 0);
  CHECK(find_dicom_series(folder.path()).warnings ==
        std::vector<std::string>{"dx.dcm was ignored: no slice: DX \"thorax\" without a position in space"});
}

TEST_CASE("stack_sheared_off_its_normal", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c("tilted");  // atan(1.25 / 5.5) = 12.804 degrees
  CHECK(find_dicom_series(c.folder.path()).warnings ==
        std::vector<std::string>{
            "the stack is sheared: its slices run 12.8 degrees off their normal, 1.250 mm in "
            "plane for 5.500 mm along it"});
}

TEST_CASE("every_second_slice_missing", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c("every_second_slice");
  CHECK(find_dicom_series(c.folder.path()).warnings ==
        std::vector<std::string>{
            "slices may be missing: they lie 5.500 mm apart, 2 times SpacingBetweenSlices, and "
            "InstanceNumber goes in steps of 2"});
  for (const char* name : {"numbers_in_steps_of_two", "wide_gaps"}) {  // either alone says nothing
    const DicomCase other(name);
    CHECK(find_dicom_series(other.folder.path()).warnings.empty());
  }
}

TEST_CASE("descriptions_in_no_known_character_set stay apart", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase plain("undecodable"), enhanced("undecodable_other");
  CHECK(find_dicom_series(plain.folder.path()).description == "T1\\xba\\xe1\\xb6\\xcf");
  CHECK(find_dicom_series(enhanced.folder.path()).description == "T1\\xd4\\xf6\\xc7\\xbf");
}

TEST_CASE("one name in two character sets is one patient", "[dicom]") {
  NEEDS_PYTHON();
  check_reads("names_in_two_character_sets");
}

TEST_CASE("dicom_packed_by_gzip", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c("plain");
  const std::vector<std::byte> bytes = read_file(c.folder / "000006.dcm");
  write_bytes(c.folder / "000006.dcm.gz", gzip(bytes));
  fs::remove(c.folder / "000006.dcm");
  CHECK(c.error() == (c.folder / "000006.dcm.gz").string() +
                         ": content is a DICOM file packed by gzip, expected one that is unpacked");
  CHECK(!may_be_nifti(gzip(bytes)));
  std::string uid;
  CHECK_THROWS_AS((void)parse_dicom_head(gzip(bytes), bytes.size(), &uid), Error);
  CHECK(uid == "1.2.3.4");
}

TEST_CASE("dicom_whose_preamble_begins_as_nifti", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c("plain");
  std::vector<std::byte> bytes = read_file(c.folder / "000006.dcm");
  bytes[0] = std::byte{0x5c};  // 348, the size of NIfTI's header
  bytes[1] = std::byte{0x01};
  CHECK(!may_be_nifti(bytes));
  CHECK(may_be_nifti(std::span(bytes).first(128)));
}

TEST_CASE("a series is listed without its voxels", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c("plain");
  constexpr size_t kVoxels = size_t{1} << 21;  // bytes: 1024 x 1024 words
  for (const fs::path& path : files_in(c.folder.path())) {
    std::vector<std::byte> bytes = read_file(path);
    const auto put = [&](std::string_view element, std::initializer_list<int> value) {
      const auto found = std::ranges::search(bytes, std::as_bytes(std::span(element)));
      REQUIRE(found.size() == element.size());
      std::ranges::transform(value, found.end(), [](int v) { return static_cast<std::byte>(v); });
    };
    put({"\x28\0\x10\0US\2\0", 8}, {0, 4});
    put({"\x28\0\x11\0US\2\0", 8}, {0, 4});
    put({"\xe0\x7f\x10\0OW\0\0", 8}, {0, 0, 0x20, 0});
    const auto pixels = std::ranges::search(bytes, std::as_bytes(std::span("\xe0\x7f\x10\0OW", 6))).begin();
    const auto head = static_cast<size_t>(pixels - bytes.begin()) + 12;
    write_bytes(path, bytes);
    fs::resize_file(path, head + kVoxels);
  }
  const uint64_t before = bytes_read();
  const DicomSeries series = find_dicom_series(c.folder.path());
  const uint64_t listed = bytes_read();
  CHECK(series.grid.size == std::array<int64_t, 3>{1024, 1024, 5});
  CHECK(listed - before < 5 * (size_t{64} << 10));
  (void)read_dicom_series(series);
  CHECK(bytes_read() - listed >= 5 * kVoxels);  // so that the count is known to count
}
