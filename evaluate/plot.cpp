#include "evaluate/plot.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "evaluate/html.h"
#include "evaluate/statistics.h"
#include "loader/text.h"

namespace trivox {
namespace {

constexpr double kWidth = 440;  // a phone shows it at .8, text still legible
constexpr double kLeft = 16;
constexpr double kRight = 16;
constexpr double kRow = 92;  // a strip with its name above
constexpr std::string_view kInk = "#1c2733";
constexpr std::string_view kSoft = "#5b6876";
constexpr std::string_view kLine = "#dbe1e7";
constexpr std::string_view kPoint = "#2a6fb0";

std::string text(double x, double y, std::string_view anchor, std::string_view content,
                 std::string_view colour = kSoft) {
  std::ostringstream out;
  out << "<text x=\"" << fixed(x, 1) << "\" y=\"" << fixed(y, 1) << "\" font-size=\"13\" text-anchor=\""
      << anchor << "\" fill=\"" << colour << "\">" << escape_html(content) << "</text>";
  return out.str();
}

std::string line(double x1, double y1, double x2, double y2, std::string_view colour, double width) {
  std::ostringstream out;
  out << "<line x1=\"" << fixed(x1, 1) << "\" y1=\"" << fixed(y1, 1) << "\" x2=\"" << fixed(x2, 1)
      << "\" y2=\"" << fixed(y2, 1) << "\" stroke=\"" << colour << "\" stroke-width=\"" << fixed(width, 1)
      << "\"/>";
  return out.str();
}

std::string point(double x, double y, std::string_view title) {
  std::ostringstream out;
  out << "<circle cx=\"" << fixed(x, 1) << "\" cy=\"" << fixed(y, 1) << "\" r=\"4\" fill=\"" << kPoint
      << "\" fill-opacity=\"0.6\"><title>" << escape_html(title) << "</title></circle>";
  return out.str();
}

std::string open_svg(double height, std::string_view label) {
  std::ostringstream out;
  out << "<svg class=\"plot\" viewBox=\"0 0 " << kWidth << ' ' << fixed(height, 0)
      << "\" role=\"img\" aria-label=\"" << escape_html(label) << "\">";
  return out.str();
}

double across(double value) { return kLeft + value * (kWidth - kLeft - kRight); }

// Points that would cover each other are moved apart, up and down in turn, in order of value.
std::vector<double> offsets(const std::vector<std::pair<double, std::string>>& sorted) {
  constexpr double kApart = 7;
  std::vector<double> out;
  double last = -1e9;
  int stacked = 0;
  for (const auto& [value, id] : sorted) {
    const double x = across(value);
    stacked = x - last < kApart ? stacked + 1 : 0;
    if (stacked == 0) last = x;
    const double step = 6.0 * ((stacked + 1) / 2);
    out.push_back(std::clamp(stacked % 2 == 1 ? -step : step, -18.0, 18.0));
  }
  return out;
}

std::string strip_row(const Strip& strip, double middle) {
  std::vector<std::pair<double, std::string>> sorted;
  for (size_t i = 0; i < strip.values.size(); ++i)
    if (!std::isnan(strip.values[i])) sorted.emplace_back(strip.values[i], strip.ids.at(i));
  std::sort(sorted.begin(), sorted.end());
  std::string out =
      text(kLeft, middle - 30, "start", strip.name + ", n = " + std::to_string(sorted.size()), kInk);
  if (sorted.empty()) return out;
  std::vector<double> values;
  for (const auto& [value, id] : sorted) values.push_back(value);
  const double low = across(quantile(values, 0.25));
  const double high = across(quantile(values, 0.75));
  std::ostringstream box;
  box << "<rect x=\"" << fixed(low, 1) << "\" y=\"" << fixed(middle - 22, 1) << "\" width=\""
      << fixed(std::max(1.0, high - low), 1)
      << "\" height=\"44\" rx=\"3\" fill=\"#e8eff6\" stroke=\"#a9c0d6\"/>";
  out += box.str();
  const double median = across(quantile(values, 0.5));
  out += line(median, middle - 22, median, middle + 22, kInk, 2);
  const auto moved = offsets(sorted);
  for (size_t i = 0; i < sorted.size(); ++i)
    out += point(across(sorted[i].first), middle + moved[i],
                 sorted[i].second + ": " + fixed(sorted[i].first, 3));
  const Summary summary = summarise(values);
  const double y = middle + 30;
  if (!std::isnan(summary.interval95[0]))
    out += line(across(summary.interval95[0]), y, across(summary.interval95[1]), y, "#c0392b", 2.5);
  std::ostringstream mean;
  mean << "<path d=\"M" << fixed(across(summary.mean), 1) << ' ' << fixed(y - 5, 1)
       << "l5 5l-5 5l-5 -5Z\" fill=\"#c0392b\"><title>mean " << fixed(summary.mean, 3) << "</title></path>";
  return out + mean.str();
}

}  // namespace

std::string strip_plot(std::span<const Strip> strips, std::string_view axis) {
  const double bottom = 14 + kRow * static_cast<double>(strips.size());
  std::string out = open_svg(bottom + 44, axis);
  for (int tick = 0; tick <= 10; tick += 2) {
    const double x = across(tick / 10.0);
    out += line(x, 8, x, bottom, kLine, 1) + text(x, bottom + 18, "middle", fixed(tick / 10.0, 1));
  }
  out += text(across(0.5), bottom + 38, "middle", axis, kInk);
  for (size_t i = 0; i < strips.size(); ++i) out += strip_row(strips[i], 52 + kRow * static_cast<double>(i));
  return out + "</svg>";
}

std::string log_scatter(std::span<const Point> points, std::string_view x_axis, std::string_view y_axis) {
  constexpr double kTop = 14, kBottom = 224, kStart = 56;
  double low = 1e300, high = -1e300;
  for (const Point& p : points)
    if (p.x > 0 && !std::isnan(p.y)) {
      low = std::min(low, std::log10(p.x));
      high = std::max(high, std::log10(p.x));
    }
  if (low > high) return {};
  low = std::floor(low * 2 - 0.1) / 2;
  high = std::ceil(high * 2 + 0.1) / 2;
  const auto x_of = [&](double x) {
    return kStart + (std::log10(x) - low) / (high - low) * (kWidth - kStart - kRight);
  };
  const auto y_of = [&](double y) { return kBottom - y * (kBottom - kTop); };
  std::string out = open_svg(kBottom + 46, std::string(y_axis) + " against " + std::string(x_axis));
  for (int tick = 0; tick <= 10; tick += 2)
    out += line(kStart, y_of(tick / 10.0), kWidth - kRight, y_of(tick / 10.0), kLine, 1) +
           text(kStart - 8, y_of(tick / 10.0) + 4, "end", fixed(tick / 10.0, 1));
  // About as many ticks whatever the range.
  const std::vector<double> digits =
      high - low > 1.1 ? std::vector<double>{1, 2, 5} : std::vector<double>{1, 1.5, 2, 3, 5, 7};
  for (int power = -4; power <= 6; ++power)
    for (const double digit : digits) {
      const double x = digit * std::pow(10.0, power);
      if (std::log10(x) < low - 1e-9 || std::log10(x) > high + 1e-9) continue;
      std::ostringstream tick;
      tick << x;
      out +=
          line(x_of(x), kTop, x_of(x), kBottom, kLine, 1) + text(x_of(x), kBottom + 18, "middle", tick.str());
    }
  for (const Point& p : points)
    if (p.x > 0 && !std::isnan(p.y)) out += point(x_of(p.x), y_of(p.y), p.name + ": " + fixed(p.y, 3));
  out += text((kStart + kWidth - kRight) / 2, kBottom + 38, "middle", x_axis, kInk);
  std::ostringstream turned;
  turned << "<text transform=\"translate(16 " << (kTop + kBottom) / 2
         << ") rotate(-90)\" font-size=\"13\" text-anchor=\"middle\" fill=\"" << kInk << "\">"
         << escape_html(y_axis) << "</text>";
  return out + turned.str() + "</svg>";
}

}  // namespace trivox
