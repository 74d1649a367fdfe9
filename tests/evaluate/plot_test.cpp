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

TEST_CASE("histogram counts every value in its bin and the rest beyond the end", "[registration]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  // Up to 10 in at most 20 bins: .5 wide; a bin holds its lower bound.
  const std::vector<Bars> kinds = {{"kept", "#111", {0, 0.3, 0.5, 9.99, nan}},
                                   {"out", "#222", {0.4, 10, 73}}};
  const std::string svg = histogram(kinds, "shift", "mm", 10);
  CHECK_THAT(svg, CONTAINS_TEXT("<title>0 to 0.5 mm: 2 kept</title>"));
  CHECK_THAT(svg, CONTAINS_TEXT("<title>0 to 0.5 mm: 1 out</title>"));
  CHECK_THAT(svg, CONTAINS_TEXT("<title>0.5 to 1 mm: 1 kept</title>"));
  CHECK_THAT(svg, CONTAINS_TEXT("<title>9.5 to 10 mm: 1 kept</title>"));
  CHECK_THAT(svg, CONTAINS_TEXT("<title>≥ 10 mm: 2 out</title>"));
  CHECK(count(svg, "<title>") == 5);
  CHECK_THAT(svg, CONTAINS_TEXT(">kept 4</text>"));
  CHECK_THAT(svg, CONTAINS_TEXT(">shift, mm</text>"));
}

TEST_CASE("histogram of small values has narrow bins", "[registration]") {
  const std::string svg = histogram(std::vector<Bars>{{"a", "#111", {0.3, 1.0, 0.05}}}, "shift", "mm", 10);
  CHECK_THAT(svg, CONTAINS_TEXT("<title>0.3 to 0.35 mm: 1 a</title>"));
  CHECK_THAT(svg, CONTAINS_TEXT("<title>1 to 1.05 mm: 1 a</title>"));
  CHECK_THAT(svg, CONTAINS_TEXT("<title>0.05 to 0.1 mm: 1 a</title>"));
  CHECK_THAT(histogram(std::vector<Bars>{{"a", "#111", {0, 0}}}, "shift", "mm", 10), CONTAINS_TEXT(": 2 a"));
  CHECK(histogram(std::vector<Bars>{{"a", "#111", {}}}, "shift", "mm", 10).empty());
}

TEST_CASE("paired scatter has a point a pair and is empty without", "[registration]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Point> points = {{0.7, 0.8, "a"}, {1, 1, "b", true}, {nan, 0.5, "c"}};
  const std::string svg = paired_scatter(points, "before", "after");
  CHECK(count(svg, "<circle") == 2);
  CHECK(count(svg, "fill=\"none\"") == 1);
  CHECK_THAT(svg, CONTAINS_TEXT("a: 0.700 to 0.800"));
  CHECK(paired_scatter(std::vector<Point>{{nan, nan, "c"}}, "before", "after").empty());
  CHECK(paired_scatter(std::vector<Point>{{0, 0, "c"}}, "before", "after").find("nan") == std::string::npos);
}
