#include "evaluate/plot.h"

#include <limits>

#include "tests/test.h"

using namespace trivox;

namespace {

size_t count(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("strip plot has a named point for every value and leaves NaN out") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Strip> strips = {{"main", {0.5, nan, 0.9, 0.9}, {"a", "b", "c<", "d"}},
                                     {"none", {nan}, {"a"}}};
  const std::string svg = strip_plot(strips, "Dice");
  CHECK(count(svg, "<circle") == 3);
  CHECK_THAT(svg, CONTAINS_TEXT("<title>c&lt;: 0.900</title>"));
  CHECK_THAT(svg, CONTAINS_TEXT("main, n = 3"));
  CHECK_THAT(svg, CONTAINS_TEXT("none, n = 0"));
  CHECK_THAT(svg, CONTAINS_TEXT("mean 0.767"));  // 2.3 / 3
}

TEST_CASE("scatter plot leaves out volumes of 0 and is empty without points") {
  const std::vector<Point> points = {{10, 0.5, "a"}, {0, 0, "b"}, {100, 1, "c"}};
  CHECK(count(log_scatter(points, "ml", "Dice"), "<circle") == 2);
  CHECK(log_scatter(std::vector<Point>{{0, 0, "b"}}, "ml", "Dice").empty());
  // A single volume still has an axis.
  CHECK(log_scatter(std::vector<Point>{{10, 0.5, "a"}}, "ml", "Dice").find("nan") == std::string::npos);
}
