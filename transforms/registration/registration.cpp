#include "transforms/registration/registration.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <optional>

#include "transforms/registration/bfgs.h"

namespace trivox {
namespace {

constexpr size_t kFinest = kRegistrationLevels.size() - 1;
constexpr std::array<BfgsOptions, kRegistrationLevels.size()> kSteps = {
    BfgsOptions{.first_step = 2, .longest_step = 8, .tolerance = 0.05, .most_evaluations = 60},
    BfgsOptions{.first_step = 0.5, .longest_step = 2, .tolerance = 0.02, .most_evaluations = 60},
    BfgsOptions{.first_step = 0.2, .longest_step = 0.8, .tolerance = 0.005, .most_evaluations = 60}};

/// Root mean square distance of the samples from their centre: a turn by this many mm at that radius weighs
/// as much as a shift.
double radius_of(const FixedSamples& samples) {
  double sum = 0;
  for (size_t i = 0; i < samples.size(); ++i)
    sum += static_cast<double>(samples.x[i] * samples.x[i] + samples.y[i] * samples.y[i] +
                               samples.z[i] * samples.z[i]);
  return std::max(1.0, std::sqrt(sum / static_cast<double>(std::max<size_t>(1, samples.size()))));
}

/// One way to look at a pair: fixed to moving, or the other way.
class Search {
 public:
  Search(const PreparedImage& fixed, const PreparedImage& moving) : fixed_(fixed), moving_(moving) {}

  struct Answer {
    RigidTransform transform;
    double nats = 0;  ///< at the last level
    int evaluations = 0;
  };
  [[nodiscard]] Answer run(const RigidTransform& start, size_t first, size_t last) const {
    Answer out{start, 0, 0};
    for (size_t level = first; level <= last; ++level) refine(level, kSteps[level], out);
    return out;
  }
  /// At the coarsest level, given up early.
  [[nodiscard]] Answer glance(const RigidTransform& start, int most_evaluations) const {
    Answer out{start, 0, 0};
    BfgsOptions steps = kSteps[0];
    steps.most_evaluations = most_evaluations;
    refine(0, steps, out);
    return out;
  }
  [[nodiscard]] MutualInformationValue at(const Eigen::Matrix4d& matrix, size_t level) const {
    return mutual_information(fixed_.samples[level], moving_.moving[level],
                              rigid_transform(matrix, fixed_.centre_mm));
  }
  [[nodiscard]] RigidTransform about_centre(const Eigen::Matrix4d& matrix) const {
    return rigid_transform(matrix, fixed_.centre_mm);
  }

 private:
  void refine(size_t level, const BfgsOptions& steps, Answer& answer) const {
    const FixedSamples& samples = fixed_.samples[level];
    const double radius = radius_of(samples);
    const auto transform_of = [&](const Vector6d& q) {
      RigidTransform t = answer.transform;
      t.angles_rad = q.head<3>() / radius;
      t.translation_mm = q.tail<3>();
      return t;
    };
    const auto cost = [&](const Vector6d& q, Vector6d& gradient) {
      const MutualInformationValue mi = mutual_information(samples, moving_.moving[level], transform_of(q));
      gradient << -mi.gradient.head<3>() / radius, -mi.gradient.tail<3>();
      return -mi.nats;
    };
    Vector6d q;
    q << answer.transform.angles_rad * radius, answer.transform.translation_mm;
    const BfgsMinimum found = minimise_bfgs(cost, q, steps);
    answer.transform = transform_of(found.at);
    answer.nats = -found.value;
    answer.evaluations += found.evaluations;
  }

  const PreparedImage &fixed_, &moving_;
};

/// Halfway between two that hardly differ.
Eigen::Matrix4d middle(const Eigen::Matrix4d& a, const Eigen::Matrix4d& b, const Eigen::Vector3d& centre) {
  const Eigen::Quaterniond qa(Eigen::Matrix3d(a.topLeftCorner<3, 3>())),
      qb(Eigen::Matrix3d(b.topLeftCorner<3, 3>()));
  const Eigen::Matrix3d turn = qa.slerp(0.5, qb).normalized().toRotationMatrix();
  const auto image = [&](const Eigen::Matrix4d& m) {
    return Eigen::Vector3d(m.topLeftCorner<3, 3>() * centre + m.topRightCorner<3, 1>());
  };
  Eigen::Matrix4d out = Eigen::Matrix4d::Identity();
  out.topLeftCorner<3, 3>() = turn;
  out.topRightCorner<3, 1>() = (image(a) + image(b)) / 2 - turn * centre;
  return out;
}

/// Mean distance by which a matrix moves the points.
double mean_shift(const std::vector<Eigen::Vector3d>& points, const Eigen::Matrix4d& matrix) {
  const Eigen::Matrix3d linear = matrix.topLeftCorner<3, 3>() - Eigen::Matrix3d::Identity();
  const Eigen::Vector3d shift = matrix.topRightCorner<3, 1>();
  double sum = 0;
  for (const Eigen::Vector3d& p : points) sum += (linear * p + shift).norm();
  return points.empty() ? 0 : sum / static_cast<double>(points.size());
}

/// From the header, and from the bodies laid centre on centre; each also turned about each axis.
std::vector<Eigen::Matrix4d> wide_starts(const PreparedImage& fixed, const PreparedImage& moving) {
  constexpr double kTurn = 25 * std::numbers::pi / 180;
  std::vector<Eigen::Matrix4d> out;
  for (const bool is_centred : {false, true}) {
    RigidTransform start;
    start.centre_mm = fixed.centre_mm;
    if (is_centred) start.translation_mm = moving.centre_mm - fixed.centre_mm;
    out.push_back(start.matrix());
    for (int axis = 0; axis < 3; ++axis)
      for (const double angle : {-kTurn, kTurn}) {
        RigidTransform turned = start;
        turned.angles_rad[axis] = angle;
        out.push_back(turned.matrix());
      }
  }
  return out;
}

/// Ways in which voxels come to lie the wrong way round under a header that does not know of it. The result
/// resembles the patient enough to be laid onto him.
struct Flip {
  std::array<float, 3> signs;  ///< of x, y, z, RAS+
  const char* text;
};
constexpr std::array<Flip, 4> kFlips = {Flip{{-1, 1, 1}, "mirrored left to right"},
                                        Flip{{1, -1, 1}, "mirrored front to back"},
                                        Flip{{1, 1, -1}, "mirrored head to foot"},
                                        Flip{{-1, -1, 1}, "turned by half about the axis from foot to head"}};
/// Evaluations of one of kFlipStride samples at the coarsest level: enough to tell the flips that the finer
/// levels are to look at.
constexpr int kFlipEvaluations = 20;
constexpr size_t kFlipStride = 3;
/// A flip that compares fewer samples than this share of the answer's gains by that alone: a body laid half
/// outside the other image.
constexpr double kFlipInside = 0.8;

/// The bias of mutual information estimated of `inside` samples in kBins x kBins cells, to first order: what
/// images that have nothing in common would have. Source: Miller 1955, "Note on the bias of information
/// estimates".
double nats_by_chance(int64_t inside) {
  return (kBins - 1) * (kBins - 1) / (2.0 * static_cast<double>(inside));
}

/// One of `stride` of them, with the signs of x, y and z.
FixedSamples thinned(const FixedSamples& samples, size_t stride, const std::array<float, 3>& signs) {
  FixedSamples out;
  out.centre_mm = samples.centre_mm;
  for (size_t i = 0; i < samples.size(); i += stride) {
    out.x.push_back(signs[0] * samples.x[i]);
    out.y.push_back(signs[1] * samples.y[i]);
    out.z.push_back(signs[2] * samples.z[i]);
    out.bin.push_back(samples.bin[i]);
  }
  return out;
}

std::string text(const char* format, double a, double b) {
  std::array<char, 200> out{};
  std::snprintf(out.data(), out.size(), format, a, b);
  return out.data();
}

class Pair {
 public:
  Pair(const PreparedImage& fixed, const PreparedImage& moving, const RegistrationOptions& options)
      : fixed_(fixed),
        moving_(moving),
        limits_(options.limits),
        forward_(fixed, moving),
        backward_(moving, fixed) {}

  /// The best of the starts by the coarsest level, refined from there.
  [[nodiscard]] Registration run(const std::vector<Eigen::Matrix4d>& starts) const {
    Registration out;
    out.starts = static_cast<int>(starts.size());
    const Eigen::Matrix4d f = search(forward_, starts, false, out.evaluations);
    const Eigen::Matrix4d b = search(backward_, starts, true, out.evaluations);
    out.found = forward_.about_centre(middle(f, b.inverse(), fixed_.centre_mm));
    judge(measure(f, b, out), out);
    return out;
  }

  [[nodiscard]] Registration given(const Eigen::Matrix4d& transform) const {
    Registration out;
    out.outcome = RegistrationOutcome::kGiven;
    out.transform = out.found = forward_.about_centre(transform);
    measure(transform, transform.inverse(), out);
    out.inconsistency_mm = std::numeric_limits<double>::quiet_NaN();
    return out;
  }

  /// Rejects what was believed where the moving image would fit clearly better flipped. Most flips are
  /// dismissed at the coarsest level.
  void reject_flipped(Registration& out) const {
    std::vector<std::string> faults;
    PreparedImage other;
    other.centre_mm = fixed_.centre_mm;
    const Search search(other, moving_);
    other.samples[0] = thinned(fixed_.samples[0], kFlipStride, {1, 1, 1});
    const double coarse_nats = search.at(out.found.matrix(), 0).nats;
    for (const Flip& flip : kFlips) {
      other.samples[0] = thinned(fixed_.samples[0], kFlipStride, flip.signs);
      const Search::Answer coarse = search.glance(out.found, kFlipEvaluations);
      out.evaluations += coarse.evaluations;
      if (coarse.nats <= coarse_nats) continue;
      for (size_t level = 1; level <= kFinest; ++level)
        other.samples[level] = thinned(fixed_.samples[level], 1, flip.signs);
      const Search::Answer fine = search.run(coarse.transform, 1, kFinest);
      out.evaluations += fine.evaluations;
      if (fine.nats <= limits_.most_flip_ratio * out.found_nats) continue;
      const auto inside = [](const Search& way, const RigidTransform& transform) {
        return static_cast<double>(way.at(transform.matrix(), kFinest).inside);
      };
      if (inside(search, fine.transform) >= kFlipInside * inside(forward_, out.found))
        faults.push_back(flip.text +
                         text(" it would fit better, by %.3f nats against %.3f", fine.nats, out.found_nats));
    }
    if (!faults.empty()) reject(std::move(faults), out);
  }

 private:
  [[nodiscard]] Eigen::Matrix4d search(const Search& way, const std::vector<Eigen::Matrix4d>& starts,
                                       bool is_backward, int& evaluations) const {
    std::optional<Search::Answer> best;
    for (const Eigen::Matrix4d& start : starts) {
      Search::Answer one = way.run(way.about_centre(is_backward ? start.inverse() : start), 0, 0);
      evaluations += one.evaluations;
      if (!best || one.nats > best->nats) best = std::move(one);
    }
    const Search::Answer fine = way.run(best->transform, 1, kFinest);
    evaluations += fine.evaluations;
    return fine.transform.matrix();
  }

  /// What an answer is judged by beside its figures.
  struct Compared {
    int64_t samples = 0;
    double slices = 0;  ///< that show the body in both images
  };

  Compared measure(const Eigen::Matrix4d& f, const Eigen::Matrix4d& b, Registration& out) const {
    const Eigen::Matrix4d found = out.found.matrix();
    const MutualInformationValue before = forward_.at(Eigen::Matrix4d::Identity(), kFinest),
                                 after = forward_.at(found, kFinest),
                                 back = backward_.at(found.inverse(), kFinest);
    out.header_nats = std::max(0.0, before.nats);  // of a constant image float sums leave 1e-7 of either sign
    out.found_nats = std::max(0.0, after.nats);
    const auto part = [](const MutualInformationValue& value, const FixedSamples& samples) {
      return static_cast<double>(value.inside) / static_cast<double>(std::max<size_t>(1, samples.size()));
    };
    const double of_fixed = part(after, fixed_.samples[kFinest]),
                 of_moving = part(back, moving_.samples[kFinest]);
    out.overlap = std::max(of_fixed, of_moving);
    out.inconsistency_mm = mean_shift(fixed_.body_points, b * f);
    out.shift_mm = mean_shift(fixed_.body_points, found);
    out.turn_deg = rotation_angle_deg(out.found.rotation());
    return {after.inside, std::min(of_fixed * static_cast<double>(fixed_.slices),
                                   of_moving * static_cast<double>(moving_.slices))};
  }

  static void reject(std::vector<std::string> faults, Registration& out) {
    out.outcome = RegistrationOutcome::kRejected;
    out.transform = {};
    out.warnings = std::move(faults);
  }

  void judge(const Compared& compared, Registration& out) const {
    std::vector<std::string> faults;
    if (compared.samples == 0)
      faults.emplace_back("no voxel of the body lies in the other image");
    else if (!(out.found_nats >= limits_.least_nats + nats_by_chance(compared.samples)))
      faults.push_back(text("their mutual information is %.3f nats, less than %.3f beyond the ",
                            out.found_nats, limits_.least_nats) +
                       text("%.3f that chance makes of %.0f voxels: they hardly resemble",
                            nats_by_chance(compared.samples), static_cast<double>(compared.samples)));
    if (out.shift_mm > limits_.most_shift_mm)
      faults.push_back(
          text("the body would move by %.1f mm, more than %.1f mm", out.shift_mm, limits_.most_shift_mm));
    if (out.turn_deg > limits_.most_turn_deg)
      faults.push_back(
          text("the body would turn by %.1f degrees, more than %.1f", out.turn_deg, limits_.most_turn_deg));
    if (out.inconsistency_mm > limits_.most_inconsistency_mm)
      faults.push_back(text("forward and backward differ by %.2f mm, more than %.2f mm", out.inconsistency_mm,
                            limits_.most_inconsistency_mm));
    if (out.overlap < limits_.least_overlap)
      faults.push_back(text("%.0f %% of the body lie in the other image, less than %.0f %%",
                            100 * out.overlap, 100 * limits_.least_overlap));
    if (!faults.empty()) {
      reject(std::move(faults), out);
      return;
    }
    if (out.inconsistency_mm > limits_.warning_inconsistency_mm)
      out.warnings.push_back(text("forward and backward differ by %.2f mm, more than %.2f mm",
                                  out.inconsistency_mm, limits_.warning_inconsistency_mm));
    if (compared.slices < static_cast<double>(limits_.warning_slices))
      out.warnings.push_back(text("the body is in both on %.0f slices, fewer than %.0f", compared.slices,
                                  static_cast<double>(limits_.warning_slices)));
    const double gain = out.found_nats - out.header_nats;
    if (gain < limits_.least_gain_nats) {
      out.outcome = RegistrationOutcome::kHeader;
      return;
    }
    out.outcome = RegistrationOutcome::kRefined;
    out.transform = out.found;
    if (out.shift_mm > limits_.warning_shift_mm)
      out.warnings.push_back(
          text("the body moves by %.1f mm, more than %.1f mm", out.shift_mm, limits_.warning_shift_mm));
    if (out.turn_deg > limits_.warning_turn_deg)
      out.warnings.push_back(
          text("the body turns by %.1f degrees, more than %.1f", out.turn_deg, limits_.warning_turn_deg));
  }

  const PreparedImage &fixed_, &moving_;
  const RegistrationLimits& limits_;
  Search forward_, backward_;
};

}  // namespace

Registration register_rigid(const PreparedImage& fixed, const PreparedImage& moving,
                            const RegistrationOptions& options) {
  const Pair pair(fixed, moving, options);
  const std::vector<Eigen::Matrix4d> wide = wide_starts(fixed, moving);
  Registration out = pair.run(options.is_wide ? wide : std::vector{wide.front()});
  if (out.outcome == RegistrationOutcome::kRejected && !options.is_wide) {
    Registration again = pair.run(wide);
    again.starts += out.starts;
    again.evaluations += out.evaluations;
    out = std::move(again);
  }
  if (out.outcome != RegistrationOutcome::kRejected) pair.reject_flipped(out);
  return out;
}

Registration measure_rigid(const PreparedImage& fixed, const PreparedImage& moving,
                           const Eigen::Matrix4d& transform) {
  const RegistrationOptions options;
  return Pair(fixed, moving, options).given(transform);
}

std::string to_string(RegistrationOutcome outcome) {
  switch (outcome) {
    case RegistrationOutcome::kHeader:
      return "header";
    case RegistrationOutcome::kRefined:
      return "refined";
    case RegistrationOutcome::kRejected:
      return "rejected";
    case RegistrationOutcome::kGiven:
      return "given";
  }
  return {};
}

}  // namespace trivox
