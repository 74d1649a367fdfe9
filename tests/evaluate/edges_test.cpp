#include "evaluate/edges.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tests/test.h"

using namespace trivox;

namespace {

constexpr double kPixel_mm = 0.5;

// A disc about (x, y) mm in a picture of 100 x 90 mm, each pixel's value by the part of it that the disc
// covers (to first order).
GreyPicture disc(double x, double y, double radius_mm, int outside = 20, int inside = 200) {
  GreyPicture out{200, 180, {}};
  for (int row = 0; row < 180; ++row)
    for (int column = 0; column < 200; ++column) {
      const double distance = std::hypot((column + 0.5) * kPixel_mm - x, (row + 0.5) * kPixel_mm - y);
      const double part = std::clamp((radius_mm - distance) / kPixel_mm + 0.5, 0.0, 1.0);
      out.pixels.push_back(static_cast<uint8_t>(std::lround(outside + part * (inside - outside))));
    }
  return out;
}

double length_mm(const EdgeLine& line) {
  double sum = 0;
  for (size_t i = 1; i < line.size(); ++i)
    sum += std::hypot(line[i][0] - line[i - 1][0], line[i][1] - line[i - 1][1]);
  return sum;
}

}  // namespace

TEST_CASE("edge of a disc is one closed line on its circle", "[registration]") {
  const auto lines = edge_lines(disc(48.3, 41.7, 30), kPixel_mm);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].front() == lines[0].back());
  // Smoothing moves a curved edge by some sigma^2 / (2 radius) = .03 mm; a pixel has .5 mm.
  for (const auto& [x, y] : lines[0]) CHECK(std::hypot(x - 48.3, y - 41.7) == Approx(30).margin(0.12));
  CHECK(length_mm(lines[0]) == Approx(2 * std::numbers::pi * 30).epsilon(0.01));
}

TEST_CASE("edge that leaves the picture is an open line", "[registration]") {
  const auto lines = edge_lines(disc(0, 45, 30), kPixel_mm);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].front() != lines[0].back());
  CHECK(length_mm(lines[0]) == Approx(std::numbers::pi * 30).epsilon(0.02));
}

TEST_CASE("edge is a step of the part of black to white that was asked for", "[registration]") {
  const auto found = [](int step) { return !edge_lines(disc(50, 45, 30, 50, 50 + step), kPixel_mm).empty(); };
  const double strong = EdgeOptions{}.strong * 255;
  CHECK(found(static_cast<int>(strong * 1.1)));
  CHECK(!found(static_cast<int>(strong * 0.9)));
}

TEST_CASE("what is small or has no edges has none", "[registration]") {
  CHECK(edge_lines(disc(50, 45, 1), kPixel_mm).empty());  // smoothed, 9 mm around
  CHECK(edge_lines(disc(50, 45, 0, 77, 77), kPixel_mm).empty());
  CHECK(edge_lines(GreyPicture{2, 5, std::vector<uint8_t>(10, 9)}, 1).empty());
  CHECK(edge_lines(GreyPicture{}, 1).empty());
}
