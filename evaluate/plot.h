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
};

/// Points with x on a logarithmic axis (x <= 0 is left out) and y from 0 to 1. As <svg>.
[[nodiscard]] std::string log_scatter(std::span<const Point> points, std::string_view x_axis,
                                      std::string_view y_axis);

}  // namespace trivox
