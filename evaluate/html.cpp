#include "evaluate/html.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "loader/text.h"

namespace trivox {
namespace {

constexpr std::string_view kStyle = R"css(
:root { --ink: #1c2733; --soft: #5b6876; --line: #dbe1e7; --reference: #19b5fe; --prediction: #ff8c1a; }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  color: var(--ink); background: #f4f6f8; }
main { max-width: 1800px; margin: 0 auto; padding: 20px 16px 48px; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 1.15rem; margin: 32px 0 10px; }
h3 { font-size: 1rem; margin: 18px 0 8px; }
p { margin: 6px 0; }
.soft, figcaption { color: var(--soft); }
.path { overflow-wrap: anywhere; }
.tiles { display: grid; gap: 10px;
  grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); margin: 18px 0; }
.tile, .card, .panel { background: #fff; border: 1px solid var(--line); border-radius: 8px;
  padding: 12px 14px; }
.tile b { display: block; font-size: 1.7rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tile span { display: block; color: var(--soft); font-size: .85rem; }
.scroll { overflow-x: auto; background: #fff; border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 12px; text-align: left; vertical-align: top; overflow-wrap: break-word;
  border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; }
th { color: var(--soft); font-weight: 600; font-size: .85rem; background: #fafbfc; }
.n { text-align: right; white-space: nowrap; }
td.wrap, .wrap { white-space: normal; min-width: 240px; overflow-wrap: anywhere; }
.mid { min-width: 19em; }
.keep { white-space: nowrap; }
.cards { display: grid; gap: 12px; grid-template-columns: repeat(auto-fill, minmax(min(500px, 100%), 1fr)); }
.cards.small { grid-template-columns: repeat(auto-fill, minmax(min(230px, 100%), 1fr)); }
.pair { display: grid; gap: 6px; align-items: center;
  grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); }
.row { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(230px, 1fr); gap: 8px;
  margin-bottom: 12px; overflow-x: auto; }
figure { margin: 0; min-width: 0; }
.card h3 { margin-top: 2px; }
figcaption { font-size: .85rem; margin-top: 6px; }
figcaption b { color: var(--ink); }
img, svg { max-width: 100%; }
svg.slice { display: block; width: 100%; height: auto; background: #000; border-radius: 4px; }
svg.slice path { fill: none; stroke-width: 1.6px; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
svg.slice text { fill: #fff; stroke: #000; stroke-width: .25em; paint-order: stroke;
  font-weight: 600; text-anchor: middle; dominant-baseline: central; }
svg.slice path.reference { stroke-width: 3px; }  /* seen below the prediction where both agree */
.reference { stroke: var(--reference); } .prediction { stroke: var(--prediction); }
.mask { stroke: var(--reference); } .moving { stroke: var(--prediction); }
/* In one selector: where <use> shows it again, its ancestors there are not matched. */
.edges { fill: none; stroke: var(--reference); stroke-width: 1.2px; vector-effect: non-scaling-stroke;
  stroke-linejoin: round; }
svg.slice path.edges { stroke-width: 1.2px; }
.key { display: inline-block; width: 1.4em; height: 0; border-top: 3px solid;
  margin: 0 .4em 0 0; vertical-align: middle; }
.key ~ .key { margin-left: 1.2em; }
.key.reference, .key.edges { border-color: var(--reference); }
.key.prediction, .key.moving { border-color: var(--prediction); }
.key.edges { border-top-width: 1px; }
.none { background: #000; color: #9aa7b4; border-radius: 4px; display: flex; align-items: center;
  justify-content: center; min-height: 120px; height: 100%; font-size: .85rem;
  padding: 8px; text-align: center; }
.compare { display: grid; gap: 12px; max-width: 1320px; grid-template-columns: repeat(3, minmax(0, 1fr));
  grid-template-areas: "fixed before after" "wipe squares-before squares-after"; }
.thirds { display: grid; gap: 6px; grid-template-columns: repeat(3, minmax(0, 1fr)); align-items: end; }
.thirds svg.slice path.edges { stroke-width: .8px; } .thirds svg.slice path.reference { stroke-width: 2.4px; }
.thirds ~ .thirds { margin-top: 10px; }
.wipe .both { position: relative; --at: 50%; }
.wipe svg + svg { position: absolute; inset: 0; clip-path: inset(0 0 0 var(--at)); }
.wipe .both::after { content: ""; position: absolute; top: 0; bottom: 0; left: var(--at); width: 2px;
  margin-left: -1px; background: #fff; box-shadow: 0 0 3px #000; pointer-events: none; }
.wipe input { display: block; width: 100%; margin: 8px 0 0; accent-color: var(--reference); }
.wipe .ends { display: flex; justify-content: space-between; font-size: .85rem; color: var(--soft); }
.warning { border-left: 4px solid #d9822b; }
.fault { border-left: 4px solid #c0392b; }
ul { margin: 6px 0; padding-left: 20px; } li { overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.plots { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); }
.plot { display: block; max-width: 560px; margin: 0 auto; }
@media (max-width: 480px) { h1 { font-size: 1.3rem; } .tiles { grid-template-columns: repeat(2, 1fr); }
  .tile b { font-size: 1.35rem; } th, td { padding: 6px 8px; } }
@media (max-width: 700px) { .compare { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px;
  grid-template-areas: "wipe wipe" "before after" "squares-before squares-after" "fixed fixed"; } }
@media print { body { background: #fff; } .card, .compare { break-inside: avoid; } }
@media print, (scripting: none) { .wipe { display: none; } }
)css";

std::string svg_number(double value) {
  std::string text = fixed(value, 2);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

struct Box {
  double left, top, width, height;  // mm
};

std::string path_of(const std::vector<std::vector<std::array<double, 2>>>& lines, bool is_closed = true) {
  std::ostringstream out;
  for (const auto& line : lines) {
    char command = 'M';
    for (const auto& [x, y] : line) {
      out << command << svg_number(x) << ' ' << svg_number(y);
      command = 'L';
    }
    if (is_closed) out << 'Z';
  }
  return out.str();
}

std::string svg_layer(const Layer& layer, std::string_view id) {
  if (layer.outlines.empty() && layer.lines.empty()) return {};
  std::ostringstream out;
  out << "<path class=\"" << layer.style << '"';
  if (!id.empty()) out << " id=\"" << id << '-' << layer.style << '"';
  out << " d=\"" << path_of(layer.outlines) << path_of(layer.lines, false) << "\"/>";
  return out.str();
}

// Part of a figure: the picture, lines over it, and the letters at the part's own edges. `id`: of the layers.
std::string svg_view(const Figure& figure, const Box& box, std::string_view alternative,
                     std::string_view picture, std::string_view id = {}) {
  const double letter = 0.065 * std::min(box.width, box.height);
  const double edge = 0.8 * letter;
  std::ostringstream out;
  out << "<svg class=\"slice\" viewBox=\"" << svg_number(box.left) << ' ' << svg_number(box.top) << ' '
      << svg_number(box.width) << ' ' << svg_number(box.height) << "\" role=\"img\" aria-label=\""
      << escape_html(alternative) << "\">" << picture;
  for (const Layer& layer : figure.layers) out << svg_layer(layer, id);
  const double middle_x = box.left + box.width / 2;
  const double middle_y = box.top + box.height / 2;
  const std::array<std::array<double, 2>, 4> places = {{{box.left + edge, middle_y},
                                                        {box.left + box.width - edge, middle_y},
                                                        {middle_x, box.top + edge},
                                                        {middle_x, box.top + box.height - edge}}};
  for (size_t i = 0; i < 4; ++i)
    out << "<text font-size=\"" << svg_number(letter) << "\" x=\"" << svg_number(places[i][0]) << "\" y=\""
        << svg_number(places[i][1]) << "\">" << figure.letters[i] << "</text>";
  out << "</svg>";
  return out.str();
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t word = 0;
    for (size_t k = 0; k < 3; ++k)
      word = (word << 8) | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0U);
    for (size_t k = 0; k < 4; ++k) out += i + k > bytes.size() ? '=' : kLetters[(word >> (18 - 6 * k)) & 63];
  }
  return out;
}

Figure make_figure(const Volume<float>& image, const SliceView& view, int64_t slice, const Window& window) {
  Figure figure;
  figure.png = encode_png(render_slice(image, view, slice, window, kPagePixels));
  figure.width_mm = view.width_mm();
  figure.height_mm = view.height_mm();
  figure.letters = view.letters;
  figure.slice = slice;
  figure.slices = view.slices();
  return figure;
}

std::string svg_image(const Figure& figure, std::string_view id) {
  std::ostringstream out;
  out << "<image" << (id.empty() ? "" : " id=\"" + std::string(id) + "\"") << " width=\""
      << svg_number(figure.width_mm) << "\" height=\"" << svg_number(figure.height_mm)
      << "\" preserveAspectRatio=\"none\" href=\"data:image/png;base64," << base64(figure.png) << "\"/>";
  return out.str();
}

std::string svg_figure(const Figure& figure, std::string_view alternative, std::string_view id) {
  return svg_view(figure, {0, 0, figure.width_mm, figure.height_mm}, alternative, svg_image(figure, id), id);
}

std::string svg_clip(const std::vector<Outline>& area, std::string_view id) {
  std::ostringstream out;
  out << "<clipPath id=\"" << id << "\"><path d=\"" << path_of(area) << "\"/></clipPath>";
  return out.str();
}

std::string svg_again(const Figure& figure, std::string_view alternative, std::string_view content) {
  Figure frame;
  frame.letters = figure.letters;
  return svg_view(frame, {0, 0, figure.width_mm, figure.height_mm}, alternative, content);
}

std::string wipe(std::string_view before, std::string_view after, std::string_view label) {
  return std::string("<div class=\"wipe\"><div class=\"both\">")
      .append(before)
      .append(after)
      .append("</div><input type=\"range\" min=\"0\" max=\"100\" value=\"50\" aria-label=\"")
      .append(escape_html(label))
      .append(
          "\" oninput=\"this.previousElementSibling.style.setProperty('--at',this.value+'%')\">"
          "<div class=\"ends\"><span>left of the line: before</span><span>right: after</span></div></div>");
}

std::string svg_detail(const Figure& figure, std::string_view alternative, std::string_view id) {
  constexpr double kMargin = 12, kLeast = 60;  // mm
  constexpr double kGain = 0.75;  // of the slice: a detail of nearly all of it shows nothing more
  double left = INFINITY, top = INFINITY, right = -INFINITY, bottom = -INFINITY;
  for (const Layer& layer : figure.layers)
    for (const Outline& outline : layer.outlines)
      for (const auto& [x, y] : outline) {
        left = std::min(left, x), right = std::max(right, x);
        top = std::min(top, y), bottom = std::max(bottom, y);
      }
  const double side = std::max({right - left + 2 * kMargin, bottom - top + 2 * kMargin, kLeast});
  if (left > right || side > kGain * std::min(figure.width_mm, figure.height_mm)) return {};
  const Box box = {std::clamp((left + right - side) / 2, 0.0, figure.width_mm - side),
                   std::clamp((top + bottom - side) / 2, 0.0, figure.height_mm - side), side, side};
  return svg_view(figure, box, alternative, "<use href=\"#" + std::string(id) + "\"/>");
}

std::string panel(std::string_view style, std::string_view content) {
  return std::string("<div class=\"panel ").append(style).append("\">").append(content).append("</div>\n");
}

std::string tile(std::string_view figure, std::string_view what) {
  return std::string("<div class=\"tile\"><b>")
      .append(figure)
      .append("</b><span>")
      .append(what)
      .append("</span></div>\n");
}

std::string bullets(const std::vector<std::string>& texts) {
  std::string out = "<ul>";
  for (const std::string& text : texts) out += "<li>" + escape_html(text) + "</li>";
  return out + "</ul>";
}

std::string definitions(const std::vector<std::pair<std::string, std::string>>& terms) {
  std::string out = "<dl>";
  for (const auto& [term, meaning] : terms)
    out += "<dt>" + escape_html(term) + "</dt><dd>" + escape_html(meaning) + "</dd>";
  return out + "</dl>";
}

std::string html_table(const std::vector<std::string>& head,
                       const std::vector<std::vector<std::string>>& rows,
                       const std::vector<size_t>& numeric) {
  const auto cell = [&](const char* tag, size_t column, const std::string& content) {
    const bool right = std::find(numeric.begin(), numeric.end(), column) != numeric.end();
    return std::string("<")
        .append(tag)
        .append(right ? " class=\"n\">" : ">")
        .append(content)
        .append("</")
        .append(tag)
        .append(">");
  };
  std::string out = "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>";
  for (size_t i = 0; i < head.size(); ++i) out += cell("th", i, head[i]);
  out += "</tr></thead><tbody>\n";
  for (const auto& row : rows) {
    out += "<tr>";
    for (size_t i = 0; i < row.size(); ++i) out += cell("td", i, row[i]);
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string html_page(std::string_view title, std::string_view body) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  out.append(kPageMark)
      .append("\n<title>")
      .append(escape_html(title))
      .append("</title>\n<style>")
      .append(kStyle);
  return out.append("</style></head>\n<body><main>\n").append(body).append("\n</main></body></html>\n");
}

}  // namespace trivox
