#include "loader/dicom/codestream.h"

#include <string>
#include <vector>

#include "tests/loader/coded_bytes.h"
#include "tests/test.h"

namespace trivox {
namespace {

using test::bytes;

constexpr const char* kRle = "1.2.840.10008.1.2.5";
constexpr const char* kLossless = "1.2.840.10008.1.2.4.70";
constexpr const char* kLs = "1.2.840.10008.1.2.4.80";
constexpr const char* k2000 = "1.2.840.10008.1.2.4.90";

std::string fault(const std::string& stream, const char* syntax, int64_t columns, int64_t rows, int bits) {
  return test::error_of(
      [&] { (void)check_codestream(std::as_bytes(std::span(stream)), syntax, columns, rows, bits); });
}

/// Of differences: 0 is the code of none, 10 of one bit; of cosines: 0 ends a block.
std::string tables() {
  std::string counts = bytes({1, 1}), ends = bytes({1});
  counts.resize(16);
  ends.resize(16);
  return bytes({0xff, 0xc4, 0, 2 + 19 + 18, 0}) + counts + bytes({0, 1, 0x10}) + ends + bytes({0});
}

/// A frame of 4 x 2 samples of 12 bits, and 3 bytes of coded data with a stuffed 0xff among them.
std::string jpeg(int kind, const std::string& coded = bytes({0, 0xff, 0, 3})) {
  return bytes({0xff, 0xd8, 0xff, 0xfe, 0, 4, 'h', 'i', 0xff, kind, 0, 11, 12, 0, 2, 0, 4, 1, 1, 0x11, 0}) +
         (kind == 0xf7 ? std::string() : tables()) + bytes({0xff, 0xda, 0, 8, 1, 1, 0, 1, 0, 0}) + coded +
         bytes({0xff, 0xd9});
}

/// One tile of 4 x 2 samples of 12 bits with 2 bytes of packets.
std::string jpeg2000() {
  return bytes({0xff, 0x4f, 0xff, 0x51, 0,    41, 0,  0, 0, 0, 0, 4, 0,  0, 0, 2,    0,    0, 0, 0,    0,
                0,    0,    0,    0,    0,    0,  4,  0, 0, 0, 2, 0, 0,  0, 0, 0,    0,    0, 0, 0,    1,
                11,   1,    1,    0xff, 0x90, 0,  10, 0, 0, 0, 0, 0, 16, 0, 1, 0xff, 0x93, 7, 7, 0xff, 0xd9});
}

/// Two segments of 8 samples: a run of 8, and 3 literal ones with a run of 5.
std::string rle() {
  std::string out = bytes({2, 0, 0, 0, 64, 0, 0, 0, 66, 0, 0, 0});
  out.resize(64);
  return out + bytes({256 - 7, 9}) + bytes({2, 1, 2, 3, 256 - 4, 5});
}

TEST_CASE("streams of every coder that hold their image", "[dicom]") {
  CHECK(fault(rle(), kRle, 4, 2, 16).empty());
  CHECK(fault(jpeg(0xc3), kLossless, 4, 2, 16).empty());
  CHECK(fault(jpeg(0xf7), kLs, 4, 2, 16).empty());
  CHECK(fault(jpeg2000(), k2000, 4, 2, 16).empty());
  const std::string boxes =
      bytes({0, 0, 0, 12, 'j', 'P', ' ', ' ', 13, 10, 0x87, 10, 0, 0, 0, 0, 'j', 'p', '2', 'c'});
  CHECK(fault(boxes + jpeg2000(), k2000, 4, 2, 16).empty());
  CHECK_THAT(fault("anything", "1.2.840.10008.1.2.4.100", 4, 2, 16), CONTAINS_TEXT("TransferSyntaxUID is"));
}

TEST_CASE("jpeg_that_ends_within_its_samples though its end is marked", "[dicom][bad]") {
  const auto lossless = [](const std::string& coded) {
    return fault(jpeg(0xc3, coded), kLossless, 4, 2, 16);
  };
  // Seven samples of no difference and one with a bit of its own: 0000000 10 x.
  CHECK(lossless(bytes({0x01, 0x00})).empty());
  CHECK(lossless(bytes({0x01})) ==
        "PixelData is no JPEG stream: 7 samples are coded (truncated), expected 8");
  CHECK_THAT(lossless(bytes({0x0f, 0xff, 0})), CONTAINS_TEXT("4 samples are coded (truncated)"));  // no code
  // Two bits, 00, are a block of cosines.
  CHECK(fault(jpeg(0xc1, bytes({0})), "1.2.840.10008.1.2.4.51", 4, 2, 16).empty());
  CHECK_THAT(fault(jpeg(0xc1, bytes({0x7f})), "1.2.840.10008.1.2.4.51", 4, 2, 16),
             CONTAINS_TEXT("0 blocks are coded (truncated), expected 1"));
  // A restart every four samples: the second marker of them is missing.
  const auto restarted = [&](const std::string& coded) {
    std::string stream = jpeg(0xc3, coded);
    stream.insert(2, bytes({0xff, 0xdd, 0, 4, 0, 4}));
    return fault(stream, kLossless, 4, 2, 16);
  };
  CHECK(restarted(bytes({0, 0xff, 0xd0, 0})).empty());
  CHECK_THAT(restarted(bytes({0, 0})), CONTAINS_TEXT("4 samples are coded (truncated)"));
}

TEST_CASE("compressed_image_of_another_size", "[dicom][bad]") {
  CHECK(fault(jpeg(0xc3), kLossless, 4, 3, 16) ==
        "PixelData is no JPEG stream: 4 x 2 samples of 1 components, expected 4 x 3 of one");
  CHECK_THAT(fault(jpeg(0xf7), kLs, 5, 2, 16), CONTAINS_TEXT("no JPEG-LS stream: 4 x 2 samples"));
  CHECK_THAT(fault(jpeg2000(), k2000, 4, 16384, 16), CONTAINS_TEXT("no JPEG 2000 stream: 4 x 2 samples"));
  CHECK(fault(rle(), kRle, 4, 3, 16) ==
        "PixelData is no RLE stream: 8 samples in a segment (truncated), expected 12");
}

TEST_CASE("compressed_image_of_another_depth", "[dicom][bad]") {
  CHECK(fault(jpeg(0xc3), kLossless, 4, 2, 8) ==
        "PixelData is no JPEG stream: 12 bits a sample, expected 2 to 8");
  CHECK_THAT(fault(rle(), kRle, 4, 2, 8), CONTAINS_TEXT("2 segments, expected 1"));
}

TEST_CASE("jpeg_with_cosines_of_16_bits", "[dicom][bad]") {
  std::string stream = jpeg(0xc1);
  CHECK(fault(stream, "1.2.840.10008.1.2.4.51", 4, 2, 16).empty());
  stream[12] = 16;
  CHECK(fault(stream, "1.2.840.10008.1.2.4.51", 4, 2, 16) ==
        "PixelData is no JPEG stream: 16 bits a sample, with cosines, expected 8 or 12");
}

TEST_CASE("compressed_image_cut_off", "[dicom][bad]") {
  for (const auto& [stream, syntax] :
       {std::pair{jpeg(0xc3), kLossless}, std::pair{jpeg(0xf7), kLs}, std::pair{rle(), kRle}})
    for (size_t n = 0; n < stream.size(); ++n) {
      INFO(syntax << " " << n);
      CHECK_THAT(fault(stream.substr(0, n), syntax, 4, 2, 16), CONTAINS_TEXT("PixelData is no "));
    }
  const std::string tile = jpeg2000();  // its end mark may be absent: nothing is lost with it
  for (size_t n = 0; n + 2 < tile.size(); ++n)
    CHECK_THAT(fault(tile.substr(0, n), k2000, 4, 2, 16), CONTAINS_TEXT("PixelData is no "));
}

TEST_CASE("compressed_image_with_too_few_bytes_for_its_size", "[dicom][bad]") {
  std::string stream = jpeg(0xc3);
  stream[13] = stream[15] = 64;  // 16384 rows and columns
  stream[14] = stream[16] = 0;
  CHECK(fault(stream, kLossless, 16384, 16384, 16) ==
        "PixelData is no JPEG stream: 8 samples are coded (truncated), expected 268435456");
  CHECK_THAT(fault(jpeg(0xc3, ""), kLossless, 4, 2, 16), CONTAINS_TEXT("0 samples are coded (truncated)"));
}

TEST_CASE("compressed_image_of_a_gigabyte_in_a_hundred_bytes", "[dicom][bad]") {
  std::string stream = jpeg2000();  // 16384 columns and rows in one tile
  for (const size_t at : {10, 14, 26, 30}) stream[at] = 64, stream[at + 1] = 0;
  CHECK(fault(stream, k2000, 16384, 16384, 16) ==
        "PixelData is no JPEG 2000 stream: 63 bytes for 268435456 samples, expected at least 262144");
}

TEST_CASE("compressed_image_with_bytes_between_its_segments", "[dicom][bad]") {
  std::string stream = jpeg(0xc3);
  stream.insert(8, "??");
  CHECK(fault(stream, kLossless, 4, 2, 16) ==
        "PixelData is no JPEG stream: bytes between its segments, expected a marker");
}

}  // namespace
}  // namespace trivox
