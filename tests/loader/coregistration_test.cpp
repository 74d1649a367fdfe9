#include "loader/coregistration.h"

#include <tbb/global_control.h>

#include <algorithm>
#include <limits>

#include "tests/loader/phantom_patients.h"
#include "tests/loader/registration_records.h"
#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

namespace {

constexpr size_t kT1 = 0, kT2 = 1, kReference = 2;  // as the npc layout orders them

std::string coregistration_error(const Patient& patient, const CoregistrationOptions& options = {}) {
  return error_of([&] { (void)coregister(patient, kReference, options); });
}

bool is_by_header(const ChannelAlignment& alignment) {
  return alignment.reference_to_native == Eigen::Matrix4d::Identity();
}

/// A header that says that the patient lay elsewhere; `by`: RAS+ mm to RAS+ mm of the sequence.
void move(Sequence& sequence, const Eigen::Matrix4d& by) {
  sequence.image.grid.affine = (by * sequence.image.grid.affine).eval();
  if (sequence.mask) sequence.mask->grid = sequence.image.grid;
}

/// `degrees` about an axis through the grid's middle, then a shift.
Eigen::Matrix4d motion(const Grid& grid, double degrees, const Eigen::Vector3d& axis,
                       const Eigen::Vector3d& shift_mm) {
  const Eigen::Vector3d middle = (grid.corners().front() + grid.corners().back()) / 2;
  const Eigen::Matrix3d turn = Eigen::AngleAxisd(degrees * M_PI / 180, axis.normalized()).toRotationMatrix();
  Eigen::Matrix4d out = Eigen::Matrix4d::Identity();
  out.topLeftCorner<3, 3>() = turn;
  out.topRightCorner<3, 1>() = middle - turn * middle + shift_mm;
  return out;
}

}  // namespace

TEST_CASE("the limits of a pair follow from its frames of reference", "[registration][coregistration]") {
  CoregistrationOptions options;
  options.seed = 9;
  options.limits.most_shift_mm = 12;
  options.limits.most_turn_deg = 7;
  options.limits.least_overlap = 0.25;
  options.most_shift_other_frame_mm = 80;
  options.most_turn_other_frame_deg = 50;
  const auto is_wide = [&](const std::string& frames, const std::string& fixed, const std::string& moving) {
    options.frames = frames;
    const RegistrationOptions asked = registration_options(options, fixed, moving);
    CHECK(asked.seed == 9);
    CHECK(asked.limits.least_overlap == 0.25);
    CHECK(asked.limits.most_shift_mm == (asked.is_wide ? 80 : 12));
    CHECK(asked.limits.most_turn_deg == (asked.is_wide ? 50 : 7));
    return asked.is_wide;
  };
  CHECK_FALSE(is_wide("auto", "a", "a"));
  CHECK(is_wide("auto", "a", "b"));
  CHECK_FALSE(is_wide("auto", "", "b"));  // not said, as in NIfTI
  CHECK_FALSE(is_wide("auto", "a", ""));
  CHECK_FALSE(is_wide("auto", "", ""));
  CHECK_FALSE(is_wide("same", "a", "b"));
  CHECK(is_wide("other", "a", "a"));
  CHECK(is_wide("other", "", ""));
}

TEST_CASE("the motion of phantom patients is found", "[registration][coregistration]") {
  for (const std::string size : {"demo", "tiny"}) {
    const PhantomPatients set(size, 1, 5, true);
    const Patient patient = set.read("001");
    const std::vector<Eigen::Vector3d> body = body_points(patient.sequences[kReference].image);
    const std::vector<ChannelAlignment> found = coregister(patient, kReference, {});
    REQUIRE(found.size() == 3);
    CHECK(found[kReference].outcome == "reference");
    CHECK(is_by_header(found[kReference]));
    CHECK_FALSE(found[kReference].registration);
    for (const size_t i : {kT1, kT2}) {
      const Sequence& sequence = patient.sequences[i];
      INFO(size << " " << sequence.name);
      const Eigen::Matrix4d truth = set.reference_to_native("001", sequence.name);
      const Distance off = distance_over(body, found[i].reference_to_native, truth);
      const Distance moved = distance_over(body, truth);
      CHECK(found[i].outcome == "refined");
      CHECK(off.mean_mm < (size == "demo" ? 0.15 : 0.3));  // voxels of 0.75 and 3 mm
      CHECK(off.most_mm < (size == "demo" ? 0.3 : 0.5));
      CHECK(moved.mean_mm > 1.5);  // or there was nothing to find
      REQUIRE(found[i].registration);
      const RegistrationRecord& record = *found[i].registration;
      CHECK(record.found == found[i].reference_to_native);
      CHECK(record.found_nats > record.header_nats + 0.1);
      CHECK(record.shift_mm == Approx(moved.mean_mm).margin(0.2));
      CHECK(record.turn_deg == Approx(rotation_angle_deg(truth.topLeftCorner<3, 3>())).margin(0.2));
      CHECK(record.inconsistency_mm < 0.3);
      CHECK(record.overlap > 0.8);
      CHECK_FALSE(record.is_other_frame);
      REQUIRE(record.masks);
      CHECK(record.masks->dice_registered > record.masks->dice_header + 0.03);
      CHECK_FALSE(record.masks->is_copy);
      CHECK(found[i].warnings.empty());
    }
  }
}

TEST_CASE("phantom patients without motion stay where they are", "[registration][coregistration]") {
  const PhantomPatients set("tiny", 3, 5, false);
  double sum = 0;
  for (const char* id : {"001", "002", "003"}) {
    const Patient patient = set.read(id);
    const std::vector<Eigen::Vector3d> body = body_points(patient.sequences[kReference].image);
    const std::vector<ChannelAlignment> found = coregister(patient, kReference, {});
    for (const size_t i : {kT1, kT2}) {
      INFO(id << " " << patient.sequences[i].name);
      REQUIRE(found[i].registration);
      // Before the gate that falls back to the header, and after.
      const double before = distance_over(body, found[i].registration->found).mean_mm,
                   after = distance_over(body, found[i].reference_to_native).mean_mm;
      CHECK(before < 0.3);
      CHECK(after <= before);
      CHECK((after == 0) == (found[i].outcome == "header"));
      sum += before;
    }
  }
  CHECK(sum / 6 < 0.2);
}

TEST_CASE("alignments are by the header alone where that is asked for", "[registration][coregistration]") {
  const PhantomPatients set("tiny", 1, 5, true);
  Patient patient = set.read("001");
  CoregistrationOptions options;
  options.reference = "none";
  const std::vector<ChannelAlignment> found = coregister(patient, kReference, options);
  REQUIRE(found.size() == 3);
  for (size_t i = 0; i < 3; ++i) {
    CHECK(is_by_header(found[i]));
    CHECK(found[i].outcome == (i == kReference ? "reference" : "header"));
    CHECK_FALSE(found[i].registration);
    CHECK(found[i].warnings.empty());
  }
  patient.sequences.erase(patient.sequences.begin(), patient.sequences.begin() + 2);
  const std::vector<ChannelAlignment> alone = coregister(patient, 0, {});
  REQUIRE(alone.size() == 1);
  CHECK(alone[0].outcome == "reference");
  CHECK(is_by_header(alone[0]));
  CHECK_FALSE(alone[0].registration);
}

TEST_CASE("another reference is laid under the others", "[registration][coregistration]") {
  const PhantomPatients set("tiny", 1, 5, true);
  const Patient patient = set.read("001");
  const std::vector<ChannelAlignment> found = coregister(patient, kT1, {});
  CHECK(found[kT1].outcome == "reference");
  CHECK(found[kReference].outcome == "refined");
  const std::vector<Eigen::Vector3d> body = body_points(patient.sequences[kT1].image);
  const Eigen::Matrix4d to_t1 = set.reference_to_native("001", "T1WI");
  for (const size_t i : {kT2, kReference}) {
    const Eigen::Matrix4d truth =
        (i == kT2 ? set.reference_to_native("001", "T2WI") : Eigen::Matrix4d::Identity()) * to_t1.inverse();
    CHECK(distance_over(body, found[i].reference_to_native, truth).mean_mm < 0.4);  // voxels of 3 mm
  }
}

TEST_CASE("masks of both sequences are compared where both hold voxels", "[registration][coregistration]") {
  const PhantomPatients set("tiny", 1, 5, true);
  Patient patient = set.read("001");
  patient.sequences[kT1].mask.reset();
  std::ranges::fill(patient.sequences[kT2].mask->data, uint8_t{0});
  const std::vector<ChannelAlignment> found = coregister(patient, kReference, {});
  for (const size_t i : {kT1, kT2}) {
    REQUIRE(found[i].registration);
    CHECK_FALSE(found[i].registration->masks);
  }
  // The same voxels, copied: told, since on its header alone it overlaps wholly.
  patient.sequences[kT1] = patient.sequences[kReference];
  patient.sequences[kT1].name = "T1WI";
  const std::vector<ChannelAlignment> copied = coregister(patient, kReference, {});
  REQUIRE(copied[kT1].registration->masks);
  CHECK(copied[kT1].registration->masks->is_copy);
  CHECK(copied[kT1].registration->masks->dice_header == 1);
}

TEST_CASE("constant_sequence_in_a_registration", "[registration][coregistration][bad]") {
  const PhantomPatients set("tiny", 1, 5, true);
  for (const size_t constant : {kT2, kReference}) {
    Patient patient = set.read("001");
    std::ranges::fill(patient.sequences[constant].image.data, 7.0F);
    const std::vector<ChannelAlignment> found = coregister(patient, kReference, {});
    CHECK(found[kT2].outcome == "rejected");
    CHECK(is_by_header(found[kT2]));
    REQUIRE(found[kT2].warnings.size() == 1);
    CHECK_THAT(found[kT2].warnings[0],
               CONTAINS_TEXT("registration onto CE-T1WI rejected, the header alone places it: ") &&
                   CONTAINS_TEXT("their mutual information is 0.000 nats, less than 0.050 beyond ") &&
                   CONTAINS_TEXT(": they hardly resemble"));
    CHECK(found[kT1].outcome == (constant == kT2 ? "refined" : "rejected"));
  }
}

TEST_CASE("sequence_with_a_voxel_that_is_not_finite", "[registration][coregistration][bad]") {
  const PhantomPatients set("tiny", 1, 5, true);
  for (const size_t broken : {kT1, kReference}) {
    Patient patient = set.read("001");
    patient.sequences[broken].image.data[99] =
        broken == kT1 ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
    CHECK(coregistration_error(patient) ==
          "voxel value is not finite at 1 voxel, expected numbers (sequence " +
              patient.sequences[broken].name + ")");
    CoregistrationOptions none;
    none.reference = "none";
    CHECK(coregistration_error(patient, none).empty());  // nothing is looked at; assembling tells
  }
}

TEST_CASE("of several faults the first sequence's comes out, whatever the threads",
          "[registration][coregistration][bad]") {
  const PhantomPatients set("tiny", 1, 5, true);
  Patient patient = set.read("001");
  for (const size_t i : {kT1, kT2, kReference})
    patient.sequences[i].image.data[99] = std::numeric_limits<float>::quiet_NaN();
  for (const size_t threads : {1, 2, 5}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    for (int again = 0; again < 5; ++again)
      CHECK_THAT(coregistration_error(patient), CONTAINS_TEXT("(sequence T1WI)"));
  }
}

TEST_CASE("sequence_that_nothing_lays_onto_the_reference", "[registration][coregistration][bad]") {
  const PhantomPatients set("tiny", 1, 5, true);
  Patient patient = set.read("001");
  std::ranges::fill(patient.sequences[kT1].image.data, 7.0F);
  CoregistrationOptions options;
  options.on_rejection = "quarantine";
  const std::string said = coregistration_error(patient, options);
  CHECK_THAT(said,
             CONTAINS_TEXT("registration onto CE-T1WI is not credible (T1WI: their mutual information is "
                           "0.000 nats, less than 0.050 beyond ") &&
                 CONTAINS_TEXT(": they hardly resemble") &&
                 CONTAINS_TEXT("), expected a credible transform, or registration.on_rejection: header "
                               "to keep the case by its headers"));
  CHECK_THROWS_AS(coregister(patient, kReference, options), RejectedCase);
  try {
    (void)coregister(patient, kReference, options);
  } catch (const RejectedCase& error) {
    CHECK_FALSE(error.fault().is_usage);  // of this case, not of the configuration
    REQUIRE(error.found().size() == 2);
    CHECK(error.found()[0].outcome == "rejected");
    CHECK(error.found()[1].outcome == "refined");
  }
  std::ranges::fill(patient.sequences[kT2].image.data, 7.0F);
  CHECK_THAT(coregistration_error(patient, options), CONTAINS_TEXT("(T1WI: ") && CONTAINS_TEXT(") (T2WI: "));
}

TEST_CASE("a header that is wrong by 25 mm is flagged in one frame and undone between two",
          "[registration][coregistration]") {
  const PhantomPatients set("tiny", 1, 5, true);
  Patient patient = set.read("001");
  patient.sequences.erase(patient.sequences.begin() + kT1);
  constexpr size_t kMoving = 0, kFixed = 1;
  const Eigen::Matrix4d further = motion(patient.sequences[kFixed].image.grid, 12, {1, 1, 2}, {15, -18, 9});
  move(patient.sequences[kMoving], further);
  const Eigen::Matrix4d truth = further * set.reference_to_native("001", "T2WI");
  const std::vector<Eigen::Vector3d> body = body_points(patient.sequences[kFixed].image);
  const auto off = [&](const Eigen::Matrix4d& found) { return distance_over(body, found, truth).mean_mm; };
  CHECK(off(Eigen::Matrix4d::Identity()) > 22);

  const ChannelAlignment flagged = coregister(patient, kFixed, {})[kMoving];
  CHECK(flagged.outcome == "rejected");
  CHECK(is_by_header(flagged));
  REQUIRE(flagged.registration);
  CHECK_FALSE(flagged.registration->is_other_frame);
  CHECK(off(flagged.registration->found) < 1);  // the answer that the limits forbid
  REQUIRE(flagged.warnings.size() == 1);
  CHECK_THAT(flagged.warnings[0],
             CONTAINS_TEXT("registration onto CE-T1WI rejected, the header alone places it: the body would "
                           "move by 2") &&
                 CONTAINS_TEXT(" mm, more than 15.0 mm"));

  patient.sequences[kMoving].identity.frame_of_reference_uid = "another";
  const ChannelAlignment found = coregister(patient, kFixed, {})[kMoving];
  CHECK(found.outcome == "refined");
  CHECK(off(found.reference_to_native) < 0.4);
  CHECK(found.registration->is_other_frame);
  REQUIRE(found.registration->masks);
  CHECK(found.registration->masks->dice_registered > 0.8);
  CHECK(found.registration->masks->dice_header < 0.4);
  // Far, but told: it is for somebody to look at.
  CHECK_THAT(found.warnings.at(0), CONTAINS_TEXT("registration onto CE-T1WI: the body moves by 2"));

  CoregistrationOptions same;
  same.frames = "same";
  same.limits.most_shift_mm = 40;
  const ChannelAlignment opened = coregister(patient, kFixed, same)[kMoving];
  CHECK(opened.outcome == "refined");
  CHECK(off(opened.reference_to_native) < 0.4);
}

TEST_CASE("coregistration is the same to the bit for any number of threads",
          "[registration][coregistration]") {
  const PhantomPatients set("tiny", 1, 6, true);
  const Patient patient = set.read("001");
  const auto with = [&](size_t threads) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    return coregister(patient, kReference, {});
  };
  const std::vector<ChannelAlignment> one = with(1);
  for (const size_t threads : {2, 5}) {
    const std::vector<ChannelAlignment> many = with(threads);
    for (size_t i = 0; i < 3; ++i) {
      CHECK(many[i].reference_to_native == one[i].reference_to_native);
      CHECK(many[i].outcome == one[i].outcome);
      CHECK(many[i].warnings == one[i].warnings);
      REQUIRE(many[i].registration.has_value() == one[i].registration.has_value());
      if (!one[i].registration) continue;
      check_equal(*many[i].registration, *one[i].registration);
    }
  }
}

TEST_CASE("the seed draws other voxels and hardly another answer", "[registration][coregistration]") {
  const PhantomPatients set("tiny", 1, 5, true);
  const Patient patient = set.read("001");
  CoregistrationOptions other;
  other.seed = 2;
  const Eigen::Matrix4d a = coregister(patient, kReference, {})[kT1].reference_to_native,
                        b = coregister(patient, kReference, other)[kT1].reference_to_native;
  CHECK(a != b);
  CHECK(distance_over(body_points(patient.sequences[kReference].image), a, b).mean_mm < 0.2);
}

TEST_CASE("unknown_settings_of_a_registration", "[registration][coregistration][bad]") {
  const auto said = [](const auto& set) {
    CoregistrationOptions options;
    set(options);
    CHECK_THROWS_AS(coregister(Patient{}, 0, options), UsageError);
    return coregistration_error(Patient{}, options);
  };
  CHECK(said([](auto& o) { o.reference = "CE-T1WI"; }) ==
        "registration.reference is CE-T1WI, expected auto or none");
  CHECK(said([](auto& o) { o.on_rejection = "drop"; }) ==
        "registration.on_rejection is drop, expected header or quarantine");
  CHECK(said([](auto& o) { o.frames = "unknown"; }) ==
        "registration.frames is unknown, expected auto, same or other");
}
