#include "evaluate/edges.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <utility>

namespace trivox {
namespace {

using Field = cv::Mat_<float>;

struct Gradient {
  Field x, y;
};

/// Central differences, a pixel.
Gradient gradient_of(const Field& f) {
  const cv::Matx13f along(-0.5F, 0, 0.5F);
  Gradient g;
  cv::filter2D(f, g.x, CV_32F, along, {-1, -1}, 0, cv::BORDER_REPLICATE);
  cv::filter2D(f, g.y, CV_32F, along.t(), {-1, -1}, 0, cv::BORDER_REPLICATE);
  return g;
}

/// A field's rise along a direction.
Field along(const Field& f, const Gradient& direction) {
  const Gradient g = gradient_of(f);
  const cv::Mat sum = g.x.mul(direction.x) + g.y.mul(direction.y);
  return sum;
}

/// What the lines are read from.
struct Slope {
  Field height;   ///< of the gradient: part of black to white, a mm
  Field change;   ///< of the height along the gradient: an edge is where it is 0 ...
  Field bending;  ///< ... and falls
};

Slope slope_of(const GreyPicture& picture, double pixel_mm, double sigma_mm) {
  Field grey(static_cast<int>(picture.height), static_cast<int>(picture.width));
  std::transform(picture.pixels.begin(), picture.pixels.end(), grey.begin(),
                 [](uint8_t p) { return static_cast<float>(p) / 255.0F; });
  cv::GaussianBlur(grey, grey, {}, sigma_mm / pixel_mm, 0, cv::BORDER_REPLICATE);
  const Gradient g = gradient_of(grey);
  Slope out;
  cv::magnitude(g.x, g.y, out.height);
  out.change = along(out.height, g);
  out.bending = along(out.change, g);
  out.height /= pixel_mm;
  return out;
}

/// Where a line crosses one side between two neighbouring pixels' centres, and the crossings next to it.
struct Crossing {
  double x = 0, y = 0;  ///< pixels, from the first one's centre
  float height = 0;
  std::array<int, 2> next = {-1, -1};
  bool is_seen = false;
};

/// Marching squares on `change`, each square's sides being those between the centres of four pixels.
class Tracer {
 public:
  Tracer(const Slope& slope, double weak) : slope_(slope), weak_(weak) {
    across_ = cv::Mat_<int>(slope.height.size(), -1);
    down_ = cv::Mat_<int>(slope.height.size(), -1);
    for (int y = 0; y < across_.rows; ++y)
      for (int x = 0; x < across_.cols; ++x) {
        if (x + 1 < across_.cols) across_(y, x) = cross(x, y, 1, 0);
        if (y + 1 < across_.rows) down_(y, x) = cross(x, y, 0, 1);
      }
    for (int y = 0; y + 1 < across_.rows; ++y)
      for (int x = 0; x + 1 < across_.cols; ++x) link_square(x, y);
  }

  /// Lines from end to end first, then those that close.
  [[nodiscard]] std::vector<std::vector<Crossing>> lines() {
    std::vector<std::vector<Crossing>> out;
    for (const bool is_open : {true, false})
      for (size_t i = 0; i < crossings_.size(); ++i) {
        const Crossing& c = crossings_[i];
        if (c.is_seen || c.next[0] < 0 || (is_open && c.next[1] >= 0)) continue;
        out.push_back(walk(static_cast<int>(i)));
      }
    return out;
  }

 private:
  int cross(int x, int y, int dx, int dy) {
    const float a = slope_.change(y, x), b = slope_.change(y + dy, x + dx);
    if ((a > 0) == (b > 0)) return -1;
    const float part = a / (a - b);
    const auto between = [&](const Field& f) { return f(y, x) + part * (f(y + dy, x + dx) - f(y, x)); };
    const float height = between(slope_.height);
    if (static_cast<double>(height) < weak_ || !(between(slope_.bending) < 0)) return -1;
    crossings_.push_back(
        {x + static_cast<double>(part) * dx, y + static_cast<double>(part) * dy, height, {}});
    crossings_.back().next = {-1, -1};
    return static_cast<int>(crossings_.size()) - 1;
  }

  void link(int a, int b) {
    for (const auto& [from, to] : {std::pair{a, b}, std::pair{b, a}}) {
      auto& next = crossings_[static_cast<size_t>(from)].next;
      (next[0] < 0 ? next[0] : next[1]) = to;
    }
  }

  void link_square(int x, int y) {
    std::vector<int> met;
    for (const int c : {across_(y, x), down_(y, x + 1), across_(y + 1, x), down_(y, x)})
      if (c >= 0) met.push_back(c);
    if (met.size() == 2) link(met[0], met[1]);
    if (met.size() != 4) return;
    // A saddle: its middle says which corners belong together.
    const float middle =
        slope_.change(y, x) + slope_.change(y, x + 1) + slope_.change(y + 1, x) + slope_.change(y + 1, x + 1);
    const bool is_first_apart = (middle > 0) != (slope_.change(y, x) > 0);
    link(met[0], met[is_first_apart ? 3 : 1]);
    link(met[2], met[is_first_apart ? 1 : 3]);
  }

  std::vector<Crossing> walk(int start) {
    std::vector<Crossing> out;
    for (int at = start; at >= 0;) {
      Crossing& c = crossings_[static_cast<size_t>(at)];
      c.is_seen = true;
      out.push_back(c);
      const auto is_new = [&](int i) { return i >= 0 && !crossings_[static_cast<size_t>(i)].is_seen; };
      at = is_new(c.next[0]) ? c.next[0] : is_new(c.next[1]) ? c.next[1] : -1;
    }
    if (out.size() > 2 && (out.back().next[0] == start || out.back().next[1] == start))
      out.push_back(out.front());
    return out;
  }

  const Slope& slope_;
  double weak_;
  cv::Mat_<int> across_, down_;  ///< crossing on the side to the right of, and below, a pixel's centre
  std::vector<Crossing> crossings_;
};

/// Fewer points where that moves the line by less than can be seen.
EdgeLine thinned(const std::vector<Crossing>& line, double pixel_mm) {
  constexpr double kUnseen_mm = 0.08;
  const bool is_closed =
      line.size() > 2 && line.front().x == line.back().x && line.front().y == line.back().y;
  std::vector<cv::Point2f> points, fewer;
  for (const Crossing& c : line)
    points.emplace_back(static_cast<float>((c.x + 0.5) * pixel_mm),
                        static_cast<float>((c.y + 0.5) * pixel_mm));
  if (is_closed) points.pop_back();
  cv::approxPolyDP(points, fewer, kUnseen_mm, is_closed);
  EdgeLine out;
  for (const cv::Point2f& p : fewer) out.push_back({p.x, p.y});
  if (is_closed) out.push_back(out.front());
  return out;
}

double length_of(const EdgeLine& line) {
  double sum = 0;
  for (size_t i = 1; i < line.size(); ++i)
    sum += std::hypot(line[i][0] - line[i - 1][0], line[i][1] - line[i - 1][1]);
  return sum;
}

}  // namespace

std::vector<EdgeLine> edge_lines(const GreyPicture& picture, double pixel_mm, const EdgeOptions& options) {
  std::vector<EdgeLine> out;
  if (picture.width < 3 || picture.height < 3) return out;
  const double sigma_mm = std::max(options.sigma_mm, pixel_mm);
  const double rise = 1 / (sigma_mm * std::sqrt(2 * std::numbers::pi));  // a mm, of a step of 1
  const Slope slope = slope_of(picture, pixel_mm, sigma_mm);
  for (const auto& line : Tracer(slope, options.weak * rise).lines()) {
    const auto highest = std::max_element(
        line.begin(), line.end(), [](const Crossing& a, const Crossing& b) { return a.height < b.height; });
    if (static_cast<double>(highest->height) < options.strong * rise) continue;
    EdgeLine thin = thinned(line, pixel_mm);
    if (length_of(thin) >= options.shortest_mm) out.push_back(std::move(thin));
  }
  return out;
}

}  // namespace trivox
