#include "transforms/resample.h"

#include <tbb/global_control.h>

#include <cmath>
#include <cstdlib>
#include <functional>

#include "tests/test.h"
#include "tests/transforms/volumes.h"

using namespace trivox;
using namespace trivox::test;

namespace {

/// A patient's in-plane grid, tilted and moved against `grid_of`'s.
Grid tilted(const std::array<int64_t, 3>& size, const Eigen::Vector3d& spacing, double degrees,
            const Eigen::Vector3d& origin) {
  Grid grid = grid_of(size, spacing, origin);
  const Eigen::Matrix3d turn = (Eigen::AngleAxisd(degrees * M_PI / 180, Eigen::Vector3d(0.8, 0.6, 0)) *
                                Eigen::AngleAxisd(degrees * M_PI / 360, Eigen::Vector3d::UnitZ()))
                                   .toRotationMatrix();
  grid.affine.topLeftCorner<3, 3>() = turn * grid.affine.topLeftCorner<3, 3>();
  return grid;
}

double ramp(const Eigen::Vector3d& p) { return 3 + 0.5 * p.x() - 0.25 * p.y() + 2 * p.z(); }

/// Largest error against `truth` over target voxels that lie between the slices, and in plane at
/// least `margin` voxels inside.
double largest_error(const Volume<float>& image, const Grid& source,
                     const std::function<double(const Eigen::Vector3d&)>& truth, double margin) {
  double largest = 0;
  int64_t seen = 0;
  for_voxels(image.grid, [&](int64_t x, int64_t y, int64_t z, const Eigen::Vector3d& world) {
    const Eigen::Vector3d s = source.to_voxel(world);
    for (int i = 0; i < 3; ++i) {
      const double edge = i < 2 ? margin : 0;
      if (s[i] < edge || s[i] > static_cast<double>(source.size[static_cast<size_t>(i)] - 1) - edge) return;
    }
    ++seen;
    largest = std::max(largest, std::abs(static_cast<double>(image.at(0, x, y, z)) - truth(world)));
  });
  CHECK(seen > 100);
  return largest;
}

}  // namespace

TEST_CASE("resample copies a volume onto its own grid untouched", "[resample]") {
  const Volume<float> source = noise(tilted({17, 13, 5}, {0.4, 0.5, 5.5}, 7, {-3, 8, 11}), 2);
  for (const auto kind : {Interpolation::kNearest, Interpolation::kLinear, Interpolation::kCubic}) {
    const auto [image, valid] = resample(source, source.grid, Eigen::Matrix4d::Identity(), kind, -9);
    CHECK((image.data == source.data));
    CHECK(valid.channels == 1);
    CHECK(std::all_of(valid.data.begin(), valid.data.end(), [](uint8_t v) { return v == 1; }));
  }
}

TEST_CASE("resample copies whole voxel shifts and permuted axes untouched", "[resample]") {
  const Volume<float> source = noise(tilted({9, 8, 6}, {1, 1.5, 2}, 5, {1, 2, 3}), 1);
  const Grid part = sub_grid(source.grid, {2, -1, 3}, {5, 6, 5});
  const auto moved = resample(source, part, Eigen::Matrix4d::Identity(), Interpolation::kCubic, -7);
  for (int64_t z = 0; z < 5; ++z)
    for (int64_t y = 0; y < 6; ++y)
      for (int64_t x = 0; x < 5; ++x) {
        const bool inside = y > 0 && z < 3;
        CHECK(moved.valid.at(0, x, y, z) == (inside ? 1 : 0));
        CHECK(moved.image.at(0, x, y, z) == (inside ? source.at(0, x + 2, y - 1, z + 3) : -7.0F));
      }
  // The same lattice with x and z exchanged and y reversed.
  Grid turned = source.grid;
  turned.size = {6, 8, 9};
  turned.affine.col(0) = source.grid.affine.col(2);
  turned.affine.col(2) = source.grid.affine.col(0);
  turned.affine.col(1) = -source.grid.affine.col(1);
  turned.affine.topRightCorner<3, 1>() = source.grid.to_world({0, 7, 0});
  const auto other = resample(source, turned, Eigen::Matrix4d::Identity(), Interpolation::kLinear, 0);
  for (int64_t z = 0; z < 9; ++z)
    for (int64_t y = 0; y < 8; ++y)
      for (int64_t x = 0; x < 6; ++x) CHECK(other.image.at(0, x, y, z) == source.at(0, z, 7 - y, x));
}

TEST_CASE("resample reproduces a linear ramp on a tilted grid", "[resample]") {
  const Grid from = tilted({30, 28, 9}, {0.5, 0.6, 5}, -4, {-8, -8, -20});
  const Volume<float> source = sampled(from, ramp);
  const Grid to = tilted({25, 24, 8}, {0.55, 0.6, 4.8}, 6, {-6.5, -7, -17});
  const auto linear = resample(source, to, Eigen::Matrix4d::Identity(), Interpolation::kLinear, 0);
  CHECK(largest_error(linear.image, from, ramp, 0) < 2e-4);
  // Mirroring bends a ramp at the edge; the spline forgets that at .27 a voxel.
  const auto cubic = resample(source, to, Eigen::Matrix4d::Identity(), Interpolation::kCubic, 0);
  CHECK(largest_error(cubic.image, from, ramp, 7) < 3e-4);
}

TEST_CASE("resample follows a known rotation and shift of a smooth function", "[resample]") {
  const Grid from = grid_of({64, 60, 40}, {1, 1, 1.5}, {-32, -30, -30});
  const auto wave = [](const Eigen::Vector3d& p) {
    return std::sin(p.x() / 4) * std::cos(p.y() / 5) + 0.5 * std::sin(p.z() / 6);
  };
  Eigen::Matrix4d motion = Eigen::Matrix4d::Identity();
  motion.topLeftCorner<3, 3>() = Eigen::AngleAxisd(0.2, Eigen::Vector3d(1, 2, 2) / 3).toRotationMatrix();
  motion.topRightCorner<3, 1>() = Eigen::Vector3d(1.3, -2.1, 0.7);
  const auto result = resample(sampled(from, wave), from, motion, Interpolation::kCubic, 0);
  double largest = 0;
  int64_t seen = 0;
  for_voxels(from, [&](int64_t x, int64_t y, int64_t z, const Eigen::Vector3d& world) {
    const Eigen::Vector3d there = (motion * world.homogeneous()).head<3>();
    const Eigen::Vector3d s = from.to_voxel(there);
    if (s.minCoeff() < 8 || s.x() > 55 || s.y() > 51 || s.z() > 31) return;
    ++seen;
    largest = std::max(largest, std::abs(static_cast<double>(result.image.at(0, x, y, z)) - wave(there)));
  });
  CHECK(seen > 10000);
  CHECK(largest < 1e-3);  // h^4 / 384 * largest fourth derivative, summed over axes, is .5e-3
}

TEST_CASE("resample knows the field of view and fills the rest", "[resample]") {
  // Along x: source centres at 0..4 mm, so it sees -.5 to 4.5 mm; target centres at -1, -.4, ...
  const Volume<float> source = noise(grid_of({5, 4, 3}, {1, 1, 1}, {0, 0, 0}), 1);
  const Grid to = grid_of({11, 4, 3}, {0.6, 1, 1}, {-1, 0, 0});
  const auto result = resample(source, to, Eigen::Matrix4d::Identity(), Interpolation::kCubic, -55);
  for (int64_t x = 0; x < 11; ++x) {
    const double at = -1 + 0.6 * static_cast<double>(x);
    const bool inside = at > -0.5 && at < 4.5;
    CHECK(result.valid.at(0, x, 2, 1) == (inside ? 1 : 0));
    CHECK((result.image.at(0, x, 2, 1) == -55.0F) == !inside);
  }
}

TEST_CASE("resample gives the same bits with one thread and with many", "[resample]") {
  const Volume<float> source = noise(tilted({61, 53, 9}, {0.5, 0.5, 5}, 3, {-15, -13, -20}), 2);
  const Grid tilt = tilted({70, 60, 12}, {0.4, 0.45, 4}, -4, {-14, -13, -22});
  const Grid shrink = with_spacing(source.grid, {1.1, 0.9, 0});
  const auto both = [&] {
    std::vector<Volume<float>> out;
    for (const Grid& grid : {tilt, shrink})
      for (const auto kind : {Interpolation::kLinear, Interpolation::kCubic})
        out.push_back(resample(source, grid, Eigen::Matrix4d::Identity(), kind, 0).image);
    return out;
  };
  const auto many = both();
  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  const auto single = both();
  for (size_t i = 0; i < many.size(); ++i) CHECK((many[i].data == single[i].data));
}

TEST_CASE("resample gives each channel what it gives it alone", "[resample]") {
  const Volume<float> source = noise(tilted({21, 19, 7}, {0.5, 0.5, 4}, 3, {-5, -4, -12}), 3);
  const Grid to = tilted({30, 20, 9}, {0.4, 0.5, 3}, -2, {-5, -4, -12});
  const auto together = resample(source, to, Eigen::Matrix4d::Identity(), Interpolation::kCubic, 1);
  for (int64_t c = 0; c < 3; ++c) {
    Volume<float> one(source.grid, 1);
    std::copy(source.channel(c).begin(), source.channel(c).end(), one.data.begin());
    const auto alone = resample(one, to, Eigen::Matrix4d::Identity(), Interpolation::kCubic, 1);
    CHECK(std::equal(alone.image.data.begin(), alone.image.data.end(), together.image.channel(c).begin()));
  }
}

TEST_CASE("resample keeps slices linear whichever axis they run along", "[resample]") {
  const Volume<float> source = noise(tilted({24, 20, 6}, {0.5, 0.5, 4}, 3, {-5, -4, -12}), 1);
  const Grid to = tilted({22, 20, 9}, {0.45, 0.5, 3}, -2, {-5, -4, -12});
  const auto axial = resample(source, to, Eigen::Matrix4d::Identity(), Interpolation::kCubic, 0);
  Grid turned = source.grid;  // x and z exchanged
  std::swap(turned.size[0], turned.size[2]);
  turned.affine.col(0).swap(turned.affine.col(2));
  AxisMap exchange;
  exchange.axis = {2, 1, 0};
  const auto sagittal =
      resample(reorder(source, exchange, turned), to, Eigen::Matrix4d::Identity(), Interpolation::kCubic, 0);
  CHECK((sagittal.image.data == axial.image.data));
}

TEST_CASE("resample agrees with SciPy", "[resample]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  struct Case {
    const char* name;
    Volume<float> source;
    Grid target;
    Interpolation kind;
    const char* orders;  // SciPy's spline orders along z, y, x
  };
  const Volume<float> thick = noise(tilted({40, 36, 8}, {0.5, 0.6, 5}, 3, {-9, -9, -16}), 1);
  const Volume<float> cube = noise(tilted({22, 20, 18}, {1, 1.2, 1.1}, 3, {-9, -9, -8}), 1);
  const Volume<float> tiny = noise(grid_of({3, 2, 1}, {1, 1, 1}, {0, 0, 0}), 1);
  const Volume<float> column = noise(grid_of({1, 3, 4}, {1, 1, 1}, {0, 0, 0}), 1);
  const Grid oblique = tilted({44, 39, 9}, {0.45, 0.55, 4.5}, -5, {-9, -9, -17});
  const std::vector<Case> cases = {
      {"tilted", thick, oblique, Interpolation::kCubic, "133"},
      {"parallel", thick, with_spacing(thick.grid, {0.43, 0.51, 4.1}), Interpolation::kCubic, "133"},
      {"isotropic", cube, oblique, Interpolation::kCubic, "333"},
      {"linear", thick, oblique, Interpolation::kLinear, "111"},
      {"shrunken", thick, with_spacing(thick.grid, {1.3, 1.1, 0}), Interpolation::kCubic, "133"},
      {"tiny", tiny, with_spacing(tiny.grid, {0.4, 0.3, 0.5}), Interpolation::kCubic, "333"},
      {"tiny_linear", tiny, with_spacing(tiny.grid, {0.4, 0.3, 0.5}), Interpolation::kLinear, "111"},
      {"column", column, with_spacing(column.grid, {0.4, 0.3, 0.5}), Interpolation::kLinear, "111"},
      {"parallel_linear", thick, with_spacing(thick.grid, {0.43, 0.51, 4.1}), Interpolation::kLinear, "111"},
      {"linear_shrunken", thick, with_spacing(thick.grid, {1.3, 1.1, 0}), Interpolation::kLinear, "111"}};
  for (const Case& c : cases) {
    const std::string name = c.name;
    INFO(name);
    const auto result = resample(c.source, c.target, Eigen::Matrix4d::Identity(), c.kind, -1000);
    write_floats(folder / (name + ".source"), c.source.data);
    write_floats(folder / (name + ".result"), result.image.data);
    std::ostringstream arguments;
    arguments << "transforms/resample_oracle.py " << (folder / name).string() << ' ' << c.orders;
    for (const Grid* grid : {&c.source.grid, &c.target}) {
      for (const int64_t n : grid->size) arguments << ' ' << n;
      arguments << ' ' << affine_text(grid->affine);
    }
    const Outcome outcome = python(arguments.str());
    CHECK(outcome.output == "agree\n");
    CHECK(outcome.exit_code == 0);
  }
}

TEST_CASE("resample z-scores on the way what it z-scores behind itself", "[resample]") {
  const Volume<float> source = noise(tilted({31, 27, 7}, {0.5, 0.5, 4}, 3, {-5, -4, -12}), 1);
  Intensity intensity;
  intensity.mean = 0.3;
  intensity.standard_deviation = 1.7;
  intensity.air = -2.25;
  const Grid beyond = sub_grid(source.grid, {-2, 3, 1}, {30, 26, 7});
  for (const Grid& to : {tilted({40, 20, 9}, {0.4, 0.5, 3}, -2, {-6, -4, -12}), beyond})
    for (const auto kind : {Interpolation::kNearest, Interpolation::kLinear, Interpolation::kCubic}) {
      auto apart = resample(source, to, Eigen::Matrix4d::Identity(), kind, 0);
      z_score(apart.image, intensity);
      int64_t outside = 0;
      for (size_t i = 0; i < apart.image.data.size(); ++i)
        if (apart.valid.data[i] == 0) {
          apart.image.data[i] = -2.25F;
          ++outside;
        }
      Volume<float> together(to, 1);
      CHECK(resample_z_scored(source, to, Eigen::Matrix4d::Identity(), kind, intensity, together.data) ==
            outside);
      CHECK(outside > 0);
      CHECK((together.data == apart.image.data));
      CHECK((field_of_view(source.grid, to, Eigen::Matrix4d::Identity()).data == apart.valid.data));
    }
}

TEST_CASE("resample smooths before it shrinks", "[resample]") {
  // A checkerboard along x and y at the source's finest period: unsmoothed samples of it every
  // fourth voxel would alias to a constant of +-1; the Gaussian of sigma^2 = 15/12 leaves exp(-pi^2
  // sigma^2 / 2) of each axis' wave, .002 and together 4e-6.
  Volume<float> source(grid_of({64, 64, 3}, {0.5, 0.5, 5}, {0, 0, 0}), 1);
  for (int64_t z = 0; z < 3; ++z)
    for (int64_t y = 0; y < 64; ++y)
      for (int64_t x = 0; x < 64; ++x) source.at(0, x, y, z) = (x + y) % 2 == 0 ? 1.0F : -1.0F;
  const auto result = resample(source, with_spacing(source.grid, {2, 2, 0}), Eigen::Matrix4d::Identity(),
                               Interpolation::kCubic, 0);
  for (const float v : result.image.data) CHECK(std::abs(v) < 1e-3F);
}

TEST_CASE("resample refuses a singular affine", "[resample]") {
  const Volume<float> source(grid_of({4, 4, 4}, {1, 1, 1}, {0, 0, 0}), 1);
  Grid flat = source.grid;
  flat.affine.col(2).setZero();
  CHECK_THAT(
      error_of([&] { (void)resample(source, flat, Eigen::Matrix4d::Identity(), Interpolation::kLinear, 0); }),
      CONTAINS_TEXT("affine is singular (determinant 0.000000), expected one that can be inverted"));
}
