#include "loader/text/encoding.h"

#include "tests/test.h"

using namespace trivox;

TEST_CASE("names_in_a_code_page_of_DOS are offered in archives", "[text]") {
  const std::string name = "Jos\x82";
  const PossibleReadings archived = possible_readings(name, name, true);
  CHECK_THAT(archived.quoted, CONTAINS_TEXT("\"José\" as cp437"));
  CHECK(archived.names.ends_with(", cp437"));
  CHECK(possible_readings(name, name).names.find("cp437") == std::string::npos);
  CHECK(utf8_of("Wei\xe1", "cp437") == "Weiß");
}
