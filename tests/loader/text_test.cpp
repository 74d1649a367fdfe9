#include "loader/text.h"

#include <limits>

#include "tests/test.h"

using namespace trivox;

TEST_CASE("numbers are fixed and NaN is a dash") {
  CHECK(fixed(0.12345, 3) == "0.123");
  CHECK(fixed(-2, 1) == "-2.0");
  CHECK(fixed(std::numeric_limits<double>::quiet_NaN(), 2) == "–");
  CHECK(fixed(1e300, 0).size() == 301);
}

TEST_CASE("one is not a plural") {
  CHECK(counted(0, "pair") == "0 pairs");
  CHECK(counted(1, "pair") == "1 pair");
  CHECK(counted(2, "pair") == "2 pairs");
}

TEST_CASE("escape_sequence_in_a_text is told and not sent") {
  CHECK(printable("T1 \x1b[2J") == "T1 \\x1b[2J");
  CHECK(printable(std::string_view("a\0b\x7f\r", 5)) == "a\\x00b\\x7f\\x0d");
  CHECK(printable("\xc2\x9b"
                  "2J") == "\\u009b2J");  // CSI in one character
  CHECK(printable("line\n\tC\xc3\xa9"
                  "dric \xe5\xb1\xb1\xc2") ==
        "line\n\tC\xc3\xa9"
        "dric \xe5\xb1\xb1\xc2");
}
