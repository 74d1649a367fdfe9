#include "loader/npy.h"

#include <cstring>

#include "tests/test.h"
#include "transforms/rng.h"

namespace trivox {
namespace {

std::vector<std::byte> bytes_of(const std::string& text) {
  std::vector<std::byte> out(text.size());
  if (!text.empty()) std::memcpy(out.data(), text.data(), text.size());
  return out;
}

std::string npy(const std::string& dict, size_t data_bytes) {
  std::string out("\x93NUMPY\x01\x00", 8);
  out += static_cast<char>(dict.size());
  out += '\0';
  return out + dict + std::string(data_bytes, 'x');
}

std::string parse_error(const std::string& text) {
  return test::error_of([&] { (void)parse_npy(bytes_of(text)); });
}

TEST_CASE("npy header parses back and aligns the data", "[npy]") {
  const std::vector<std::vector<int64_t>> shapes = {{1}, {3, 22, 512, 512}, {1, 1000000, 1, 1, 1, 7}};
  for (const auto& shape : shapes)
    for (const NpyType type : {NpyType::kUint8, NpyType::kFloat16, NpyType::kFloat32}) {
      const std::string header = npy_header(type, shape);
      CHECK(header.size() % 64 == 0);
      CHECK(header.back() == '\n');
      int64_t n = 1;
      for (const int64_t s : shape) n *= s;
      if (n > 100) continue;
      const auto bytes = bytes_of(header + std::string(static_cast<size_t>(n) * npy_size(type), 'a'));
      const NpyView view = parse_npy(bytes);
      CHECK(view.type == type);
      CHECK(view.shape == shape);
      CHECK(view.data.data() == bytes.data() + header.size());
      CHECK(view.elements() == n);
    }
}

TEST_CASE("npy of another order of keys and spaces is read", "[npy]") {
  const auto bytes = bytes_of(npy("{'shape':(2,3), 'fortran_order':False, 'descr': '<f2'}\n", 12));
  const NpyView view = parse_npy(bytes);
  CHECK(view.type == NpyType::kFloat16);
  CHECK(view.shape == std::vector<int64_t>{2, 3});
}

TEST_CASE("npy_truncated", "[npy]") {
  const std::string good = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n", 16);
  CHECK(parse_error(good).empty());
  CHECK(parse_error(good.substr(0, good.size() - 1)) ==
        "npy data is 15 bytes, expected 16 bytes for its type and shape");
  CHECK(parse_error(good + "y") == "npy data is 17 bytes, expected 16 bytes for its type and shape");
  CHECK_THAT(parse_error(good.substr(0, 30)),
             CONTAINS_TEXT("npy header length is 60, expected at most the 20 bytes"));
  CHECK(parse_error("") == "npy magic is 0 bytes, expected \\x93NUMPY, version 1.0");
  for (size_t n = 0; n < good.size(); ++n) CHECK_FALSE(parse_error(good.substr(0, n)).empty());
}

TEST_CASE("npy_that_is_not_ours", "[npy]") {
  CHECK_THAT(parse_error("PK\x03\x04" + std::string(100, 'x')), CONTAINS_TEXT("npy magic is something else"));
  CHECK_THAT(parse_error(npy("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", 4)),
             CONTAINS_TEXT("npy descr is '>f4', expected '|u1', '<f2' or '<f4'"));
  CHECK_THAT(parse_error(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", 4)),
             CONTAINS_TEXT("npy fortran_order is not False"));
  CHECK_THAT(parse_error(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", 4)),
             CONTAINS_TEXT("npy shape is '(-1,), }', expected a tuple of positive whole numbers"));
  CHECK_THAT(parse_error(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (), }", 4)),
             CONTAINS_TEXT("npy shape"));
  CHECK_THAT(parse_error(npy("{'descr': '<f4', 'shape': (1,), }", 4)), CONTAINS_TEXT("'fortran_order':"));
}

TEST_CASE("npy_header_that_is_no_dictionary", "[npy]") {
  // Each is refused by numpy.load too.
  for (const char* header : {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }   x \n",
                             "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), ",
                             "{'descr': '<f4', 'fortran_order': False- 'shape': (2, 2), }",
                             "{'descr': '<f4' 'fortran_order': False, 'shape': (2, 2)}",
                             "'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }",
                             "{'descr': '<f4, 'fortran_order': False, 'shape': (2, 2), }"})
    CHECK_THAT(parse_error(npy(header, 16)), CONTAINS_TEXT("npy header is '"));
  for (const char* shape : {"(2,,2)", "(,4)", "(2 2)", "(4)", "4", "(2, 2", "[2, 2]", "(0x4,)", "(+4,)"}) {
    INFO(shape);
    const std::string start = "{'descr': '<f4', 'fortran_order': False, 'shape': ";
    CHECK_THAT(parse_error(npy(start + shape + ", }", 16)),
               CONTAINS_TEXT("expected a tuple of positive whole numbers"));
  }
  const std::string twice = "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), 'shape': (2, 2), }";
  CHECK_THAT(parse_error(npy(twice, 16)), CONTAINS_TEXT("every key once"));
  CHECK_THAT(parse_error(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), 'more': 1}", 16)),
             CONTAINS_TEXT("npy header is with 'more'"));
}

TEST_CASE("npy_shape_that_overflows", "[npy]") {
  CHECK_THAT(
      parse_error(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 3), }", 4)),
      CONTAINS_TEXT("npy shape is beyond 2^64 bytes"));
  CHECK_THAT(
      parse_error(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", 4)),
      CONTAINS_TEXT("npy shape"));
}

TEST_CASE("npy_with_bytes_changed_at_random", "[npy]") {
  const std::string good = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n", 16);
  Rng rng({.seed = 1});
  for (int i = 0; i < 20000; ++i) {
    std::string text = good;
    for (uint64_t n = rng.below(4) + 1; n > 0; --n)
      text[rng.below(text.size())] = static_cast<char>(rng.below(256));
    text.resize(text.size() - rng.below(3));
    try {
      const auto bytes = bytes_of(text);
      const NpyView view = parse_npy(bytes);
      CHECK(static_cast<size_t>(view.elements()) * npy_size(view.type) == view.data.size());
    } catch (const Error&) {
    }
  }
}

}  // namespace
}  // namespace trivox
