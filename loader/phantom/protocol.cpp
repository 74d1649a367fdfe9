#include "loader/phantom/protocol.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <utility>

#include "loader/phantom/streams.h"

namespace trivox::phantom {
namespace {

constexpr double kBrightSignal = 700;  // what "3 % noise" is a part of: about marrow and fat
constexpr double kRadians = std::numbers::pi / 180;
constexpr double kMostSlabShiftMm = 2.5 * kSliceSpacingMm;
constexpr float kTumourMarginMm = 5;  // more than the head's deformation moves

// Medians and ranges of the paper's Table 1.
struct Range {
  double median, low, high;
};
struct Protocol {
  const char* description;
  Range echo_ms, repetition_ms;
  int echo_train;
  std::array<double, 2> field_of_view_mm;
  int demo_matrix;
  std::array<int, 3> full_matrix;
};
constexpr std::array<Protocol, kSequences> kProtocols = {{
    {"Ax T1 TSE", {12, 8.6, 16.4}, {570.88, 366.67, 2283.34}, 3, {220, 232}, 288, {512, 528, 560}},
    {"Ax T2 TSE", {80, 66.46, 123.09}, {3192.87, 2500, 7633.34}, 15, {224, 245}, 320, {512, 576, 640}},
    {"Ax T1 TSE +C", {12, 8.6, 16.4}, {632, 330, 1100}, 3, {220, 230}, 256, {432, 480, 512}},
}};

double near(Rng& rng, const Range& range, double deviation) {
  const double value = range.median * std::exp(deviation * rng.normal());
  return std::round(100 * std::clamp(value, range.low, range.high)) / 100;
}

Eigen::Vector3d direction(Rng& rng) {
  return Eigen::Vector3d(rng.normal(), rng.normal(), rng.normal()).normalized();
}

Eigen::Matrix4d rigid(const Eigen::Matrix3d& rotation, const Eigen::Vector3d& shift) {
  Eigen::Matrix4d m = Eigen::Matrix4d::Identity();
  m.topLeftCorner<3, 3>() = rotation;
  m.topRightCorner<3, 1>() = shift;
  return m;
}

Eigen::Matrix3d turned(double about_x_deg, double about_y_deg, double about_z_deg) {
  return (Eigen::AngleAxisd(about_z_deg * kRadians, Eigen::Vector3d::UnitZ()) *
          Eigen::AngleAxisd(about_y_deg * kRadians, Eigen::Vector3d::UnitY()) *
          Eigen::AngleAxisd(about_x_deg * kRadians, Eigen::Vector3d::UnitX()))
      .toRotationMatrix();
}

// A few degrees of tilt, common to the patient, and each sequence's own.
Grid draw_grid(Rng& rng, const Protocol& protocol, const std::string& size, double patient_tilt_deg,
               const Eigen::Vector3d& centre) {
  const bool full = size == "full";
  const int matrix = full             ? protocol.full_matrix[rng.below(3)]
                     : size == "tiny" ? protocol.demo_matrix / 4
                                      : protocol.demo_matrix;
  const int64_t slices = !full ? 20 : 22 + static_cast<int64_t>(rng.below(9));
  double pixel_mm = rng.uniform(protocol.field_of_view_mm[0], protocol.field_of_view_mm[1]) / matrix;
  pixel_mm = std::round(pixel_mm * 1e4) / 1e4;
  const Eigen::Matrix3d tilt =
      turned(patient_tilt_deg + rng.uniform(-2, 2), rng.uniform(-2, 2), rng.uniform(-2, 2));
  // Columns run to the patient's left, rows to the back, slices upwards: in RAS+ (-x, -y, +z).
  const Eigen::Vector3d signs(-1, -1, 1);
  const Eigen::Vector3d spacing(pixel_mm, pixel_mm, kSliceSpacingMm);
  Grid grid;
  grid.size = {matrix, matrix, slices};
  const Eigen::Matrix3d axes = tilt * signs.cwiseProduct(spacing).asDiagonal();
  const Eigen::Vector3d middle =
      0.5 * (Eigen::Vector3d(static_cast<double>(matrix), static_cast<double>(matrix),
                             static_cast<double>(slices)) -
             Eigen::Vector3d::Ones());
  const Eigen::Vector3d jitter(rng.uniform(-3, 3), rng.uniform(-3, 3), rng.uniform(-2, 2));
  grid.affine = rigid(axes, centre + jitter - axes * middle);
  return grid;
}

// How far down and up the slices of all series may move until one of them loses part of the tumour.
std::array<double, 2> room_for_slabs(const PatientPlan& plan) {
  Box tumour;
  for (const Lesion& lesion : plan.anatomy.lesions().all)
    if (lesion.tissue == Tissue::kTumour) tumour = lesion.bounds;
  tumour.low -= Eigen::Vector3f::Constant(kTumourMarginMm);
  tumour.high += Eigen::Vector3f::Constant(kTumourMarginMm);
  std::array<double, 2> room = {-kMostSlabShiftMm, kMostSlabShiftMm};
  for (const SeriesPlan& series : plan.series) {
    const Grid& grid = series.acquisition.grid;
    const Eigen::Matrix4d head_to_world = series.acquisition.world_to_head.inverse();
    const double slices_per_mm = grid.affine.topLeftCorner<3, 3>().inverse()(2, 2);
    for (int corner = 0; corner < 8; ++corner) {
      const Eigen::Vector3f p((corner & 1) != 0 ? tumour.high.x() : tumour.low.x(),
                              (corner & 2) != 0 ? tumour.high.y() : tumour.low.y(),
                              (corner & 4) != 0 ? tumour.high.z() : tumour.low.z());
      const Eigen::Vector4d world = head_to_world * p.cast<double>().homogeneous();
      const double slice = grid.to_voxel(world.head<3>()).z();
      room[0] = std::max(room[0], (slice - static_cast<double>(grid.size[2] - 1)) / slices_per_mm);
      room[1] = std::min(room[1], slice / slices_per_mm);
    }
  }
  // A mass as high as the slices are deep stays in their middle.
  return {std::min(room[0], 0.0), std::max(room[1], 0.0)};
}

// A radiographer does not centre on the tumour: without this its slice alone would betray it.
void shift_slabs(Rng& rng, PatientPlan& plan) {
  const std::array<double, 2> room = room_for_slabs(plan);
  plan.slab_shift_mm = rng.uniform(room[0], room[1]);
  for (SeriesPlan& series : plan.series) series.acquisition.grid.affine(2, 3) += plan.slab_shift_mm;
}

void name_files(Rng& rng, SeriesPlan& plan, uint64_t seed, uint32_t patient, uint32_t sequence) {
  const auto count = static_cast<size_t>(plan.acquisition.grid.size[2]);
  const bool descending = rng.chance(0.5);
  std::vector<size_t> order(count);
  for (size_t k = 0; k < count; ++k) order[k] = k;
  for (size_t k = count - 1; k > 0; --k) std::swap(order[k], order[rng.below(k + 1)]);
  for (size_t k = 0; k < count; ++k) {
    std::array<char, 32> name{};
    std::snprintf(name.data(), name.size(), "%06zu.dcm", order[k] + 1);
    plan.files.emplace_back(name.data());
    plan.instance_numbers.push_back(static_cast<int>(descending ? count - k : k + 1));
    plan.instance_uids.push_back(make_uid(seed, patient, 10 + sequence, static_cast<uint32_t>(k)));
  }
}

void fill_header(Rng& rng, SeriesPlan& plan, const Protocol& protocol, const Scanner& scanner,
                 const std::string& folder, uint32_t sequence) {
  SeriesHeader& header = plan.header;
  const uint64_t seed = plan.acquisition.seed;
  const uint32_t patient = plan.acquisition.patient;
  header.patient_name = folder;
  header.description = protocol.description;
  header.manufacturer = scanner.manufacturer;
  header.model = scanner.model;
  header.field_strength_t = scanner.field_strength_t;
  header.echo_time_ms = near(rng, protocol.echo_ms, 0.1);
  header.repetition_time_ms = near(rng, protocol.repetition_ms, 0.15);
  header.echo_train_length = protocol.echo_train;
  header.flip_angle_deg = rng.chance(0.8) ? 90 : 120;
  header.slice_thickness_mm = kSliceThicknessMm;
  // The dataset's headers are not to be trusted here.
  constexpr std::array<double, 4> kWrong = {0.5, 5.0, 6.5, 7.0};
  header.reported_spacing_mm = rng.chance(0.25) ? kWrong[rng.below(4)] : kSliceSpacingMm;
  header.contrast_agent = sequence == kReference;
  header.series_number = static_cast<int>(3 + sequence);
  if (header.model == std::string_view("Achieva"))
    header.rescale_slope = std::round(1e4 * rng.uniform(0.5, 2.5)) / 1e4;
  header.study_uid = make_uid(seed, patient, 0, 0);
  header.frame_of_reference_uid = make_uid(seed, patient, 1, 0);
  header.series_uid = make_uid(seed, patient, 2, sequence);
}

}  // namespace

PatientPlan plan_patient(const PhantomOptions& options, uint32_t patient) {
  std::array<char, 16> folder{};
  std::snprintf(folder.data(), folder.size(), "%03u", patient);
  PatientPlan plan{patient, folder.data(), Anatomy(options.seed, patient), {}, nullptr, {}, 0};

  Rng rng({options.seed, 0, patient, stream::kAcquisition});
  plan.scanner = &draw_scanner(rng);
  plan.head_to_reference = rigid(turned(rng.uniform(-4, 4), rng.uniform(-3, 3), rng.uniform(-3, 3)),
                                 {rng.uniform(-6, 6), rng.uniform(-6, 6), rng.uniform(-15, 15)});
  const Eigen::Vector3d middle = (plan.head_to_reference * Eigen::Vector4d(0, -4, 0, 1)).head<3>();
  const double tilt_deg = rng.uniform(-6, 6);

  for (uint32_t s = 0; s < kSequences; ++s) {
    SeriesPlan& series = plan.series[s];
    // A stream for each sequence: motion drawn or not, everything else stays.
    Rng own({options.seed, s + 1, patient, stream::kAcquisition});
    const Eigen::Vector3d motion_axis = direction(own), motion_direction = direction(own);
    const double motion_mm = own.uniform(1, 3), motion_deg = own.uniform(1, 3);
    if (options.motion && s != kReference) {
      series.motion_mm = motion_mm;
      series.motion_deg = motion_deg;
      const Eigen::Matrix3d rotation =
          Eigen::AngleAxisd(motion_deg * kRadians, motion_axis).toRotationMatrix();
      // The head turns about its own middle, which then moves by motion_mm.
      series.reference_to_native = rigid(rotation, middle + motion_mm * motion_direction - rotation * middle);
    }
    Acquisition& a = series.acquisition;
    a.sequence = s;
    a.seed = options.seed;
    a.patient = patient;
    a.grid = draw_grid(own, kProtocols[s], options.size, tilt_deg, middle);
    a.world_to_head = (series.reference_to_native * plan.head_to_reference).inverse();
    a.intensity = draw_intensities(s, options.seed, patient);
    a.bias.depth = static_cast<float>(own.uniform(0.12, 0.2));
    for (size_t i = 0; i < a.bias.frequency.size(); ++i) {
      a.bias.frequency[i] = (own.uniform(0.008, 0.02) * direction(own)).cast<float>();
      a.bias.phase[i] = static_cast<float>(own.uniform(0, 2 * std::numbers::pi));
    }
    series.noise_fraction = own.uniform(0.025, 0.035);
    a.noise = static_cast<float>(kBrightSignal * series.noise_fraction);
    a.gain = static_cast<float>(own.uniform(0.8, 3.0));
    name_files(own, series, options.seed, patient, s);
    fill_header(own, series, kProtocols[s], *plan.scanner, plan.folder, s);
  }
  Rng slabs({options.seed, kSequences + 1, patient, stream::kAcquisition});
  shift_slabs(slabs, plan);
  return plan;
}

}  // namespace trivox::phantom
