#include "loader/dicom/volumes.h"

#include "tests/loader/dicom/case.h"

using namespace trivox;
using namespace trivox::test;

namespace {

DicomCase volumes(const std::string& name) { return DicomCase(name, "dicom_volumes.py"); }

/// That each volume which pydicom wrote is a series of its own, in the same order, with these parts.
void check_volumes(const std::string& name, const std::vector<std::string>& parts,
                   const std::string& differ_in = "stack, moment or b value") {
  const DicomCase c = volumes(name);
  INFO(name);
  const DicomScan scan = scan_dicom_folder(c.folder.path());
  CHECK(scan.broken.empty());
  REQUIRE(scan.series.size() == c.series.size());
  for (size_t i = 0; i < scan.series.size(); ++i) {
    REQUIRE(!scan.series[i].fault);
    check_series(scan.series[i], c.series[i]);
    CHECK(scan.series[i].part == parts.at(i));
  }
  CHECK_THAT(c.error(), CONTAINS_TEXT("number of series is " + std::to_string(parts.size()) +
                                      " that differ in " + differ_in));
}

}  // namespace

TEST_CASE("several_volumes_in_one_classic_series", "[dicom]") {
  NEEDS_PYTHON();
  check_volumes("moments", {"TemporalPositionIdentifier 1", "TemporalPositionIdentifier 2",
                            "TemporalPositionIdentifier 3"});
  check_volumes("b_values",
                {"DiffusionBValue 0.000000",
                 "DiffusionBValue 800.000000; DiffusionGradientOrientation 1.000000, 0.000000, 0.000000",
                 "DiffusionBValue 800.000000; DiffusionGradientOrientation 0.000000, 1.000000, 0.000000"});
  check_volumes("acquisitions", {"AcquisitionNumber 1", "AcquisitionNumber 2"});
  check_volumes("phases", {"TriggerTime 0", "TriggerTime 50"});
  check_volumes("echoes_by_number", {"EchoNumbers 1", "EchoNumbers 2"});
  check_volumes("phases_of_echoes", {"TriggerTime 0; EchoNumbers 1", "TriggerTime 0; EchoNumbers 2",
                                     "TriggerTime 50; EchoNumbers 1", "TriggerTime 50; EchoNumbers 2"});
}

TEST_CASE("a volume of a classic series is picked by its part", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c = volumes("moments");
  SeriesRule rule;
  rule.part = "*identifier 2";
  check_series(find_dicom_series(c.folder.path(), rule), c.series[1]);
}

TEST_CASE("a moment that was not finished is warned of", "[dicom]") {
  NEEDS_PYTHON();
  check_volumes("aborted_moment", {"TemporalPositionIdentifier 1", "TemporalPositionIdentifier 2"});
  const DicomCase c = volumes("aborted_moment");
  CHECK(scan_dicom_folder(c.folder.path()).series[1].warnings ==
        std::vector<std::string>{"TemporalPositionIdentifier 2 has 3 slices, others of its series up to 4"});
}

TEST_CASE("acquisitions that take turns in one volume, and a moment for each slice", "[dicom]") {
  NEEDS_PYTHON();
  check_reads("packages", "dicom_volumes.py");
  check_reads("moment_by_slice", "dicom_volumes.py");
}

TEST_CASE("acquisitions that take turns where slices overlap are warned of", "[dicom]") {
  NEEDS_PYTHON();
  CHECK(find_dicom_series(volumes("packages").folder.path()).warnings.empty());
  CHECK(find_dicom_series(volumes("thick_packages").folder.path()).warnings ==
        std::vector<std::string>{
            "slices of two acquisitions may take turns: AcquisitionNumber 1 and AcquisitionNumber 2 from "
            "slice to slice, and slices of 9.000 mm lie 5.000 mm apart"});
}

TEST_CASE("volumes_that_nothing_parts", "[dicom]") {
  NEEDS_PYTHON();
  CHECK_THAT(volumes("aborted_acquisition").error(),
             CONTAINS_TEXT(
                 ", expected one slice a position, or a folder that holds one of the volumes alone: the two "
                 "differ in AcquisitionNumber (\"1\" and \"2\"), which parts no volumes that are all "
                 "complete"));
  const std::string error = volumes("nothing_differs").error();
  CHECK_THAT(error, CONTAINS_TEXT("position of 001.dcm and 005.dcm is the same along the normal"));
  CHECK(error.ends_with("expected one slice a position"));
}

TEST_CASE("several_sequences_under_one_uid", "[dicom]") {
  NEEDS_PYTHON();
  check_volumes("two_descriptions", {"", ""}, "SeriesDescription");
  check_volumes("two_numbers", {"SeriesNumber 0", "SeriesNumber 1"});
  check_volumes("two_modalities", {"", ""}, "Modality");
  check_volumes("two_repetition_times", {"", ""}, "RepetitionTime");
  check_volumes("two_flip_angles", {"FlipAngle 5", "FlipAngle 15"});
  const DicomCase c = volumes("two_descriptions");
  SeriesRule rule;
  rule.description = "t1_tra_CE";
  check_series(find_dicom_series(c.folder.path(), rule), c.series[1]);
}

TEST_CASE("half_of_the_slices_lack_an_attribute and are one volume", "[dicom]") {
  NEEDS_PYTHON();
  for (const auto& [name, warning] : std::initializer_list<std::pair<const char*, const char*>>{
           {"half_without_description", "SeriesDescription differs between slices: none and \"t2_tra\""},
           {"half_without_modality", "Modality differs between slices: none and \"MR\""},
           {"triggered", "RepetitionTime differs between slices: \"3000\" and \"5000\""},
           {"moment_by_package", "TemporalPositionIdentifier differs between slices: \"1\" and \"2\""}}) {
    INFO(name);
    const DicomCase c = volumes(name);
    const DicomSeries series = find_dicom_series(c.folder.path());
    check_series(series, c.series[0]);
    CHECK(series.warnings == std::vector<std::string>{warning});
    CHECK(series.modality == "MR");
  }
  check_reads("half_without_flip_angle", "dicom_volumes.py");
  SeriesRule rule;
  rule.description = "*t2*";
  const DicomCase c = volumes("half_without_description");
  check_series(find_dicom_series(c.folder.path(), rule), c.series[0]);
}

TEST_CASE("rule_that_takes_half_of_an_even_stack is warned of", "[dicom][select]") {
  NEEDS_PYTHON();
  const DicomCase c = volumes("two_numbers");
  SeriesRule rule;
  rule.part = "SeriesNumber 0";
  const DicomSeries series = find_dicom_series(c.folder.path(), rule);
  check_series(series, c.series[0]);
  CHECK(series.warnings ==
        std::vector<std::string>{
            "005.dcm, 006.dcm, 007.dcm and 1 more, of the same SeriesInstanceUID, would fill the stack or go "
            "on where it ends, and are left out: part is SeriesNumber 1 there, SeriesNumber 0 here"});
  const std::string folder = c.folder.path().string(), where = " --where 'part=SeriesNumber 0'";
  for (const std::string& command :
       {"inspect " + folder + where, "convert " + folder + " " + folder + "/o.nii" + where}) {
    const Outcome outcome = trivox::test::trivox(command);
    INFO(outcome.output);
    CHECK(outcome.exit_code == 0);
    CHECK_THAT(outcome.output, CONTAINS_TEXT("005.dcm, 006.dcm, 007.dcm and 1 more, of the same"));
  }
}

TEST_CASE("rule_that_takes_the_ends_of_an_even_stack is warned of", "[dicom][select]") {
  NEEDS_PYTHON();
  SeriesRule rule;
  rule.description = "a";  // two slices, 75 mm apart
  const DicomSeries series = find_dicom_series(volumes("ends_of_another_description").folder.path(), rule);
  CHECK(series.slices.size() == 2);
  REQUIRE(series.warnings.size() == 1);
  CHECK_THAT(series.warnings[0], CONTAINS_TEXT("002.dcm, 003.dcm, 004.dcm and 11 more, of the same"));
}

TEST_CASE("a slice alone with another description stays in its series", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c = volumes("one_description_broken");
  const DicomSeries series = find_dicom_series(c.folder.path());
  check_series(series, c.series[0]);
  CHECK(series.warnings ==
        std::vector<std::string>{"SeriesDescription differs between slices: \"t1_tra\" and \"t1_tr\""});
}
