#include "models/sliding_window.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "models/tensor.h"
#include "tests/models/golden.h"
#include "tests/test.h"
#include "transforms/rng.h"

using namespace trivox;
using namespace trivox::test;

namespace {

at::Tensor random_image(at::IntArrayRef shape) {
  at::Tensor t = at::zeros(shape, at::TensorOptions(at::kFloat));
  Rng rng({5, 0, 0, 2});
  for (int64_t i = 0; i < t.numel(); ++i) t.mutable_data_ptr<float>()[i] = static_cast<float>(rng.normal());
  return t;
}

}  // namespace

TEST_CASE("tile starts are nnU-Net's", "[sliding_window]") {
  // compute_steps_for_sliding_window((30, 224, 224), (10, 100, 100), .5) of nnU-Net 2.8, by axis.
  CHECK(tile_starts(30, 10, 0.5) == std::vector<int64_t>{0, 5, 10, 15, 20});
  CHECK(tile_starts(224, 100, 0.5) == std::vector<int64_t>{0, 41, 83, 124});
  CHECK(tile_starts(16, 16, 0.5) == std::vector<int64_t>{0});
  CHECK(tile_starts(17, 16, 0.5) == std::vector<int64_t>{0, 1});
  CHECK_THAT(error_of([] { (void)tile_starts(8, 16, 0.5); }),
             CONTAINS_TEXT("tiles of 16 voxels is 8 voxels"));
  CHECK_THAT(error_of([] { (void)tile_starts(16, 8, 0); }), CONTAINS_TEXT("step in (0, 1]"));
}

TEST_CASE("tile weights are a symmetric Gaussian of an eighth of the patch", "[sliding_window]") {
  const at::Tensor w = tile_weights({5, 8, 16});
  CHECK(largest_difference(w, w.flip({0, 1, 2})) == 0);
  CHECK(w.max().item().toDouble() == 1);
  CHECK(w.min().item().toDouble() > 0);
  // Along x, sigma 2: voxels .5 and 2.5 from the middle, exp(-(2.5^2 - .5^2) / 8) = exp(-.75).
  CHECK((w[2][3][10] / w[2][3][8]).item().toDouble() == Approx(std::exp(-0.75)));
}

TEST_CASE("an identity network gives the image back", "[sliding_window]") {
  for (const auto& size :
       {std::array<int64_t, 3>{7, 20, 31}, {2, 9, 40}}) {  // the second is smaller than the patch
    const at::Tensor image = random_image({2, size[0], size[1], size[2]});
    for (const bool mirror : {false, true}) {
      const SlidingWindow window{{4, 16, 16}, 0.5, {mirror, mirror, mirror}, 3};
      const std::vector<float> air = {-1, -2};
      const at::Tensor out = slide(image, air, window, [](const at::Tensor& x) { return x; });
      CHECK(out.sizes() == image.sizes());
      CHECK(largest_difference(out, image) < 1e-5);
    }
  }
}

TEST_CASE("a constant network gives its constant everywhere", "[sliding_window]") {
  const std::vector<float> air = {0};
  const at::Tensor out = slide(
      random_image({1, 9, 33, 17}), air, {{4, 16, 16}, 0.5, {true, true, true}, 2}, [](const at::Tensor& x) {
        return at::ones({x.size(0), 3, x.size(2), x.size(3), x.size(4)}, x.options()) * 0.25;
      });
  CHECK(out.size(0) == 3);
  CHECK(out.sub(0.25).abs().max().item().toDouble() < 1e-6);
}

TEST_CASE("a small image is padded with the air value of each channel", "[sliding_window]") {
  const std::vector<float> air = {-1, -3};
  const SlidingWindow window{{4, 4, 4}, 0.5, {}, 1};
  at::Tensor seen;
  (void)slide(at::ones({2, 2, 4, 3}, at::TensorOptions(at::kFloat)), air, window, [&](const at::Tensor& x) {
    seen = x.clone();
    return x;
  });
  CHECK(seen.sizes() == at::IntArrayRef({1, 2, 4, 4, 4}));
  CHECK(seen[0][0][0].eq(-1).all().item().toBool());
  CHECK(seen[0][1][3].eq(-3).all().item().toBool());
  CHECK(seen.narrow(2, 1, 2).narrow(4, 0, 3).eq(1).all().item().toBool());
  const std::vector<float> one = {-1};
  CHECK_THAT(error_of([&] {
               (void)slide(random_image({2, 4, 4, 4}), one, window, [](const at::Tensor& x) { return x; });
             }),
             CONTAINS_TEXT("air values is 1, expected 2"));
}

TEST_CASE("the number of tiles at once changes nothing", "[sliding_window]") {
  const at::Tensor image = random_image({1, 8, 24, 24});
  const std::vector<float> air = {0};
  const auto network = [](const at::Tensor& x) { return at::cat({x, -x}, 1); };
  CHECK(slide(image, air, {{4, 16, 16}, 0.5, {}, 1}, network)
            .equal(slide(image, air, {{4, 16, 16}, 0.5, {}, 5}, network)));
}

TEST_CASE("mirroring averages over the chosen axes alone", "[sliding_window]") {
  const at::Tensor image = random_image({1, 4, 8, 8});
  const std::vector<float> air = {0};
  // A network that always gives the same picture: what comes back is the mean of its flips.
  const at::Tensor picture = random_image({1, 1, 4, 8, 8}) + 1;
  int calls = 0;
  const auto network = [&](const at::Tensor&) {
    ++calls;
    return picture;
  };
  const at::Tensor out = slide(image, air, {{4, 8, 8}, 0.5, {false, true, true}, 1}, network);
  CHECK(calls == 4);
  const at::Tensor p = picture[0];
  CHECK(largest_difference(out, (p + p.flip({2}) + p.flip({3}) + p.flip({2, 3})) / 4) < 1e-5);
}

TEST_CASE("a volume is viewed as a tensor without a copy", "[tensor]") {
  Grid grid;
  grid.size = {4, 3, 2};
  Volume<float> volume(grid, 2);
  volume.at(1, 3, 2, 1) = 5;
  const at::Tensor view = tensor_view(volume);
  CHECK(view.sizes() == at::IntArrayRef({1, 2, 2, 3, 4}));
  CHECK(view[0][1][1][2][3].item().toDouble() == 5);
  CHECK(view.const_data_ptr() == volume.data.data());
}
