#include "evaluate/plot.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>
#include <utility>

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

std::string point(double x, double y, std::string_view title, bool is_hollow = false) {
  std::ostringstream out;
  out << "<circle cx=\"" << fixed(x, 1) << "\" cy=\"" << fixed(y, 1) << "\" r=\"4\" ";
  if (is_hollow)
    out << "fill=\"none\" stroke=\"" << kPoint << "\" stroke-width=\"1.5\"";
  else
    out << "fill=\"" << kPoint << "\" fill-opacity=\"0.6\"";
  out << "><title>" << escape_html(title) << "</title></circle>";
  return out.str();
}

std::string turned_text(double x, double y, std::string_view content) {
  std::ostringstream out;
  out << "<text transform=\"translate(" << fixed(x, 0) << ' ' << fixed(y, 0)
      << ") rotate(-90)\" font-size=\"13\" text-anchor=\"middle\" fill=\"" << kInk << "\">"
      << escape_html(content) << "</text>";
  return out.str();
}

std::string rectangle(double x, double y, double width, double height, std::string_view colour,
                      std::string_view title) {
  std::ostringstream out;
  out << "<rect x=\"" << fixed(x, 1) << "\" y=\"" << fixed(y, 1) << "\" width=\"" << fixed(width, 1)
      << "\" height=\"" << fixed(height, 1) << "\" fill=\"" << colour << "\">";
  if (!title.empty()) out << "<title>" << escape_html(title) << "</title>";
  out << "</rect>";
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

/// Of a histogram: one after the other from 0.
struct Bins {
  std::vector<std::string> edges;           ///< lower bounds
  std::vector<std::string> names;           ///< "0.5 to 1", ">= 10"
  std::vector<std::vector<size_t>> counts;  ///< kind, bin
  bool has_rest = false;                    ///< the last one has no upper bound
  size_t tallest = 0;                       ///< most in one bin, all kinds together
};

/// The shortest width of 1, 2 or 5 times a power of ten of which 20 or fewer reach that far.
double bin_width(double range) {
  constexpr double kMost = 20;
  for (double power = std::pow(10, std::floor(std::log10(range / kMost)));; power *= 10)
    for (const double digit : {1.0, 2.0, 5.0})
      if (range / (digit * power) <= kMost * (1 + 1e-9)) return digit * power;
}

std::string bound_text(double value) {
  std::ostringstream out;
  out << std::round(value * 1e6) / 1e6;
  return out.str();
}

std::optional<Bins> bins_of(std::span<const Bars> kinds, double most) {
  double largest = -1;
  for (const Bars& kind : kinds)
    for (const double value : kind.values)
      if (!std::isnan(value)) largest = std::max(largest, value);
  if (largest < 0) return std::nullopt;
  const double range = largest >= most ? most : std::max(largest, most * 1e-3);
  const double width = bin_width(range);
  // A bin holds its lower bound: the largest value may need one more.
  auto n = static_cast<size_t>(std::ceil(range / width - 1e-9));
  if (largest < most && largest >= static_cast<double>(n) * width) ++n;
  Bins out;
  for (size_t i = 0; i < n; ++i) {
    out.edges.push_back(bound_text(static_cast<double>(i) * width));
    out.names.push_back(out.edges.back() + " to " + bound_text(static_cast<double>(i + 1) * width));
  }
  out.has_rest = largest >= most;
  if (out.has_rest) {
    out.edges.push_back("≥ " + bound_text(most));
    out.names.push_back(out.edges.back());
  }
  std::vector<size_t> sums(out.names.size());
  for (const Bars& kind : kinds) {
    std::vector<size_t> counts(out.names.size());
    for (const double value : kind.values) {
      if (std::isnan(value)) continue;
      const size_t bin =
          value >= most ? n : std::min(n - 1, static_cast<size_t>(std::max(0.0, value) / width + 1e-9));
      out.tallest = std::max(out.tallest, ++sums[bin]);
      ++counts[bin];
    }
    out.counts.push_back(std::move(counts));
  }
  return out;
}

/// Of an axis of numbers up to `largest`: some five steps.
size_t tick_step(size_t largest) {
  for (size_t power = 1;; power *= 10)
    for (const size_t digit : {1U, 2U, 5U})
      if (digit * power * 6 >= largest) return digit * power;
}

std::string legend(std::span<const Bars> kinds, double x, double y) {
  std::string out;
  for (const Bars& kind : kinds) {
    const auto n =
        std::count_if(kind.values.begin(), kind.values.end(), [](double v) { return !std::isnan(v); });
    const std::string name = kind.name + " " + std::to_string(n);
    out += rectangle(x, y - 10, 11, 11, kind.colour, "") + text(x + 16, y, "start", name, kInk);
    x += 40 + 7.5 * static_cast<double>(name.size());
  }
  return out;
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
  return out + turned_text(16, (kTop + kBottom) / 2, y_axis) + "</svg>";
}

std::string paired_scatter(std::span<const Point> points, std::string_view x_axis, std::string_view y_axis) {
  constexpr double kTop = 14, kStart = 56, kSide = 340, kBottom = kTop + kSide;
  double low = 1;
  bool is_empty = true;
  for (const Point& p : points)
    if (!std::isnan(p.x) && !std::isnan(p.y)) {
      low = std::min({low, p.x, p.y});
      is_empty = false;
    }
  if (is_empty) return {};
  low = std::clamp(std::floor(low * 10 - 0.1) / 10, 0.0, 0.8);
  const auto x_of = [&](double x) { return kStart + (x - low) / (1 - low) * kSide; };
  const auto y_of = [&](double y) { return kBottom - (y - low) / (1 - low) * kSide; };
  std::string out = open_svg(kBottom + 46, std::string(y_axis) + " against " + std::string(x_axis));
  const double step = low < 0.5 ? 0.2 : low < 0.75 ? 0.1 : 0.05;
  for (double tick = 1; tick > low - 1e-9; tick -= step) {
    const std::string name = fixed(tick, step < 0.1 ? 2 : 1);
    out += line(x_of(tick), kTop, x_of(tick), kBottom, kLine, 1) +
           text(x_of(tick), kBottom + 18, "middle", name) +
           line(kStart, y_of(tick), kStart + kSide, y_of(tick), kLine, 1) +
           text(kStart - 8, y_of(tick) + 4, "end", name);
  }
  out += line(x_of(low), y_of(low), x_of(1), y_of(1), kSoft, 1.5);
  for (const Point& p : points)
    if (!std::isnan(p.x) && !std::isnan(p.y))
      out += point(x_of(p.x), y_of(p.y), p.name + ": " + fixed(p.x, 3) + " to " + fixed(p.y, 3), p.is_hollow);
  return out + text(kStart + kSide / 2, kBottom + 38, "middle", x_axis, kInk) +
         turned_text(16, (kTop + kBottom) / 2, y_axis) + "</svg>";
}

std::string histogram(std::span<const Bars> kinds, std::string_view axis, std::string_view unit,
                      double most) {
  constexpr double kTop = 36, kBottom = 246, kStart = 56;
  const std::optional<Bins> bins = bins_of(kinds, most);
  if (!bins) return {};
  const auto x_of = [&](size_t bin) {
    return kStart +
           static_cast<double>(bin) / static_cast<double>(bins->names.size()) * (kWidth - kStart - kRight);
  };
  const size_t step = tick_step(bins->tallest);
  const double top = static_cast<double>((bins->tallest + step - 1) / step * step);
  const auto height_of = [&](size_t n) { return static_cast<double>(n) / top * (kBottom - kTop); };
  std::string out = open_svg(kBottom + 46, "number by " + std::string(axis));
  for (size_t n = 0; static_cast<double>(n) <= top; n += step)
    out += line(kStart, kBottom - height_of(n), kWidth - kRight, kBottom - height_of(n), kLine, 1) +
           text(kStart - 8, kBottom - height_of(n) + 4, "end", std::to_string(n));
  out += legend(kinds, kStart, 20);
  for (size_t bin = 0; bin < bins->names.size(); ++bin) {
    size_t below = 0;
    for (size_t kind = 0; kind < kinds.size(); ++kind) {
      const size_t n = bins->counts[kind][bin];
      if (n == 0) continue;
      out += rectangle(
          x_of(bin) + 0.5, kBottom - height_of(below + n), x_of(bin + 1) - x_of(bin) - 1, height_of(n),
          kinds[kind].colour,
          bins->names[bin] + " " + std::string(unit) + ": " + std::to_string(n) + " " + kinds[kind].name);
      below += n;
    }
  }
  const size_t regular = bins->names.size() - (bins->has_rest ? 1 : 0);
  // Of bins 1, 2 or 5 wide these leave round numbers.
  const size_t apart = regular <= 10 ? 1 : 4;
  for (size_t bin = 0; bin < regular; bin += apart)
    out += text(x_of(bin), kBottom + 18, "middle", bins->edges[bin]);
  if (bins->has_rest)
    out += text((x_of(regular) + x_of(regular + 1)) / 2, kBottom + 18, "middle", bins->edges.back());
  return out +
         text((kStart + kWidth - kRight) / 2, kBottom + 38, "middle",
              std::string(axis) + ", " + std::string(unit), kInk) +
         turned_text(16, (kTop + kBottom) / 2, "number") + "</svg>";
}

}  // namespace trivox
