#include "loader/nifti.h"

#include <cstring>
#include <fstream>
#include <sstream>

#include "loader/file.h"
#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

namespace {

/// An oblique, anisotropic grid, as an axial MRI stack has.
Grid oblique() {
  Grid grid;
  grid.size = {5, 4, 3};
  const Eigen::Matrix3d turn =
      (Eigen::AngleAxisd(0.3, Eigen::Vector3d::UnitX()) * Eigen::AngleAxisd(-0.2, Eigen::Vector3d::UnitZ()))
          .toRotationMatrix();
  grid.affine.topLeftCorner<3, 3>() = turn * Eigen::Vector3d(-0.43, -0.43, 5.5).asDiagonal();
  grid.affine.topRightCorner<3, 1>() = Eigen::Vector3d(101.25, 87.5, -30.125);
  return grid;
}

Volume<float> ramp(const Grid& grid, int64_t channels = 1) {
  Volume<float> volume(grid, channels);
  for (size_t i = 0; i < volume.data.size(); ++i) volume.data[i] = static_cast<float>(i) * 0.5F - 7;
  return volume;
}

/// Bytes of a plain .nii that this machine wrote, to be spoilt.
std::vector<std::byte> written(NiftiWriteForm form = NiftiWriteForm::kBoth) {
  const TemporaryFolder folder;
  write_nifti(folder / "a.nii", ramp(oblique()), form);
  return read_file(folder / "a.nii");
}

template <class T>
void poke(std::vector<std::byte>& bytes, size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

std::string parse_error(const std::vector<std::byte>& bytes) {
  return error_of([&] { (void)parse_nifti(bytes); });
}

}  // namespace

namespace {

/// How many of a line's numbers differ from what was read; both kept in their own type.
template <class T>
size_t differing(const std::string& line, std::span<const T> read) {
  std::istringstream in(line);
  size_t different = 0;
  for (const T value : read) {
    std::string word;
    in >> word;
    T expected{};
    if constexpr (std::is_floating_point_v<T>)
      expected = static_cast<T>(std::strtod(word.c_str(), nullptr));
    else if constexpr (std::is_signed_v<T>)
      expected = static_cast<T>(std::stoll(word));
    else
      expected = static_cast<T>(std::stoull(word));
    different += value == expected || (value != value && expected != expected) ? 0 : 1;
  }
  std::string more;
  return different + ((in >> more) ? 1 : 0);
}

/// What nifti_matrix.py says about a file.
struct Truth {
  std::string file, datatype, stored, values;
  Grid grid;
  int64_t channels = 0;
  double slope = 1, intercept = 0;
  explicit Truth(const fs::path& path) {
    std::ifstream in(path);
    in >> file;
    for (int i = 0; i < 4; ++i)
      for (int j = 0; j < 4; ++j) in >> grid.affine(i, j);
    in >> grid.size[0] >> grid.size[1] >> grid.size[2] >> channels >> datatype >> slope >> intercept >>
        std::ws;
    std::getline(in, stored);
    std::getline(in, values);
    if (!in.good()) throw std::runtime_error("incomplete: " + path.string());
  }
};

}  // namespace

TEST_CASE("nifti matrix of datatype and endianness and forms and scaling as nibabel reads it", "[nifti]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  const Outcome made = python("golden/nifti_matrix.py " + folder.path().string());
  INFO(made.output);
  REQUIRE(made.exit_code == 0);
  int cases = 0;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    if (entry.path().extension() != ".txt") continue;
    ++cases;
    const Truth truth(entry.path());
    INFO(truth.file);
    const fs::path file = folder / truth.file;
    const NiftiImage image = read_nifti(file);
    REQUIRE(image.volume.channels == truth.channels);
    CHECK(corner_distance_mm(image.volume.grid, truth.grid) < 1e-5);
    CHECK(image.datatype == truth.datatype);
    CHECK(differing<float>(truth.values, image.volume.data) == 0);

    const NiftiNative stored = read_nifti_native(file);
    CHECK(stored.volume.slope == truth.slope);
    CHECK(stored.volume.intercept == truth.intercept);
    std::visit(
        [&](const auto& volume) {
          using T = typename std::decay_t<decltype(volume.data)>::value_type;
          CHECK(volume.channels == truth.channels);
          CHECK(corner_distance_mm(volume.grid, truth.grid) < 1e-5);
          CHECK(differing<T>(truth.stored, volume.data) == 0);
        },
        stored.volume.stored);

    const NiftiHeader header = read_nifti_header(file);
    CHECK(header.datatype == truth.datatype);
    CHECK(header.grid.affine == image.volume.grid.affine);
    CHECK(header.grid.size == image.volume.grid.size);

    // What is read is written and read again the same, to the bit.
    const fs::path copy = folder / "copy.nii";
    write_nifti(copy, stored.volume);
    const NiftiNative again = read_nifti_native(copy);
    CHECK(again.volume.slope == static_cast<double>(static_cast<float>(stored.volume.slope)));
    CHECK(again.volume.intercept == static_cast<double>(static_cast<float>(stored.volume.intercept)));
    CHECK(again.header.datatype == truth.datatype);
    CHECK(corner_distance_mm(again.header.grid, stored.header.grid) < 1e-4);
    std::visit(
        [&](const auto& a) {
          const auto& b = std::get<std::decay_t<decltype(a)>>(again.volume.stored);
          REQUIRE(a.data.size() == b.data.size());
          CHECK(std::memcmp(a.data.data(), b.data.data(), a.data.size() * sizeof a.data[0]) == 0);
        },
        stored.volume.stored);
  }
  CHECK(cases == 389);
}

TEST_CASE("nifti written is read by nibabel and SimpleITK in the same place", "[nifti]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  const Volume<float> image = ramp(oblique());
  Volume<uint8_t> mask(oblique(), 1);
  mask.at(0, 4, 1, 2) = 3;
  Grid sheared = oblique();
  sheared.affine.col(2).head<3>() += Eigen::Vector3d(0.5, 0, 0);
  write_nifti(folder / "both.nii", image);
  write_nifti(folder / "both.nii.gz", image);
  write_nifti(folder / "qform.nii", mask, NiftiWriteForm::kQformOnly);
  write_nifti(folder / "sheared.nii", ramp(sheared));
  write_nifti(folder / "channels.nii.gz", ramp(oblique(), 2));
  std::ofstream truth(folder / "truth.txt");
  truth.precision(17);
  truth << oblique().affine << "\n" << sheared.affine << "\n";
  truth.close();
  const Outcome checked = python("golden/nifti_check_written.py " + folder.path().string());
  INFO(checked.output);
  CHECK(checked.exit_code == 0);
}

TEST_CASE("nifti reads back what it wrote", "[nifti]") {
  const TemporaryFolder folder;
  const Volume<float> image = ramp(oblique(), 2);
  for (const char* name : {"a.nii", "a.nii.gz"}) {
    write_nifti(folder / name, image);
    const NiftiImage read = read_nifti(folder / name);
    CHECK(read.volume.data == image.data);
    CHECK(read.volume.channels == 2);
    CHECK(read.geometry_source == "both agree");
    CHECK(read.datatype == "float32");
    CHECK(read.warnings.empty());
    CHECK(corner_distance_mm(read.volume.grid, image.grid) < 1e-4);
  }
  write_nifti(folder / "q.nii", Volume<uint8_t>(oblique(), 1, 1), NiftiWriteForm::kQformOnly);
  const NiftiImage read = read_nifti(folder / "q.nii");
  CHECK(read.geometry_source == "qform");
  CHECK(corner_distance_mm(read.volume.grid, oblique()) < 0.05);
}

TEST_CASE("a size beyond NIfTI-1 is written as NIfTI-2", "[nifti]") {
  const TemporaryFolder folder;
  Volume<int16_t> volume(oblique(), 1);
  volume.grid.size = {32768, 2, 1};
  volume.data.assign(65536, 5);
  volume.data.back() = -7;
  write_nifti(folder / "wide.nii.gz", NativeVolume{volume, 0.1, -3});
  const NiftiNative read = read_nifti_native(folder / "wide.nii.gz");
  CHECK(read.volume.slope == 0.1);  // double there
  CHECK(read.header.grid.affine == volume.grid.affine);
  CHECK(std::get<Volume<int16_t>>(read.volume.stored).data == volume.data);
}

TEST_CASE("nifti_scaling_that_no_header_holds", "[nifti]") {
  const TemporaryFolder folder;
  CHECK_THAT(
      error_of([&] { write_nifti(folder / "a.nii", NativeVolume{Volume<int16_t>(oblique(), 1), 0, 1}); }),
      CONTAINS_TEXT("scaling is 0, 1, expected finite numbers that the header holds, a slope that is not 0"));
  // float32 makes 0 or infinity of them, which readers take for "not scaled".
  for (const double slope : {1e-46, 1e-40, 1e39, 1e300})
    CHECK_THAT(error_of([&] {
                 write_nifti(folder / "a.nii", NativeVolume{Volume<int16_t>(oblique(), 1), slope, 0});
               }),
               CONTAINS_TEXT("scaling is 1e"));
  CHECK_THAT(
      error_of([&] { write_nifti(folder / "a.nii", NativeVolume{Volume<int16_t>(oblique(), 1), 1, 1e300}); }),
      CONTAINS_TEXT("scaling is 1, 1e+300"));
  CHECK_FALSE(fs::exists(folder / "a.nii"));
}

TEST_CASE("the header alone is read from a file that ends after it", "[nifti]") {
  const TemporaryFolder folder;
  for (const char* name : {"a.nii", "a.nii.gz"}) {
    write_nifti(folder / name, ramp(oblique(), 2));
    fs::resize_file(folder / name, name[5] == 0 ? 352 : fs::file_size(folder / name) - 8);
    const NiftiHeader header = read_nifti_header(folder / name);
    CHECK(header.grid.size == oblique().size);
    CHECK(header.channels == 2);
    CHECK(header.geometry_source == "both agree");
  }
  fs::resize_file(folder / "a.nii", 300);
  CHECK_THAT(error_of([&] { (void)read_nifti_header(folder / "a.nii"); }),
             CONTAINS_TEXT("a.nii: header is 300 bytes (truncated), expected 348 bytes"));
  fs::resize_file(folder / "a.nii.gz", 30);
  CHECK_THAT(error_of([&] { (void)read_nifti_header(folder / "a.nii.gz"); }),
             CONTAINS_TEXT("a.nii.gz: gzip stream is truncated"));
}

TEST_CASE("nifti written twice is the same to the byte", "[nifti]") {
  const TemporaryFolder folder;
  write_nifti(folder / "a.nii.gz", ramp(oblique()));
  write_nifti(folder / "b.nii.gz", ramp(oblique()));
  CHECK(read_file(folder / "a.nii.gz") == read_file(folder / "b.nii.gz"));
}

TEST_CASE("nifti_qform_cannot_hold_shear", "[nifti]") {
  const TemporaryFolder folder;
  Grid grid = oblique();
  grid.affine.col(2).head<3>() += Eigen::Vector3d(0.5, 0, 0);
  CHECK_THAT(error_of([&] { write_nifti(folder / "a.nii", ramp(grid), NiftiWriteForm::kQformOnly); }),
             CONTAINS_TEXT("a qform holds no shear"));
  CHECK(!fs::exists(folder / "a.nii"));
}

// Offsets below are those of the NIfTI-1 header: dim 40, datatype 70, pixdim 76, vox_offset 108,
TEST_CASE("nifti_forms_a_little_apart", "[nifti]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  const Outcome made = python("golden/nifti_shapes.py shift " + folder.path().string());
  INFO(made.output);
  REQUIRE(made.exit_code == 0);
  const NiftiHeader near = read_nifti_header(folder / "15.nii");
  Grid expected = near.grid;  // as nibabel takes it, the sform
  std::istringstream text(made.output);
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) text >> expected.affine(i, j);
  CHECK(near.grid.affine == expected.affine);
  CHECK(near.geometry_source == "both agree");
  Grid moved = expected;
  moved.affine(1, 3) += 0.25;
  CHECK(error_of([&] { (void)read_nifti_header(folder / "25.nii"); }) ==
        (folder / "25.nii").string() +
            ": distance between qform and sform is 0.250000 mm, expected at most 0.2 mm (qform: " +
            moved.describe() + "; sform: " + expected.describe() +
            "), or dataset.nifti_form (convert: --form) says which to take");
}

// qform_code 252, sform_code 254, quatern_b 256, qoffset_x 268, srow_x 280, magic 344.

TEST_CASE("nifti_forms_apart", "[nifti]") {
  std::vector<std::byte> bytes = written();
  poke(bytes, 268, 101.25F + 3.0F);
  CHECK_THAT(parse_error(bytes), CONTAINS_TEXT("distance between qform and sform is 3.000"));
  CHECK_THAT(parse_error(bytes), CONTAINS_TEXT("expected at most 0.2 mm"));
  CHECK(parse_nifti(bytes, NiftiForm::kQform).volume.grid.affine(0, 3) == Approx(104.25));
  const NiftiImage by_s = parse_nifti(bytes, NiftiForm::kSform);
  CHECK(by_s.volume.grid.affine(0, 3) == Approx(101.25));
  REQUIRE(by_s.warnings.size() == 1);
  CHECK_THAT(by_s.warnings[0], CONTAINS_TEXT("mm apart: the sform is taken, as configured"));
  // The form that is passed over may be broken.
  poke(bytes, 256, 2.0F);
  CHECK_THAT(parse_error(bytes), CONTAINS_TEXT("quatern_b, c, d: sum of squares"));
  const NiftiImage past_q = parse_nifti(bytes, NiftiForm::kSform);
  CHECK(past_q.geometry_source == "sform");
  CHECK_THAT(past_q.warnings.at(0), CONTAINS_TEXT("at most 1: the sform is taken, as configured"));
}

TEST_CASE("nifti_without_geometry", "[nifti]") {
  std::vector<std::byte> bytes = written();
  poke<int16_t>(bytes, 252, 0);
  poke<int16_t>(bytes, 254, 0);
  const NiftiImage image = parse_nifti(bytes);
  CHECK(!image.has_geometry);
  CHECK(image.geometry_source == "none");
  REQUIRE(image.warnings.size() == 1);
  CHECK_THAT(image.warnings[0], CONTAINS_TEXT("holds no geometry"));
  CHECK(image.volume.grid.spacing_mm()[2] == Approx(5.5));
}

TEST_CASE("nifti_in_metres is turned into mm", "[nifti]") {
  std::vector<std::byte> bytes = written();
  poke<int8_t>(bytes, 123, 1);
  const NiftiImage image = parse_nifti(bytes);
  CHECK(image.volume.grid.spacing_mm()[2] == Approx(5500));
  CHECK_THAT(image.warnings.at(0), CONTAINS_TEXT("metre"));
}

TEST_CASE("nifti_slope_of_0_beside_an_intercept is unscaled and said so", "[nifti]") {
  std::vector<std::byte> bytes = written();
  poke(bytes, 112, 0.0F);
  CHECK(parse_nifti(bytes).warnings.empty());
  poke(bytes, 116, 7.0F);
  CHECK(parse_nifti(bytes).warnings ==
        std::vector<std::string>{"scl_slope is 0 beside a scl_inter of 7.000000: values are taken unscaled"});
}

TEST_CASE("nifti_header_faults are named", "[nifti]") {
  const auto spoilt = [](size_t offset, auto value) {
    std::vector<std::byte> bytes = written();
    poke(bytes, offset, value);
    return parse_error(bytes);
  };
  CHECK(parse_error({}) == "header is 0 bytes (truncated), expected 348 bytes");
  CHECK_THAT(spoilt(0, 347), CONTAINS_TEXT("sizeof_hdr is 347, expected 348 (NIfTI-1) or 540 (NIfTI-2)"));
  CHECK_THAT(spoilt(40, int16_t{9}), CONTAINS_TEXT("dim[0] is 9, expected 1 to 7"));
  CHECK_THAT(spoilt(42, int16_t{-5}), CONTAINS_TEXT("dim[1] is -5, expected at least 1"));
  CHECK_THAT(spoilt(70, int16_t{32}), CONTAINS_TEXT("datatype is complex64"));
  CHECK_THAT(spoilt(70, int16_t{3}), CONTAINS_TEXT("datatype is the unknown code 3"));
  CHECK_THAT(spoilt(108, 100.0F),
             CONTAINS_TEXT("vox_offset is 100.000000, expected a whole number of at least 352"));
  CHECK_THAT(spoilt(116, std::numeric_limits<float>::infinity()), CONTAINS_TEXT("scl_inter is inf"));
  CHECK_THAT(spoilt(256, 2.0F), CONTAINS_TEXT("quatern_b, c, d: sum of squares"));
  CHECK_THAT(spoilt(268, std::numeric_limits<float>::quiet_NaN()),
             CONTAINS_TEXT("qoffset_x is nan, expected a finite number, since the qform is set"));
  CHECK_THAT(spoilt(80, -0.43F), CONTAINS_TEXT("pixdim[1] is -0.430000, expected above 0"));
  CHECK_THAT(spoilt(108, 0.0F), CONTAINS_TEXT("vox_offset is 0.000000"));
  CHECK_THAT(spoilt(252, int16_t{200}), CONTAINS_TEXT("qform_code is 200, expected 0 to 5"));
  CHECK_THAT(spoilt(254, int16_t{-1}), CONTAINS_TEXT("sform_code is -1, expected 0 to 5"));
  CHECK_THAT(spoilt(76, -0.5F), CONTAINS_TEXT("pixdim[0], the qfac is -0.500000, expected 1 or -1"));
  CHECK_THAT(spoilt(76, std::numeric_limits<float>::quiet_NaN()), CONTAINS_TEXT("the qfac is nan"));
  CHECK_THAT(spoilt(344, uint32_t{0}), CONTAINS_TEXT("ANALYZE 7.5"));
  CHECK_THAT(spoilt(345, 'i'), CONTAINS_TEXT(".hdr/.img pair"));
  std::vector<std::byte> flat = written();
  for (size_t i = 0; i < 12; ++i) poke(flat, 280 + 4 * i, 0.0F);  // srow_x, srow_y, srow_z
  poke<int16_t>(flat, 252, 0);
  CHECK_THAT(parse_error(flat), CONTAINS_TEXT("sform affine is singular or not finite"));
}

TEST_CASE("nifti_that_claims_more_than_memory is refused before allocation", "[nifti]") {
  std::vector<std::byte> bytes = written();
  for (size_t i = 1; i <= 5; ++i) poke<int16_t>(bytes, 40 + 2 * i, 32767);
  poke<int16_t>(bytes, 40, 5);
  CHECK_THAT(parse_error(bytes), CONTAINS_TEXT("dim is a size beyond any memory"));
  poke<int16_t>(bytes, 40, 3);
  CHECK_THAT(parse_error(bytes), CONTAINS_TEXT("voxel data is 240 bytes (truncated)"));
}

TEST_CASE("truncated_nii", "[nifti]") {
  const TemporaryFolder folder;
  std::vector<std::byte> bytes = written();
  bytes.resize(bytes.size() - 40);
  write_file_atomically(folder / "a.nii",
                        std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  const std::string message = error_of([&] { (void)read_nifti(folder / "a.nii"); });
  CHECK_THAT(message, CONTAINS_TEXT((folder / "a.nii").string() +
                                    ": voxel data is 200 bytes (truncated), expected 240 bytes"));
}

TEST_CASE("truncated_nii_gz", "[nifti]") {
  const TemporaryFolder folder;
  const fs::path path = folder / "a.nii.gz";
  write_nifti(path, ramp(oblique()));
  const std::vector<std::byte> whole = read_file(path);
  // Within the header, within the voxels, within the checksum.
  for (const size_t length : {size_t{30}, whole.size() / 2, whole.size() - 20, whole.size() - 3}) {
    fs::resize_file(path, length);
    const std::string message = error_of([&] { (void)read_nifti(path); });
    CHECK_THAT(message, CONTAINS_TEXT(path.string() + ": gzip stream is truncated"));
    write_nifti(path, ramp(oblique()));
  }
  fs::resize_file(path, whole.size() - 20);
  CHECK_THAT(error_of([&] { (void)read_nifti(path); }), CONTAINS_TEXT("expected 592 bytes and a checksum"));
}

TEST_CASE("corrupt_nii_gz", "[nifti]") {
  const TemporaryFolder folder;
  const fs::path path = folder / "a.nii.gz";
  write_nifti(path, ramp(oblique()));
  std::vector<std::byte> bytes = read_file(path);
  bytes[bytes.size() - 6] ^= std::byte{1};  // of the CRC
  write_file_atomically(path, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  CHECK_THAT(error_of([&] { (void)read_nifti(path); }), CONTAINS_TEXT("gzip stream is corrupt"));
}

TEST_CASE("nifti survives any altered header byte", "[nifti]") {
  // A cheap stand-in for fuzzing: whatever a byte becomes, there is a value or an Error.
  const std::vector<std::byte> good = written();
  int refused = 0;
  for (size_t i = 0; i < 348; ++i)
    for (const int value : {0, 1, 0x7f, 0x80, 0xff}) {
      std::vector<std::byte> bytes = good;
      bytes[i] = static_cast<std::byte>(value);
      refused += parse_error(bytes).empty() ? 0 : 1;
    }
  CHECK(refused > 50);
}

TEST_CASE("hippocampus as nibabel reads it", "[nifti][data]") {
  NEEDS_DATA();
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  for (const char* name : {"imagesTr/hippocampus_001_0000", "labelsTr/hippocampus_001"}) {
    const fs::path path = data_folder() / "hippocampus" / (std::string(name) + ".nii.gz");
    const NiftiImage image = read_nifti(path);
    const Outcome asked = python("golden/nifti_summary.py " + path.string());
    REQUIRE(asked.exit_code == 0);
    std::istringstream truth(asked.output);
    Grid grid;
    for (int i = 0; i < 4; ++i)
      for (int j = 0; j < 4; ++j) truth >> grid.affine(i, j);
    truth >> grid.size[0] >> grid.size[1] >> grid.size[2];
    double sum = 0, weighted = 0, expected_sum = 0, expected_weighted = 0;
    truth >> expected_sum >> expected_weighted;
    for (size_t i = 0; i < image.volume.data.size(); ++i) {
      sum += static_cast<double>(image.volume.data[i]);
      weighted += static_cast<double>(image.volume.data[i]) * static_cast<double>(i);
    }
    CHECK(corner_distance_mm(image.volume.grid, grid) < 1e-5);
    CHECK(sum == Approx(expected_sum).epsilon(1e-12));
    CHECK(weighted == Approx(expected_weighted).epsilon(1e-12));
  }
}
