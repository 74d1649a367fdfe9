#pragma once
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evaluate/edges.h"
#include "evaluate/picture.h"

namespace trivox {

// What trivox's HTML pages share. A page is one file: style inline, pictures as data, nothing fetched from
// anywhere. No scripts but one: a slider (wipe) moves an edge over its picture, in one line that stands at
// it.

/// & < > " ' as entities, control characters told (loader/text.h).
[[nodiscard]] std::string escape_html(std::string_view text);

/// RFC 4648, with padding.
[[nodiscard]] std::string base64(std::string_view bytes);

/// Lines drawn over a picture in one of the page's colours.
struct Layer {
  std::string
      style;  ///< class of the page's style sheet: "reference", "prediction", "mask", "moving", "edges"
  std::vector<Outline> outlines;
  std::vector<EdgeLine> lines = {};
};

/// A slice as it lies in a page: grey pixels with outlines and letters as vectors over them, so that
/// they stay sharp at any width and the picture's own pixels are not painted over.
struct Figure {
  std::string png;
  double width_mm = 0, height_mm = 0;
  std::array<char, 4> letters = {};  ///< at the left, right, top and bottom edge
  std::vector<Layer> layers;
  int64_t slice = 0, slices = 0;  ///< which slice of how many, from 0
};

/// Longest side in pixels of pictures in pages.
inline constexpr int64_t kPagePixels = 400;

/// One slice of an image with its letters and without layers.
[[nodiscard]] Figure make_figure(const Volume<float>& image, const SliceView& view, int64_t slice,
                                 const Window& window);

/// The figure as <svg>, stretched to the true proportions; `alternative` is read aloud. `id` names the
/// picture within the page, so that it can be shown again, and "id-style" each of its layers; empty: they
/// have no names.
[[nodiscard]] std::string svg_figure(const Figure& figure, std::string_view alternative,
                                     std::string_view id = {});

/// The picture `id` of the same page again, close to its outlines (at least 60 mm across); empty where
/// there are none or they take up most of the slice.
[[nodiscard]] std::string svg_detail(const Figure& figure, std::string_view alternative, std::string_view id);

/// The figure's picture alone, in mm, for `svg_again`.
[[nodiscard]] std::string svg_image(const Figure& figure, std::string_view id = {});

/// An area to which others are cut: <g clip-path="url(#id)">.
[[nodiscard]] std::string svg_clip(const std::vector<Outline>& area, std::string_view id);

/// What `content` draws, in SVG and mm, with the figure's size and letters: pictures and layers of the same
/// page again, <use href="#id"/>.
[[nodiscard]] std::string svg_again(const Figure& figure, std::string_view alternative,
                                    std::string_view content);

/// Two <svg> of one size over each other, with a slider below that wipes from the one to the other: left of
/// its place `before` is seen, right of it `after`. Where no scripts run, and on paper, it is left out: the
/// two must stand somewhere else in the page as well.
[[nodiscard]] std::string wipe(std::string_view before, std::string_view after, std::string_view label);

/// A framed box; `style`: "fault", "warning" or "". The content is HTML already.
[[nodiscard]] std::string panel(std::string_view style, std::string_view content);

/// A figure in large with what it is below; several of them stand in a <div class="tiles">. HTML already.
[[nodiscard]] std::string tile(std::string_view figure, std::string_view what);

/// Texts as a list, and pairs of a term and what it is; not HTML yet.
[[nodiscard]] std::string bullets(const std::vector<std::string>& texts);
[[nodiscard]] std::string definitions(const std::vector<std::pair<std::string, std::string>>& terms);

/// A table in a container of its own that scrolls sideways. Cells are HTML already; columns named in
/// `numeric` (from 0) are set to the right.
[[nodiscard]] std::string html_table(const std::vector<std::string>& head,
                                     const std::vector<std::vector<std::string>>& rows,
                                     const std::vector<size_t>& numeric);

/// In the first bytes of every page: what tells that trivox wrote it.
inline constexpr std::string_view kPageMark = "<meta name=\"generator\" content=\"trivox\">";

/// A whole page around a body.
[[nodiscard]] std::string html_page(std::string_view title, std::string_view body);

}  // namespace trivox
