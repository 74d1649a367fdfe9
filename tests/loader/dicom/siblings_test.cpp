#include "loader/file.h"
#include "tests/loader/exported.h"

using namespace trivox;
using namespace trivox::test;

namespace {

SeriesRule of_echo(double low, double high) {
  SeriesRule rule;
  rule.te_ms = Range{low, high};
  return rule;
}

SeriesRule of_type(const char* pattern) {
  SeriesRule rule;
  rule.image_type = pattern;
  return rule;
}

}  // namespace

TEST_CASE("echo_time_absent_in_one_slice is no other echo", "[dicom][select]") {
  NEEDS_PYTHON();
  for (const char* name : {"t2_echo_absent", "t2_echo_broken", "t2_echo_zero"}) {
    const Exported disc(std::string("flat ") + name);
    for (const SeriesRule& rule : {SeriesRule{}, of_echo(60, 130)}) {
      const DicomSeries series = disc.find(rule);
      CHECK(series.slices.size() == 3);
      CHECK(series.echo_time_ms == 100);
      CHECK(series.warnings.front() == std::string("EchoTime of ") + name +
                                           "_2.dcm is absent or 0: taken for that of the series' other "
                                           "slices, 100 ms");
    }
  }
}

TEST_CASE("slice_of_another_image_type_at_the_end is not left out", "[dicom][select]") {
  NEEDS_PYTHON();
  CHECK(Exported("flat t2_more_types").error(of_type("*\\NORM")) ==
        "ImageType of t2_more_types_2.dcm is ORIGINAL\\PRIMARY\\M\\NORM\\DIS2D, expected "
        "ORIGINAL\\PRIMARY\\M\\NORM as in t2_more_types_0.dcm, whose series and stack it is of by "
        "SeriesInstanceUID and position and would be left out of");
}

TEST_CASE("every_other_slice_of_another_image_type is not left out", "[dicom][select]") {
  NEEDS_PYTHON();
  const Exported disc("flat t2_derived_between");
  CHECK_THAT(
      disc.error(of_type("ORIG*")),
      CONTAINS_TEXT("ImageType of t2_derived_between_1.dcm is DERIVED\\PRIMARY\\M\\NORM, expected ORIG"));
  CHECK_THAT(disc.error(of_type("DER*")),
             CONTAINS_TEXT("ImageType of t2_derived_between_0.dcm, t2_derived_between_2.dcm is ORIGINAL"));
}

TEST_CASE("another_station_under_one_uid of another echo is another image", "[dicom][select]") {
  NEEDS_PYTHON();
  const Exported disc("flat t2 t2_other_station");
  CHECK(disc.find(of_echo(60, 130)).slices.size() == 3);
  CHECK(disc.find(of_echo(10, 20)).slices.size() == 3);
}

TEST_CASE("image_type_padded is the same", "[dicom][select]") {
  NEEDS_PYTHON();
  const DicomSeries series = Exported("flat t2_types_padded").find();
  CHECK(series.slices.size() == 3);
  CHECK(series.image_type == "ORIGINAL\\PRIMARY\\M\\NORM");
}

TEST_CASE("slices_of_another_echo_or_turn that go on are warned of", "[dicom][select]") {
  NEEDS_PYTHON();
  const DicomSeries series = Exported("flat t2_echo_wrong").find(of_echo(60, 130));
  CHECK(series.slices.size() == 2);
  CHECK(series.warnings ==
        std::vector<std::string>{
            "t2_echo_wrong_2.dcm, of the same SeriesInstanceUID, would fill the stack or go "
            "on where it ends, and are left out: EchoTime is 10 ms there, 100 ms here"});
  SeriesRule rule;
  rule.orientation = "axial 1 0 0 0 1 0";
  CHECK_THAT(Exported("flat t2_turned").find(rule).warnings.front(),
             CONTAINS_TEXT("t2_turned_2.dcm") && CONTAINS_TEXT("orientation is axial 1 0.002 0"));
}

TEST_CASE("key_image_of_a_series in a folder of its own parts nothing else", "[dicom][select]") {
  NEEDS_PYTHON();
  const Exported disc("apart t2");
  fs::create_directory(disc.folder / "second");
  fs::create_directory(disc.folder / "KEYS");
  fs::copy_file(disc.folder / "AX_T2/t2_1.dcm", disc.folder / "KEYS/t2_1.dcm");
  fs::rename(disc.folder / "AX_T2/t2_2.dcm", disc.folder / "second/t2_2.dcm");
  CHECK(disc.find(in_folder("!KEYS")).slices.size() == 3);
}

TEST_CASE("series_whose_folders_overlap is not taken by half", "[dicom][select]") {
  NEEDS_PYTHON();
  const Exported disc("apart t2");
  fs::create_directory(disc.folder / "second");
  fs::copy_file(disc.folder / "AX_T2/t2_1.dcm", disc.folder / "second/t2_1.dcm");
  fs::rename(disc.folder / "AX_T2/t2_2.dcm", disc.folder / "second/t2_2.dcm");
  CHECK_THAT(disc.error(in_folder("AX_T2")),
             CONTAINS_TEXT("folder of ") && CONTAINS_TEXT("t2_2.dcm") && CONTAINS_TEXT("would be left out"));
}

TEST_CASE("series_exported_twice is picked by its folder", "[dicom][select]") {
  NEEDS_PYTHON();
  const Exported disc("apart t2 t2_copy");
  CHECK_THAT(disc.error(), CONTAINS_TEXT("number of series is 2 that differ in folder: "));
  const DicomSeries series = disc.find(in_folder("AX_T2"));
  CHECK(series.slices.size() == 3);
  CHECK(series.files.front().filename() == "t2_0.dcm");
}

TEST_CASE("folders_that_match_at_two_depths are a tie", "[dicom][select]") {
  NEEDS_PYTHON();
  const Exported disc("apart t1 t1_again");  // AX_T1, AX_T1_REPEAT
  fs::create_directory(disc.folder / "AX_T1" / "DICOM");
  for (const fs::path& file : files_in(disc.folder / "AX_T1"))
    fs::rename(file, disc.folder / "AX_T1" / "DICOM" / file.filename());
  CHECK_THAT(disc.error(in_folder("AX_T1*")), CONTAINS_TEXT("number of series that match is 2 that differ in "
                                                            "folder, SeriesInstanceUID: "));
  CHECK(disc.find(in_folder("AX_T1")).series_uid == "1.2.2");
}
