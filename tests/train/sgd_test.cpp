#include "train/sgd.h"

#include "tests/models/golden.h"
#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

TEST_CASE("steps and clipping equal PyTorch's", "[sgd]") {
  const WeightFile golden = parse(read_text(std::string(test::kSourceDir) + "/tests/golden/sgd.safetensors"));
  const NamedTensors parameters = {{"a", find(golden, "a0").clone()}, {"b", find(golden, "b0").clone()}};
  Sgd sgd(parameters, {0.99, 3e-2});
  for (int step = 1; step <= 4; ++step) {
    const std::string n = std::to_string(step);
    for (const auto& p : parameters) p.value.mutable_grad() = find(golden, "g" + p.name + n).clone();
    CHECK(clip_gradients(parameters, 2) == Approx(find(golden, "norm" + n).item().toDouble()));
    sgd.step(0.1 / step);
    for (const auto& p : parameters) CHECK(largest_difference(p.value, find(golden, p.name + n)) < 1e-6);
    sgd.clear_gradients();
    CHECK_FALSE(parameters[0].value.grad().defined());
  }
}

TEST_CASE("poly schedule", "[sgd]") {
  CHECK(poly_learning_rate(0.01, 0, 1000, 0.9) == 0.01);
  CHECK(poly_learning_rate(0.01, 500, 1000, 0.9) == Approx(0.00535886731268146));   // .01 * .5^.9
  CHECK(poly_learning_rate(0.01, 999, 1000, 0.9) == Approx(1.99526231496888e-05));  // .01 * .001^.9
}

TEST_CASE("momentum of another network", "[sgd][bad]") {
  const WeightFile golden = parse(read_text(std::string(test::kSourceDir) + "/tests/golden/sgd.safetensors"));
  Sgd sgd({{"a", find(golden, "a0")}}, {});
  CHECK_THAT(error_of([&] { sgd.load_momentum({}); }), CONTAINS_TEXT("momentum of a is absent"));
  CHECK_THAT(error_of([&] { sgd.load_momentum({{"a", find(golden, "b0")}}); }),
             CONTAINS_TEXT("momentum of a is of another shape"));
}
