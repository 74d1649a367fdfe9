#include <fstream>

#include "loader/dicom.h"
#include "tests/loader/dicom_case.h"

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
