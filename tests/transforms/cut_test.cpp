// Cutting patches from volumes: against analytic functions and by hand.
#include "transforms/augment/cut.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#include "tests/test.h"
#include "transforms/augment/mirror.h"
#include "transforms/sample.h"

using namespace trivox;

namespace {

struct Source {
  std::array<int64_t, 3> size;
  std::vector<float> image;
  std::vector<uint8_t> label;
  std::vector<float> air = {-2.0F};
  [[nodiscard]] SourceView view() const { return {size, 1, label.empty() ? 0 : 1, image, {}, label, air}; }
};

Source source_of(const std::array<int64_t, 3>& size,
                 const std::function<double(double, double, double)>& value,
                 const std::function<int(int64_t, int64_t, int64_t)>& label = {}) {
  Source s{size, {}, {}};
  for (int64_t z = 0; z < size[2]; ++z)
    for (int64_t y = 0; y < size[1]; ++y)
      for (int64_t x = 0; x < size[0]; ++x) {
        s.image.push_back(static_cast<float>(
            value(static_cast<double>(x), static_cast<double>(y), static_cast<double>(z))));
        if (label) s.label.push_back(static_cast<uint8_t>(label(x, y, z)));
      }
  return s;
}

// A wave long enough that linear interpolation errs by less than (pi / 20)^2 / 8 * 3 < .01.
double wave(double x, double y, double z) {
  return std::sin(std::numbers::pi * x / 20) + std::cos(std::numbers::pi * y / 24) +
         std::sin(std::numbers::pi * z / 22);
}

size_t at(const PatchShape& s, int64_t x, int64_t y, int64_t z) {
  return static_cast<size_t>((z * s.size[1] + y) * s.size[0] + x);
}

double turned(double degrees) { return degrees * std::numbers::pi / 180; }

}  // namespace

TEST_CASE("a plain cut copies voxels and pads with air and ignore", "[augment]") {
  const Source s = source_of(
      {6, 5, 4}, [](double x, double y, double z) { return x + 10 * y + 100 * z; },
      [](int64_t x, int64_t, int64_t) { return x == 2 ? 1 : 0; });
  const PatchShape shape{{8, 4, 3}, 1, 1};
  for (int mask = 0; mask < 8; ++mask) {
    const std::array<bool, 3> mirrored = {(mask & 1) != 0, (mask & 2) != 0, (mask & 4) != 0};
    const std::array<int64_t, 3> start = {-1, 2, -2};
    PatchBuffer buffer(shape);
    Patch patch = buffer.patch();
    cut(s.view(), start, nullptr, mirrored, patch);
    for (int64_t z = 0; z < 3; ++z)
      for (int64_t y = 0; y < 4; ++y)
        for (int64_t x = 0; x < 8; ++x) {
          const int64_t sx = start[0] + (mirrored[0] ? 7 - x : x);
          const int64_t sy = start[1] + (mirrored[1] ? 3 - y : y);
          const int64_t sz = start[2] + (mirrored[2] ? 2 - z : z);
          const bool inside = sx >= 0 && sx < 6 && sy >= 0 && sy < 5 && sz >= 0 && sz < 4;
          REQUIRE(buffer.image[at(shape, x, y, z)] ==
                  (inside ? static_cast<float>(sx + 10 * sy + 100 * sz) : -2.0F));
          REQUIRE(int{buffer.label[at(shape, x, y, z)]} == (inside ? (sx == 2 ? 1 : 0) : 255));
        }
  }
}

TEST_CASE("a cut that misses the volume is air", "[augment]") {
  const Source s = source_of({6, 5, 4}, wave, [](int64_t, int64_t, int64_t) { return 1; });
  const Spatial::Draw turn{{0, 0, 1}, 1, false};
  for (const Spatial::Draw* spatial : {static_cast<const Spatial::Draw*>(nullptr), &turn})
    for (const int64_t start : {-40, 40}) {
      PatchBuffer buffer(PatchShape{{8, 8, 8}, 1, 1});
      Patch patch = buffer.patch();
      cut(s.view(), {start, start, start}, spatial, {true, false, false}, patch);
      CHECK(std::ranges::all_of(buffer.image, [](float v) { return v == -2.0F; }));
      CHECK(std::ranges::all_of(buffer.label, [](uint8_t v) { return v == kIgnoreLabel; }));
    }
}

TEST_CASE("a source without labels gives ignore everywhere", "[augment]") {
  const Source s = source_of({6, 5, 4}, wave);
  PatchBuffer buffer(PatchShape{{4, 4, 4}, 1, 1});
  Patch patch = buffer.patch();
  cut(s.view(), {0, 0, 0}, nullptr, {false, false, false}, patch);
  CHECK(std::ranges::all_of(buffer.label, [](uint8_t v) { return v == kIgnoreLabel; }));
}

TEST_CASE("the identity through the resampling equals the plain cut to the bit", "[augment]") {
  const Source s =
      source_of({20, 18, 9}, wave, [](int64_t x, int64_t y, int64_t) { return (x / 3 + y / 4) % 3; });
  for (const bool in_plane : {true, false})
    for (int mask = 0; mask < 8; ++mask) {
      const std::array<bool, 3> mirrored = {(mask & 1) != 0, (mask & 2) != 0, (mask & 4) != 0};
      const Spatial::Draw identity{{0, 0, 0}, 1, in_plane};
      PatchBuffer plain(PatchShape{{11, 8, 5}, 1, 1});
      PatchBuffer sampled = plain;
      Patch p = plain.patch();
      Patch q = sampled.patch();
      cut(s.view(), {-3, 5, 6}, nullptr, mirrored, p);
      cut(s.view(), {-3, 5, 6}, &identity, mirrored, q);
      CHECK(std::ranges::equal(plain.image, sampled.image));
      CHECK(std::ranges::equal(plain.label, sampled.label));
    }
}

TEST_CASE("rotation by known angles samples the analytic function where it should", "[augment]") {
  const Source s = source_of({64, 60, 56}, wave);
  const PatchShape shape{{20, 18, 16}, 1, 0};
  const std::array<int64_t, 3> start = {21, 20, 19};
  const std::array<double, 3> centre = {21 + 9.5, 20 + 8.5, 19 + 7.5};
  const double cos30 = std::cos(turned(30)), sin30 = std::sin(turned(30));
  for (int axis = 0; axis < 3; ++axis) {
    Spatial::Draw drawn{{0, 0, 0}, 1, false};
    drawn.rotation_rad[static_cast<size_t>(axis)] = turned(30);
    PatchBuffer buffer(shape);
    Patch patch = buffer.patch();
    cut(s.view(), start, &drawn, {false, false, false}, patch);
    for (int64_t z = 0; z < 16; ++z)
      for (int64_t y = 0; y < 18; ++y)
        for (int64_t x = 0; x < 20; ++x) {
          std::array<double, 3> o = {static_cast<double>(x) - 9.5, static_cast<double>(y) - 8.5,
                                     static_cast<double>(z) - 7.5};
          // Right-handed about the axis: the next axis turns into the one after.
          const auto a = static_cast<size_t>((axis + 1) % 3), b = static_cast<size_t>((axis + 2) % 3);
          const double oa = o[a], ob = o[b];
          o[a] = cos30 * oa - sin30 * ob;
          o[b] = sin30 * oa + cos30 * ob;
          REQUIRE(buffer.image[at(shape, x, y, z)] ==
                  Approx(wave(centre[0] + o[0], centre[1] + o[1], centre[2] + o[2])).margin(0.01));
        }
  }
}

TEST_CASE("scaling reads a larger region and in plane leaves slices alone", "[augment]") {
  const Source s = source_of({64, 60, 12}, wave);
  const PatchShape shape{{20, 18, 4}, 1, 0};
  const std::array<int64_t, 3> start = {21, 20, 4};
  for (const bool in_plane : {true, false})
    for (const double scale : {0.7, 1.4}) {
      const Spatial::Draw drawn{{0, 0, turned(90)}, scale, in_plane};
      PatchBuffer buffer(shape);
      Patch patch = buffer.patch();
      cut(s.view(), start, &drawn, {true, false, false}, patch);
      for (int64_t z = 0; z < 4; ++z)
        for (int64_t y = 0; y < 18; ++y)
          for (int64_t x = 0; x < 20; ++x) {
            // Mirrored along x first, then a quarter turn: (x, y) -> (-y, x).
            const double ox = -(static_cast<double>(x) - 9.5), oy = static_cast<double>(y) - 8.5;
            const double oz = (static_cast<double>(z) - 1.5) * (in_plane ? 1 : scale);
            REQUIRE(buffer.image[at(shape, x, y, z)] ==
                    Approx(wave(30.5 - scale * oy, 28.5 + scale * ox, 5.5 + oz)).margin(0.01));
          }
    }
}

TEST_CASE("a quarter turn of an odd square is exact for image and labels", "[augment]") {
  const Source s = source_of(
      {5, 5, 1}, [](double x, double y, double) { return x + 5 * y; },
      [](int64_t x, int64_t y, int64_t) { return static_cast<int>(x + 5 * y); });
  const PatchShape shape{{5, 5, 1}, 1, 1};
  PatchBuffer buffer(shape);
  Patch patch = buffer.patch();
  const Spatial::Draw drawn{{0, 0, turned(90)}, 1, true};
  cut(s.view(), {0, 0, 0}, &drawn, {false, false, false}, patch);
  for (int64_t y = 1; y < 4; ++y)
    for (int64_t x = 1; x < 4; ++x) {
      // Offsets (ox, oy) read at (-oy, ox). The border voxels may blend 1e-16 of air, so the inside
      // is compared.
      const int64_t sx = 2 - (y - 2), sy = 2 + (x - 2);
      CHECK(buffer.image[at(shape, x, y, 0)] == Approx(static_cast<double>(sx + 5 * sy)).margin(1e-4));
      CHECK(int{buffer.label[at(shape, x, y, 0)]} == sx + 5 * sy);
    }
}

TEST_CASE("labels go to the heaviest share and of equals to the lower", "[augment]") {
  // Scale 1/2 about the middle of four columns 2 1 0 0: positions .75, 1.25, 1.75, 2.25.
  // .75 holds 2 by .25 and 1 by .75; 1.25 holds 1 by .75; 1.75 holds 0 by .75; 2.25 holds 0.
  const Source s = source_of({4, 4, 1}, wave, [](int64_t x, int64_t, int64_t) {
    return x == 0 ? 2 : x == 1 ? 1 : 0;
  });
  const PatchShape shape{{4, 4, 1}, 1, 1};
  PatchBuffer buffer(shape);
  Patch patch = buffer.patch();
  const Spatial::Draw half{{0, 0, 0}, 0.5, true};
  cut(s.view(), {0, 0, 0}, &half, {false, false, false}, patch);
  CHECK(std::vector<int>(buffer.label.begin(), buffer.label.begin() + 4) == std::vector<int>{1, 1, 0, 0});
  // A patch of three columns at 1/2: 1 - .5, 1, 1 + .5: halves of 2 and 1, 1, halves of 1 and 0.
  PatchBuffer three(PatchShape{{3, 4, 1}, 1, 1});
  Patch of_three = three.patch();
  cut(s.view(), {0, 0, 0}, &half, {false, false, false}, of_three);
  CHECK(std::vector<int>(three.label.begin(), three.label.begin() + 3) == std::vector<int>{1, 1, 0});
}

TEST_CASE("one resampling equals rotation then mirroring one after the other", "[augment]") {
  const std::array<int64_t, 3> size = {21, 18, 15};
  const Source s = source_of(size, wave, [](int64_t x, int64_t y, int64_t z) {
    return static_cast<int>((x / 5 + y / 5 + z / 5) % 3);
  });
  const PatchShape shape{size, 1, 1};
  for (const bool in_plane : {true, false}) {
    const Spatial::Draw spatial{{in_plane ? 0 : 0.3, in_plane ? 0 : -0.2, 0.4}, 1.2, in_plane};
    PatchBuffer fused(shape);
    PatchBuffer stepwise(shape);
    Patch p = fused.patch();
    cut(s.view(), {0, 0, 0}, &spatial, {true, false, true}, p);
    std::ranges::copy(s.image, stepwise.image.begin());
    std::ranges::copy(s.label, stepwise.label.begin());
    stepwise.air = s.air;
    Patch q = stepwise.patch();
    Spatial::apply(spatial, q);
    Mirror::apply({{true, false, true}}, q);
    size_t other = 0;
    for (size_t i = 0; i < fused.image.size(); ++i) {
      REQUIRE(fused.image[i] == Approx(stepwise.image[i]).margin(1e-5));
      other += fused.label[i] != stepwise.label[i] ? 1 : 0;
    }
    CHECK(other <= 2);  // where two labels are equal but for rounding
  }
}

TEST_CASE("float16 and float32 sources give the same patch", "[augment]") {
  // Multiples of 1/4 below 256 are exact in float16; bits by hand: value = (1 + m / 1024) 2^e.
  Source s = source_of({12, 11, 10}, [](double x, double y, double z) { return 1 + (x + y + z) / 4; });
  std::vector<uint16_t> half;
  for (const float v : s.image) {
    int exponent = 0;
    const float fraction = std::frexp(v, &exponent);  // [.5, 1)
    half.push_back(
        static_cast<uint16_t>(((exponent + 14) << 10) | static_cast<int>((fraction * 2 - 1) * 1024)));
  }
  SourceView as_half = s.view();
  as_half.float32 = {};
  as_half.float16 = half;
  const Spatial::Draw drawn{{0.2, 0.1, 0.5}, 0.8, false};
  for (const Spatial::Draw* spatial : {static_cast<const Spatial::Draw*>(nullptr), &drawn}) {
    PatchBuffer a(PatchShape{{9, 9, 9}, 1, 0});
    PatchBuffer b = a;
    Patch p = a.patch();
    Patch q = b.patch();
    cut(s.view(), {2, 1, -3}, spatial, {false, true, false}, p);
    cut(as_half, {2, 1, -3}, spatial, {false, true, false}, q);
    CHECK(std::ranges::equal(a.image, b.image));
  }
}

TEST_CASE("a constant volume stays constant under any map", "[augment]") {
  Source s = source_of({12, 11, 10}, [](double, double, double) { return -2.0; });
  const Spatial::Draw drawn{{0.2, 0.1, 0.5}, 1.3, false};
  PatchBuffer buffer(PatchShape{{9, 9, 9}, 1, 0});
  Patch patch = buffer.patch();
  cut(s.view(), {2, 1, -3}, &drawn, {false, true, false}, patch);
  CHECK(std::ranges::all_of(buffer.image, [](float v) { return v == -2.0F; }));
}
