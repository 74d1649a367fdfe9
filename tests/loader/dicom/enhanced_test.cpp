#include "tests/loader/dicom/case.h"

using namespace trivox;
using namespace trivox::test;

namespace {

DicomCase enhanced(const std::string& name) { return DicomCase(name, "dicom_enhanced.py"); }

void check_all_series(const std::string& name, const std::string& differ_in) {
  const DicomCase c = enhanced(name);
  const DicomScan scan = scan_dicom_folder(c.folder.path());
  INFO(name);
  CHECK(scan.broken.empty());
  REQUIRE(scan.series.size() == c.series.size());
  for (const ExpectedSeries& expected : c.series) {  // the file's first frame is any series'
    const auto same = std::ranges::find_if(scan.series, [&](const DicomSeries& s) {
      return !s.fault && read_dicom_series(s).data[0] == expected.values[0];
    });
    REQUIRE(same != scan.series.end());
    check_series(*same, expected);
  }
  CHECK_THAT(c.error(), CONTAINS_TEXT("number of series is 2 that differ in " + differ_in));
}

}  // namespace

TEST_CASE("enhanced multi-frame files as pydicom wrote them", "[dicom]") {
  NEEDS_PYTHON();
  for (const char* name :
       {"plain", "rescaled", "implicit", "big_endian", "rle", "rle_without_table", "rle_extended_table",
        "one_frame", "moment_by_slice", "concatenation", "unknown_sequences", "philips"})
    check_reads(name, "dicom_enhanced.py");
}

TEST_CASE("an enhanced file's attributes come from its functional groups", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c = enhanced("plain");
  const DicomSeries series = find_dicom_series(c.folder.path());
  CHECK(series.echo_time_ms == 10);
  CHECK(series.repetition_time_ms == 3000);
  CHECK(series.flip_angle_deg == 90);
  CHECK(series.slice_thickness_mm == 5);
  CHECK(series.image_type == "ORIGINAL\\PRIMARY\\M\\NONE");
  CHECK(series.files == std::vector<fs::path>{c.folder / "enhanced.dcm"});
  CHECK(series.slices.size() == 4);
  CHECK(series.warnings.empty());
}

TEST_CASE("groups_of_one_frame_beside_a_place_of_the_data_set", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c = enhanced("one_frame_as_classic");
  const DicomSeries series = find_dicom_series(c.folder.path());
  check_series(series, c.series[0]);  // rescaled by the groups
  CHECK(series.echo_time_ms == 10);
  CHECK(series.part == "StackID 1; TemporalPositionIndex 3");
  CHECK_THAT(series.warnings.at(0), CONTAINS_TEXT("EchoTime of the data set is 12 ms, that of MREchoSequence "
                                                  "10 ms: the latter is taken"));
}

TEST_CASE("groups_of_one_frame_that_contradict_the_data_set", "[dicom]") {
  NEEDS_PYTHON();
  const auto error = [](const std::string& name) { return enhanced("one_frame_as_classic_" + name).error(); };
  CHECK_THAT(error("elsewhere"),
             CONTAINS_TEXT("ImagePositionPatient of the data set is -40.5\\-28.25\\12.125, expected "
                           "-40.5\\-30.25\\12.125, as PlanePositionSequence has it"));
  CHECK_THAT(error("turned"), CONTAINS_TEXT("ImageOrientationPatient of the data set is 1\\0\\0, expected "
                                            "0.955336\\0.29552\\0, as PlaneOrientationSequence has it"));
  CHECK_THAT(error("finer"), CONTAINS_TEXT("PixelSpacing of the data set is 0.3\\0.4, expected 0.6\\0.4, as "
                                           "PixelMeasuresSequence has it"));
  CHECK_THAT(error("on_another_scale"), CONTAINS_TEXT("RescaleSlope of the data set is 1, expected 2.5, as "
                                                      "PixelValueTransformationSequence has it"));
}

TEST_CASE("an enhanced file holds several series to choose from", "[dicom]") {
  NEEDS_PYTHON();
  check_all_series("two_echoes", "EchoTime");
  check_all_series("two_stacks", "ImageOrientationPatient, stack, moment or b value");
  check_all_series("two_moments", "stack, moment or b value");
  check_all_series("two_b_values", "stack, moment or b value");
  check_all_series("two_phases", "stack, moment or b value");
  check_all_series("two_by_dimension", "stack, moment or b value");
  check_all_series("magnitude_and_phase", "ImageType");
}

TEST_CASE("a StackID that counts frames or places parts nothing, and is warned of", "[dicom]") {
  NEEDS_PYTHON();
  check_all_series("two_echoes_and_stack_by_place", "EchoTime");
  for (const char* name : {"stack_by_frame", "stack_by_file"}) {
    const DicomCase c = enhanced(name);
    const DicomSeries series = find_dicom_series(c.folder.path());
    check_series(series, c.series[0]);
    REQUIRE(series.warnings.size() == 1);
    CHECK_THAT(series.warnings[0],
               CONTAINS_TEXT("StackID counts frames or places: the series is taken for one stack"));
  }
}

TEST_CASE("stacks_of_one_slice_each stay apart where they are no stack together", "[dicom]") {
  NEEDS_PYTHON();
  for (const char* name : {"two_stacks_of_one_slice", "three_stacks_far_apart"}) {
    const DicomScan scan = scan_dicom_folder(enhanced(name).folder.path());
    CHECK(scan.series.size() == (name[1] == 'w' ? 2 : 3));
    for (const DicomSeries& series : scan.series) CHECK(series.slices.size() == 1);
  }
}

TEST_CASE("multi_frame_files_that_hold_a_volume_each are told apart", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c = enhanced("volume_by_file");
  const DicomScan scan = scan_dicom_folder(c.folder.path());
  REQUIRE(scan.series.size() == 2);
  for (const DicomSeries& series : scan.series) check_series(series, c.series.front());
  CHECK(scan.series[0].part.ends_with("InstanceNumber 1"));
  check_series(find_dicom_series(c.folder / "second.dcm"), c.series.front());
}

TEST_CASE("multi_frame_files_half_a_gap_apart are warned of", "[dicom]") {
  NEEDS_PYTHON();
  const DicomSeries series = find_dicom_series(enhanced("half_a_gap_by_file").folder.path());
  CHECK(series.slices.size() == 8);
  REQUIRE(series.warnings.size() == 1);
  CHECK_THAT(series.warnings[0],
             CONTAINS_TEXT("slices of two acquisitions may take turns: file enhanced.dcm and "
                           "file second.dcm from slice to slice"));
}

TEST_CASE("an echo of an enhanced file is chosen by its time", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c = enhanced("two_echoes");
  SeriesRule rule;
  rule.te_ms = Range{60, 130};
  const DicomSeries series = find_dicom_series(c.folder.path(), rule, "T2WI");
  CHECK(series.echo_time_ms == 80);
  check_series(series, c.series[1]);
}

TEST_CASE("each series of an enhanced file can be picked, and the message says by what", "[dicom]") {
  NEEDS_PYTHON();
  const auto check = [](const char* name, Patterns SeriesRule::* key, const char* named,
                        const std::vector<std::string>& patterns) {
    const DicomCase c = enhanced(name);
    INFO(name);
    CHECK_THAT(c.error(),
               CONTAINS_TEXT(std::string(", expected one, or a rule in dataset.series that picks one of "
                                         "them (by ") +
                             named + ")"));
    for (size_t i = 0; i < patterns.size(); ++i) {
      SeriesRule rule;
      rule.*key = patterns[i];
      check_series(find_dicom_series(c.folder.path(), rule), c.series[i]);
    }
  };
  check("two_stacks", &SeriesRule::part, "orientation, part", {"StackID 1", "stackid 2*"});
  check("two_stacks", &SeriesRule::orientation, "orientation, part", {"axial", "SAGITTAL -0.28?6 0.9363*"});
  check("two_moments", &SeriesRule::part, "part",
        {"StackID 1; TemporalPositionIndex 1", "*TemporalPositionIndex 2"});
  check("two_b_values", &SeriesRule::part, "part", {"*BValue 0.*", "*BValue 800.*"});
  check("two_phases", &SeriesRule::part, "part", {"*DelayTime 0", "*DelayTime 40.5"});
  check("two_by_dimension", &SeriesRule::part, "part", {"*Values 3 1", "*Values 3 2"});
  check("magnitude_and_phase", &SeriesRule::image_type, "image_type", {"*\\M\\*", "*\\P\\*"});
  CHECK_THAT(
      enhanced("two_stacks").error(),
      CONTAINS_TEXT("4 slices of 9 x 6 from enhanced.dcm, axial 0.9553 0.2955 0 -0.2896 0.9363 0.1987"));
}

TEST_CASE("frames of forty stacks in turn", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c = enhanced("many_stacks");
  const DicomScan scan = scan_dicom_folder(c.folder.path());
  REQUIRE(scan.series.size() == c.series.size());
  for (const ExpectedSeries& expected : c.series) {
    const auto same = std::ranges::find_if(scan.series, [&](const DicomSeries& s) {
      return !s.fault && s.grid.size == expected.grid.size &&
             read_dicom_series(s).data[0] == expected.values[0];
    });
    REQUIRE(same != scan.series.end());
    check_series(*same, expected);
  }
}

TEST_CASE("enhanced_without_geometry", "[dicom]") {
  NEEDS_PYTHON();
  CHECK_THAT(enhanced("frame_without_position").error(),
             CONTAINS_TEXT("enhanced.dcm: PlanePositionSequence is absent, expected one for each "
                           "frame or for all (frame 3 of 4)"));
  CHECK_THAT(enhanced("without_measures").error(), CONTAINS_TEXT("PixelMeasuresSequence is absent"));
  CHECK_THAT(enhanced("frames_without_groups").error(),
             CONTAINS_TEXT("PerFrameFunctionalGroupsSequence is 3 items, expected 4 as "
                           "NumberOfFrames says"));
}

TEST_CASE("enhanced_stack_faults name the frame", "[dicom]") {
  NEEDS_PYTHON();
  CHECK_THAT(enhanced("shared_position").error(),
             CONTAINS_TEXT("position of enhanced.dcm frame 1 and enhanced.dcm frame 2 is the same "
                           "along the normal"));
  CHECK_THAT(enhanced("frame_missing_in_the_middle").error(),
             CONTAINS_TEXT("is 11.000 mm (1 slice is missing), expected"));
  CHECK_THAT(enhanced("frame_without_rescaling").error(),
             CONTAINS_TEXT("RescaleSlope of enhanced.dcm frame 2 is absent, expected present, as in "
                           "enhanced.dcm frame "));
}

TEST_CASE("moments_that_number_frames_or_places part no volumes", "[dicom]") {
  NEEDS_PYTHON();
  for (const char* name : {"two_b_values_numbered_by_frame", "two_b_values_numbered_by_place"})
    check_all_series(name, "stack, moment or b value");
  check_all_series("two_phases_numbered_by_frame", "stack, moment or b value");
}

TEST_CASE("part_of_a_concatenation_missing", "[dicom]") {
  NEEDS_PYTHON();
  check_reads("concatenation_without_total", "dicom_enhanced.py");
  CHECK(
      find_dicom_series(enhanced("concatenation_without_total").folder.path()).warnings ==
      std::vector<std::string>{"InConcatenationTotalNumber is absent: whether files at the end of the image "
                               "(ConcatenationUID) are missing cannot be known"});
  CHECK_THAT(enhanced("concatenation_without_its_last").error(),
             CONTAINS_TEXT(
                 ": files of one image (ConcatenationUID) is 2, of InConcatenationNumber 1, 2, expected 3, "
                 "as InConcatenationTotalNumber says"));
  CHECK_THAT(enhanced("concatenation_without_its_first").error(),
             CONTAINS_TEXT("is 2, of InConcatenationNumber 2, 3, expected 3, from 1 on"));
  CHECK_THAT(
      enhanced("concatenation_without_a_frame").error(),
      CONTAINS_TEXT("ConcatenationFrameOffsetNumber of part2.dcm is 3, expected 2, the frames of the files "
                    "before it"));
}

TEST_CASE("truncated_enhanced", "[dicom]") {
  NEEDS_PYTHON();
  CHECK_THAT(enhanced("truncated").error(),
             CONTAINS_TEXT("PixelData is 382 bytes (truncated), expected 432 bytes"));
}

TEST_CASE("Philips' own scaling is read on request from classic and enhanced files", "[dicom]") {
  NEEDS_PYTHON();
  // Stored s, RS 1.5, RI 4, SS .25: (1.5 s + 4) / (1.5 * .25) = 4 s + 32 / 3.
  for (const char* script : {"dicom_enhanced.py", "dicom_case.py"}) {
    const DicomCase c("philips", script);
    const DicomSeries series = find_dicom_series(c.folder.path());
    const Volume<float> plain = read_dicom_series(series), own = read_dicom_series(series, true);
    const NativeVolume native = read_dicom_native(series, true);
    CHECK(native.slope == Approx(4));
    CHECK(native.intercept == Approx(32.0 / 3));
    for (size_t i = 0; i < plain.data.size(); ++i)
      REQUIRE(own.data[i] == Approx((plain.data[i] - 4) / 1.5 * 4 + 32.0 / 3).epsilon(1e-6));
  }
  const DicomCase none("plain");
  CHECK_THAT(error_of([&] { (void)read_dicom_series(find_dicom_series(none.folder.path()), true); }),
             CONTAINS_TEXT("Philips' ScaleSlope (2005,xx0e) is absent, expected one in each slice, as "
                           "dataset.philips_scaling asks"));
}

TEST_CASE("extended_offset_table_beyond_the_file", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c = enhanced("rle_extended_table");
  std::vector<std::byte> bytes = read_file(c.folder / "enhanced.dcm");
  const auto mark = std::as_bytes(std::span("\xe0\x7f\x01\x00OV", 6));
  const auto found = std::ranges::search(bytes, mark);
  REQUIRE(found.size() == 6);
  std::fill_n(found.begin() + 12, 8, std::byte{0xff});
  write_bytes(c.folder / "enhanced.dcm", bytes);
  CHECK_THAT(c.error(),
             CONTAINS_TEXT("ExtendedOffsetTable is 18446744073709551616.000000, expected offsets within"));
}
