#include "loader/dicom.h"
#include "tests/loader/dicom_case.h"

using namespace trivox;
using namespace trivox::test;

namespace {

/// Puts `to` in the place of the first `from`, of the same length.
void patch(const fs::path& file, std::string_view from, std::string_view to) {
  std::vector<std::byte> bytes = read_file(file);
  const auto wanted = std::as_bytes(std::span(from)), put = std::as_bytes(std::span(to));
  REQUIRE(wanted.size() == put.size());
  const auto at = std::ranges::search(bytes, wanted).begin();
  REQUIRE(at != bytes.end());
  std::ranges::copy(put, at);
  write_bytes(file, bytes);
}

}  // namespace

TEST_CASE("every coder gives every pixel type back", "[dicom][syntax]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  const Outcome made = python("golden/dicom_syntaxes.py " + folder.path().string());
  INFO(made.output);
  REQUIRE(made.exit_code == 0);
  int files = 0;
  for (const fs::path& path : files_in(folder.path())) {
    if (path.extension() != ".dcm") continue;
    ++files;
    const std::vector<std::byte> bytes = read_file(path);
    const auto header = parse_dicom(bytes);
    REQUIRE(header);
    INFO(path.stem() << ": " << header->transfer_syntax);
    std::vector<float> values(static_cast<size_t>(header->rows * header->columns));
    decode_dicom(bytes, *header, values);
    CHECK(values == floats_in(fs::path(path).replace_extension(".f32")));
    const bool is_lossy = made.output.find(path.stem().string() + "\n") != std::string::npos;
    const bool is_warned = std::ranges::any_of(header->warnings, [](const std::string& warning) {
      return warning.find("compressed with loss") != std::string::npos;
    });
    CHECK((!is_lossy || is_warned));
  }
  CHECK(files == 29);  // five coders and two lossy ones for four types, baseline JPEG for one
}

TEST_CASE("unknown_transfer_syntax", "[dicom][syntax]") {
  NEEDS_PYTHON();
  const DicomCase c("plain");
  patch(c.folder / "000006.dcm", "1.2.840.10008.1.2.1", "1.2.840.10008.9.9.9");
  CHECK_THAT(c.error(), CONTAINS_TEXT("000006.dcm: TransferSyntaxUID is 1.2.840.10008.9.9.9, expected one "
                                      "that is plain or that GDCM decodes"));
}

TEST_CASE("positions of the patient do not change what orientation and position say", "[dicom][syntax]") {
  NEEDS_PYTHON();
  for (const char* name : {"feet_first_prone", "head_first_left", "coronal", "sagittal"}) {
    check_reads(name);
    const DicomCase c(name);
    const Outcome asked = python("golden/dicom_by_simpleitk.py " + c.folder.path().string() + " " +
                                 (c.folder / ".voxels").string());
    INFO(name << ": " << asked.output);
    REQUIRE(asked.exit_code == 0);
    const Grid grid = find_dicom_series(c.folder.path()).grid;
    CHECK(corner_distance_mm(grid, ExpectedSeries(asked.output).grid) < 1e-3);
  }
}

TEST_CASE("what follows the voxels in a file is tolerated", "[dicom][syntax]") {
  NEEDS_PYTHON();
  check_reads("trailing_padding");
  const DicomCase c("plain");
  for (const fs::path& file : files_in(c.folder.path())) {
    std::vector<std::byte> bytes = read_file(file);
    bytes.resize(bytes.size() + 13, std::byte{0xa5});
    write_bytes(file, bytes);
  }
  check_series(find_dicom_series(c.folder.path()), c.series.front());
}

TEST_CASE("numbers padded with NUL are read", "[dicom][syntax]") {
  NEEDS_PYTHON();
  const DicomCase c("plain");
  patch(c.folder / "000006.dcm", "0.4000000000", std::string_view("0.400000000\0", 12));
  check_series(find_dicom_series(c.folder.path()), c.series.front());
}

TEST_CASE("comma_for_a_decimal_point", "[dicom][syntax]") {
  NEEDS_PYTHON();
  const DicomCase c("plain");
  patch(c.folder / "000006.dcm", "0.4000000000", "0,4000000000");
  CHECK_THAT(c.error(),
             CONTAINS_TEXT("000006.dcm: PixelSpacing is '0.6000000000\\0,4000000000', expected finite "
                           "decimal numbers"));
}
