#include "evaluate/registration_pictures.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <utility>

#include "evaluate/statistics.h"
#include "transforms/box.h"
#include "transforms/error.h"
#include "transforms/normalise.h"
#include "transforms/sample.h"

namespace trivox {
namespace {

constexpr double kMargin_mm = 8;  // around the body, for what sticks out before it is laid on
constexpr int64_t kSmallPixels = 260;

/// Of the bodies of all images together: one that was laid beside the grid has none of its own.
Window body_window(std::initializer_list<const Volume<float>*> images) {
  constexpr size_t kEnough = size_t{1} << 18;
  constexpr double kBlack = 0.01, kWhite = 0.985;
  std::vector<double> values;
  for (const Volume<float>* image : images) {
    const Volume<uint8_t> body = body_mask(*image);
    const size_t step = std::max<size_t>(1, body.data.size() / kEnough);
    for (size_t i = 0; i < body.data.size(); i += step)
      if (body.data[i] != 0 && std::isfinite(image->data[i])) values.push_back(image->data[i]);
  }
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  Window window{static_cast<float>(quantile(values, kBlack)), static_cast<float>(quantile(values, kWhite))};
  if (!(window.white > window.black)) window.white = window.black + 1;
  return window;
}

template <class T>
void require_grid(const Volume<T>& volume, const Grid& grid, const char* what) {
  if (!volume.empty() && !same_place(volume.grid, grid))
    throw Error(what, volume.grid.describe(), "on the fixed image's grid, " + grid.describe());
}

Figure figure_of(const GreyPicture& picture, const PairDisplay& pair, const SliceView& view, int64_t slice) {
  Figure figure;
  figure.png = encode_png(picture);
  figure.width_mm = view.width_mm();
  figure.height_mm = view.height_mm();
  figure.letters = view.letters;
  const auto axis = static_cast<size_t>(view.slice_axis);
  figure.slice = pair.start[axis] + slice;
  figure.slices = pair.whole[axis];
  return figure;
}

/// The two masks as layers over one figure.
void add_masks(Figure& figure, const SliceView& view, int64_t slice, const Volume<uint8_t>& reference,
               const Volume<uint8_t>& own) {
  if (!reference.empty()) figure.layers.push_back({"reference", outlines(reference, view, slice, 1)});
  if (!own.empty()) figure.layers.push_back({"moving", outlines(own, view, slice, 1)});
}

/// Cut like the images, every label as 1.
Volume<uint8_t> cut_mask(const Volume<uint8_t>& mask, const PairDisplay& pair) {
  if (mask.empty()) return {};
  Volume<uint8_t> out = crop(mask, {pair.start, pair.fixed.grid.size});
  for (uint8_t& value : out.data) value = value != 0 && value != kIgnoreLabel ? 1 : 0;
  return out;
}

std::array<int64_t, 3> middle_of(const Box& box) {
  std::array<int64_t, 3> out{};
  for (size_t i = 0; i < 3; ++i) out[i] = box.first[i] + (box.size[i] - 1) / 2;
  return out;
}

}  // namespace

PairDisplay pair_display(const Volume<float>& fixed, const Volume<float>& before,
                         const Volume<float>& after) {
  require_grid(before, fixed.grid, "the moving image before");
  require_grid(after, fixed.grid, "the moving image after");
  const Box body = bounding_box(body_mask(fixed)).value_or(Box{{0, 0, 0}, fixed.grid.size});
  std::array<int64_t, 3> margin{};
  for (size_t i = 0; i < 3; ++i)
    margin[i] = static_cast<int64_t>(kMargin_mm / fixed.grid.spacing_mm()[static_cast<Eigen::Index>(i)]);
  const Box shown = grow(body, margin, fixed.grid.size);
  PairDisplay out;
  out.whole = fixed.grid.size;
  out.start = shown.first;
  for (size_t i = 0; i < 3; ++i) {
    out.first[i] = body.first[i] - out.start[i];
    out.last[i] = body.end(i) - 1 - out.start[i];
    out.centre[i] = (out.first[i] + out.last[i]) / 2;
  }
  out.fixed = crop(fixed, shown);
  out.before = crop(before, shown);
  out.after = crop(after, shown);
  out.fixed_window = body_window({&out.fixed});
  out.edge_window = {percentile_window(out.fixed).black, out.fixed_window.white};
  out.moving_window = body_window({&out.before, &out.after});
  return out;
}

PairFigures pair_figures(const PairDisplay& pair, const SliceView& view, int64_t slice,
                         int64_t longest_side) {
  const auto render = [&](const Volume<float>& image, const Window& window) {
    return render_square(image, view, slice, window, longest_side);
  };
  PairFigures out;
  out.fixed = figure_of(render(pair.fixed, pair.fixed_window), pair, view, slice);
  out.before = figure_of(render(pair.before, pair.moving_window), pair, view, slice);
  out.after = figure_of(render(pair.after, pair.moving_window), pair, view, slice);
  const GreyPicture from_air = render(pair.fixed, pair.edge_window);
  out.edges = edge_lines(from_air, view.width_mm() / static_cast<double>(from_air.width));
  return out;
}

std::vector<Outline> checkerboard(double width_mm, double height_mm, double square_mm) {
  std::vector<Outline> out;
  for (int row = 0; row * square_mm < height_mm; ++row)
    for (int column = (row + 1) % 2; column * square_mm < width_mm; column += 2) {
      const double left = column * square_mm, right = std::min(width_mm, left + square_mm);
      const double top = row * square_mm, bottom = std::min(height_mm, top + square_mm);
      out.push_back({{left, top}, {right, top}, {right, bottom}, {left, bottom}});
    }
  return out;
}

RegistrationPictures registration_pictures(std::string id, std::string sequence,
                                           const Volume<float>& reference, const Volume<float>& before,
                                           const Volume<float>& after, const PairMasks& masks) {
  for (const Volume<uint8_t>* mask : {&masks.reference, &masks.before, &masks.after})
    require_grid(*mask, reference.grid, "the mask");
  RegistrationPictures out;
  out.id = std::move(id);
  out.sequence = std::move(sequence);
  const PairDisplay pair = pair_display(reference, before, after);
  const Volume<uint8_t> mask = cut_mask(masks.reference, pair), own_before = cut_mask(masks.before, pair),
                        own_after = cut_mask(masks.after, pair);
  std::array<int64_t, 3> place = pair.centre;
  if (!mask.empty())
    if (const std::optional<Box> box = bounding_box(mask)) place = middle_of(*box);
  const int across = slice_view(pair.fixed.grid).slice_axis;
  for (const int axis : {across, (across + 1) % 3, (across + 2) % 3}) {
    const SliceView view = slice_view(pair.fixed.grid, axis);
    const int64_t slice = place[static_cast<size_t>(axis)];
    PairFigures figures = pair_figures(pair, view, slice, kSmallPixels);
    for (Figure* figure : {&figures.before, &figures.after})
      figure->layers.push_back({"edges", {}, figures.edges});
    add_masks(figures.before, view, slice, mask, own_before);
    add_masks(figures.after, view, slice, mask, own_after);
    out.before.push_back(std::move(figures.before));
    out.after.push_back(std::move(figures.after));
  }
  return out;
}

}  // namespace trivox
