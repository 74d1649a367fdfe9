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

TEST_CASE("the text of a number reads back to it and is the shortest") {
  // As Python's repr.
  CHECK(number_text(0.1) == "0.1");
  CHECK(number_text(1.0 / 3) == "0.3333333333333333");
  CHECK(number_text(-2.0) == "-2");
  CHECK(number_text(1e300) == "1e+300");
  CHECK(number_text(0.1F) == "0.1");
  CHECK(number_text(std::numeric_limits<int64_t>::min()) == "-9223372036854775808");
}

TEST_CASE("one is not a plural") {
  CHECK(counted(0, "pair") == "0 pairs");
  CHECK(counted(1, "pair") == "1 pair");
  CHECK(counted(2, "pair") == "2 pairs");
}

TEST_CASE("names are compared in one form") {
  // Python's unicodedata.normalize("NFC", ...)
  CHECK(normalised("001") == "001");
  CHECK(normalised("Mu\xcc\x88ller") == "M\xc3\xbcller");
  CHECK(normalised("M\xc3\xbcller") == "M\xc3\xbcller");
  CHECK(normalised("\xc4\x90"
                   "a\xcc\xa3\xcc\x86"
                   "ng") == "\xc4\x90\xe1\xba\xb7ng");
  CHECK(normalised("\xe1\x84\x92\xe1\x85\xa9\xe1\x86\xbc") == "\xed\x99\x8d");
  CHECK(normalised("\xe3\x81\x8b\xe3\x82\x99") == "\xe3\x81\x8c");
  CHECK(normalised("\xef\xbc\xa1") == "\xef\xbc\xa1");  // full-width A stays: no compatible form
  CHECK(normalised("M\xfcller") == "M\xfcller");
  CHECK(normalised("").empty());
}

TEST_CASE("escape_sequence_in_a_text is told and not sent") {
  CHECK(printable("T1 \x1b[2J") == "T1 \\x1b[2J");
  CHECK(printable(std::string_view("a\0b\x7f\r", 5)) == "a\\x00b\\x7f\\x0d");
  CHECK(printable("\xc2\x9b"
                  "2J") == "\\u009b2J");  // CSI in one character
  CHECK(printable("line\n\tC\xc3\xa9"
                  "dric \xe5\xb1\xb1\xc2") ==
        "line\n\tC\xc3\xa9"
        "dric \xe5\xb1\xb1\\xc2");  // the last byte begins a character that does not come
}

TEST_CASE("bytes_that_are_no_utf8 are told") {
  CHECK(printable("Ni\xF1o") == "Ni\\xf1o");
  CHECK(printable("\xE0\x80\x9B") == "\\xe0\\x80\\x9b");  // ESC with too many bytes
  CHECK(printable("\xF0\x80\x80\x80") == "\\xf0\\x80\\x80\\x80");
  CHECK(printable("\xED\xA0\x80") == "\\xed\\xa0\\x80");           // half a pair of UTF-16
  CHECK(printable("\xF4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond U+10FFFF
  CHECK(printable("\xF4\x8F\xBF\xBF \xED\x9F\xBF") == "\xF4\x8F\xBF\xBF \xED\x9F\xBF");
}
