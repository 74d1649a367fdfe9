#include "evaluate/inspect_series.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "evaluate/picture.h"
#include "loader/dicom/select.h"
#include "loader/text.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

void add_known(std::vector<Fact>& facts, const char* name, const std::optional<double>& value) {
  if (value) facts.push_back(number_fact(name, *value, 2));
}

// Names of the transfer syntaxes that MR images come in (DICOM PS3.6, table A-1).
std::string transfer_syntax_name(const std::string& uid) {
  static const std::map<std::string, const char*> kNames = {
      {"1.2.840.10008.1.2", "implicit little endian"},
      {"1.2.840.10008.1.2.1", "explicit little endian"},
      {"1.2.840.10008.1.2.1.99", "deflated explicit little endian"},
      {"1.2.840.10008.1.2.2", "explicit big endian"},
      {"1.2.840.10008.1.2.4.50", "JPEG baseline"},
      {"1.2.840.10008.1.2.4.51", "JPEG extended"},
      {"1.2.840.10008.1.2.4.57", "JPEG lossless"},
      {"1.2.840.10008.1.2.4.70", "JPEG lossless, first order"},
      {"1.2.840.10008.1.2.4.80", "JPEG-LS lossless"},
      {"1.2.840.10008.1.2.4.81", "JPEG-LS near-lossless"},
      {"1.2.840.10008.1.2.4.90", "JPEG 2000 lossless"},
      {"1.2.840.10008.1.2.4.91", "JPEG 2000"},
      {"1.2.840.10008.1.2.5", "RLE lossless"}};
  const auto known = kNames.find(uid);
  return known == kNames.end() ? uid : known->second;
}

void add_text(std::vector<Fact>& facts, const char* name, const std::string& text) {
  if (!text.empty()) facts.push_back({name, text});
}

void add_geometry(SeriesFinding& series, const Grid& grid) {
  series.grid = grid;
  const Eigen::Vector3d spacing = grid.spacing_mm();
  const SliceView view = slice_view(grid);
  series.facts.push_back({"matrix", std::to_string(view.width()) + " x " + std::to_string(view.height())});
  series.facts.push_back(number_fact("slices", static_cast<double>(view.slices()), 0));
  series.facts.push_back(
      {"pixel mm", fixed(spacing[view.column_axis], 3) + " x " + fixed(spacing[view.row_axis], 3)});
  series.facts.push_back(number_fact("between slices mm", spacing[view.slice_axis], 3));
  const Eigen::Matrix3d direction = grid.direction();
  const Eigen::Vector3d normal =
      direction.col(view.column_axis).cross(direction.col(view.row_axis)).normalized();
  const double along = std::abs(normal.dot(direction.col(view.slice_axis))) * spacing[view.slice_axis];
  constexpr double kSheared = 1e-3;  // mm
  if (spacing[view.slice_axis] - along > kSheared)
    series.facts.push_back(number_fact("of these along the slices' normal mm", along, 3));
  series.facts.push_back({"plane", describe_plane(grid)});
  series.facts.push_back({"axes run to", orientation_letters(grid)});
}

}  // namespace

SeriesFinding describe_dicom(const DicomSeries& found) {
  SeriesFinding series;
  series.kind = "DICOM series";
  series.path = found.folder.string();
  series.name = found.description.empty() ? "series" : found.description;
  series.warnings = found.warnings;
  add_text(series.facts, "description", found.description);
  add_text(series.facts, "modality", found.modality);
  add_text(series.facts, "image type", found.image_type);
  add_text(series.facts, "part", found.part);
  add_text(series.facts, "orientation", describe_orientation(found));
  series.facts.push_back(number_fact("files", static_cast<double>(found.files.size()), 0));
  add_text(series.facts, "scanner", found.manufacturer_model);
  add_known(series.facts, "TE ms", found.echo_time_ms);
  add_known(series.facts, "TR ms", found.repetition_time_ms);
  add_known(series.facts, "flip angle degrees", found.flip_angle_deg);
  add_known(series.facts, "slice thickness mm", found.slice_thickness_mm);
  series.facts.push_back({"stored as", std::string(found.is_signed ? "signed " : "unsigned ") +
                                           std::to_string(found.bits_allocated) + " bit"});
  add_text(series.facts, "transfer syntax", transfer_syntax_name(found.transfer_syntax));
  if (found.fault) {  // no evenly spaced stack: there is no grid to speak of
    series.fault = found.fault;
    return series;
  }
  add_geometry(series, found.grid);
  if (found.files.size() > 1) series.facts.push_back({"file names run", describe_file_order(found.files)});
  series.facts.push_back(number_fact("largest position error mm", found.largest_position_error_mm, 3));
  constexpr double kSaidMm = 5e-4;  // three digits are told
  if (found.orthonormal_mm > kSaidMm)
    series.facts.push_back(
        number_fact("corners moved by orthonormal directions mm", found.orthonormal_mm, 3));
  return series;
}

SeriesFinding describe_nifti(const fs::path& file, const NiftiHeader& header) {
  SeriesFinding series;
  series.kind = "NIfTI image";
  series.path = file.string();
  series.name = file.filename().string();
  add_geometry(series, header.grid);
  series.facts.push_back({"stored as", header.datatype});
  if (header.slope != 1 || header.intercept != 0) {
    series.facts.push_back(number_fact("slope", header.slope, 6));
    series.facts.push_back(number_fact("intercept", header.intercept, 6));
  }
  series.facts.push_back({"geometry from", header.geometry_source});
  if (header.channels > 1)
    series.facts.push_back(number_fact("channels", static_cast<double>(header.channels), 0));
  series.warnings = header.warnings;
  return series;
}

void add_value_range(SeriesFinding& series, const Volume<float>& image) {
  float low = INFINITY, high = -INFINITY;
  for (const float v : image.data)
    if (std::isfinite(v)) low = std::min(low, v), high = std::max(high, v);
  series.facts.push_back({"values", low > high ? "none finite"
                                               : fixed(static_cast<double>(low), 2) + " to " +
                                                     fixed(static_cast<double>(high), 2)});
}

Fact number_fact(std::string name, double value, int digits) {
  return {std::move(name), fixed(value, digits), value};
}

std::string orientation_letters(const Grid& grid) {
  std::string out;
  const Eigen::Matrix3d directions = grid.direction();
  for (int i = 0; i < 3; ++i) {
    Eigen::Index axis = 0;
    directions.col(i).cwiseAbs().maxCoeff(&axis);
    out += directions(axis, i) >= 0 ? "RAS"[axis] : "LPI"[axis];
  }
  return out;
}

std::string describe_plane(const Grid& grid) {
  const SliceView view = slice_view(grid);
  const Eigen::Matrix3d d = grid.direction();
  const Eigen::Vector3d normal = d.col(view.column_axis).cross(d.col(view.row_axis)).normalized();
  const double tilt = std::acos(std::min(1.0, normal.cwiseAbs().maxCoeff())) * 180 / std::numbers::pi;
  return tilt < 0.05 ? view.plane() : view.plane() + ", tilted " + fixed(tilt, 1) + " degrees";
}

std::string describe_file_order(const std::vector<fs::path>& files) {
  const auto number_of = [](const fs::path& file) {
    const std::string stem = file.stem().string();
    size_t end = stem.size();
    while (end > 0 && std::isdigit(static_cast<unsigned char>(stem[end - 1])) == 0) --end;
    size_t begin = end;
    while (begin > 0 && std::isdigit(static_cast<unsigned char>(stem[begin - 1])) != 0) --begin;
    return begin == end ? -1.0 : std::stod(stem.substr(begin, end - begin));
  };
  const auto before = [&](const fs::path& a, const fs::path& b) {
    const double na = number_of(a), nb = number_of(b);
    return na != nb ? na < nb : a.filename() < b.filename();
  };
  if (std::is_sorted(files.begin(), files.end(), before)) return "with the slices";
  if (std::is_sorted(files.rbegin(), files.rend(), before)) return "against the slices";
  return "not in the slices' order";
}

}  // namespace trivox
