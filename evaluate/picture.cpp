#include "evaluate/picture.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "evaluate/png.h"
#include "evaluate/statistics.h"
#include "transforms/sample.h"

namespace trivox {
namespace {

constexpr double kThickSlices = 1.5;  // slice spacing over pixel spacing, from where slices are known

size_t at(int axis) { return static_cast<size_t>(axis); }

int nearest_world_axis(const Eigen::Vector3d& direction) {
  Eigen::Index largest = 0;
  direction.cwiseAbs().maxCoeff(&largest);
  return static_cast<int>(largest);
}

char letter_towards(const Eigen::Vector3d& direction) {
  const int axis = nearest_world_axis(direction);
  return direction[axis] >= 0 ? "RAS"[axis] : "LPI"[axis];
}

int choose_slice_axis(const Grid& grid) {
  const Eigen::Vector3d spacing = grid.spacing_mm();
  std::array<int, 3> axes = {0, 1, 2};
  std::sort(axes.begin(), axes.end(), [&](int a, int b) { return spacing[a] > spacing[b]; });
  if (spacing[axes[0]] > kThickSlices * spacing[axes[1]]) return axes[0];
  Eigen::Index head_foot = 0;
  grid.direction().row(2).cwiseAbs().maxCoeff(&head_foot);
  return static_cast<int>(head_foot);
}

// To the right of the screen and downward, as RAS+ directions, for the plane across a world axis.
std::pair<Eigen::Vector3d, Eigen::Vector3d> screen_directions(int world_axis) {
  const Eigen::Vector3d left(-1, 0, 0), posterior(0, -1, 0), inferior(0, 0, -1);
  if (world_axis == 2) return {left, posterior};
  if (world_axis == 1) return {left, inferior};
  return {posterior, inferior};
}

// The slice on the screen, a pixel a voxel.
template <class T>
cv::Mat_<T> slice_of(const Volume<T>& volume, const SliceView& view, int64_t slice) {
  cv::Mat_<T> out(static_cast<int>(view.height()), static_cast<int>(view.width()));
  std::array<int64_t, 3> voxel{};
  voxel[at(view.slice_axis)] = slice;
  for (int row = 0; row < out.rows; ++row) {
    voxel[at(view.row_axis)] = view.flip_row ? out.rows - 1 - row : row;
    for (int column = 0; column < out.cols; ++column) {
      voxel[at(view.column_axis)] = view.flip_column ? out.cols - 1 - column : column;
      out(row, column) = volume.at(0, voxel[0], voxel[1], voxel[2]);
    }
  }
  return out;
}

// From 0, black, to 255, white.
cv::Mat_<float> windowed(const Volume<float>& image, const SliceView& view, int64_t slice,
                         const Window& window) {
  cv::Mat_<float> values = slice_of(image, view, slice);
  for (float& v : values) {
    const float grey = (v - window.black) / (window.white - window.black) * 255.0F;
    v = std::isnan(grey) ? 0.0F : std::clamp(grey, 0.0F, 255.0F);
  }
  return values;
}

GreyPicture rounded(const cv::Mat_<float>& values) {
  GreyPicture picture{values.cols, values.rows, {}};
  picture.pixels.reserve(values.total());
  for (const float v : values)
    picture.pixels.push_back(static_cast<uint8_t>(std::lround(std::clamp(v, 0.0F, 255.0F))));
  return picture;
}

cv::Mat_<float> resized(const cv::Mat_<float>& values, int columns, int rows, int how) {
  if (values.cols == columns && values.rows == rows) return values;
  cv::Mat_<float> out;
  cv::resize(values, out, cv::Size(columns, rows), 0, 0, how);
  return out;
}

}  // namespace

double SliceView::width_mm() const { return static_cast<double>(width()) * grid.spacing_mm()[column_axis]; }

double SliceView::height_mm() const { return static_cast<double>(height()) * grid.spacing_mm()[row_axis]; }

std::string SliceView::plane() const {
  static constexpr std::array<const char*, 3> kNames = {"sagittal", "coronal", "axial"};
  const Eigen::Matrix3d d = grid.direction();
  return kNames[at(nearest_world_axis(d.col(column_axis).cross(d.col(row_axis))))];
}

Eigen::Vector3d SliceView::to_voxel(double column, double row, double slice) const {
  Eigen::Vector3d voxel;
  voxel[slice_axis] = slice;
  voxel[column_axis] = flip_column ? static_cast<double>(width() - 1) - column : column;
  voxel[row_axis] = flip_row ? static_cast<double>(height() - 1) - row : row;
  return voxel;
}

int64_t SliceView::slice_at(const Eigen::Vector3d& world_mm) const {
  return std::llround(grid.to_voxel(world_mm)[slice_axis]);
}

SliceView slice_view(const Grid& grid) { return slice_view(grid, choose_slice_axis(grid)); }

SliceView slice_view(const Grid& grid, int slice_axis) {
  SliceView view;
  view.grid = grid;
  view.slice_axis = slice_axis;
  const Eigen::Matrix3d directions = grid.direction();
  int a = (view.slice_axis + 1) % 3;
  int b = (view.slice_axis + 2) % 3;
  // The plane's own normal, not the slice axis, which a sheared grid may tilt against it.
  const auto [right, down] =
      screen_directions(nearest_world_axis(directions.col(a).cross(directions.col(b))));
  const auto fit = [&, r = right, d = down](int column, int row) {
    return std::abs(directions.col(column).dot(r)) + std::abs(directions.col(row).dot(d));
  };
  if (fit(b, a) > fit(a, b)) std::swap(a, b);
  view.column_axis = a;
  view.row_axis = b;
  view.flip_column = directions.col(a).dot(right) < 0;
  view.flip_row = directions.col(b).dot(down) < 0;
  const Eigen::Vector3d to_right = (view.flip_column ? -1.0 : 1.0) * directions.col(a);
  const Eigen::Vector3d to_bottom = (view.flip_row ? -1.0 : 1.0) * directions.col(b);
  view.letters = {letter_towards(-to_right), letter_towards(to_right), letter_towards(-to_bottom),
                  letter_towards(to_bottom)};
  return view;
}

Window percentile_window(const Volume<float>& image, double low, double high) {
  constexpr size_t kEnough = size_t{1} << 18;
  const auto voxels = image.channel(0);
  const size_t step = std::max<size_t>(1, voxels.size() / kEnough);
  std::vector<double> values;
  for (size_t i = 0; i < voxels.size(); i += step)
    if (std::isfinite(voxels[i])) values.push_back(voxels[i]);
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  Window window{static_cast<float>(quantile(values, low / 100)),
                static_cast<float>(quantile(values, high / 100))};
  if (!(window.white > window.black)) window.white = window.black + 1;
  return window;
}

GreyPicture render_slice(const Volume<float>& image, const SliceView& view, int64_t slice,
                         const Window& window, int64_t longest_side) {
  const cv::Mat_<float> values = windowed(image, view, slice, window);
  const int longest = std::max(values.rows, values.cols);
  if (longest_side <= 0 || longest <= longest_side) return rounded(values);
  const double ratio = static_cast<double>(longest_side) / longest;
  return rounded(resized(values, std::max(1, cvRound(values.cols * ratio)),
                         std::max(1, cvRound(values.rows * ratio)), cv::INTER_AREA));
}

GreyPicture render_square(const Volume<float>& image, const SliceView& view, int64_t slice,
                          const Window& window, int64_t longest_side) {
  const cv::Mat_<float> values = windowed(image, view, slice, window);
  const double width_mm = view.width_mm();
  const double height_mm = view.height_mm();
  const double pixel_mm = std::max(std::min(width_mm / values.cols, height_mm / values.rows),
                                   std::max(width_mm, height_mm) / static_cast<double>(longest_side));
  const int columns = std::max(1, cvRound(width_mm / pixel_mm));
  const int rows = std::max(1, cvRound(height_mm / pixel_mm));
  // INTER_AREA averages only where both sides shrink.
  const cv::Mat_<float> fewer =
      resized(values, std::min(columns, values.cols), std::min(rows, values.rows), cv::INTER_AREA);
  return rounded(resized(fewer, columns, rows, cv::INTER_CUBIC));
}

std::vector<Outline> outlines(const Volume<uint8_t>& mask, const SliceView& view, int64_t slice,
                              uint8_t label) {
  // findContours walks through pixel centres. On a mask enlarged eightfold these lie within a
  // sixteenth of a voxel of the voxel's edge, and a single voxel keeps an area.
  constexpr int kScale = 8;
  cv::Mat inside;
  cv::compare(slice_of(mask, view, slice), label, inside, cv::CMP_EQ);
  std::vector<Outline> out;
  const cv::Rect box = cv::boundingRect(inside);
  if (box.empty()) return out;
  cv::Mat enlarged;
  cv::resize(inside(box), enlarged, {}, kScale, kScale, cv::INTER_NEAREST);
  cv::copyMakeBorder(enlarged, enlarged, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
  std::vector<std::vector<cv::Point>> contours;
  cv::findContours(enlarged, contours, cv::RETR_CCOMP, cv::CHAIN_APPROX_SIMPLE);
  const double column_mm = view.width_mm() / static_cast<double>(view.width());
  const double row_mm = view.height_mm() / static_cast<double>(view.height());
  for (const auto& contour : contours) {
    Outline outline;
    for (const cv::Point& p : contour)  // the border of 1 and the pixel's centre: p - 1 + 0.5
      outline.push_back(
          {(box.x + (p.x - 0.5) / kScale) * column_mm, (box.y + (p.y - 0.5) / kScale) * row_mm});
    out.push_back(std::move(outline));
  }
  return out;
}

std::vector<int64_t> area_by_slice(const Volume<uint8_t>& mask, const SliceView& view) {
  std::vector<int64_t> areas(static_cast<size_t>(view.slices()));
  const auto& size = mask.grid.size;
  std::array<int64_t, 3> voxel{};
  for (voxel[2] = 0; voxel[2] < size[2]; ++voxel[2])
    for (voxel[1] = 0; voxel[1] < size[1]; ++voxel[1])
      for (voxel[0] = 0; voxel[0] < size[0]; ++voxel[0]) {
        const uint8_t value = mask.at(0, voxel[0], voxel[1], voxel[2]);
        if (value != 0 && value != kIgnoreLabel) ++areas[static_cast<size_t>(voxel[at(view.slice_axis)])];
      }
  return areas;
}

std::string encode_png(const GreyPicture& picture) {
  return encode_png(picture.pixels, picture.width, picture.height, PixelOrder::kGrey);
}

}  // namespace trivox
