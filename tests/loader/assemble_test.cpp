#include "loader/assemble.h"

#include <tbb/global_control.h>

#include <algorithm>
#include <cmath>

#include "loader/dicom/select.h"
#include "tests/test.h"
#include "tests/transforms/volumes.h"
#include "transforms/normalise.h"

using namespace trivox;
using namespace trivox::test;

namespace {

/// A head (an ellipsoid of 100 with a bright ball in it) in air of 5 +- 1, on any grid; `gain`
/// tells the sequences apart.
Sequence sequence(const std::string& name, const Grid& grid, double gain) {
  Sequence out;
  out.name = name;
  out.files = {name + "/1.dcm", name + "/2.dcm"};
  out.series_uid_hash = "00" + name;
  const Volume<float> deviates = noise(grid, 1);
  out.image = sampled(grid, [gain](const Eigen::Vector3d& p) {
    if ((p - Eigen::Vector3d(6, 4, 0)).norm() < 8) return 200 * gain;
    const double r = p.cwiseQuotient(Eigen::Vector3d(22, 26, 60)).norm();
    return 5 + 95 * gain / (1 + std::exp(20 * (r - 1)));
  });
  for (size_t i = 0; i < out.image.data.size(); ++i) out.image.data[i] += deviates.data[i];
  return out;
}

Volume<uint8_t> ball_mask(const Grid& grid, uint8_t value = 1) {
  return painted(
      grid, [](const Eigen::Vector3d& p) { return (p - Eigen::Vector3d(6, 4, 0)).norm() < 8; }, value);
}

Grid tilt(Grid grid, double degrees) {
  const Eigen::Matrix3d turn = Eigen::AngleAxisd(degrees * M_PI / 180, Eigen::Vector3d::UnitX()).matrix();
  grid.affine.topLeftCorner<3, 4>() = (turn * grid.affine.topLeftCorner<3, 4>()).eval();
  return grid;
}

/// Three sequences on unlike grids, CE-T1WI last; T2WI sees the upper slices only.
Patient patient() {
  Patient out;
  out.id = "007";
  out.sequences.push_back(
      sequence("T1WI", tilt(grid_of({80, 80, 11}, {0.9, 0.9, 5.5}, {-36, -36, -27}), 4), 1));
  out.sequences.push_back(sequence("T2WI", grid_of({64, 64, 7}, {1.1, 1.1, 6}, {-35, -35, -14}), 0.5));
  out.sequences.push_back(sequence("CE-T1WI", grid_of({96, 96, 10}, {0.8, 0.8, 5.5}, {-38, -38, -25}), 1.5));
  for (Sequence& s : out.sequences) s.mask = ball_mask(s.image.grid);
  return out;
}

int64_t count_of(std::span<const uint8_t> values, uint8_t value) {
  return std::count(values.begin(), values.end(), value);
}

}  // namespace

TEST_CASE("assemble leaves the reference's voxels where they are", "[assemble]") {
  const Patient input = patient();
  AssembleOptions options;
  options.crop_to_body = false;
  const Sample sample = assemble(input, options);
  const Volume<float>& raw = input.sequences[2].image;
  CHECK(sample.id == "007");
  CHECK(sample.image.channels == 3);
  CHECK(sample.image.grid.affine == raw.grid.affine);
  const ChannelProvenance& reference = sample.channels[2];
  int64_t different = 0;
  for (size_t i = 0; i < raw.data.size(); ++i)
    different += sample.image.channel(2)[i] !=
                 static_cast<float>((raw.data[i] - reference.mean) / reference.standard_deviation);
  CHECK(different == 0);
  CHECK((sample.label.data == input.sequences[2].mask->data));
}

TEST_CASE("assemble z-scores with the statistics of native voxels in the body", "[assemble]") {
  const Patient input = patient();
  const Sample sample = assemble(input, {});
  for (size_t c = 0; c < 3; ++c) {
    const Volume<float>& raw = input.sequences[c].image;
    const Volume<uint8_t> body = body_mask(raw);
    double sum = 0, squares = 0, n = 0;
    for (size_t i = 0; i < raw.data.size(); ++i)
      if (body.data[i] != 0) {
        sum += raw.data[i];
        squares += static_cast<double>(raw.data[i]) * raw.data[i];
        n += 1;
      }
    const double deviation = std::sqrt(squares / n - sum / n * sum / n);
    CHECK(sample.channels[c].mean == Approx(sum / n));
    CHECK(sample.channels[c].standard_deviation == Approx(deviation));
    CHECK(sample.channels[c].air == Approx((5 - sum / n) / deviation).margin(0.05));
  }
}

TEST_CASE("assemble lays the sequences over each other by their headers", "[assemble]") {
  const Sample sample = assemble(patient(), {});
  // The ball is the brightest part of every sequence: inside it every channel must be well above
  // the body, beside it none.
  for_voxels(sample.image.grid, [&](int64_t x, int64_t y, int64_t z, const Eigen::Vector3d& p) {
    const double r = (p - Eigen::Vector3d(6, 4, 0)).norm();
    if (std::abs(p.z()) > 2) return;  // slices of 6 mm blur the ball's caps
    for (int64_t c = 0; c < 3; ++c) {
      if (r < 4) CHECK(sample.image.at(c, x, y, z) > 1.5F);
      if (r > 11) CHECK(sample.image.at(c, x, y, z) < 1.0F);
    }
  });
}

TEST_CASE("assemble crops to the body with two voxels of margin in plane", "[assemble]") {
  const Patient input = patient();
  const Sample whole = assemble(input, [] {
    AssembleOptions options;
    options.crop_to_body = false;
    return options;
  }());
  const Sample sample = assemble(input, {});
  // By the half-Otsu rule the body ends near its half height, at x = +-22 and y = +-26 mm.
  const Eigen::Vector3d low = sample.image.grid.to_world({0, 0, 0});
  CHECK(low.x() == Approx(-22 - 2 * 0.8).margin(2.0));
  CHECK(low.y() == Approx(-26 - 2 * 0.8).margin(2.0));
  CHECK(low.z() == Approx(-25));
  CHECK(sample.image.grid.size[2] == 10);
  CHECK(sample.image.grid.size[0] < 64);
  CHECK(sample.reference_grid.size[0] == 96);
  // Cropping moves no voxel.
  const Eigen::Vector3d start = whole.image.grid.to_voxel(low).array().round();
  for (int64_t y = 0; y < sample.image.grid.size[1]; ++y)
    CHECK(sample.image.at(2, 5, y, 4) ==
          whole.image.at(2, 5 + static_cast<int64_t>(start.x()), y + static_cast<int64_t>(start.y()), 4));
}

TEST_CASE("assemble never crops a label away", "[assemble]") {
  Patient input = patient();
  input.sequences[2].mask->at(0, 95, 1, 3) = 1;  // far outside the head
  const Sample sample = assemble(input, {});
  CHECK(count_of(sample.label.data, 1) == count_of(input.sequences[2].mask->data, 1));
}

TEST_CASE("assemble holds each channel's air outside its field of view", "[assemble]") {
  const Sample sample = assemble(patient(), {});
  REQUIRE(sample.valid.channels == 3);
  CHECK(count_of(sample.valid.channel(2), 0) == 0);
  const auto valid = sample.valid.channel(1);
  const auto image = sample.image.channel(1);
  int64_t wrong = 0, outside = 0;
  for (size_t i = 0; i < valid.size(); ++i)
    if (valid[i] == 0) {
      ++outside;
      wrong += image[i] != static_cast<float>(sample.channels[1].air) ? 1 : 0;
    }
  CHECK(wrong == 0);
  // T2WI sees -17 to 25 mm; of the slices at -25, -19.5, -14, ... 24.5 the first two lie outside.
  CHECK(outside >= 2 * sample.image.grid.size[0] * sample.image.grid.size[1]);
  CHECK(sample.valid.at(1, 30, 30, 1) == 0);
  CHECK(sample.valid.at(1, 30, 30, 2) == 1);
  CHECK(sample.valid.at(1, 30, 30, 9) == 1);
  CHECK_THAT(sample.channels[1].warnings.at(0), CONTAINS_TEXT("its field of view covers 80.0 % of"));
}

TEST_CASE("assemble keeps no validity where every channel covers the grid", "[assemble]") {
  Patient input = patient();
  input.sequences.erase(input.sequences.begin(), input.sequences.begin() + 2);
  CHECK(assemble(input, {}).valid.empty());
}

TEST_CASE("assemble changes the spacing and keeps the place", "[assemble]") {
  AssembleOptions options;
  options.spacing_mm = {1.6, 1.6, 0};
  options.crop_to_body = false;
  const Sample sample = assemble(patient(), options);
  CHECK(sample.image.grid.size == std::array<int64_t, 3>{48, 48, 10});
  CHECK(sample.reference_grid.size == std::array<int64_t, 3>{96, 96, 10});
  const double ball = 0.8 * 0.8 * static_cast<double>(count_of(patient().sequences[2].mask->data, 1));
  CHECK(1.6 * 1.6 * static_cast<double>(count_of(sample.label.data, 1)) == Approx(ball).epsilon(0.1));
}

TEST_CASE("assemble tells where everything came from", "[assemble]") {
  Patient input = patient();
  input.sequences[0].warnings = {"gap of 0.2 mm"};
  const Sample sample = assemble(input, {});
  CHECK(sample.channels[0].name == "T1WI");
  CHECK(sample.channels[0].files == std::vector<std::string>{"T1WI/1.dcm", "T1WI/2.dcm"});
  CHECK(sample.channels[0].series_uid_hash == "00T1WI");
  CHECK(sample.channels[0].alignment == "header");
  CHECK(sample.channels[0].warnings.at(0) == "gap of 0.2 mm");
  CHECK(sample.channels[0].native_grid.affine == input.sequences[0].image.grid.affine);
  CHECK(sample.channels[0].reference_to_native == Eigen::Matrix4d::Identity());
  CHECK(sample.channels[2].alignment == "reference");
  CHECK(sample.reference_grid.affine == input.sequences[2].image.grid.affine);
}

TEST_CASE("assemble without masks has no label", "[assemble]") {
  Patient input = patient();
  for (Sequence& s : input.sequences) s.mask.reset();
  for (const char* policy : {"reference", "union"}) {
    AssembleOptions options;
    options.label_policy = policy;
    CHECK(assemble(input, options).label.empty());
  }
  input.sequences[0].mask = ball_mask(input.sequences[0].image.grid);
  const Sample sample = assemble(input, {});
  CHECK(sample.label.empty());  // of another sequence than the reference
  const auto has = [](const ChannelProvenance& channel, const std::string& text) {
    return std::ranges::find(channel.warnings, text) != channel.warnings.end();
  };
  const std::string text =
      "label: no mask of this sequence, and there are masks of " + input.sequences[0].name;
  size_t said = 0;
  for (const ChannelProvenance& channel : sample.channels)
    said += has(channel, text + ": the sample has no label");
  CHECK(said == 1);  // of the reference
  AssembleOptions options;
  options.label_policy = "union";
  const Sample united = assemble(input, options);
  CHECK(!has(united.channels[0], text));
  CHECK(has(united.channels[1], text));
}

TEST_CASE("assemble unites the masks of all sequences", "[assemble]") {
  Patient input = patient();
  Sequence& t1 = input.sequences[0];
  t1.mask = painted(t1.image.grid,
                    [](const Eigen::Vector3d& p) { return (p - Eigen::Vector3d(-8, 4, 0)).norm() < 6; });
  input.sequences[1].mask = ball_mask(input.sequences[1].image.grid, 2);
  AssembleOptions options;
  options.label_policy = "union";
  const Sample sample = assemble(input, options);
  const Sample alone = assemble(input, {});
  // The reference's value wins where both are drawn, T1WI's ball is added, 255 is left nowhere
  // because the reference sees all.
  for_voxels(sample.label.grid, [&](int64_t x, int64_t y, int64_t z, const Eigen::Vector3d& p) {
    const uint8_t label = sample.label.at(0, x, y, z);
    if (alone.label.at(0, x, y, z) == 1) CHECK(label == 1);
    if ((p - Eigen::Vector3d(-8, 4, 0)).norm() < 4) CHECK(label == 1);
    if ((p - Eigen::Vector3d(-8, 4, 0)).norm() > 9 && (p - Eigen::Vector3d(6, 4, 0)).norm() > 11)
      CHECK(label == 0);
  });
  CHECK(count_of(sample.label.data, 255) == 0);
}

TEST_CASE("assemble says which label vanished at a coarse spacing", "[assemble]") {
  Patient input = patient();
  input.sequences[2].mask->at(0, 20, 40, 3) = 7;
  AssembleOptions options;
  options.spacing_mm = {3, 3, 0};
  const Sample sample = assemble(input, options);
  REQUIRE(sample.channels[2].warnings.size() == 1);
  CHECK(sample.channels[2].warnings[0] == "label 7 (1 native voxels) has no voxel left on the sample's grid");
}

TEST_CASE("assemble gives the same bits with one thread and with many", "[assemble]") {
  const Patient input = patient();
  AssembleOptions options;
  options.spacing_mm = {1.2, 1.2, 0};
  options.label_policy = "union";
  const Sample many = assemble(input, options);
  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  const Sample single = assemble(input, options);
  CHECK((many.image.data == single.image.data));
  CHECK((many.label.data == single.label.data));
  CHECK((many.valid.data == single.valid.data));
}

TEST_CASE("assemble takes CE-T1WI or else the first channel for reference", "[assemble]") {
  CHECK(reference_channel({"T1WI", "T2WI", "CE-T1WI"}, "auto") == 2);
  CHECK(reference_channel({"anterior", "posterior"}, "auto") == 0);
  CHECK(reference_channel({"T1WI", "T2WI"}, "T2WI") == 1);
}

TEST_CASE("assemble refuses an unknown reference", "[assemble]") {
  AssembleOptions options;
  options.reference = "FLAIR";
  CHECK(error_of([&] { (void)assemble(patient(), options); }) ==
        "preprocess.reference is FLAIR, expected auto or one of T1WI, T2WI, CE-T1WI");
  CHECK_THROWS_AS(assemble(patient(), options), UsageError);
}

TEST_CASE("assemble refuses unknown policies and settings", "[assemble]") {
  AssembleOptions options;
  options.label_policy = "vote";
  CHECK(error_of([&] { (void)assemble(patient(), options); }) ==
        "preprocess.label_policy is vote, expected one of reference, union, intersection, majority, "
        "per_sequence");
  options = {};
  options.reference = "none";
  CHECK(error_of([&] { (void)assemble(patient(), options); }) ==
        "preprocess.reference is none, expected auto or one of T1WI, T2WI, CE-T1WI; to place them by their "
        "headers, registration.reference: none");
  options = {};
  options.interpolation = "sinc";
  CHECK(error_of([&] { (void)assemble(patient(), options); }) ==
        "preprocess.interpolation is sinc, expected cubic, linear or nearest");
  options = {};
  options.spacing_mm = {-1, 0, 0};
  CHECK(error_of([&] { (void)assemble(patient(), options); }) ==
        "preprocess.spacing_mm is -1.000000, expected 0 (keep) or more");
  options.spacing_mm = {1e-12, 1e-12, 1e-12};
  CHECK_THAT(error_of([&] { (void)assemble(patient(), options); }),
             CONTAINS_TEXT("preprocess.spacing_mm is 1e-12 x 1e-12 x 1e-12, which makes "));
  options.spacing_mm = {std::numeric_limits<double>::infinity(), 0, 0};
  CHECK(error_of([&] { (void)assemble(patient(), options); }) ==
        "preprocess.spacing_mm is inf, expected 0 (keep) or more");
}

TEST_CASE("assemble refuses a sequence that does not overlap the reference", "[assemble]") {
  Patient input = patient();
  input.sequences[0].image.grid.affine(2, 3) += 500;
  CHECK_THAT(error_of([&] { (void)assemble(input, {}); }), CONTAINS_TEXT("field of view is 80 x 80 x 11"));
  CHECK_THAT(error_of([&] { (void)assemble(input, {}); }), CONTAINS_TEXT("(sequence T1WI)"));
}

TEST_CASE("assemble refuses several channels in a sequence and voxels that are not numbers", "[assemble]") {
  Patient input = patient();
  input.sequences[1].image.data[5] = NAN;
  CHECK_THAT(error_of([&] { (void)assemble(input, {}); }), CONTAINS_TEXT("(sequence T2WI)"));
  input.sequences[1].image = Volume<float>(input.sequences[1].image.grid, 2);
  CHECK(error_of([&] { (void)assemble(input, {}); }) == "image is 2 channels, expected 1 (sequence T2WI)");
  CHECK(error_of([&] { (void)assemble(Patient{}, {}); }) == "sequences is none, expected at least one");
}

TEST_CASE("assemble gives a real patient the values of SimpleITK and NumPy", "[assemble]") {
  NEEDS_DATA();
  NEEDS_PYTHON();
  const fs::path folder = data_folder() / "glioma/MRI-Segments/001";
  Patient input;
  for (const char* name : {"T1WI", "T2WI", "CE-T1WI"}) {
    Sequence one;
    one.name = name;
    one.image = read_dicom_series(find_dicom_series(folder / name));
    input.sequences.push_back(std::move(one));
  }
  const Sample sample = assemble(input, {});
  const TemporaryFolder scratch;
  write_floats(scratch / "image", sample.image.data);
  std::ostringstream arguments;
  arguments << "loader/assemble_oracle.py " << folder.string() << ' ' << (scratch / "image").string();
  for (const int64_t n : sample.image.grid.size) arguments << ' ' << n;
  arguments << ' ' << affine_text(sample.image.grid.affine);
  CHECK(python(arguments.str()).output == "agree\n");
}
