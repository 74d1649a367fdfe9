#include "loader/dicom.h"

#include <cmath>
#include <fstream>

#include "tests/loader/dicom/case.h"

using namespace trivox;
using namespace trivox::test;

TEST_CASE("glioma series as SimpleITK reads them", "[dicom][data]") {
  NEEDS_DATA();
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  for (const char* name : {"T1WI", "T2WI", "CE-T1WI"}) {
    const fs::path path = data_folder() / "glioma/MRI-Segments/001" / name;
    const Outcome asked =
        python("golden/dicom_by_simpleitk.py " + path.string() + " " + (folder / "voxels").string());
    INFO(name << " " << asked.output);
    REQUIRE(asked.exit_code == 0);
    const Grid grid = ExpectedSeries(asked.output).grid;
    const DicomSeries series = find_dicom_series(path);
    const Volume<float> volume = read_dicom_series(series);
    CHECK(corner_distance_mm(series.grid, grid) < 1e-3);
    CHECK(std::vector<float>(volume.data.begin(), volume.data.end()) == floats_in(folder / "voxels"));
    CHECK(series.warnings.empty());
    CHECK(series.largest_position_error_mm < 1e-3);
    CHECK(series.modality == "MR");
    CHECK(series.bits_allocated == 16);
    CHECK(series.is_signed);
  }
}

TEST_CASE("nine transfer syntaxes give the same voxels", "[dicom][data]") {
  NEEDS_DATA();
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  const fs::path files = data_folder() / "dicom-transfer-syntaxes";
  REQUIRE(python("golden/dicom_voxels.py " + (files / "1.dcm").string() + " " + (folder / "voxels").string())
              .exit_code == 0);
  const std::vector<float> expected = floats_in(folder / "voxels");
  for (int i = 1; i <= 9; ++i) {
    std::vector<std::byte> bytes = read_file(files / (std::to_string(i) + ".dcm"));
    CHECK_THAT(error_of([&] { (void)parse_dicom_series(bytes); }), CONTAINS_TEXT("mosaics are not read"));
    // The image is a mosaic, which is refused; taken for a plain image its pixels are the test.
    // Three elements say so, each by itself.
    for (const auto& [mark, next] :
         {std::pair<std::string_view, const char*>{"MOSAIC",
                                                   "Siemens' NumberOfImagesInMosaic (0019,xx0a) is 35"},
          {"SIEMENS MR HEADER", "NumberOfImagesInMosaic of Siemens' CSA header (0029,xx10) is 35"},
          {"SIEMENS CSA HEADER", ""}}) {
      const auto at = std::search(bytes.begin(), bytes.end(), mark.begin(), mark.end(),
                                  [](std::byte b, char c) { return std::to_integer<char>(b) == c; });
      REQUIRE(at != bytes.end());
      *at = std::byte{'X'};
      if (*next != 0) CHECK_THAT(error_of([&] { (void)parse_dicom_series(bytes); }), CONTAINS_TEXT(next));
    }
    const DecodedDicom image = decoded(bytes);
    INFO(i << ": " << image.series.transfer_syntax);
    CHECK(image.values == expected);
    CHECK(image.warnings.empty());
  }
}

TEST_CASE("dicom pixel formats as pydicom wrote them", "[dicom]") {
  NEEDS_PYTHON();
  for (const char* name : {"plain", "unsigned_8", "signed_16", "signed_12", "signed_12_extended",
                           "overlays_above_value", "monochrome1", "rescaled"}) {
    const DicomCase c(name);
    INFO(name);
    std::vector<std::string> warnings;
    check_series(find_dicom_series(c.folder.path()), c.series.front(), &warnings);
    CHECK(warnings.empty());
  }
  check_reads("high_bit_15");
}

TEST_CASE("bits_in_use_that_hold_neither_value_nor_overlay", "[dicom]") {
  NEEDS_PYTHON();
  // Five slices of 54 voxels; the first voxel of each has only its value.
  const auto warnings_of = [](const char* name) {
    const DicomCase c(name);
    std::vector<std::string> warnings;
    check_series(find_dicom_series(c.folder.path()), c.series.front(), &warnings);
    return warnings;
  };
  const std::string rest =
      " in use in 265 of 270 voxels, which are neither a sign nor an overlay that group 60xx declares: "
      "dropped";
  const std::string stored = "BitsStored is 12 and HighBit 11, but of the words ";
  CHECK(warnings_of("bits_above_value") == std::vector<std::string>{stored + "bits 13, 15 are" + rest});
  CHECK(warnings_of("overlay_in_another_bit") == std::vector<std::string>{stored + "bit 15 is" + rest});
}

TEST_CASE("several numbers where one is expected", "[dicom]") {
  NEEDS_PYTHON();
  CHECK_THAT(DicomCase("two_slopes").error(), CONTAINS_TEXT(".dcm: RescaleSlope is 2 numbers, expected one"));
  CHECK_THAT(DicomCase("two_signs").error(),
             CONTAINS_TEXT(".dcm: PixelRepresentation is 2 numbers, expected one"));
  CHECK_THAT(DicomCase("three_spacings").error(),
             CONTAINS_TEXT(".dcm: PixelSpacing is 3 numbers, expected 2 numbers"));
  const DicomCase echoes("two_echo_times");  // which only describes the series
  const DicomSeries series = find_dicom_series(echoes.folder.path());
  CHECK(!series.echo_time_ms);
  REQUIRE(series.warnings.size() == 1);
  CHECK_THAT(series.warnings[0], CONTAINS_TEXT("EchoTime is 2 numbers, expected one: taken as absent"));
}

TEST_CASE("tilt_of_little_more_than_45_degrees", "[dicom]") {
  NEEDS_PYTHON();
  CHECK_THAT(
      DicomCase("tilted_by_little_more_than_45_degrees").error(),
      CONTAINS_TEXT("in-plane drift from slice to slice is 5.5004 mm, expected at most the gap of 5.5 mm"));
}

TEST_CASE("dicom transfer syntaxes as pydicom wrote them", "[dicom]") {
  NEEDS_PYTHON();
  for (const char* name : {"implicit", "big_endian", "big_endian_8", "deflated", "rle", "no_modality_lut"})
    check_reads(name);
}

TEST_CASE("slices are sorted by position in either direction and shear is kept", "[dicom]") {
  NEEDS_PYTHON();
  for (const char* name : {"descending", "tilted"}) check_reads(name);
}

TEST_CASE("cosines of few digits are made orthonormal and shear is not", "[dicom]") {
  NEEDS_PYTHON();
  const auto skew = [](const Grid& grid) {
    const Eigen::Matrix3d d = grid.direction();
    return (d.transpose() * d - Eigen::Matrix3d::Identity()).cwiseAbs().maxCoeff();
  };
  const DicomCase rounded("rounded_cosines");
  const DicomSeries series = find_dicom_series(rounded.folder.path());
  const Grid& grid = series.grid;
  CHECK(skew(grid) < 1e-12);
  CHECK(corner_distance_mm(grid, rounded.series[0].grid) < 0.01);
  const DicomFrame &first = series.slices.front().header, &last = series.slices.back().header;
  const Eigen::Vector3d to_ras(-1, -1, 1);
  Grid written = grid;  // as the headers say
  written.affine.col(0).head<3>() = to_ras.cwiseProduct(first.row_direction) * first.column_spacing_mm;
  written.affine.col(1).head<3>() = to_ras.cwiseProduct(first.column_direction) * first.row_spacing_mm;
  written.affine.col(2).head<3>() = to_ras.cwiseProduct(last.position_mm - first.position_mm) /
                                    static_cast<double>(series.slices.size() - 1);
  CHECK(series.orthonormal_mm > 0);
  CHECK(series.orthonormal_mm == Approx(corner_distance_mm(grid, written)).epsilon(.01));
  const DicomCase tilted("tilted");  // 1.25 mm in plane for 5.5 mm along the normal
  CHECK(skew(find_dicom_series(tilted.folder.path()).grid) == Approx(1.25 / std::hypot(1.25, 5.5)));
  CHECK(find_dicom_series(tilted.folder.path()).orthonormal_mm < 1e-6);
}

TEST_CASE("voxels are as large as PixelSpacing says though cosines are rounded", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c("rounded_to_three_decimals");
  const Outcome asked = python("golden/dicom_by_simpleitk.py " + c.folder.path().string() + " " +
                               (c.folder / ".voxels").string());
  INFO(asked.output);
  REQUIRE(asked.exit_code == 0);
  const Grid grid = find_dicom_series(c.folder.path()).grid;
  CHECK(corner_distance_mm(grid, ExpectedSeries(asked.output).grid) < 1e-3);
  CHECK(grid.spacing_mm()[0] == Approx(0.4).epsilon(1e-12));
  CHECK(grid.spacing_mm()[1] == Approx(0.6).epsilon(1e-12));
}

TEST_CASE("one slice takes its thickness for the spacing and says so", "[dicom]") {
  NEEDS_PYTHON();
  check_reads("one_slice");
  const DicomCase c("one_slice");
  CHECK_THAT(find_dicom_series(c.folder.path()).warnings.at(0), CONTAINS_TEXT("thickness is taken"));
}

TEST_CASE("uneven slices are warned of", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c("uneven");
  const DicomSeries series = find_dicom_series(c.folder.path());
  REQUIRE(series.warnings.size() == 1);
  // The line is p(k) = k * gap + .06, the mean of the one error of .3: that slice is .24 mm off.
  CHECK_THAT(series.warnings[0], CONTAINS_TEXT("lies 0.240 mm off the evenly spaced line"));
}

TEST_CASE("slice_missing_in_the_middle", "[dicom]") {
  NEEDS_PYTHON();
  // Slice k is named (7 k + 3) mod 11: slices 1 and 3 are 000010 and 000002, slice 0 is 000003.
  const DicomCase c("slice_missing_in_the_middle");
  CHECK(c.error() == c.folder.path().string() +
                         ": gap between 000010.dcm and 000002.dcm is 11.000 mm (1 slice is "
                         "missing), expected 5.500 mm");
  const DicomCase two("two_slices_missing_in_the_middle");
  CHECK_THAT(two.error(),
             CONTAINS_TEXT("gap between 000003.dcm and 000002.dcm is 16.500 mm (2 slices are missing)"));
}

TEST_CASE("slice_off_the_line", "[dicom]") {
  NEEDS_PYTHON();
  CHECK_THAT(DicomCase("off_the_line").error(),
             CONTAINS_TEXT("from the evenly spaced line is 1.200 mm, expected at most 0.550 mm"));
}

TEST_CASE("drift_in_plane", "[dicom]") {
  NEEDS_PYTHON();
  CHECK_THAT(DicomCase("drift_in_plane").error(),
             CONTAINS_TEXT("in-plane drift of 000006.dcm from the line of the others is 1.600 mm"));
}

TEST_CASE("repeated_position", "[dicom]") {
  NEEDS_PYTHON();
  CHECK_THAT(DicomCase("repeated_position").error(),
             CONTAINS_TEXT("position of 000002.dcm and 000006.dcm is the same along the normal"));
}

TEST_CASE("differing_size", "[dicom]") {
  NEEDS_PYTHON();
  CHECK_THAT(DicomCase("differing_size").error(),
             CONTAINS_TEXT("size of 000002.dcm is 8 x 6, expected 9 x 6 as 000003.dcm"));
  CHECK_THAT(DicomCase("differing_spacing").error(),
             CONTAINS_TEXT("PixelSpacing of 000002.dcm is 0.5 mm x 0.6 mm"));
}

TEST_CASE("several_series_in_one_folder", "[dicom]") {
  NEEDS_PYTHON();
  CHECK_THAT(DicomCase("two_series").error(),
             CONTAINS_TEXT("number of series is 2 that differ in SeriesInstanceUID"));
  CHECK_THAT(DicomCase("two_echoes").error(), CONTAINS_TEXT("number of series is 2 that differ in EchoTime"));
  CHECK_THAT(DicomCase("differing_orientation").error(),
             CONTAINS_TEXT("number of series is 2 that differ in ImageOrientationPatient"));
}

TEST_CASE("dicom of a kind that is not read is refused by name", "[dicom]") {
  NEEDS_PYTHON();
  CHECK_THAT(DicomCase("multi_frame").error(),
             CONTAINS_TEXT("NumberOfFrames is 2 without functional groups: nothing says where each "
                           "lies, expected 1, or PerFrameFunctionalGroupsSequence"));
  CHECK_THAT(DicomCase("mosaic").error(), CONTAINS_TEXT("mosaics are not read"));
  for (const auto& [name, attribute] :
       {std::pair{"siemens_mosaic_without_image_type", "Siemens' NumberOfImagesInMosaic (0019,xx0a)"},
        {"united_imaging_grid", "United Imaging's number of images in a grid (0065,xx50)"},
        {"united_imaging_grid_of_frames", "United Imaging's number of images in a grid (0065,xx50)"}})
    CHECK_THAT(DicomCase(name).error(),
               CONTAINS_TEXT(std::string(attribute) +
                             " is 16, expected one slice an image: mosaics and grids are not read"));
  check_reads("grids_of_one_image");
  CHECK_THAT(DicomCase("colour").error(), CONTAINS_TEXT("PhotometricInterpretation is RGB with 1 samples"));
  CHECK_THAT(DicomCase("bits_allocated_12").error(),
             CONTAINS_TEXT(".dcm: BitsAllocated is 12, expected 8, 16 or 32"));
}

TEST_CASE("dicom_header_faults are named with the file", "[dicom]") {
  NEEDS_PYTHON();
  CHECK_THAT(DicomCase("no_position").error(),
             CONTAINS_TEXT("000010.dcm: ImagePositionPatient is absent, expected 3 numbers"));
  CHECK_THAT(DicomCase("skewed_orientation").error(),
             CONTAINS_TEXT("000010.dcm: ImageOrientationPatient is 1\\0\\0\\0.5\\0.5\\0"));
  CHECK_THAT(DicomCase("sign_not_told").error(),
             CONTAINS_TEXT("000010.dcm: PixelRepresentation is absent, expected 0 or 1"));
  CHECK_THAT(DicomCase("pixel_data_absent").error(), CONTAINS_TEXT("000010.dcm: PixelData is absent"));
}

TEST_CASE("numbers that no scanner writes", "[dicom]") {
  NEEDS_PYTHON();
  CHECK_THAT(DicomCase("far_away").error(), CONTAINS_TEXT("ImagePositionPatient is 1"));
  CHECK_THAT(DicomCase("slope_beyond_float").error(),
             CONTAINS_TEXT("RescaleSlope is 1e+300, expected 1e-28 to"));
  CHECK_THAT(DicomCase("differing_spacing_by_little").error(),
             CONTAINS_TEXT("is 0.4002 mm x 0.6 mm, expected 0.4 mm x 0.6 mm as "));
}

TEST_CASE("values_by_a_lookup_table", "[dicom]") {
  NEEDS_PYTHON();
  CHECK_THAT(DicomCase("modality_lut").error(),
             CONTAINS_TEXT("ModalityLUTSequence is there, expected RescaleSlope and RescaleIntercept"));
}

TEST_CASE("bytes_in_big_endian_words", "[dicom]") {
  NEEDS_PYTHON();
  CHECK_THAT(
      DicomCase("big_endian_8_in_words").error(),
      CONTAINS_TEXT("BitsAllocated is 8 in the big endian transfer syntax 1.2.840.10008.1.2.2, expected "
                    "16, or 8 in an element of VR OB"));
}

TEST_CASE("descriptions by code extension, and without what a terminal would obey", "[dicom]") {
  NEEDS_PYTHON();
  const auto description = [](const char* name) {
    const DicomCase c(name);
    return find_dicom_series(c.folder.path()).description;
  };
  CHECK(description("japanese") == "\u5c71\u7530 T1");      // Yamada, as PS3.5 H.3 has it
  CHECK(description("korean") == "\uae40\ud76c\uc911 T2");  // Kim Huijung, I.2
  CHECK(description("control_characters") == "T1 ?[2J");
}

TEST_CASE("truncated_dicom", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c("plain");
  const fs::path file = c.folder / "000006.dcm";
  const auto size = fs::file_size(file);
  fs::resize_file(file, size - 10);  // of 6 x 9 x 2 bytes
  CHECK(c.error() == file.string() + ": PixelData is 98 bytes (truncated), expected 108 bytes");
  fs::resize_file(file, 401);
  CHECK_THAT(c.error(), CONTAINS_TEXT(file.string() + ": "));
  CHECK_THAT(c.error(), CONTAINS_TEXT("to the end of the file (truncated), expected"));
  fs::resize_file(file, 100);
  CHECK_THAT(c.error(), CONTAINS_TEXT("000006.dcm: content is not DICOM, expected DICOM, as the name says"));
  fs::resize_file(file, 0);
  CHECK_THAT(c.error(), CONTAINS_TEXT("000006.dcm: content is empty, expected DICOM, as the name says"));
}

TEST_CASE("truncated_compressed_dicom", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c("rle");
  const fs::path file = c.folder / "000006.dcm";
  fs::resize_file(file, fs::file_size(file) - 30);
  CHECK_THAT(c.error(), CONTAINS_TEXT("000006.dcm: PixelData is "));
  CHECK_THAT(c.error(), CONTAINS_TEXT("bytes (truncated), expected "));
}

TEST_CASE("dicom survives truncation at any byte and altered bytes", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c("plain");
  const std::vector<std::byte> good = read_file(c.folder / "000006.dcm");
  size_t passed = 0;  // no truncated file may be taken for none of ours: its slice would be lost
  for (size_t length = 132; length < good.size(); ++length) {
    const std::span<const std::byte> part(good.data(), length);
    passed += error_of([&] { (void)parse_dicom_series(part); }).empty() ? 1 : 0;
  }
  CHECK(passed == 0);
  for (size_t i = 132; i < good.size(); ++i) {
    std::vector<std::byte> bytes = good;
    bytes[i] ^= std::byte{0x55};
    (void)error_of([&] {
      for (const DicomSeries& series : parse_dicom_series(bytes)) (void)decode_dicom_series(bytes, series);
    });
  }
}

TEST_CASE("empty_folder", "[dicom]") {
  const TemporaryFolder folder;
  CHECK(error_of([&] { (void)find_dicom_series(folder.path()); }) ==
        folder.path().string() + ": number of DICOM images is 0, expected a series");
  CHECK(error_of([&] { (void)find_dicom_series(folder / "absent"); }) ==
        (folder / "absent").string() + ": it is absent, expected a folder of DICOM files");
}

TEST_CASE("files that are not DICOM are ignored and listed", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c("plain");
  std::ofstream(c.folder / ".DS_Store") << "Bud1";
  std::ofstream(c.folder / "._1.dcm") << "macOS keeps a file's icon in such a one";
  std::ofstream(c.folder / "notes.txt") << "read me";
  fs::create_directory(c.folder / "sub");
  const DicomScan scan = scan_dicom_folder(c.folder.path());
  REQUIRE(scan.series.size() == 1);
  CHECK(scan.series[0].files.size() == 5);
  REQUIRE(scan.ignored.size() == 1);
  CHECK(scan.ignored[0].path == c.folder / "notes.txt");
  CHECK(scan.ignored[0].reason == "not DICOM");
  CHECK(scan.broken.empty());
  CHECK(find_dicom_series(c.folder.path()).warnings ==
        std::vector<std::string>{"notes.txt was ignored: not DICOM"});
}

TEST_CASE("what lies beside slices without an ending", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c("plain");
  for (const fs::path& file : files_in(c.folder.path()))
    fs::rename(file, c.folder / ("IM" + file.stem().string()));
  std::ofstream(c.folder / "README") << "a disc";
  std::ofstream(c.folder / "LOCKFILE") << "";
  for (const fs::path& file : files_in(c.folder.path()))  // as long as a slice's name, and with a digit
    if (file.filename().string().starts_with("IM")) {
      std::string name = "XX" + file.filename().string().substr(2);
      name.back() = '1';
      std::ofstream(c.folder / name) << "a list";
    }
  check_series(find_dicom_series(c.folder.path()), c.series.front());
  std::ofstream(c.folder / "IM77") << "no longer a slice";
  CHECK_THAT(c.error(), CONTAINS_TEXT("IM77: content is not DICOM, expected DICOM, as the files beside it"));
}

TEST_CASE("more_voxels_than_any_stream_holds", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c("rle_of_more_than_memory");
  const DicomSeries series = find_dicom_series(c.folder.path());
  uint64_t bytes = 0;
  for (const fs::path& file : series.files) bytes += fs::file_size(file);
  // 5 x 16384^2 voxels; no coder makes more than 8192 of a byte.
  const std::string expected = c.folder.path().string() + ": PixelData is 1342177280 voxels in " +
                               std::to_string(bytes) + " bytes of files, expected at least 1310720 bytes";
  CHECK(error_of([&] { (void)read_dicom_series(series); }) == expected);
  CHECK(error_of([&] { (void)read_dicom_native(series); }) == expected);
}

TEST_CASE("folder_without_images", "[dicom]") {
  const TemporaryFolder folder;
  for (const char* name : {"a", "b"}) std::ofstream(folder / name) << "text";
  CHECK(
      error_of([&] { (void)find_dicom_series(folder.path()); }) ==
      folder.path().string() +
          ": number of DICOM images is 0 among 2 files, the first of them a (not DICOM), expected a series");
}

TEST_CASE("a file that shrinks between scan and reading is named", "[dicom]") {
  NEEDS_PYTHON();
  const DicomCase c("plain");
  const DicomSeries series = find_dicom_series(c.folder.path());
  const std::vector<std::byte> bytes = read_file(series.files[3]);
  write_bytes(series.files[3], std::span(bytes).first(bytes.size() - 6));
  CHECK(error_of([&] { (void)read_dicom_series(series); }) ==
        series.files[3].string() + ": length is " + std::to_string(bytes.size() - 6) + " bytes, expected " +
            std::to_string(bytes.size()) + " bytes or more");
}
