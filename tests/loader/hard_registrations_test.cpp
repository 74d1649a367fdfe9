// Pairs that hardly belong together: laid right, or flagged.
#include <algorithm>

#include "tests/loader/phantom_patients.h"
#include "tests/test.h"
#include "tests/transforms/volumes.h"
#include "transforms/registration/registration.h"

using namespace trivox;
using namespace trivox::test;

namespace {

/// Slices of an image, where they lie.
Volume<float> slices(const Volume<float>& image, int64_t first, int64_t count) {
  const auto& n = image.grid.size;
  Volume<float> out(sub_grid(image.grid, {0, 0, first}, {n[0], n[1], count}), 1);
  std::copy_n(image.data.begin() + static_cast<std::ptrdiff_t>(image.index(0, 0, 0, first)), out.data.size(),
              out.data.begin());
  return out;
}

/// Voxels in the reverse order along an axis, under the header as it was.
Volume<float> reversed(const Volume<float>& image, size_t axis) {
  Volume<float> out = image;
  for_voxels(image.grid, [&](int64_t x, int64_t y, int64_t z, const Eigen::Vector3d&) {
    std::array<int64_t, 3> from = {x, y, z};
    from[axis] = image.grid.size[axis] - 1 - from[axis];
    out.at(0, x, y, z) = image.at(0, from[0], from[1], from[2]);
  });
  return out;
}

/// Within a ball about a place of the image everything is of one value.
Volume<float> filled(Volume<float> image, const Eigen::Vector3d& centre, double radius_mm, float value) {
  for_voxels(image.grid, [&](int64_t x, int64_t y, int64_t z, const Eigen::Vector3d& p) {
    if ((p - centre).norm() < radius_mm) image.at(0, x, y, z) = value;
  });
  return image;
}

struct Pairs {
  PhantomPatients set;
  Patient patient;

  Pairs(const std::string& size, uint64_t seed) : set(size, 1, seed, true), patient(set.read("001")) {}
  [[nodiscard]] const Volume<float>& fixed() const { return patient.sequences[2].image; }
  [[nodiscard]] const Volume<float>& moving(size_t i) const { return patient.sequences[i].image; }
  [[nodiscard]] Eigen::Matrix4d truth(size_t i) const {
    return set.reference_to_native("001", patient.sequences[i].name);
  }
};

Registration registered(const Volume<float>& fixed, const Volume<float>& moving,
                        bool is_other_frame = false) {
  RegistrationOptions options;
  options.is_wide = is_other_frame;
  if (is_other_frame) {
    options.limits.most_shift_mm = 100;
    options.limits.most_turn_deg = 60;
  }
  return register_rigid(prepare_image(fixed, 1), prepare_image(moving, 1), options);
}

bool is_flagged(const Registration& answer) {
  return answer.outcome == RegistrationOutcome::kRejected && !answer.warnings.empty() &&
         answer.transform.matrix() == Eigen::Matrix4d::Identity();
}

/// Over what the smaller of the two images shows of the body.
double off_mm(const Volume<float>& smaller, bool is_moving, const Eigen::Matrix4d& found,
              const Eigen::Matrix4d& truth) {
  const std::vector<Eigen::Vector3d> body = body_points(smaller);
  return is_moving ? distance_over(body, found.inverse(), truth.inverse()).mean_mm
                   : distance_over(body, found, truth).mean_mm;
}

void check_right_or_flagged(const Registration& answer, double off) {
  INFO(to_string(answer.outcome) << ", " << off << " mm off, found by " << answer.shift_mm << " mm and "
                                 << answer.turn_deg << " degrees, forward and backward differ by "
                                 << answer.inconsistency_mm << " mm, overlap " << answer.overlap);
  CHECK((is_flagged(answer) || off < 1));
}

}  // namespace

TEST_CASE("a third of the slices alone is laid right or flagged", "[registration][hard]") {
  const Pairs pairs("demo", 12);
  const Volume<float>& fixed = pairs.fixed();
  int right = 0;
  for (const size_t i : {0, 1}) {
    const Volume<float>& moving = pairs.moving(i);
    const Eigen::Matrix4d truth = pairs.truth(i);
    const int64_t n = moving.grid.size[2], third = n / 3, m = fixed.grid.size[2];
    for (const int64_t first : {int64_t{0}, third, n - third}) {
      const Volume<float> part = slices(moving, first, third);
      const Registration answer = registered(fixed, part);
      const double off = off_mm(part, true, answer.transform.matrix(), truth);
      INFO(pairs.patient.sequences[i].name << ", slices from " << first);
      check_right_or_flagged(answer, off);
      right += off < 1 ? 1 : 0;
    }
    const Volume<float> part = slices(fixed, m - m / 3, m / 3);
    const Registration answer = registered(part, moving);
    check_right_or_flagged(answer, off_mm(part, false, answer.transform.matrix(), truth));
    // Two thirds of each, of which a third is common.
    const Volume<float> low = slices(fixed, 0, 2 * m / 3), high = slices(moving, n - 2 * n / 3, 2 * n / 3);
    const Registration common = registered(low, high);
    check_right_or_flagged(common, off_mm(high, true, common.transform.matrix(), truth));
  }
  CHECK(right >= 4);  // not by flagging all
}

TEST_CASE("four slices alone are laid right or flagged", "[registration][hard]") {
  const Pairs pairs("demo", 13);
  int right = 0;
  for (const size_t i : {0, 1})
    for (const int64_t first : {0, 8, 16}) {
      const Volume<float> part = slices(pairs.moving(i), first, 4);
      const Registration answer = registered(pairs.fixed(), part);
      const double off = off_mm(part, true, answer.transform.matrix(), pairs.truth(i));
      INFO(pairs.patient.sequences[i].name << ", slices from " << first);
      check_right_or_flagged(answer, off);
      right += off < 1 ? 1 : 0;
    }
  CHECK(right >= 3);
}

TEST_CASE("few slices are warned of, and many are not", "[registration][hard]") {
  const Pairs pairs("demo", 13);
  const auto is_warned = [](const Registration& answer) {
    return std::ranges::any_of(answer.warnings, [](const std::string& warning) {
      return warning.starts_with("the body is in both on ") && warning.ends_with(" slices, fewer than 10");
    });
  };
  const Volume<float> few = slices(pairs.moving(0), 8, 7), few_fixed = slices(pairs.fixed(), 8, 7);
  for (const Registration& answer :
       {registered(pairs.fixed(), few), registered(few_fixed, pairs.moving(0)), registered(few_fixed, few)}) {
    INFO(to_string(answer.outcome));
    REQUIRE(answer.outcome != RegistrationOutcome::kRejected);
    CHECK(is_warned(answer));
  }
  CHECK_FALSE(is_warned(registered(pairs.fixed(), pairs.moving(0))));
}

TEST_CASE("a single slice is flagged", "[registration][hard]") {
  const Pairs pairs("tiny", 5);
  for (const size_t i : {0, 1}) {
    const Registration answer = registered(pairs.fixed(), slices(pairs.moving(i), 9, 1));
    CHECK(is_flagged(answer));
    CHECK(answer.warnings.at(0) == "no voxel of the body lies in the other image");
  }
}

TEST_CASE("a sequence whose slices are upside down is flagged", "[registration][hard]") {
  const Pairs pairs("tiny", 8);
  for (const size_t i : {0, 1})
    for (const bool is_other_frame : {false, true}) {
      INFO(pairs.patient.sequences[i].name << (is_other_frame ? ", another frame" : ""));
      CHECK(is_flagged(registered(pairs.fixed(), reversed(pairs.moving(i), 2), is_other_frame)));
    }
}

TEST_CASE("a sequence that is mirrored or turned by half is flagged", "[registration][hard]") {
  for (const uint64_t seed : {5, 8}) {
    const Pairs pairs("tiny", seed);
    for (const size_t i : {0, 1}) {
      const Volume<float>& moving = pairs.moving(i);
      const Volume<float> mirrored = reversed(moving, 0);
      for (const Volume<float>& wrong : {mirrored, reversed(moving, 1), reversed(mirrored, 1)}) {
        const Registration answer = registered(pairs.fixed(), wrong);
        INFO(pairs.patient.sequences[i].name << " " << to_string(answer.outcome) << " " << answer.shift_mm
                                             << " mm, warnings: " << answer.warnings.size());
        CHECK(is_flagged(answer));
      }
      CHECK_FALSE(is_flagged(registered(pairs.fixed(), moving)));
    }
  }
}

TEST_CASE("a sequence that is flipped says how, unless the limit allows it", "[registration][hard]") {
  const Pairs pairs("tiny", 8);
  const Volume<float>& moving = pairs.moving(1);
  const Volume<float> mirrored = reversed(moving, 0);
  // Of every other limit nothing is asked, so that the flip alone decides.
  RegistrationOptions options;
  options.limits.least_nats = 0;
  options.limits.most_shift_mm = options.limits.most_inconsistency_mm = 1000;
  options.limits.most_turn_deg = 180;
  options.limits.least_overlap = 0;
  const PreparedImage fixed = prepare_image(pairs.fixed(), 1);
  for (const auto& [wrong, how] :
       {std::pair(mirrored, "mirrored left to right"),
        {reversed(moving, 1), "mirrored front to back"},
        {reversed(moving, 2), "mirrored head to foot"},
        {reversed(mirrored, 1), "turned by half about the axis from foot to head"}}) {
    INFO(how);
    const PreparedImage ready = prepare_image(wrong, 1);
    options.limits.most_flip_ratio = 1.05;
    const Registration answer = register_rigid(fixed, ready, options);
    REQUIRE(is_flagged(answer));
    CHECK(std::ranges::any_of(answer.warnings, [&](const std::string& warning) {
      return warning.starts_with(std::string(how) + " it would fit better, by ");
    }));
    options.limits.most_flip_ratio = 1000;
    CHECK_FALSE(is_flagged(register_rigid(fixed, ready, options)));
  }
}

TEST_CASE("an image of noise is flagged", "[registration][hard]") {
  const Pairs pairs("tiny", 5);
  const Volume<float> noisy = noise(pairs.moving(0).grid, 1);
  for (const bool is_other_frame : {false, true}) {
    CHECK(is_flagged(registered(pairs.fixed(), noisy, is_other_frame)));
    CHECK(is_flagged(registered(noisy, pairs.moving(1), is_other_frame)));
  }
}

TEST_CASE("noise of few slices is flagged for what it is", "[registration][hard]") {
  const Pairs pairs("tiny", 5);
  const Registration answer = registered(pairs.fixed(), slices(noise(pairs.moving(0).grid, 1), 8, 4));
  REQUIRE(is_flagged(answer));
  CHECK_THAT(answer.warnings.at(0), CONTAINS_TEXT("they hardly resemble"));
}

TEST_CASE("a constant image is flagged", "[registration][hard]") {
  const Pairs pairs("tiny", 5);
  for (const float value : {0.0F, 7.0F, 3e7F}) {
    const Volume<float> constant(pairs.moving(0).grid, 1, value);
    for (const Registration& answer :
         {registered(pairs.fixed(), constant), registered(constant, pairs.moving(1))}) {
      CHECK(is_flagged(answer));
      CHECK_THAT(answer.warnings.at(0), CONTAINS_TEXT("they hardly resemble"));
    }
  }
}

TEST_CASE("a resected tumour and a strongly enhancing one are laid right or flagged",
          "[registration][hard]") {
  const Pairs pairs("tiny", 6);
  const std::vector<Eigen::Vector3d> body = body_points(pairs.fixed());
  int right = 0;
  for (const size_t i : {0, 1}) {
    const Volume<float>& moving = pairs.moving(i);
    const float brightest = *std::ranges::max_element(moving.data);
    // In the moving image alone, off the midline.
    const Eigen::Vector3d centre =
        (pairs.truth(i) * (body[body.size() / 2] + Eigen::Vector3d(25, 10, 0)).homogeneous()).head<3>();
    for (const float value : {0.0F, brightest, 3 * brightest}) {
      const Registration answer = registered(pairs.fixed(), filled(moving, centre, 25, value));
      const double off = distance_over(body, answer.transform.matrix(), pairs.truth(i)).mean_mm;
      INFO(pairs.patient.sequences[i].name << " filled with " << value);
      check_right_or_flagged(answer, off);
      right += off < 0.5 ? 1 : 0;
    }
  }
  CHECK(right >= 4);
}
