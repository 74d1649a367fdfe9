#include "loader/dicom/bare_stream.h"

#include <string>
#include <vector>

#include "tests/loader/coded_bytes.h"
#include "tests/test.h"

namespace trivox {
namespace {

using test::bytes;

constexpr const char* kRle = "1.2.840.10008.1.2.5";
constexpr const char* kJpeg = "1.2.840.10008.1.2.4.70";
constexpr const char* kLs = "1.2.840.10008.1.2.4.80";
constexpr const char* k2000 = "1.2.840.10008.1.2.4.90";

std::string bare(const std::string& stream, const char* syntax) {
  const std::vector<std::byte> out = bare_codestream(std::as_bytes(std::span(stream)), syntax);
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

std::string word(size_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
  return out;
}
std::string box(const char* type, const std::string& content) {
  return word(content.size() + 8) + type + content;
}
std::string tile(int number) {
  return bytes({0xff, 0x90, 0, 10, 0, number, 0, 0, 0, 16, 0, 1, 0xff, 0x93, 7, 7});
}
/// A head of 8 x 2 samples in tiles of `width` x 2.
std::string head(int width) {
  return bytes({0xff, 0x4f, 0xff, 0x51, 0, 41, 0, 0}) + word(8) + word(2) + word(0) + word(0) +
         word(static_cast<size_t>(width)) + word(2) + word(0) + word(0) + bytes({0, 1, 11, 1, 1});
}
const std::string kEnd = bytes({0xff, 0xd9});

TEST_CASE("a decoder sees no application data and no comment", "[dicom]") {
  const std::string begin = bytes({0xff, 0xd8}), table = bytes({0xff, 0xc4, 0, 3, 9}),
                    scan = bytes({0xff, 0xda, 0, 3, 1, 5, 0xff, 0, 0xff, 0xd3, 6});
  const std::string jfif = bytes({0xff, 0xe0, 0, 8, 'J', 'F', 'I', 'F', 0, 2});
  const std::string comment = bytes({0xff, 0xfe, 0, 4, 0xff, 0xd9});
  const std::string plain = begin + table + scan + table + scan + kEnd;
  CHECK(bare(begin + jfif + table + comment + scan + comment + table + scan + jfif + kEnd + "behind",
             kJpeg) == plain);
  CHECK(bare(begin + bytes({0xff}) + jfif + bytes({0xff, 0xff}) + table + scan + table + scan + kEnd, kLs) ==
        plain);
  CHECK(bare(plain, kJpeg) == plain);
  CHECK(bare(comment, kRle) == comment);
}

TEST_CASE("a decoder sees the codestream of a .jp2 file with its end mark", "[dicom]") {
  const std::string stream = head(8) + tile(0);
  CHECK(bare(stream + kEnd, k2000) == stream + kEnd);
  CHECK(bare(stream, k2000) == stream + kEnd);
  CHECK(bare(stream + kEnd + bytes({0, 0xff, 0}), k2000) == stream + kEnd);
  const std::string before = box("jP  ", "\r\n\x87\n") + box("jp2h", box("colr", "????"));
  CHECK(bare(before + box("jp2c", stream + kEnd) + box("xml ", "<x/>"), k2000) == stream + kEnd);
  CHECK(bare(before + word(0) + "jp2c" + stream + kEnd, k2000) == stream + kEnd);
}

TEST_CASE("compressed_image_with_a_palette", "[dicom][bad]") {
  const std::string file =
      box("jP  ", "\r\n\x87\n") + box("jp2h", box("pclr", "????")) + box("jp2c", head(8) + tile(0) + kEnd);
  CHECK(test::error_of([&] { (void)bare(file, k2000); }) ==
        "PixelData is a .jp2 file with a palette, expected samples that are values");
}

TEST_CASE("compressed_image_with_one_tile_twice", "[dicom][bad]") {
  CHECK(bare(head(4) + tile(1) + tile(0) + tile(1) + kEnd, k2000).size() == 49 + 3 * 16 - 4 + 2);
  CHECK(test::error_of([&] { (void)bare(head(4) + tile(0) + tile(0) + kEnd, k2000); }) ==
        "PixelData is no JPEG 2000 stream: tile 1 is absent, expected each of 2 tiles");
}

TEST_CASE("a decoder's stream cut anywhere is an error or whole", "[dicom]") {
  const std::string file = box("jP  ", "\r\n\x87\n") + box("jp2c", head(4) + tile(0) + tile(1) + kEnd);
  const std::string jpeg = bytes({0xff, 0xd8, 0xff, 0xe0, 0, 3, 1, 0xff, 0xda, 0, 3, 1, 5, 0xff, 0xd9});
  for (size_t n = 2; n < file.size(); ++n)
    (void)test::error_of([&] { (void)bare(file.substr(0, n), k2000); });
  for (size_t n = 2; n < jpeg.size(); ++n)
    CHECK_THAT(test::error_of([&] { (void)bare(jpeg.substr(0, n), kJpeg); }), CONTAINS_TEXT("cut off after"));
}

}  // namespace
}  // namespace trivox
