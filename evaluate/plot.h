#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trivox {

/// One row of a strip plot: every value as a point.
struct Strip {
  std::string name;
  std::vector<double> values;    ///< in [0, 1]; NaN is left out
  std::vector<std::string> ids;  ///< of the values, shown when a point is pointed at
};

/// A row for each strip on a common axis from 0 to 1: name and count, points, a box from quartile to
/// quartile with the median, and the mean with its 95 % interval below. As <svg>.
/// Written directly, not through gnuplot: a few dozen points need no process, no font of its own, and
/// stay text that a reader can search and a screen reader can name.
[[nodiscard]] std::string strip_plot(std::span<const Strip> strips, std::string_view axis);

/// A point of a scatter plot.
struct Point {
  double x = 0, y = 0;
  std::string name;
  bool is_hollow = false;  ///< told apart from the others
};

/// Points with x on a logarithmic axis (x <= 0 is left out) and y from 0 to 1. As <svg>.
[[nodiscard]] std::string log_scatter(std::span<const Point> points, std::string_view x_axis,
                                      std::string_view y_axis);

/// Points of the same measure before, x, and after, y, both from 0 to 1 (NaN is left out), on equal axes that
/// begin where the points do, with the line on which nothing changes: points above it rose. As <svg>; empty
/// without points.
[[nodiscard]] std::string paired_scatter(std::span<const Point> points, std::string_view x_axis,
                                         std::string_view y_axis);

/// Values of one kind in a histogram.
struct Bars {
  std::string name;
  std::string_view colour;     ///< "#2a6fb0"
  std::vector<double> values;  ///< from 0; NaN is left out
};

/// The kinds stacked on each other in bins of one width: 1, 2 or 5 times a power of ten, so that there are at
/// most 20 up to the largest value, or up to `most`; what lies at `most` and beyond stands in one bin at the
/// end. Each bin holds its lower bound. `unit` stands in the axis and in every bar's title. As <svg>; empty
/// without values.
[[nodiscard]] std::string histogram(std::span<const Bars> kinds, std::string_view axis, std::string_view unit,
                                    double most);

}  // namespace trivox
