#include "models/weights.h"

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "tests/models/golden.h"
#include "tests/test.h"
#include "transforms/rng.h"

using namespace trivox;
using namespace trivox::test;

namespace {

std::string with_header(const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(header.size() >> (8 * i) & 0xFF);
  return bytes + header + data;
}

WeightFile example() {
  return {{{"b", at::tensor({1.5, -2.0, 3.25, 0.0, 5.0, 6.0}, at::TensorOptions(at::kFloat)).view({2, 3})},
           {"a", at::tensor({7, 8}, at::TensorOptions(at::kByte))},
           {"half", at::tensor({0.5, -1.0}, at::TensorOptions(at::kFloat)).to(at::kBFloat16)},
           {"scalar", at::tensor({3.0}, at::TensorOptions(at::kDouble)).squeeze()},
           {"none", at::zeros({0, 4}, at::TensorOptions(at::kFloat))}},
          {{"epoch", "3"}, {"text", "line\n\"quoted\" \xC3\xA9"}}};
}

}  // namespace

TEST_CASE("safetensors come back as they were written", "[weights]") {
  const WeightFile file = example();
  const std::string bytes = to_bytes(file);
  const WeightFile back = parse(bytes);
  CHECK(back.metadata == file.metadata);
  REQUIRE(back.tensors.size() == file.tensors.size());
  for (const auto& [name, value] : file.tensors) {
    const at::Tensor read = find(back, name);
    CHECK(read.sizes() == value.sizes());
    CHECK(read.scalar_type() == value.scalar_type());
    CHECK(read.equal(value));
  }
  CHECK(to_bytes(back) == bytes);
  CHECK(parse_safetensors_metadata(std::as_bytes(std::span(bytes))) == file.metadata);
}

TEST_CASE("a transposed tensor is written in C order", "[weights]") {
  const at::Tensor t = example().tensors[0].value.t();
  CHECK(parse(to_bytes({{{"t", t}}, {}})).tensors[0].value.equal(t));
}

TEST_CASE("safetensors written here are read by NumPy", "[weights]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  std::ofstream(folder / "w.safetensors", std::ios::binary) << to_bytes(example());
  const auto outcome = python("models/read_safetensors.py " + (folder / "w.safetensors").string());
  CHECK(outcome.output ==
        "b F32 [2, 3] 1.5 -2.0 3.25 0.0 5.0 6.0\na U8 [2] 7 8\nhalf BF16 [2] 0.5 -1.0\nscalar F64 [] 3.0\n"
        "none F32 [0, 4]\n");
  CHECK(outcome.exit_code == 0);
}

TEST_CASE("broken safetensors name their fault", "[weights][bad]") {
  const auto fault = [](const std::string& bytes) { return error_of([&] { (void)parse(bytes); }); };
  const std::string good = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  CHECK(fault(with_header(good, "12345678")).empty());
  CHECK_THAT(fault("1234"), CONTAINS_TEXT("safetensors file size is 4 bytes, expected at least 8"));
  CHECK_THAT(fault(with_header(good, "12345678").substr(0, 20)),
             CONTAINS_TEXT("safetensors header length is"));
  CHECK_THAT(fault(std::string(8, '\xFF') + "{}"),
             CONTAINS_TEXT("safetensors header length is 18446744073709551615"));
  CHECK_THAT(fault(with_header("[1]", "")), CONTAINS_TEXT("safetensors header is not a JSON object"));
  CHECK_THAT(fault(with_header("{\"a\":", "")), CONTAINS_TEXT("safetensors header is not a JSON object"));
  CHECK_THAT(fault(with_header(good, "1234")), CONTAINS_TEXT("safetensors entry a is bytes 0 to 8 of 4"));
  CHECK_THAT(fault(with_header(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", "12345678")),
             CONTAINS_TEXT("safetensors entry a is 8 bytes for [3]"));
  CHECK_THAT(
      fault(with_header(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,8]}})",
                        "12345678")),
      CONTAINS_TEXT("safetensors entry a is 8 bytes for"));
  CHECK_THAT(fault(with_header(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", "12345678")),
             CONTAINS_TEXT("of the wrong types"));
  CHECK_THAT(fault(with_header(
                 R"({"a":{"dtype":"F32","shape":[0,18446744073709551615],"data_offsets":[0,0]}})", "")),
             CONTAINS_TEXT("safetensors entry a is 0 bytes for"));
  CHECK_THAT(fault(with_header(R"({"a":{"dtype":"F8","shape":[2],"data_offsets":[0,8]}})", "12345678")),
             CONTAINS_TEXT("safetensors dtype of a is F8"));
  const std::string two = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)";
  CHECK_THAT(fault(with_header(two + R"("b":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})", "12345678")),
             CONTAINS_TEXT("at byte 0, expected 8, where the one before ends"));
  CHECK_THAT(
      fault(with_header(two + R"("b":{"dtype":"U8","shape":[1],"data_offsets":[9,10]}})", "1234567890")),
      CONTAINS_TEXT("safetensors entry b is at byte 9, expected 8"));
  CHECK_THAT(fault(with_header(good, "123456789")), CONTAINS_TEXT("safetensors data is 9 bytes, expected 8"));
  CHECK_THAT(fault(with_header(R"({"a":{"dtype":"F32"}})", "")), CONTAINS_TEXT("entry a is incomplete"));
  CHECK_THAT(fault(with_header(R"({"__metadata__":{"n":3}})", "")),
             CONTAINS_TEXT("__metadata__ n is 3, expected text"));
}

TEST_CASE("a repeated name is refused when safetensors are written", "[weights][bad]") {
  const at::Tensor t = at::zeros({1}, at::TensorOptions(at::kFloat));
  CHECK_THAT(error_of([&] { (void)to_bytes({{{"a", t}, {"a", t}}, {}}); }),
             CONTAINS_TEXT("safetensors name is a, expected each name once"));
}

TEST_CASE("mutated safetensors are read or refused", "[weights][bad]") {
  const std::string good = to_bytes(example());
  int refused = 0;
  for (uint32_t i = 0; i < 3000; ++i) {
    Rng rng({9, 0, i, 4});
    std::string bytes = good.substr(0, rng.chance(0.1) ? rng.below(good.size() + 1) : good.size());
    for (uint64_t n = rng.below(4); n > 0 && !bytes.empty(); --n) {
      const char digits[] = "0129[]{}\",:x";
      bytes[rng.below(bytes.size())] =
          rng.chance(0.5) ? digits[rng.below(sizeof digits - 1)] : static_cast<char>(rng.bits());
    }
    try {
      (void)parse(bytes);
    } catch (const Error&) {
      ++refused;
    }
  }
  CHECK(refused > 1000);
}
