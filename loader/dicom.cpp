#include "loader/dicom.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>

#include "loader/dicom_elements.h"
#include "loader/file.h"
#include "loader/log.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

constexpr double kSameCosine = 1e-3;
constexpr double kRepeatedMm = 0.01;      // closer slices are one position twice
constexpr double kUnevenPart = 0.1;       // of a gap: refused
constexpr double kUnevenWarningMm = 0.1;  // warned of
constexpr double kMissingPart = 1.5;      // of the usual gap: a slice is missing
constexpr double kOrthonormalMayMoveMm = 0.05;

struct Slice {
  fs::path file;
  DicomFile header;
};

std::string mm(double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.3f mm", value);
  return text.data();
}

std::string at(const Eigen::Vector3d& p) {
  std::array<char, 120> text{};
  std::snprintf(text.data(), text.size(), "(%.3f, %.3f, %.3f)", p[0], p[1], p[2]);
  return text.data();
}

std::string name(const Slice& slice) { return slice.file.filename().string(); }

bool ends_as_dicom(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending == ".dcm" || ending == ".dicom" || ending == ".ima";
}

bool same_orientation(const DicomFile& a, const DicomFile& b) {
  return (a.row_direction - b.row_direction).cwiseAbs().maxCoeff() <= kSameCosine &&
         (a.column_direction - b.column_direction).cwiseAbs().maxCoeff() <= kSameCosine;
}

bool same_echo(const DicomFile& a, const DicomFile& b) {
  if (a.echo_time_ms.has_value() != b.echo_time_ms.has_value()) return false;
  return !a.echo_time_ms || std::abs(*a.echo_time_ms - *b.echo_time_ms) <= 1e-3;
}

bool same_stack(const DicomFile& a, const DicomFile& b) {
  return a.series_uid == b.series_uid && a.image_type == b.image_type && same_echo(a, b) &&
         same_orientation(a, b);
}

/// Positions on the evenly spaced line p(k) = origin + k step, by least squares.
struct Line {
  Eigen::Vector3d origin, step;
};

Line fit_line(const std::vector<Slice>& slices) {
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

void check_equal_slices(const std::vector<Slice>& slices, DicomSeries& series) {
  const DicomFile& first = slices.front().header;
  double turned = 0;
  for (const Slice& slice : slices) {
    const DicomFile& h = slice.header;
    const auto size = [](const DicomFile& f) {
      return std::to_string(f.columns) + " x " + std::to_string(f.rows);
    };
    if (h.rows != first.rows || h.columns != first.columns)
      throw stack_fault("size of " + name(slice), size(h),
                        size(first) + " as " + name(slices.front()));
    const auto spacing = [](const DicomFile& f) {
      return mm(f.column_spacing_mm) + " x " + mm(f.row_spacing_mm);
    };
    if (std::abs(h.row_spacing_mm - first.row_spacing_mm) > 1e-4 * first.row_spacing_mm ||
        std::abs(h.column_spacing_mm - first.column_spacing_mm) > 1e-4 * first.column_spacing_mm)
      throw stack_fault("PixelSpacing of " + name(slice), spacing(h),
                        spacing(first) + " as " + name(slices.front()));
    turned = std::max({turned, (h.row_direction - first.row_direction).cwiseAbs().maxCoeff(),
                       (h.column_direction - first.column_direction).cwiseAbs().maxCoeff()});
  }
  if (turned > 1e-4)
    series.warnings.push_back("direction cosines differ by up to " + std::to_string(turned) +
                              " between slices: the first slice's are taken");
}

/// `slices` sorted along `normal`.
void check_gaps(const std::vector<Slice>& slices, const Eigen::Vector3d& normal) {
  std::vector<double> gaps;
  for (size_t k = 1; k < slices.size(); ++k) {
    const Slice &a = slices[k - 1], &b = slices[k];
    gaps.push_back(normal.dot(b.header.position_mm - a.header.position_mm));
    if (gaps.back() < kRepeatedMm)
      throw stack_fault("position of " + name(a) + " and " + name(b),
                        "the same along the normal: " + at(a.header.position_mm) + " and " +
                            at(b.header.position_mm),
                        "one slice a position");
  }
  std::vector<double> sorted = gaps;
  std::sort(sorted.begin(), sorted.end());
  const double usual = sorted[(sorted.size() - 1) / 2];
  for (size_t k = 0; k < gaps.size(); ++k)
    if (gaps[k] > kMissingPart * usual) {
      const auto missing = std::max(1L, std::lround(gaps[k] / usual) - 1);
      throw stack_fault("gap between " + name(slices[k]) + " and " + name(slices[k + 1]),
                        mm(gaps[k]) + " (" + std::to_string(missing) +
                            (missing == 1 ? " slice is missing)" : " slices are missing)"),
                        mm(usual));
    }
}

/// Fills the step between slices and the first position, both in LPS.
Line fit_stack(const std::vector<Slice>& slices, const Eigen::Vector3d& normal,
               DicomSeries& series) {
  const DicomFile& first = slices.front().header;
  if (slices.size() == 1) {
    const double thickness = first.slice_thickness_mm.value_or(0);
    if (!(thickness > 0))
      throw stack_fault("SliceThickness of the only slice, " + name(slices.front()), "absent or 0",
                        "above 0 mm");
    series.warnings.push_back("the series has one slice: its thickness is taken for the spacing");
    return {first.position_mm, normal * thickness};
  }
  check_gaps(slices, normal);
  const Line line = fit_line(slices);
  const double gap = normal.dot(line.step);
  const double shift = (line.step - gap * normal).norm();
  if (shift > gap)
    throw stack_fault("in-plane drift from slice to slice", mm(shift),
                      "at most the gap of " + mm(gap) + " (a tilt of 45 degrees)");
  size_t worst = 0;
  for (size_t k = 0; k < slices.size(); ++k) {
    const Eigen::Vector3d off =
        slices[k].header.position_mm - line.origin - static_cast<double>(k) * line.step;
    const double along = std::abs(normal.dot(off));
    const double across = (off - normal.dot(off) * normal).norm();
    const std::string most = "at most " + mm(kUnevenPart * gap) + ", a tenth of the gap";
    if (along > kUnevenPart * gap)
      throw stack_fault("distance of " + name(slices[k]) + " from the evenly spaced line",
                        mm(along), most);
    if (across > kUnevenPart * gap)
      throw stack_fault("in-plane drift of " + name(slices[k]) + " from the line of the others",
                        mm(across), most);
    if (off.norm() > series.largest_position_error_mm) {
      series.largest_position_error_mm = off.norm();
      worst = k;
    }
  }
  if (series.largest_position_error_mm > kUnevenWarningMm)
    series.warnings.push_back("slices are uneven: " + name(slices[worst]) + " lies " +
                              mm(series.largest_position_error_mm) + " off the evenly spaced line");
  return line;
}

/// Cosines are written with few digits: where that is all, they are made orthonormal.
Grid without_rounding(const Grid& grid) {
  const Eigen::JacobiSVD<Eigen::Matrix3d> svd(grid.direction(),
                                              Eigen::ComputeFullU | Eigen::ComputeFullV);
  Grid clean = grid;
  clean.affine.topLeftCorner<3, 3>() =
      svd.matrixU() * svd.matrixV().transpose() * grid.spacing_mm().asDiagonal();
  const Eigen::Vector3d centre(static_cast<double>(grid.size[0] - 1) / 2,
                               static_cast<double>(grid.size[1] - 1) / 2,
                               static_cast<double>(grid.size[2] - 1) / 2);
  clean.affine.topRightCorner<3, 1>() += grid.to_world(centre) - clean.to_world(centre);
  const double moved = corner_distance_mm(grid, clean);
  if (!(moved < kOrthonormalMayMoveMm)) return grid;
  if (moved > 1e-6) log::debug("directions made orthonormal, which moves a corner by " + mm(moved));
  return clean;
}

Grid make_grid(const DicomFile& first, const Line& line, size_t slices) {
  Eigen::Matrix4d lps = Eigen::Matrix4d::Identity();
  lps.col(0).head<3>() = first.row_direction * first.column_spacing_mm;
  lps.col(1).head<3>() = first.column_direction * first.row_spacing_mm;
  lps.col(2).head<3>() = line.step;
  lps.col(3).head<3>() = line.origin;
  Grid grid;
  grid.size = {first.columns, first.rows, static_cast<int64_t>(slices)};
  grid.affine = Eigen::Vector4d(-1, -1, 1, 1).asDiagonal() * lps;
  return without_rounding(grid);
}

DicomSeries make_series(const fs::path& folder, std::vector<Slice> slices) {
  const Eigen::Vector3d normal =
      slices.front()
          .header.row_direction.cross(slices.front().header.column_direction)
          .normalized();
  std::stable_sort(slices.begin(), slices.end(), [&](const Slice& a, const Slice& b) {
    return normal.dot(a.header.position_mm) < normal.dot(b.header.position_mm);
  });
  const DicomFile& first = slices.front().header;
  DicomSeries series;
  series.folder = folder;
  series.series_uid = first.series_uid;
  series.frame_of_reference_uid = first.frame_of_reference_uid;
  series.description = first.description;
  series.modality = first.modality;
  series.manufacturer_model = first.manufacturer_model;
  series.transfer_syntax = first.transfer_syntax;
  series.echo_time_ms = first.echo_time_ms;
  series.repetition_time_ms = first.repetition_time_ms;
  series.flip_angle_deg = first.flip_angle_deg;
  series.slice_thickness_mm = first.slice_thickness_mm;
  series.bits_allocated = first.pixels.bits_allocated;
  series.is_signed = first.pixels.is_signed;
  for (const Slice& slice : slices) {
    if (slice.header.pixels.is_monochrome1 && &slice == &slices.front())
      series.warnings.push_back("MONOCHROME1: values are inverted");
    for (const std::string& warning : slice.header.warnings)
      series.warnings.push_back(name(slice) + ": " + warning);
  }
  try {
    check_equal_slices(slices, series);
    series.grid = make_grid(first, fit_stack(slices, normal, series), slices.size());
  } catch (const Error& error) {
    series.fault = error.with_path(folder.string()).fault();
  }
  for (Slice& slice : slices) {
    series.files.push_back(std::move(slice.file));
    series.headers.push_back(std::move(slice.header));
  }
  return series;
}

std::vector<fs::path> files_of(const fs::path& folder) {
  if (!is_folder(folder))
    throw Error(Fault{folder.string(),
                      "it",
                      is_file(folder) ? "no folder" : "absent",
                      "a folder of DICOM files",
                      {}});
  return files_in(folder);
}

/// In what the stacks of a folder differ, for the message that none can be chosen.
std::string difference(const std::vector<DicomSeries>& all) {
  const DicomFile& a = all[0].headers.front();
  const DicomFile& b = all[1].headers.front();
  if (a.series_uid != b.series_uid) return "SeriesInstanceUID";
  if (a.image_type != b.image_type) return "ImageType";
  return same_echo(a, b) ? "ImageOrientationPatient" : "EchoTime";
}

}  // namespace

std::vector<DicomSeries> scan_dicom_folder(const fs::path& folder, std::vector<fs::path>* ignored) {
  std::vector<std::vector<Slice>> stacks;
  std::vector<std::string> strangers;
  for (const fs::path& file : files_of(folder)) {
    try {
      const std::vector<std::byte> bytes = read_file(file);
      std::optional<DicomFile> header = parse_dicom(bytes);
      if (!header) {
        // Passing over it could lose a slice at an end of the stack, where no gap would tell.
        if (ends_as_dicom(file) && !has_dicom_mark(bytes))
          throw Error("content", bytes.empty() ? "empty" : "not DICOM", "DICOM, as the name says");
        if (ignored != nullptr) ignored->push_back(file);
        strangers.push_back(file.filename().string());
        continue;
      }
      auto stack = std::find_if(stacks.begin(), stacks.end(), [&](const std::vector<Slice>& s) {
        return same_stack(s.front().header, *header);
      });
      if (stack == stacks.end()) stack = stacks.emplace(stacks.end());
      stack->push_back({file, std::move(*header)});
    } catch (const Error& error) {
      throw error.with_path(file.string());
    }
  }
  std::vector<DicomSeries> series;
  for (auto& stack : stacks) {
    series.push_back(make_series(folder, std::move(stack)));
    for (const std::string& stranger : strangers)
      series.back().warnings.push_back(stranger + " is no DICOM image and was ignored");
  }
  return series;
}

DicomSeries find_dicom_series(const fs::path& folder) {
  std::vector<DicomSeries> all = scan_dicom_folder(folder);
  if (all.empty())
    throw Error(Fault{folder.string(), "number of DICOM images", "0", "a series", {}});
  if (all.size() > 1) {
    std::string found = std::to_string(all.size()) + " that differ in " + difference(all) + ":";
    for (size_t i = 0; i < all.size(); ++i)
      found += (i == 0 ? " " : ", ") + std::to_string(all[i].files.size()) + " files from " +
               all[i].files.front().filename().string();
    throw Error(Fault{folder.string(), "number of series", found, "one", {}});
  }
  if (all.front().fault) throw Error(*all.front().fault);
  return std::move(all.front());
}

Volume<float> read_dicom_series(const DicomSeries& series) {
  if (series.fault) throw Error(*series.fault);
  Volume<float> volume(series.grid, 1);
  const auto slice_voxels = static_cast<size_t>(series.grid.size[0] * series.grid.size[1]);
  for (size_t k = 0; k < series.files.size(); ++k) {
    try {
      decode_dicom(read_file(series.files[k]), series.headers[k],
                   std::span(volume.data).subspan(k * slice_voxels, slice_voxels));
    } catch (const Error& error) {
      throw error.with_path(series.files[k].string());
    }
  }
  return volume;
}

}  // namespace trivox
