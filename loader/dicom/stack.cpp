#include "loader/dicom/stack.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <numbers>
#include <set>

#include "loader/dicom/stack_warnings.h"
#include "loader/dicom/volumes.h"
#include "loader/text.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

constexpr double kUnevenPart = 0.1;       // of a gap: refused
constexpr double kUnevenWarningMm = 0.1;  // warned of
constexpr double kMissingPart = 1.5;      // of the usual gap: a slice is missing
constexpr double kThickestMm = 1000;
constexpr double kOrthonormalWarningMm = 0.05;
constexpr double kShearWarningDeg = 0.5;
constexpr double kCoarseCosine = 1e-2;      // what two decimals leave open in a cosine of the normal
constexpr double kRoundedPositionMm = 0.1;  // what one decimal leaves open between two positions

using Slices = std::vector<DicomSlice>;

/// For two that may differ by little.
std::string all_digits(double mm) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.7g mm", mm);
  return text.data();
}

std::string at(const Eigen::Vector3d& p) {
  std::array<char, 120> text{};
  std::snprintf(text.data(), text.size(), "(%.3f, %.3f, %.3f)", p[0], p[1], p[2]);
  return text.data();
}

/// Positions on the evenly spaced line p(k) = origin + k step, by least squares.
struct Line {
  Eigen::Vector3d origin, step;
};

Line fit_line(const Slices& slices) {
  const auto n = static_cast<double>(slices.size());
  const double middle = (n - 1) / 2;
  Eigen::Vector3d mean = Eigen::Vector3d::Zero(), product = Eigen::Vector3d::Zero();
  double square = 0;
  for (size_t k = 0; k < slices.size(); ++k) {
    const double d = static_cast<double>(k) - middle;
    mean += slices[k].header.position_mm / n;
    product += d * slices[k].header.position_mm;
    square += d * d;
  }
  const Eigen::Vector3d step = product / square;
  return {mean - middle * step, step};
}

Error stack_fault(std::string attribute, std::string found, std::string expected) {
  return Error(std::move(attribute), std::move(found), std::move(expected));
}

void check_equal_slices(DicomSeries& series) {
  const Slices& slices = series.slices;
  const DicomFrame& first = slices.front().header;
  const std::string as_first = " as " + slice_name(series, slices.front());
  const auto size = [&](const DicomSlice& slice) {
    const DicomFile& file = series.headers[slice.file];
    return std::to_string(file.columns) + " x " + std::to_string(file.rows);
  };
  const auto spacing = [](const DicomFrame& f) {  // in all the digits that may differ
    std::array<char, 80> text{};
    std::snprintf(text.data(), text.size(), "%.7g mm x %.7g mm", f.column_spacing_mm, f.row_spacing_mm);
    return std::string(text.data());
  };
  double turned = 0;
  for (const DicomSlice& slice : slices) {
    const DicomFrame& h = slice.header;
    const DicomFile &file = series.headers[slice.file], &other = series.headers[slices[0].file];
    if (file.rows != other.rows || file.columns != other.columns)
      throw stack_fault("size of " + slice_name(series, slice), size(slice), size(slices.front()) + as_first);
    if (std::abs(h.row_spacing_mm - first.row_spacing_mm) > 1e-4 * first.row_spacing_mm ||
        std::abs(h.column_spacing_mm - first.column_spacing_mm) > 1e-4 * first.column_spacing_mm)
      throw stack_fault("PixelSpacing of " + slice_name(series, slice), spacing(h),
                        spacing(first) + as_first);
    turned = std::max({turned, (h.row_direction - first.row_direction).cwiseAbs().maxCoeff(),
                       (h.column_direction - first.column_direction).cwiseAbs().maxCoeff()});
  }
  if (turned > 1e-4)
    series.warnings.push_back("direction cosines differ by up to " + std::to_string(turned) +
                              " between slices: the first slice's are taken");
}

/// A slice without the rescaling that others have would lie on another scale than they do.
void check_rescaling(const DicomSeries& series) {
  const auto check = [&](const char* attribute, bool DicomFrame::* has, double DicomFrame::* value,
                         double usual) {
    const DicomSlice *with = nullptr, *without = nullptr;
    for (const DicomSlice& slice : series.slices) {
      if (!(slice.header.*has))
        without = &slice;
      else if (slice.header.*value != usual)
        with = &slice;
    }
    if (with != nullptr && without != nullptr)
      throw stack_fault(std::string(attribute) + " of " + slice_name(series, *without), "absent",
                        "present, as in " + slice_name(series, *with));
  };
  check("RescaleSlope", &DicomFrame::has_slope, &DicomFrame::slope, 1);
  check("RescaleIntercept", &DicomFrame::has_intercept, &DicomFrame::intercept, 0);
}

/// Fills whose series it is: slices of two patients under one UID are no series.
void check_identity(DicomSeries& series) {
  const auto name = [&](size_t file) { return series.files[file].filename().string(); };
  const size_t first = series.slices.front().file;
  series.identity = series.headers[first].identity;
  std::set<std::string> images;
  size_t repeated = 0;
  std::set<size_t> seen;
  for (const DicomSlice& slice : series.slices) {
    const size_t i = slice.file;
    if (!seen.insert(i).second) continue;  // another frame of it
    const DicomFile& file = series.headers[i];
    if (const auto differing = differences(series.identity, file.identity); !differing.empty())
      throw stack_fault(joined(differing) + " of " + name(i), "another than in " + name(first),
                        "one patient in a series");
    for (const auto member : {&DicomIdentity::name, &DicomIdentity::id, &DicomIdentity::id_digits,
                              &DicomIdentity::birth_date, &DicomIdentity::sex, &DicomIdentity::name_number})
      if ((series.identity.*member).empty()) series.identity.*member = file.identity.*member;
    if (!file.instance_uid.empty() && !images.insert(file.instance_uid).second) ++repeated;
  }
  if (repeated > 0)
    series.warnings.push_back("SOPInstanceUID is that of another slice in " + std::to_string(repeated) +
                              " of " + std::to_string(series.headers.size()) + " files");
  for (const auto& [attribute, member] :
       {std::pair{"StudyInstanceUID", &DicomFile::study_uid},
        std::pair{"FrameOfReferenceUID", &DicomFile::frame_of_reference_uid}})
    if (std::ranges::any_of(series.headers, [&](const DicomFile& file) {
          return file.*member != series.headers[first].*member;
        }))
      series.warnings.push_back(std::string(attribute) +
                                " differs between slices: their positions may not fit");
}

/// The slices sorted along `normal`.
void check_gaps(const DicomSeries& series, const Eigen::Vector3d& normal) {
  const Slices& slices = series.slices;
  const auto name = [&](const DicomSlice& slice) { return slice_name(series, slice); };
  std::vector<double> gaps;
  for (size_t k = 1; k < slices.size(); ++k) {
    const DicomSlice &a = slices[k - 1], &b = slices[k];
    gaps.push_back(normal.dot(b.header.position_mm - a.header.position_mm));
    const std::string& uid = series.headers[a.file].instance_uid;
    if (gaps.back() < kRepeatedMm && a.file != b.file && !uid.empty() &&
        uid == series.headers[b.file].instance_uid)
      throw stack_fault("SOPInstanceUID and position of " + name(a) + " and " + name(b), "the same",
                        "each image in one file");
    if (gaps.back() < kRepeatedMm) {
      const std::string differing = slice_differences(series, a, b);
      throw stack_fault(
          "position of " + name(a) + " and " + name(b),
          "the same along the normal: " + at(a.header.position_mm) + " and " + at(b.header.position_mm),
          "one slice a position" +
              (differing.empty() ? ""
                                 : ", or a folder that holds one of the volumes alone: the two differ in " +
                                       differing + ", which parts no volumes that are all complete"));
    }
  }
  std::vector<double> sorted = gaps;
  std::sort(sorted.begin(), sorted.end());
  const double usual = sorted[(sorted.size() - 1) / 2];
  for (size_t k = 0; k < gaps.size(); ++k)
    if (gaps[k] > kMissingPart * usual) {
      const auto missing = std::max(1L, std::lround(gaps[k] / usual) - 1);
      throw stack_fault("gap between " + name(slices[k]) + " and " + name(slices[k + 1]),
                        in_mm(gaps[k]) + " (" + std::to_string(missing) +
                            (missing == 1 ? " slice is missing)" : " slices are missing)"),
                        in_mm(usual));
    }
}

/// A gantry's tilt in CT; elsewhere the orientation or the positions may be wrong.
void warn_of_shear(DicomSeries& series, double gap, double shift) {
  constexpr double kDegrees = 180 / std::numbers::pi;
  const double angle = std::atan2(shift, gap) * kDegrees;
  if (angle <= kShearWarningDeg) return;
  std::array<char, 200> text{};
  std::snprintf(
      text.data(), text.size(),
      "the stack is sheared: its slices run %.1f degrees off their normal, %.3f mm in plane for %.3f mm "
      "along it",
      angle, shift, gap);
  series.warnings.emplace_back(text.data());
}

/// Fills the step between slices and the first position, both in LPS.
Line fit_stack(const Eigen::Vector3d& normal, DicomSeries& series) {
  const Slices& slices = series.slices;
  const auto name = [&](const DicomSlice& slice) { return slice_name(series, slice); };
  const DicomFrame& first = slices.front().header;
  if (slices.size() == 1) {
    const double thickness = first.slice_thickness_mm.value_or(0);
    if (!(thickness > 0) || thickness > kThickestMm)
      throw stack_fault("SliceThickness of the only slice, " + name(slices.front()),
                        first.slice_thickness_mm ? in_mm(thickness) : "absent", "above 0 mm, up to a metre");
    series.warnings.push_back("the series has one slice: its thickness is taken for the spacing");
    return {first.position_mm, normal * thickness};
  }
  check_gaps(series, normal);
  const Line line = fit_line(slices);
  const double gap = normal.dot(line.step);
  const double shift = (line.step - gap * normal).norm();
  if (shift > gap)
    throw stack_fault("in-plane drift from slice to slice", all_digits(shift),
                      "at most the gap of " + all_digits(gap) + " (a tilt of 45 degrees)");
  warn_of_half(series, gap);
  warn_of_interleaved(series, gap);
  size_t worst = 0;
  for (size_t k = 0; k < slices.size(); ++k) {
    const Eigen::Vector3d off =
        slices[k].header.position_mm - line.origin - static_cast<double>(k) * line.step;
    const double along = std::abs(normal.dot(off));
    const double across = (off - normal.dot(off) * normal).norm();
    const std::string most = "at most " + in_mm(kUnevenPart * gap) + ", a tenth of the gap";
    if (along > kUnevenPart * gap)
      throw stack_fault("distance of " + name(slices[k]) + " from the evenly spaced line", in_mm(along),
                        most);
    if (across > kUnevenPart * gap)
      throw stack_fault("in-plane drift of " + name(slices[k]) + " from the line of the others",
                        in_mm(across), most);
    if (off.norm() > series.largest_position_error_mm) {
      series.largest_position_error_mm = off.norm();
      worst = k;
    }
  }
  if (series.largest_position_error_mm > kUnevenWarningMm)
    series.warnings.push_back("slices are uneven: " + name(slices[worst]) + " lies " +
                              in_mm(series.largest_position_error_mm) + " off the evenly spaced line");
  return line;
}

/// Cosines and positions are written with few digits: rows and columns are made orthonormal about the first
/// voxel, whose place is known best; and the slices' step is laid along their normal where rounding may have
/// turned it off, so that what is written holds no shear. As ITK does: the columns' direction stays, the
/// rows' is turned.
Grid without_rounding(const Grid& grid, DicomSeries& series) {
  const Eigen::Vector3d spacing = grid.spacing_mm();
  const Eigen::Matrix3d direction = grid.direction();
  Eigen::Matrix3d clean;
  clean.col(1) = direction.col(1);
  clean.col(2) = direction.col(0).cross(direction.col(1)).normalized();
  clean.col(0) = clean.col(1).cross(clean.col(2));
  if (clean.col(2).dot(direction.col(2)) < 0) clean.col(2) *= -1;
  const Eigen::Vector3d turn = clean.col(2) - direction.col(2);
  const double last_mm = turn.norm() * spacing[2] * static_cast<double>(grid.size[2] - 1);
  const double cosine = series.slices.front().header.has_coarse_cosines ? kCoarseCosine : kSameCosine;
  const bool by_cosines = turn.cwiseAbs().maxCoeff() <= cosine, by_positions = last_mm <= kRoundedPositionMm;
  if (!by_cosines && !by_positions) {
    const double gap = clean.col(2).dot(direction.col(2)) * spacing[2];
    warn_of_shear(series, gap, std::sqrt(std::max(0.0, spacing[2] * spacing[2] - gap * gap)));
    clean.col(2) = direction.col(2);
  }
  Grid turned = grid;
  turned.affine.topLeftCorner<3, 3>() = clean * spacing.asDiagonal();
  series.orthonormal_mm = corner_distance_mm(grid, turned);
  if (series.orthonormal_mm > kOrthonormalWarningMm)
    series.warnings.push_back(
        (by_positions && !by_cosines ? "ImagePositionPatient is rounded: laid along the slices' normal"
                                     : "ImageOrientationPatient is rounded: made orthonormal") +
        std::string(" as ITK does, which moves a corner by ") + in_mm(series.orthonormal_mm));
  return turned;
}

Grid make_grid(DicomSeries& series, const Line& line) {
  const DicomFrame& first = series.slices.front().header;
  const DicomFile& file = series.headers[series.slices.front().file];
  Eigen::Matrix4d lps = Eigen::Matrix4d::Identity();
  lps.col(0).head<3>() = first.row_direction * first.column_spacing_mm;
  lps.col(1).head<3>() = first.column_direction * first.row_spacing_mm;
  lps.col(2).head<3>() = line.step;
  lps.col(3).head<3>() = line.origin;
  Grid grid;
  grid.size = {file.columns, file.rows, static_cast<int64_t>(series.slices.size())};
  grid.affine = Eigen::Vector4d(-1, -1, 1, 1).asDiagonal() * lps;
  return without_rounding(grid, series);
}

}  // namespace

std::string in_mm(double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.3f mm", value);
  return text.data();
}

std::string slice_name(const DicomSeries& series, const DicomSlice& slice) {
  const fs::path& file = series.files[slice.file];
  std::string name = file.parent_path() == series.folder
                         ? file.filename().string()
                         : file.lexically_relative(series.folder).generic_string();
  if (series.headers[slice.file].pixels.frames > 1) name += " frame " + std::to_string(slice.frame + 1);
  return name;
}

bool same_orientation(const DicomFrame& a, const DicomFrame& b) {
  return (a.row_direction - b.row_direction).cwiseAbs().maxCoeff() <= kSameCosine &&
         (a.column_direction - b.column_direction).cwiseAbs().maxCoeff() <= kSameCosine;
}

bool same_echo(const DicomFrame& a, const DicomFrame& b) {
  if (a.echo_time_ms.has_value() != b.echo_time_ms.has_value()) return false;
  return !a.echo_time_ms || std::abs(*a.echo_time_ms - *b.echo_time_ms) <= kSameEchoMs;
}

DicomSeries slices_of(const DicomSeries& stack, std::span<const size_t> slices) {
  DicomSeries out;
  out.folder = stack.folder;
  out.series_uid = stack.series_uid;
  out.image_type = stack.image_type;
  out.part = stack.part;
  out.warnings = stack.warnings;
  std::map<size_t, size_t> places;  // of the files
  for (const size_t k : slices) {
    DicomSlice slice = stack.slices[k];
    const auto [place, is_new] = places.try_emplace(slice.file, out.files.size());
    if (is_new) {
      out.files.push_back(stack.files[slice.file]);
      out.headers.push_back(stack.headers[slice.file]);
    }
    slice.file = place->second;
    out.slices.push_back(std::move(slice));
  }
  return out;
}

void stack_slices(DicomSeries& series) {
  const DicomFrame reference = series.slices.front().header;
  const Eigen::Vector3d normal = reference.row_direction.cross(reference.column_direction).normalized();
  std::ranges::stable_sort(series.slices, {},
                           [&](const DicomSlice& slice) { return normal.dot(slice.header.position_mm); });
  warn_of_inverted(series);
  warn_of_echoes(series);
  gather_file_warnings(series);
  try {
    check_identity(series);
    check_equal_slices(series);
    check_rescaling(series);
    series.grid = make_grid(series, fit_stack(normal, series));
  } catch (const Error& error) {
    series.fault = error.with_path(series.folder.string()).fault();
  }
}

bool is_one_stack(DicomSeries series) {
  series.fault.reset();
  series.warnings.clear();
  stack_slices(series);
  return !series.fault;
}

}  // namespace trivox
