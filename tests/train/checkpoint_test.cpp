#include "train/checkpoint.h"

#include <ATen/ops/tensor.h>

#include "tests/models/golden.h"
#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

namespace {

Checkpoint example() {
  const at::Tensor t = at::tensor({1.0, 2.5}, at::TensorOptions(at::kFloat));
  Checkpoint c;
  c.weights = {{"encoder.w", t}};
  c.momentum = {{"encoder.w", t.neg()}};
  c.info = {"seed: 1\n# \"quoted\"\n", "abc", {"T1WI", "CE-T1WI"}, {{1, "tumour"}, {10, "node"}},
            {{"001", "002"}, {"003"}}, 2,     "bfloat16"};
  c.state = {3, 17, 0.1 + 0.2, {}, 1.0 / 3, "epoch,loss\n1,0.5\n"};
  return c;
}

}  // namespace

TEST_CASE("a checkpoint comes back to the bit", "[checkpoint]") {
  const TemporaryFolder folder;
  const Checkpoint c = example();
  write_checkpoint(folder / "c.safetensors", c);
  const Checkpoint back = read_checkpoint(folder / "c.safetensors");
  CHECK(back.info == c.info);
  CHECK(read_run_info(folder / "c.safetensors") == c.info);
  REQUIRE(back.weights.size() == 1);
  REQUIRE(back.momentum.size() == 1);
  CHECK(back.weights[0].name == "encoder.w");
  CHECK(back.weights[0].value.equal(c.weights[0].value));
  CHECK(back.momentum[0].name == "encoder.w");
  CHECK(back.momentum[0].value.equal(c.momentum[0].value));
  CHECK(back.state.epoch == 3);
  CHECK(back.state.iteration == 17);
  CHECK(back.state.loss_sum == 0.1 + 0.2);
  CHECK_FALSE(back.state.ema.has_value());
  CHECK(back.state.best_ema == 1.0 / 3);
  CHECK(back.state.log == c.state.log);
  write_checkpoint(folder / "again.safetensors", back);
  CHECK(read_text((folder / "again.safetensors").string()) == read_text((folder / "c.safetensors").string()));
}

TEST_CASE("a file that is no checkpoint", "[checkpoint][bad]") {
  const TemporaryFolder folder;
  const auto path = folder / "w.safetensors";
  std::ofstream(path, std::ios::binary) << to_bytes({example().weights, {}});
  CHECK_THAT(error_of([&] { (void)read_checkpoint(path); }),
             CONTAINS_TEXT("w.safetensors: trivox.run is absent"));
  std::ofstream(path, std::ios::binary) << to_bytes({{}, {{"trivox.run", "{\"config\": 3}"}}});
  CHECK_THAT(error_of([&] { (void)read_run_info(path); }),
             CONTAINS_TEXT("checkpoint's config is 3, expected another type"));
  std::ofstream(path, std::ios::binary) << to_bytes({{}, {{"trivox.run", "[]"}}});
  CHECK_THAT(error_of([&] { (void)read_run_info(path); }), CONTAINS_TEXT("trivox.run is not a JSON object"));
}

TEST_CASE("a checkpoint cut short", "[checkpoint][bad]") {
  const TemporaryFolder folder;
  write_checkpoint(folder / "c.safetensors", example());
  const std::string bytes = read_text((folder / "c.safetensors").string());
  std::ofstream(folder / "c.safetensors", std::ios::binary) << bytes.substr(0, bytes.size() - 4);
  CHECK_THAT(error_of([&] { (void)read_checkpoint(folder / "c.safetensors"); }),
             CONTAINS_TEXT("c.safetensors: safetensors entry momentum.encoder.w is bytes 8 to 16 of 12"));
}

TEST_CASE("a checkpoint that is not there names those that are", "[checkpoint][bad]") {
  const TemporaryFolder folder;
  CHECK_THAT(
      error_of([&] { (void)find_checkpoint(folder.path(), "final"); }),
      CONTAINS_TEXT(
          "checkpoint_final.safetensors: checkpoint is absent, expected the folder of a training run"));
  write_checkpoint(folder / "checkpoint_last.safetensors", example());
  CHECK_THAT(error_of([&] { (void)find_checkpoint(folder.path(), "best"); }),
             CONTAINS_TEXT("expected one of those that are there: last"));
  CHECK_THAT(error_of([&] { (void)find_checkpoint(folder.path(), "other.safetensors"); }),
             CONTAINS_TEXT("other.safetensors: checkpoint is absent"));
  CHECK(find_checkpoint(folder.path(), "last") == folder / "checkpoint_last.safetensors");
}
