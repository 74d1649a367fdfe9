// Sequences that are laid onto the reference by a transform: loader/assemble.h.
#include <tbb/global_control.h>

#include <algorithm>
#include <cmath>

#include "loader/assemble.h"
#include "tests/loader/phantom_patients.h"
#include "tests/test.h"
#include "tests/transforms/volumes.h"
#include "transforms/resample.h"

using namespace trivox;
using namespace trivox::test;

namespace {

/// A head without symmetry, its outline at 24 mm.
double anatomy(const Eigen::Vector3d& p) {
  return (80 + 30 * std::sin(p.x() / 5) * std::cos(p.y() / 6 + p.z() / 9)) /
         (1 + std::exp((p.norm() - 24) / 0.7));
}

Sequence sequence(const std::string& name, const Grid& grid, double radius) {
  Sequence out;
  out.name = name;
  out.image = sampled(grid, anatomy);
  out.mask =
      painted(grid, [&](const Eigen::Vector3d& p) { return (p - Eigen::Vector3d(6, 4, 0)).norm() < radius; });
  return out;
}

/// CE-T1WI, the reference, comes last; T2WI sees -17 to 25 mm of its -27.75 to 27.25.
Patient patient() {
  Patient out;
  out.id = "1";
  Grid tilted = grid_of({60, 62, 11}, {1.1, 1, 5.5}, {-33, -31, -27});
  tilted.affine.topLeftCorner<3, 4>() =
      (Eigen::AngleAxisd(0.07, Eigen::Vector3d::UnitX()).matrix() * tilted.affine.topLeftCorner<3, 4>())
          .eval();
  out.sequences.push_back(sequence("T1WI", tilted, 9));
  out.sequences.push_back(sequence("T2WI", grid_of({54, 54, 7}, {1.2, 1.2, 6}, {-32, -32, -14}), 8));
  out.sequences.push_back(sequence("CE-T1WI", grid_of({70, 70, 10}, {1, 1, 5.5}, {-34.5, -34.5, -25}), 8));
  return out;
}

Eigen::Matrix4d shift(double x, double y, double z) {
  Eigen::Matrix4d out = Eigen::Matrix4d::Identity();
  out.topRightCorner<3, 1>() << x, y, z;
  return out;
}

const Eigen::Matrix4d kMotion = [] {
  Eigen::Matrix4d out = shift(2.5, -1.75, 3.25);
  out.topLeftCorner<3, 3>() =
      Eigen::AngleAxisd(0.08, Eigen::Vector3d(1, -2, 3).normalized()).toRotationMatrix();
  return out;
}();

/// By headers, but for one sequence.
std::vector<ChannelAlignment> aligned(size_t index, const Eigen::Matrix4d& reference_to_native) {
  std::vector<ChannelAlignment> out(3);
  out[2].outcome = "reference";
  out[index].outcome = "refined";
  out[index].reference_to_native = reference_to_native;
  return out;
}

template <class T>
double largest_difference(const Volume<T>& a, const Volume<T>& b) {
  REQUIRE(a.data.size() == b.data.size());
  double most = 0;
  for (size_t i = 0; i < a.data.size(); ++i)
    most = std::max(most, std::abs(static_cast<double>(a.data[i]) - static_cast<double>(b.data[i])));
  return most;
}

}  // namespace

TEST_CASE("a moved header and the alignment that undoes it give the same sample",
          "[assemble][registration]") {
  const Patient input = patient();
  AssembleOptions options;
  options.label_policy = "union";
  for (const size_t i : {0, 1})
    for (const bool is_spaced : {false, true}) {
      if (is_spaced) options.spacing_mm = {1.3, 1.3, 0};
      Patient moved = input;
      Sequence& sequence = moved.sequences[i];
      sequence.image.grid.affine = (kMotion * sequence.image.grid.affine).eval();
      sequence.mask->grid = sequence.image.grid;
      const Sample expected = assemble(input, options), found = assemble(moved, options, aligned(i, kMotion));
      CHECK(found.image.grid.size == expected.image.grid.size);
      CHECK(found.image.grid.affine == expected.image.grid.affine);
      CHECK(largest_difference(found.image, expected.image) < 1e-4);
      CHECK(largest_difference(found.label, expected.label) == 0);
      CHECK(largest_difference(found.valid, expected.valid) == 0);
      // Without it the sample is another.
      const Sample other = assemble(moved, options);
      if (other.image.grid.size == expected.image.grid.size)
        CHECK(largest_difference(other.image, expected.image) > 0.5);
    }
}

TEST_CASE("voxels are interpolated once by the alignment and the resampling together",
          "[assemble][registration]") {
  const Patient input = patient();
  AssembleOptions options;
  options.crop_to_body = false;
  const Sample sample = assemble(input, options, aligned(0, kMotion));
  const ChannelProvenance& t1 = sample.channels[0];
  const ResampleResult once =
      resample(input.sequences[0].image, sample.image.grid, kMotion, Interpolation::kCubic, 0);
  double most = 0;
  for (size_t i = 0; i < once.image.data.size(); ++i)
    if (once.valid.data[i] != 0)
      most = std::max(most, std::abs((once.image.data[i] - t1.mean) / t1.standard_deviation -
                                     static_cast<double>(sample.image.channel(0)[i])));
  CHECK(most < 1e-5);
  // It shows the anatomy where the transform says that it lies: linear across slices of 5.5 mm.
  double sum = 0;
  int64_t count = 0;
  for_voxels(sample.image.grid, [&](int64_t x, int64_t y, int64_t z, const Eigen::Vector3d& p) {
    const Eigen::Vector3d there = (kMotion * p.homogeneous()).head<3>();
    if (there.norm() > 20) return;
    sum += std::abs(sample.image.at(0, x, y, z) * t1.standard_deviation + t1.mean - anatomy(there));
    ++count;
  });
  CHECK(sum / static_cast<double>(count) < 1.5);  // of 80 +- 30
  // The reference's voxels stay untouched.
  const Sample by_header = assemble(input, options);
  CHECK(std::ranges::equal(sample.image.channel(2), by_header.image.channel(2)));
  CHECK(std::ranges::equal(sample.image.channel(1), by_header.image.channel(1)));
}

TEST_CASE("the field of view moves with the alignment", "[assemble][registration]") {
  AssembleOptions options;
  options.crop_to_body = false;
  // T2WI sees -17 to 25 mm; slices of the reference lie at -25, -19.5, ... 24.5.
  const auto seen = [&](const Eigen::Matrix4d& reference_to_native) {
    const Sample sample = assemble(patient(), options, aligned(1, reference_to_native));
    REQUIRE_FALSE(sample.valid.empty());
    std::vector<int> out;
    for (int64_t z = 0; z < 10; ++z) {
      out.push_back(sample.valid.at(1, 35, 35, z));
      // What is not seen is air.
      if (out.back() == 0) CHECK(sample.image.at(1, 35, 35, z) == static_cast<float>(sample.channels[1].air));
    }
    CHECK(std::ranges::count(sample.valid.channel(2), 0) == 0);
    return out;
  };
  CHECK(seen(Eigen::Matrix4d::Identity()) == std::vector{0, 0, 1, 1, 1, 1, 1, 1, 1, 1});
  CHECK(seen(shift(0, 0, 11)) == std::vector{1, 1, 1, 1, 1, 1, 1, 1, 0, 0});   // -28 to 14
  CHECK(seen(shift(0, 0, -11)) == std::vector{0, 0, 0, 0, 1, 1, 1, 1, 1, 1});  // -6 to 36
}

TEST_CASE("a label that the alignment moves out of the body's box is not cut off",
          "[assemble][registration]") {
  Patient input = patient();
  // T2WI's mask lies inside the body by the header, and by the transform beside it.
  Sequence& t2 = input.sequences[1];
  t2.mask = painted(t2.image.grid, [](const Eigen::Vector3d& p) { return p.norm() < 5; });
  const std::vector<ChannelAlignment> alignments = aligned(1, shift(-27, 0, 0));
  AssembleOptions options;
  for (const std::string policy : {"union", "majority", "per_sequence"}) {
    options.label_policy = policy;
    options.crop_to_body = true;
    const Sample cropped = assemble(input, options, alignments);
    options.crop_to_body = false;
    const Sample whole = assemble(input, options, alignments);
    CHECK(cropped.image.grid.voxels() < whole.image.grid.voxels());
    const auto drawn = [](const Sample& sample) {
      return std::ranges::count_if(sample.label.data, [](uint8_t v) { return v != 0 && v != kIgnoreLabel; });
    };
    CHECK(drawn(whole) > 0);
    CHECK(drawn(cropped) == drawn(whole));
    // To 27 + 5 mm and 2 voxels more, whole voxels each; by the header alone to the body's 24 + 2.
    CHECK(cropped.image.grid.to_world({static_cast<double>(cropped.image.grid.size[0] - 1), 0, 0}).x() ==
          Approx(34).margin(1));
    options.crop_to_body = true;
    const Sample by_header = assemble(input, options);
    CHECK(by_header.image.grid.to_world({static_cast<double>(by_header.image.grid.size[0] - 1), 0, 0}).x() ==
          Approx(26).margin(1.5));
  }
  // The reference's own label alone asks for no room there.
  options.label_policy = "reference";
  CHECK(assemble(input, options, alignments).image.grid.size == assemble(input, options).image.grid.size);
}

TEST_CASE("a sample tells how its channels were laid", "[assemble][registration]") {
  Patient input = patient();
  input.sequences[0].warnings = {"gap of 0.2 mm"};
  std::vector<ChannelAlignment> alignments = aligned(0, kMotion);
  alignments[0].warnings = {"registration onto CE-T1WI: far"};
  RegistrationRecord record;
  record.found = kMotion;
  record.found_nats = 0.75;
  record.masks = MaskAgreement{0.25, 0.5, false};
  alignments[0].registration = record;
  const Sample sample = assemble(input, {}, alignments);
  CHECK(sample.channels[0].alignment == "refined");
  CHECK(sample.channels[0].reference_to_native == kMotion);
  CHECK(sample.channels[0].warnings ==
        std::vector<std::string>{"gap of 0.2 mm", "registration onto CE-T1WI: far"});
  REQUIRE(sample.channels[0].registration);
  CHECK(sample.channels[0].registration->found_nats == 0.75);
  CHECK(sample.channels[0].registration->masks == record.masks);
  CHECK(sample.channels[1].alignment == "header");
  CHECK(sample.channels[1].reference_to_native == Eigen::Matrix4d::Identity());
  CHECK_FALSE(sample.channels[1].registration);
  CHECK(sample.channels[2].alignment == "reference");
}

TEST_CASE("alignments_of_another_number_of_sequences", "[assemble][registration][bad]") {
  CHECK(error_of([] { (void)assemble(patient(), {}, std::vector<ChannelAlignment>(2)); }) ==
        "alignments is of 2 sequences, expected one for each of 3, or none");
}

TEST_CASE("an_alignment_that_moves_a_sequence_off_the_reference", "[assemble][registration][bad]") {
  const std::string said = error_of([] { (void)assemble(patient(), {}, aligned(0, shift(500, 0, 0))); });
  CHECK_THAT(said, CONTAINS_TEXT("field of view is 60 x 62 x 11") && CONTAINS_TEXT("(sequence T1WI)"));
}

TEST_CASE("phantom patients are registered and assembled", "[assemble][registration]") {
  const PhantomPatients set("tiny", 1, 5, true);
  const Patient input = set.read("001");
  AssembleOptions options;
  options.label_policy = "per_sequence";
  CoregistrationOptions none;
  none.reference = "none";
  const Sample moved = coregister_and_assemble(input, options, {}),
               by_header = coregister_and_assemble(input, options, none);
  const auto dice = [](const Sample& sample, int64_t c) {
    const auto a = sample.label.channel(c), b = sample.label.channel(2);
    int64_t both = 0, sum = 0;
    for (size_t i = 0; i < a.size(); ++i) {
      both += a[i] == 1 && b[i] == 1 ? 1 : 0;
      sum += (a[i] == 1 ? 1 : 0) + (b[i] == 1 ? 1 : 0);
    }
    return 2 * static_cast<double>(both) / static_cast<double>(sum);
  };
  for (const int64_t c : {0, 1}) {
    const auto i = static_cast<size_t>(c);
    CHECK(dice(moved, c) > dice(by_header, c) + 0.02);
    CHECK(moved.channels[i].alignment == "refined");
    CHECK(by_header.channels[i].alignment == "header");
    CHECK_FALSE(by_header.channels[i].registration);
    // What the sample's record says of the masks is what its label shows, but for what is smoothed there.
    REQUIRE(moved.channels[i].registration);
    REQUIRE(moved.channels[i].registration->masks);
    CHECK(moved.channels[i].registration->masks->dice_registered == Approx(dice(moved, c)).margin(0.1));
    CHECK(moved.channels[i].registration->masks->dice_header == Approx(dice(by_header, c)).margin(0.1));
  }
  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  const Sample single = coregister_and_assemble(input, options, {});
  CHECK(single.image.data == moved.image.data);
  CHECK(single.label.data == moved.label.data);
  CHECK(single.valid.data == moved.valid.data);
}

TEST_CASE("settings_that_are_wrong_for_a_registered_sample", "[assemble][registration][bad]") {
  const Patient input = patient();
  const auto said = [&](const AssembleOptions& options, const CoregistrationOptions& registration) {
    CHECK_THROWS_AS(coregister_and_assemble(input, options, registration), UsageError);
    return error_of([&] { (void)coregister_and_assemble(input, options, registration); });
  };
  AssembleOptions options;
  options.reference = "none";
  CHECK(said(options, {}) ==
        "preprocess.reference is none, expected auto or one of T1WI, T2WI, CE-T1WI; to place them by their "
        "headers, registration.reference: none");
  CoregistrationOptions registration;
  registration.reference = "T1WI";
  CHECK(said({}, registration) == "registration.reference is T1WI, expected auto or none");
  CHECK(error_of([] { (void)coregister_and_assemble({}, {}, {}); }) ==
        "sequences is none, expected at least one");
  Patient broken = input;
  broken.sequences[1].image.data[5] = NAN;
  CHECK(error_of([&] { (void)coregister_and_assemble(broken, {}, {}); }) ==
        "voxel value is not finite at 1 voxel, expected numbers (sequence T2WI)");
}
