#include "loader/tar.h"

#include "tests/test.h"

namespace trivox {
namespace {

using test::error_of;

std::string fault_of(std::string block) {
  return error_of([&] { (void)parse_tar_header(std::as_bytes(std::span(block))); });
}

/// With another text at a place, and the sum made right again as POSIX has it: of all bytes, its own eight
/// taken for blanks.
std::string changed(size_t at, std::string_view text) {
  std::string block = tar_header("a.json", 10);
  block.replace(at, text.size(), text);
  block.replace(148, 8, "        ");
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  std::array<char, 8> digits{};
  std::snprintf(digits.data(), digits.size(), "%06o", sum);
  return block.replace(148, 8, std::string_view(digits.data(), 7)).insert(155, 1, ' ');
}

TEST_CASE("a tar header reads back", "[tar]") {
  for (const uint64_t bytes : {uint64_t{0}, uint64_t{513}, kTarMemberLimit - 1}) {
    const std::string name(bytes == 0 ? 100 : 7, 'x');
    const std::string block = tar_header(name, bytes);
    const TarMember found = parse_tar_header(std::as_bytes(std::span(block)));
    CHECK(found.name == name);
    CHECK(found.bytes == bytes);
  }
  CHECK(fault_of(changed(0, "a")).empty());
}

TEST_CASE("tar_header_of_another_kind", "[tar][bad]") {
  CHECK(fault_of(tar_header("a", 1).substr(0, 511)) == "tar header is 511 bytes, expected 512 bytes");
  CHECK(fault_of(tar_end()) == "tar magic is something else, expected ustar, version 00");
  CHECK(fault_of(changed(257, "ustar  ")) ==
        "tar magic is something else, expected ustar, version 00");  // GNU
  CHECK(fault_of(changed(156, "5")) == "tar type is another, expected a regular file");
  CHECK(fault_of(changed(156, "x")) == "tar type is another, expected a regular file");  // pax
  CHECK(fault_of(changed(345, "folder")) == "tar prefix is not empty, expected a name without one");
  CHECK(fault_of(changed(0, std::string(6, '\0'))) == "tar member name is empty, expected 1 to 100 bytes");
  const std::string no_number = "tar size is no octal number, expected octal digits and a NUL or blanks";
  CHECK(fault_of(changed(124, "\x80")) == no_number);  // GNU's numbers to the base of 256
  CHECK(fault_of(changed(124, "00000000008")) == no_number);
  CHECK(fault_of(changed(124, "777777777777")) == no_number);
  CHECK(fault_of(changed(124, "0000000001 x")) == no_number);
  for (const auto& [at, what] :
       {std::pair{100, "mode"}, {108, "owner"}, {116, "group"}, {136, "time"}, {329, "device"}})
    CHECK_THAT(fault_of(changed(static_cast<size_t>(at), "9")), CONTAINS_TEXT(std::string("tar ") + what));
  std::string block = tar_header("a.json", 10);
  block[0] = 'b';
  CHECK_THAT(fault_of(block), CONTAINS_TEXT("tar checksum is "));
}

}  // namespace
}  // namespace trivox
