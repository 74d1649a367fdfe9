#include "loader/dicom.h"
#include "tests/loader/dicom/case.h"

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

// Of 32 x 128 voxels every third, by the sum of row and column, has the bit.
constexpr const char* kBit13InUse =
    "BitsStored is 12 and HighBit 11, but of the words bit 13 is in use in 1365 of 4096 voxels, which are "
    "neither a "
    "sign nor an overlay that group 60xx declares: dropped";
constexpr const char* kSignOfBit11 =
    "the sign of the compressed samples is bit 11 alone in 1 slice: read as BitsStored says, where programs "
    "that "
    "know no BitsStored read large numbers";

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
    INFO(path.stem());
    if (path.stem().string().starts_with("refused_")) {
      CHECK_THAT(
          error_of([&] { (void)decoded(bytes); }),
          CONTAINS_TEXT("PixelData is no JPEG stream: 16 bits a sample, with cosines, expected 8 or 12"));
      continue;
    }
    const DecodedDicom image = decoded(bytes);
    CHECK(image.warnings.empty());
    CHECK(image.values == floats_in(fs::path(path).replace_extension(".f32")));
    const bool is_lossy = made.output.find(path.stem().string() + "\n") != std::string::npos;
    const bool is_warned = std::ranges::any_of(image.series.warnings, [](const std::string& warning) {
      return warning.find("compressed with loss") != std::string::npos;
    });
    CHECK((!is_lossy || is_warned));
  }
  CHECK(files == 38);  // six coders and two lossy ones for four types, baseline JPEG for one, five others
}

TEST_CASE("bits of which the header says something else than the coder", "[dicom][syntax]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  const Outcome made = python("golden/dicom_bits.py " + folder.path().string());
  INFO(made.output);
  REQUIRE(made.exit_code == 0);
  int files = 0;
  for (const fs::path& path : files_in(folder.path())) {
    if (path.extension() != ".dcm") continue;
    ++files;
    const std::string name = path.stem().string();
    const size_t told = made.output.find(name + " ");
    const float may_err = told == std::string::npos ? 0 : std::stof(made.output.substr(told + name.size()));
    const std::vector<std::byte> bytes = read_file(path);
    INFO(name);
    if (name.starts_with("refused_")) {
      const std::vector<std::pair<const char*, const char*>> values = {
          {"j2k_signed", "10, expected enough for the values 0 to 1023"},
          {"near", "10, expected enough for the values 0 to 409"},
          {"overlay", "12, expected enough for the values 0 to 12"},
          {"overlaysigned", "12, expected enough for the values -10"},
          {"cutsign", "12, expected enough for the values 0 to 409"},
          {"", "10, expected enough for the values 0 to 4095"}};
      const std::string expected = std::ranges::find_if(values, [&](const auto& known) {
                                     return name.ends_with(known.first);
                                   })->second;
      CHECK_THAT(error_of([&] { (void)decoded(bytes); }), CONTAINS_TEXT("BitsStored is " + expected));
      continue;
    }
    if (name.ends_with("_15")) {
      CHECK(error_of([&] { (void)decoded(bytes); }) ==
            "HighBit is 15, but the words use their lowest 12 bits alone, expected 11, or values in the bits "
            "up "
            "to HighBit");
      continue;
    }
    const auto& [series, values, warnings] = decoded(bytes);
    const std::vector<std::string> said = name.starts_with("above") ? std::vector<std::string>{kBit13InUse}
                                          : name.starts_with("cut") ? std::vector<std::string>{kSignOfBit11}
                                                                    : std::vector<std::string>();
    if (name.ends_with("_12_11") || std::isalpha(static_cast<unsigned char>(name.back())) != 0)
      CHECK(warnings == said);
    const std::vector<float> expected = floats_in(fs::path(path).replace_extension(".f32"));
    REQUIRE(values.size() == expected.size());
    float worst = 0;
    for (size_t i = 0; i < values.size(); ++i) worst = std::max(worst, std::abs(values[i] - expected[i]));
    INFO(name << " errs by " << worst);
    CHECK(worst <= may_err);
  }
  CHECK(files == 42);  // of part 2 two, and with overlays eight, two with bits above, five others
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

TEST_CASE("what follows a deflated data set is no member of a gzip stream", "[dicom][syntax]") {
  NEEDS_PYTHON();
  const DicomCase c("deflated");
  for (const fs::path& file : files_in(c.folder.path())) {
    std::vector<std::byte> bytes = read_file(file);
    for (const int b : {0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8}) bytes.push_back(static_cast<std::byte>(b));
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
