#include "models/losses.h"

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "tests/models/finite_differences.h"
#include "tests/models/golden.h"
#include "tests/test.h"
#include "transforms/rng.h"

using namespace trivox;
using namespace trivox::test;

namespace {

at::Tensor random_logits(at::IntArrayRef shape) {
  at::Tensor t = at::zeros(shape, at::TensorOptions(at::kDouble));
  Rng rng({5, 0, 0, 1});
  for (int64_t i = 0; i < t.numel(); ++i) t.mutable_data_ptr<double>()[i] = rng.normal();
  return t;
}

// Every third voxel ignored, the rest over all classes.
at::Tensor mixed_label(at::IntArrayRef shape, int64_t classes) {
  at::Tensor t = at::zeros(shape, at::TensorOptions(at::kByte));
  for (int64_t i = 0; i < t.numel(); ++i)
    t.mutable_data_ptr<uint8_t>()[i] = i % 3 == 0 ? uint8_t{255} : static_cast<uint8_t>(i % classes);
  return t;
}

}  // namespace

TEST_CASE("gradient of the loss agrees with finite differences", "[losses]") {
  const at::Tensor label = mixed_label({2, 1, 2, 3, 4}, 4);
  for (const bool batch_dice : {false, true})
    CHECK(gradient_error([&](const at::Tensor& x) { return segmentation_loss(x, label, batch_dice); },
                         random_logits({2, 4, 2, 3, 4})) < 1e-8);
  CHECK(gradient_error(
            [&](const at::Tensor& x) {
              return deep_supervision_loss(
                  {x, x.slice(3, 0, 2).slice(4, 0, 2), x.slice(3, 0, 1).slice(4, 0, 1)},
                  mixed_label({2, 1, 2, 4, 4}, 3), false);
            },
            random_logits({2, 3, 2, 4, 4})) < 1e-8);
}

TEST_CASE("loss of two voxels by hand", "[losses]") {
  // Logits 0 and 0, then 0 and ln 3: foreground probability 1/2, 3/4; labels 0 and 1.
  const at::Tensor logits =
      at::tensor({0.0, 0.0, 0.0, std::log(3.0)}, at::TensorOptions(at::kDouble)).view({1, 2, 1, 1, 2});
  at::Tensor label = at::tensor({0, 1}, at::TensorOptions(at::kByte)).view({1, 1, 1, 1, 2});
  // Cross-entropy (ln 2 + ln 4/3) / 2 = .490415; Dice (2 * .75) / (1.25 + 1) = 2/3.
  CHECK(segmentation_loss(logits, label, false).item().toDouble() == Approx(0.490415 - 2.0 / 3).margin(1e-5));
  // With the first voxel ignored: ln 4/3 = .287682 and (2 * .75) / (.75 + 1) = 6/7.
  label = at::tensor({255, 1}, at::TensorOptions(at::kByte)).view({1, 1, 1, 1, 2});
  CHECK(segmentation_loss(logits, label, false).item().toDouble() == Approx(0.287682 - 6.0 / 7).margin(1e-5));
}

TEST_CASE("loss where every voxel is ignored is finite and pulls nowhere", "[losses]") {
  at::Tensor logits = random_logits({1, 2, 2, 2, 2});
  logits.set_requires_grad(true);
  const at::Tensor loss =
      segmentation_loss(logits, at::zeros({1, 1, 2, 2, 2}, at::TensorOptions(at::kByte)).fill_(255), false);
  CHECK(loss.item().toDouble() == Approx(-1));  // an absent class, absent from the prediction too
  loss.backward();
  CHECK(logits.grad().abs().max().item().toDouble() == 0);
}

TEST_CASE("losses of every output equal nnU-Net's", "[losses]") {
  const WeightFile golden = golden_network();
  for (const char* i : {"0", "1"})
    CHECK(segmentation_loss(find(golden, std::string("output") + i), find(golden, std::string("label") + i),
                            false)
              .item()
              .toDouble() == Approx(find(golden, std::string("loss") + i).item().toDouble()).margin(1e-6));
}

TEST_CASE("deep supervision weights halve and the coarsest counts nothing", "[losses]") {
  CHECK(deep_supervision_weights(1) == std::vector<double>{1});
  CHECK(deep_supervision_weights(2) == std::vector<double>{1, 0});
  const auto three = deep_supervision_weights(3);
  CHECK(three[0] == Approx(2.0 / 3));
  CHECK(three[1] == Approx(1.0 / 3));
  CHECK(three[2] == 0);
}

TEST_CASE("labels shrink as nearest-exact does", "[losses]") {
  const WeightFile golden = golden_network();
  const at::Tensor label1 = find(golden, "label1");
  CHECK(shrink_label(find(golden, "label"), label1.sizes().slice(2)).equal(label1));
  CHECK_THAT(error_of([&] { (void)shrink_label(label1, {3, 4, 4}); }),
             CONTAINS_TEXT("expected a multiple of 3"));
}
