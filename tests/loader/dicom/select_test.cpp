#include "loader/dicom/select.h"

#include <fstream>

#include "loader/file.h"
#include "tests/loader/exported.h"

using namespace trivox;
using namespace trivox::test;

namespace {

constexpr const char* kAll = "apart t2 t1 t1_sub ct localiser";

SeriesRule described(const std::string& pattern) {
  SeriesRule rule;
  rule.description = pattern;
  return rule;
}

}  // namespace

TEST_CASE("each key of a rule picks its series", "[dicom][select]") {
  NEEDS_PYTHON();
  const Exported all(kAll);
  CHECK(all.chosen(described("T2*")) == 1);
  CHECK(all.chosen(described("h?ad")) == 4);
  CHECK(all.chosen(in_folder("ax_t1")) == 2);
  CHECK(all.chosen(in_folder("*sub")) == 3);
  SeriesRule te;
  te.te_ms = Range{100, 120};
  CHECK(all.chosen(te) == 1);
  SeriesRule tr;
  tr.tr_ms = Range{600, 600};
  tr.image_type = "ORIGINAL*";
  CHECK(all.chosen(tr) == 2);
  SeriesRule derived;
  derived.image_type = "derived\\*\\sub";
  CHECK(all.chosen(derived) == 3);
  SeriesRule ct;
  ct.modality = "CT";
  CHECK(all.chosen(ct) == 4);
}

TEST_CASE("three_planes_under_one_uid", "[dicom][select]") {
  NEEDS_PYTHON();
  const Exported all(kAll);
  CHECK_THAT(
      all.error(described("local*")),
      CONTAINS_TEXT("number of series that match is 3 that differ in ImageOrientationPatient: \"localizer\", "
                    "MR, TE 5 ms, TR 20 ms, ORIGINAL\\PRIMARY\\M\\NORM, 1 slice of 4 x 3 from "
                    "LOC/localiser_0.dcm, axial 1 0 0 0 1 0; "));
  CHECK_THAT(
      all.error(described("local*")),
      CONTAINS_TEXT("expected one with description \"local*\", as dataset.series.T1WI asks (what tells these "
                    "apart: orientation; for one case in dataset.series_of_case)"));
  const auto chosen = [&](const char* orientation) {
    SeriesRule rule = described("local*");
    rule.orientation = orientation;
    return find_dicom_series(all.folder.path(), rule).files.front().filename().string();
  };
  CHECK(chosen("axial") == "localiser_0.dcm");
  CHECK(chosen("Sagittal") == "localiser_1.dcm");
  CHECK(chosen("coronal") == "localiser_2.dcm");
  CHECK(chosen("* 0 1 0 0 0 -1") == "localiser_1.dcm");
}

TEST_CASE("series_of_the_same_description is picked by its UID", "[dicom][select]") {
  NEEDS_PYTHON();
  const Exported twice("flat t1 t1_again");
  CHECK_THAT(twice.error(), CONTAINS_TEXT("from t1_0.dcm, 1.2.2; "));
  CHECK_THAT(twice.error(), CONTAINS_TEXT("picks one of them (by series_uid)"));
  SeriesRule rule;
  rule.series_uid = "1.2.6";
  CHECK(twice.chosen(rule) == 6);
}

TEST_CASE("enhanced_beside_native is told by what its name has not", "[dicom][select]") {
  NEEDS_PYTHON();
  const Exported both("apart t1 t1_ce");  // in AX_T1 and AX_T1_CE, described alike
  CHECK(both.chosen(in_folder({"*t1*", "!*ce"})) == 2);
  CHECK(both.chosen(in_folder({"none", "AX_*_CE"})) == 7);
  CHECK(both.chosen(in_folder({"!*ce"})) == 2);
  CHECK_THAT(both.error(in_folder({"a*", "b*", "!*1*"})),
             CONTAINS_TEXT("expected one with folder \"a*\" or \"b*\" but not \"*1*\", as dataset"));
  // Neither one further up, nor the one that was given: that says nothing of what lies in it.
  fs::create_directory(both.folder / "CE");
  fs::rename(both.folder / "AX_T1_CE", both.folder / "CE" / "DICOM_CE");
  fs::rename(both.folder / "AX_T1", both.folder / "CE" / "DICOM");
  CHECK(static_cast<int>(
            read_dicom_series(find_dicom_series(both.folder / "CE", in_folder({"!*ce"}))).data[0]) == 2);
}

TEST_CASE("echo_time_at_the_end_of_a_range counts within rounding", "[dicom][select]") {
  NEEDS_PYTHON();
  SeriesRule rule;
  rule.te_ms = Range{60, 99.96};  // shown as 100
  CHECK(Exported("flat t2 t1").chosen(rule) == 1);
}

TEST_CASE("no_match_shows_the_attribute_asked_for", "[dicom][select]") {
  NEEDS_PYTHON();
  const Exported disc("flat t2 t1");
  SeriesRule rule;
  rule.orientation = "transversal";
  CHECK_THAT(disc.error(rule), CONTAINS_TEXT("from t2_0.dcm, axial 1 0 0 0 1 0, expected"));
  rule = {};
  rule.series_uid = "1.9*";
  rule.part = "*2";
  CHECK_THAT(disc.error(rule), CONTAINS_TEXT("from t2_0.dcm, no part, 1.2.1, expected"));
}

TEST_CASE("folder_named_as_the_channel needs not match the rule's folder", "[dicom][select]") {
  NEEDS_PYTHON();
  const Exported disc("apart t2 t1");
  fs::rename(disc.folder / "AX_T2", disc.folder / "T2WI");
  const auto number = [&](const char* pattern) {
    return read_dicom_series(find_dicom_series(disc.folder / "T2WI", in_folder(pattern), "T2WI")).data[0];
  };
  CHECK(number("*t2p*") == 1);
  fs::rename(disc.folder / "AX_T1", disc.folder / "T2WI" / "AX_T1");  // two series there now
  CHECK(number("ax*") == 2);
  CHECK_THAT(error_of([&] { (void)number("*t2p*"); }), CONTAINS_TEXT("number of series is 2 that differ"));
}

TEST_CASE("sequence_repeated_in_one_case is picked by the case's rule", "[dicom][select]") {
  DatasetOptions options;
  options.series["T2WI"].description = "*t2*";
  options.series["T2WI"].te_ms = Range{60, 130};
  options.series_of_case["P2"]["T2WI"].series_uid = "1.2.3";
  options.series_of_case["P2"]["T2WI"].description = "again";
  CHECK(describe_rule(rule_of(options, "P1", "T2WI")) == "description \"*t2*\", TE 60 to 130 ms");
  CHECK(describe_rule(rule_of(options, "P2", "T2WI")) ==
        "description \"again\", series_uid \"1.2.3\", TE 60 to 130 ms");
  CHECK(describe_rule(rule_of(options, "P2", "T1WI")).empty());
}

TEST_CASE("patterns go by characters", "[select]") {
  CHECK(matches_pattern("T2??压脂", "T2轴位压脂"));
  CHECK(matches_pattern("sch?del*", "Schädel quer"));
  CHECK_FALSE(matches_pattern("T2?压脂", "T2轴位压脂"));
  // In either case beyond ASCII too, and with the accent as a sign of its own, as macOS names files.
  CHECK(matches_pattern("SCHÄDEL*", "schädel quer"));
  CHECK(matches_pattern("sch?del", "scha\xCC\x88" "del"));
  CHECK(matches_pattern("ГОЛОВНОЙ*", "головной мозг"));
  CHECK(matches_pattern("T1\xff*", "t1\xff"));
  CHECK(matches_pattern("?*", "\xff"));
  CHECK_FALSE(matches_pattern("\xc3", "\xc3\xa4"));
}

TEST_CASE("all keys of a rule must hold", "[dicom][select]") {
  NEEDS_PYTHON();
  const Exported all(kAll);
  SeriesRule rule = described("t1*");
  rule.folder = "AX_T2";
  CHECK_THAT(all.error(rule), CONTAINS_TEXT("number of series that match is 0 of "));
  rule.folder = "AX_*";
  rule.image_type = "ORIGINAL*";
  CHECK(all.chosen(rule) == 2);
}

TEST_CASE("a rule's folder is the one that holds the files, or the scanned one", "[dicom][select]") {
  NEEDS_PYTHON();
  const Exported all("apart t2 t1");
  const auto number = [](const fs::path& folder, const char* pattern) {
    return read_dicom_series(find_dicom_series(folder, in_folder(pattern))).data[0];
  };
  CHECK(number(all.folder / "AX_T2", "ax_t2") == 1);
  CHECK(number(all.folder / "AX_T2" / "", "ax_t2") == 1);
  CHECK(number(all.folder / "AX_T1" / ".." / "AX_T2" / ".", "ax_t2") == 1);
  CHECK_THAT(error_of([&] { (void)number(all.folder / "AX_T2", "ax_t1"); }),
             CONTAINS_TEXT("expected one with folder \"ax_t1\", as dataset.series asks"));
}

TEST_CASE("a rule's folder may be further up where none holds the files", "[dicom][select]") {
  NEEDS_PYTHON();
  const Exported all("apart t2 t1");
  for (const char* name : {"AX_T2", "AX_T1"}) {
    fs::create_directory(all.folder / name / "DICOM");
    for (const fs::path& file : files_in(all.folder / name))
      fs::rename(file, all.folder / name / "DICOM" / file.filename());
  }
  CHECK(all.chosen(in_folder("ax_t2")) == 1);
  CHECK_THAT(all.error(in_folder("dicom")), CONTAINS_TEXT("number of series that match is 2"));
  const auto chosen = read_dicom_series(find_dicom_series(all.folder / "AX_T2", in_folder("AX_T2")));
  CHECK(chosen.data[0] == 1);
}

TEST_CASE("truncated_dicomdir", "[dicom][select]") {
  NEEDS_PYTHON();
  const Exported disc("flat t2 dicomdir");
  fs::resize_file(disc.folder / "DICOMDIR", fs::file_size(disc.folder / "DICOMDIR") - 10);
  const DicomSeries series = find_dicom_series(disc.folder.path());
  CHECK(series.warnings.back() == "DICOMDIR was ignored: a DICOMDIR, and broken");
}

TEST_CASE("no_series_matches_the_rule", "[dicom][select]") {
  NEEDS_PYTHON();
  CHECK(Exported("flat t2 t1").error(described("*flair*")) ==
        "number of series that match is 0 of \"t1_tse_tra\", MR, TE 12 ms, TR 600 ms, "
        "ORIGINAL\\PRIMARY\\M\\NORM, 3 slices of 4 x 3 from t1_0.dcm; \"t2_tse_tra\", MR, TE 100 ms, "
        "TR 4000 ms, ORIGINAL\\PRIMARY\\M\\NORM, 3 slices of 4 x 3 from t2_0.dcm, expected one with "
        "description \"*flair*\", as dataset.series.T1WI asks");
}

TEST_CASE("two_series_match_the_rule", "[dicom][select]") {
  NEEDS_PYTHON();
  CHECK(Exported("flat t2 t1 t1_sub").error(described("t1*")) ==
        "number of series that match is 2 that differ in ImageType, SeriesInstanceUID: \"t1_tse_tra\", MR, "
        "TE 12 ms, TR 600 ms, ORIGINAL\\PRIMARY\\M\\NORM, 3 slices of 4 x 3 from t1_0.dcm; \"t1_tse_tra\", "
        "MR, TE 12 ms, TR 600 ms, DERIVED\\PRIMARY\\M\\SUB, 3 slices of 4 x 3 from t1_sub_0.dcm, expected "
        "one with description \"t1*\", as dataset.series.T1WI asks (what tells these apart: image_type, "
        "series_uid; for one case in dataset.series_of_case)");
  CHECK_THAT(Exported("apart t1 t1_again").error(in_folder("ax_t1*")),
             CONTAINS_TEXT("2 that differ in folder, SeriesInstanceUID: "));
  CHECK_THAT(Exported("flat t1 t1_again").error(described("t1*")),
             CONTAINS_TEXT("2 that differ in SeriesInstanceUID: "));
}

TEST_CASE("several_series_without_a_rule", "[dicom][select]") {
  NEEDS_PYTHON();
  const std::string said = Exported("apart t2 ct").error();
  CHECK(said ==
        "number of series is 2 that differ in SeriesDescription, Modality, ImageType, EchoTime, "
        "RepetitionTime, folder, SeriesInstanceUID: \"t2_tse_tra\", MR, TE 100 ms, TR 4000 ms, "
        "ORIGINAL\\PRIMARY\\M\\NORM, 3 slices of 4 x 3 from AX_T2/t2_0.dcm; \"head\", CT, "
        "ORIGINAL\\PRIMARY\\AXIAL, 3 slices of 4 x 3 from CT_HEAD/ct_0.dcm, expected one, or a rule in "
        "dataset.series.T1WI that picks one of them (by description, modality, image_type, te_ms, tr_ms, "
        "folder, "
        "series_uid)");
}

TEST_CASE("what else lies in an exported folder is told of", "[dicom][select]") {
  NEEDS_PYTHON();
  const Exported disc("flat t2 localiser dicomdir report broken");
  std::ofstream(disc.folder / "viewer.exe") << "MZ";
  const DicomSeries series = find_dicom_series(disc.folder.path(), described("t2*"), "T2WI");
  CHECK(read_dicom_series(series).data[0] == 1);
  std::string told;
  for (const std::string& line : series.warnings) told += line + "\n";
  std::string expected =
      "of another series and not read: broken.dcm: PixelData is 17 bytes (truncated), expected 24 bytes\n";
  CHECK(told == expected);  // what the rule passes over as asked is nothing odd
  told.clear();
  const DicomScan scan = scan_dicom_folder(disc.folder.path());
  for (const std::string& line : choose_dicom_series(scan, described("t2*"), "T2WI").passed_over)
    told += line + "\n";
  for (const char* k : {"0", "1", "2"})
    expected += std::string("does not match dataset.series.T2WI: \"localizer\", MR, TE 5 ms, TR 20 ms, ") +
                "ORIGINAL\\PRIMARY\\M\\NORM, 1 slice of 4 x 3 from localiser_" + k + ".dcm\n";
  expected += "DICOMDIR was ignored: a DICOMDIR\n";
  expected += "report.dcm was ignored: no image but Basic Text SR Storage, 1.2.840.10008.5.1.4.1.1.88.11\n";
  expected += "viewer.exe was ignored: not DICOM\n";
  CHECK(told == expected);
}

TEST_CASE("broken_file_of_another_series", "[dicom][select]") {
  NEEDS_PYTHON();
  CHECK_THAT(Exported("flat t2 broken").error(),
             CONTAINS_TEXT("expected 24 bytes (it says that it is of another series, and a rule in "
                           "dataset.series.T1WI would pass over it)"));
}

TEST_CASE("broken_file_of_the_chosen_series", "[dicom][select]") {
  NEEDS_PYTHON();
  const Exported disc("flat t2 t1_again broken");
  CHECK_THAT(disc.error(described("t1*")),
             CONTAINS_TEXT("broken.dcm: PixelData is 17 bytes (truncated), expected 24 bytes"));
  CHECK(disc.chosen(described("t2*")) == 1);  // not of that series
}

TEST_CASE("file cut off in its header behind its SeriesInstanceUID", "[dicom][select]") {
  NEEDS_PYTHON();
  const Exported disc("flat t2 t1_again broken");
  const fs::path file = disc.folder / "broken.dcm";
  fs::resize_file(file, fs::file_size(file) - 60);  // in its group 0028
  CHECK_THAT(disc.error(described("t1*")), CONTAINS_TEXT("broken.dcm: "));
  CHECK(disc.chosen(described("t2*")) == 1);
}
