#include "loader/tiff.h"

#include <nlohmann/json.hpp>

#include "loader/file.h"
#include "tests/test.h"
#include "transforms/rng.h"

namespace trivox {
namespace {

TEST_CASE("TIFFs that Pillow wrote", "[tiff]") {
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  const auto made = test::python("golden/rater_tiffs.py " + folder.path().string());
  INFO(made.output);
  REQUIRE(made.exit_code == 0);
  std::ifstream stream(folder / "tiff/expected.json");
  const auto expected = nlohmann::json::parse(stream);
  REQUIRE(expected.size() == 15);
  for (const auto& [name, pages] : expected.items()) {
    INFO(name);
    const TiffStack stack = parse_tiff(read_file(folder / "tiff" / (name + ".tif")));
    CHECK(stack.pages == static_cast<int64_t>(pages.size()));
    CHECK(stack.height == static_cast<int64_t>(pages[0].size()));
    CHECK(stack.width == static_cast<int64_t>(pages[0][0].size()));
    std::vector<uint16_t> values;
    for (const auto& page : pages)
      for (const auto& row : page)
        for (const auto& v : row) values.push_back(v.get<uint16_t>());
    CHECK(stack.values == values);
  }

  SECTION("tiff_that_is_no_grey_image") {
    const auto error = [&](const char* name) {
      return test::error_of([&] { (void)parse_tiff(read_file(folder / "tiff" / name)); });
    };
    CHECK_THAT(error("colours.tif"), CONTAINS_TEXT("TIFF colour of page 1 is not a grey at column"));
    CHECK(error("float.tif") == "TIFF BitsPerSample of page 1 is 32, expected 1, 8 or 16");
    CHECK(error("two_sizes.tif") ==
          "TIFF size of page 2 is 13 x 5, uint8, expected 13 x 11, uint8, as the first page");
  }

  SECTION("tiff_truncated_or_changed_at_random") {
    Rng rng({.seed = 3});
    for (const char* name : {"8_tiff_lzw.tif", "16_raw.tif", "8_tiff_adobe_deflate.tif", "1_group4.tif",
                             "palette.tif", "big.tif"}) {
      const std::vector<std::byte> good = read_file(folder / "tiff" / name);
      for (int i = 0; i < 1500; ++i) {
        std::vector<std::byte> bytes = good;
        for (uint64_t n = rng.below(4) + 1; n > 0; --n)
          bytes[rng.below(bytes.size())] = static_cast<std::byte>(rng.below(256));
        if (rng.below(3) == 0) bytes.resize(rng.below(bytes.size()));
        try {
          const TiffStack stack = parse_tiff(bytes);
          if (stack.values.size() != static_cast<size_t>(stack.pages * stack.width * stack.height))
            FAIL("another length");
        } catch (const Error& error) {
          if (error.fault().attribute.empty()) FAIL("an error that names nothing");
        }
      }
    }
  }
}

/// A page of 4 x 1 pixels of 8 bits in black and white; `tags` besides, offsets counted from the page's data.
std::string one_page(std::vector<std::pair<int, size_t>> tags, const std::string& coded) {
  tags.insert(tags.end(), {{256, 4}, {257, 1}, {258, 8}, {262, 1}});
  std::sort(tags.begin(), tags.end());
  std::string out("II*\0\x08\0\0\0", 8);
  out += static_cast<char>(tags.size());
  out += '\0';
  const auto tag = [&](int number, size_t value) {
    for (const size_t v : {static_cast<size_t>(number) | 4U << 16, size_t{1}, value})
      for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(v >> shift & 0xff);
  };
  const size_t data = 8 + 2 + 12 * tags.size() + 4;
  for (const auto& [number, value] : tags) tag(number, value + (number == 273 || number == 324 ? data : 0));
  return out + std::string(4, '\0') + coded;
}

/// One row in PackBits.
std::string packed_row(const std::string& coded) {
  return one_page({{259, 32773}, {273, 0}, {278, 1}, {279, coded.size()}}, coded);
}

TEST_CASE("tiff_with_tiles_far_larger_than_its_page", "[tiff][bad]") {
  const auto error_with = [](size_t width, size_t height) {
    const std::string text =
        one_page({{259, 1}, {322, width}, {323, height}, {324, 0}, {325, 16}}, std::string(16, '\7'));
    return test::error_of([&] { (void)parse_tiff(std::as_bytes(std::span(text))); });
  };
  CHECK(error_with(8192, 8192) ==
        "TIFF tile size of page 1 is 8192 x 8192, expected no more than the page of 4 x 1");
  CHECK(error_with(16, 8) == "TIFF tile size of page 1 is 16 x 8, expected multiples of 16 up to 65535");
}

TEST_CASE("tiff_with_a_run_beyond_its_row", "[tiff][bad]") {
  const auto parse = [](const std::string& text) { return parse_tiff(std::as_bytes(std::span(text))); };
  CHECK(parse(packed_row("\xfd\x07")).values == std::vector<uint16_t>{7, 7, 7, 7});  // a run of 4
  CHECK_THAT(test::error_of([&] { (void)parse(packed_row("\xf7\x07")); }),           // a run of 10
             CONTAINS_TEXT("TIFF page 1 is unreadable: Discarding 6 bytes"));
}

TEST_CASE("tiff_whose_image_has_no_place", "[tiff][bad]") {
  std::string text = one_page({{259, 1}, {273, 0}, {278, 1}, {279, 4}}, "\1\2\3\4");
  const auto parse = [&] { return parse_tiff(std::as_bytes(std::span(text))); };
  CHECK(parse().values == std::vector<uint16_t>{1, 2, 3, 4});
  text[10 + 5 * 12 + 4] = 0;  // the sixth entry, StripOffsets, counts none
  CHECK(test::error_of([&] { (void)parse(); }) ==
        "TIFF StripOffsets or TileOffsets of page 1 is 0, expected a place behind the header");
}

TEST_CASE("tiff_that_is_none", "[tiff]") {
  const std::string text = "II*";
  CHECK_THAT(test::error_of([&] { (void)parse_tiff(std::as_bytes(std::span(text))); }),
             CONTAINS_TEXT("TIFF header is unreadable"));
  CHECK_THAT(test::error_of([&] { (void)parse_tiff({}); }), CONTAINS_TEXT("TIFF header is unreadable"));
}

}  // namespace
}  // namespace trivox
