#include "loader/csv.h"

#include <nlohmann/json.hpp>

#include "loader/text/encoding.h"
#include "tests/test.h"
#include "transforms/rng.h"

namespace trivox {
namespace {

using Cells = std::vector<std::string>;

CsvTable parse(std::string_view text, std::string_view encoding = "auto") {
  return parse_csv(std::as_bytes(std::span(text.data(), text.size())), encoding);
}

std::string parse_error(std::string_view text) {
  return test::error_of([&] { (void)parse(text); });
}

TEST_CASE("cells_protected_from_Excel hold what they protect", "[csv]") {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "t.csv") << "ID,Age\n=\"001\",=\"45\"\n\"=\"\"002\"\"\",=A1\n";
  const CsvTable table = read_csv(folder / "t.csv");
  REQUIRE(table.rows.size() == 2);
  CHECK(table.rows[0].cells == Cells{"001", "45"});
  CHECK(table.rows[1].cells == Cells{"002", "=A1"});
}

TEST_CASE("tables that Python's csv module wrote, in every encoding and dialect", "[csv]") {
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  const auto made = test::python("golden/csv_tables.py " + folder.path().string());
  INFO(made.output);
  REQUIRE(made.exit_code == 0);
  std::ifstream stream(folder / "expected.json");
  for (const auto& expected : nlohmann::json::parse(stream)) {
    INFO(expected.dump());
    const CsvTable table = read_csv(folder / expected["file"].get<std::string>());
    CHECK(table.encoding == expected["encoding"].get<std::string>());
    CHECK(std::string(1, table.separator) == expected["separator"].get<std::string>());
    CHECK(table.header.cells == expected["cells"][0].get<Cells>());
    CHECK(table.notes.empty());
    REQUIRE(table.rows.size() == expected["cells"].size() - 1);
    for (size_t r = 0; r < table.rows.size(); ++r) {
      CHECK(table.rows[r].cells == expected["cells"][r + 1].get<Cells>());
      CHECK(table.rows[r].number == r + 2);
    }
  }
}

TEST_CASE("a row's number is the spreadsheet's, and a cell names its place", "[csv]") {
  const CsvTable table = parse("\n,,\nID,\"Age\n(years)\",Sex,\n1,\"5\n0\",M\n\n,,,\n2,60,F,,,,\n");
  CHECK(table.header.number == 3);
  CHECK(table.header.cells == Cells{"ID", "Age\n(years)", "Sex"});
  REQUIRE(table.rows.size() == 2);
  CHECK(table.rows[0].cells == Cells{"1", "5\n0", "M"});
  CHECK(table.rows[0].number == 4);
  CHECK(table.rows[1].number == 7);
  CHECK(table.place(table.rows[1], 2) == "row 7, column 3 \"Sex\"");
  CHECK(table.notes == Cells{"4 empty rows left out", "empty cells at the end of rows left out"});
}

TEST_CASE("a column without header is kept where it holds text", "[csv]") {
  const CsvTable table = parse(",ID,\n0,001,\n1,002,x\n");  // the first column as pandas writes it
  CHECK(table.header.cells == Cells{"", "ID", ""});
  CHECK(table.rows[1].cells == Cells{"1", "002", "x"});
  CHECK(table.place(table.rows[1], 2) == "row 3, column 3");
}

TEST_CASE("what stands for itself in a table", "[csv]") {
  CHECK(parse("ID\n1\n2").rows.size() == 2);  // one column needs no separator
  CHECK(parse("a,b\n").rows.empty());         // no rows
  CHECK(parse("a,b\n5\" x,\"say \"\"no\"\"\"\n").rows[0].cells == Cells{"5\" x", "say \"no\""});
  CHECK(parse("\"a;b\",c\n1,2\n").separator == ',');  // the quotes say which one separates
  CHECK(parse("5\" x;b\n1;2\n").separator == ';');
  CHECK(parse("sep=;\na;b,c\n1;2\n").header.cells == Cells{"a", "b,c"});
  CHECK(parse("sep=;\r\na;b\r\n1;2\r\n").rows[0].number == 3);
  CHECK(parse("a\tb\r1\t2\r").rows[0].cells == Cells{"1", "2"});
  CHECK(parse("a;b\n1,5;2\n").rows[0].cells == Cells{"1,5", "2"});  // decimal commas
  CHECK(parse("Volume (cm\xB3),b\n1,2\n").header.cells[0] == "Volume (cm³)");
  CHECK(parse("Volume (cm\xB3),b\n1,2\n").encoding == "Latin-1");
}

TEST_CASE("table_with_ragged_rows", "[csv]") {
  CHECK(parse_error("a,b,c\n1,2,3\n4,5\n") ==
        "row 3 is short: it ends after column 2, expected 3 cells, as the header has");
  CHECK(parse_error("a,b\n1,2\n\n4,5,6\n") ==
        "row 4, column 3 is '6', expected nothing: the header has 2 columns");
  CHECK(parse_error("a,b\n1,2\n4") ==
        "row 3 is short: it ends after column 1, expected 2 cells, as the header has");
}

TEST_CASE("table_whose_rows_would_be_far_longer_than_they_are", "[csv]") {
  // 16,384 columns for each row of two bytes would be half a gigabyte a thousand rows.
  std::string text = "id";
  text.append(16383, ',').append("\n").append(16383, ',').append("x\n");
  for (int i = 0; i < 30000; ++i) text += "1\n";
  CHECK(parse_error(text) ==
        "table is 30001 rows of 16384 columns in 92771 bytes, expected no more cells than bytes");
  text.erase(text.find(",x"), 2);
  CHECK(parse(text).header.cells.size() == 1);  // nothing beyond the first column
  text = "id";
  text.append(16384, ',').append("\n1\n");
  CHECK(parse_error(text) == "row 1 is longer than 16384 cells, expected a table");
}

TEST_CASE("table_with_broken_quotes", "[csv]") {
  CHECK(parse_error("a,b\n1,\"2\n3,4\n") ==
        "row 2, column 2 is a quoted text without end, expected a closing quote");
  CHECK(parse_error("a,b\n\"1\"x,2\n") ==
        "row 2, column 1 is followed by 'x,2\n' after its closing quote, expected a comma or the end of the "
        "line there");
  CHECK(parse_error("a,b\n1, \"2,3\"\n") ==
        "row 2, column 2 is a quote after spaces, expected the quote first in the cell");
  CHECK(parse_error("\"a,b") == "row 1, column 1 is a quoted text without end, expected a closing quote");
}

TEST_CASE("table_with_two_separators_in_its_header", "[csv]") {
  CHECK(parse_error("ID,Age;Sex\n1,2;3\n") ==
        "separator of the header (row 1) is comma or semicolon, expected one of them outside quotes, or a "
        "first line "
        "\"sep=,\"");
}

TEST_CASE("table_with_a_nul", "[csv]") {
  using namespace std::string_view_literals;
  CHECK(parse_error("a,b\n1,2\n3,\0\n"sv) ==
        "row 3, column 2 is a NUL byte, expected text (UTF-16 needs its byte order mark)");
  CHECK(parse_error("a\0,\0b\0\n\0"sv) ==
        "row 1, column 1 is a NUL byte, expected text (UTF-16 needs its byte order mark)");
}

TEST_CASE("table_without_header", "[csv]") {
  CHECK(parse_error("") == "table is empty, expected a header line");
  CHECK(parse_error("\n,,\n  \n") == "table is without any text, expected a header line");
  CHECK(parse_error("\xEF\xBB\xBF") == "table is without any text, expected a header line");
}

TEST_CASE("table_of_no_known_encoding", "[csv]") {
  using namespace std::string_view_literals;
  CHECK(parse_error("a,b\n1,2\n\xFF,3\n") ==
        "byte 8 (line 3) is 0xFF: \"ÿ\" as windows-1252, expected UTF-8, UTF-16 with a byte order mark, or "
        "dataset.text_encoding to name another (windows-1252)");
  CHECK_THAT(parse_error("caf\x8E,b\n"), CONTAINS_TEXT("byte 3 (line 1) is 0x8E: "));  // of a Macintosh
  CHECK(parse_error("\xEF\xBB\xBF"
                    "a\r\nb\xC0\x80") ==
        "byte 7 (line 2) is 0xC0, expected UTF-8, as the byte order mark says");
  CHECK(parse_error("年龄,性别\n\xC4\xEA,1\n") ==
        "byte 14 (line 2) is 0xC4, expected UTF-8, as the rest of the text "
        "(dataset.text_encoding names another encoding)");
  CHECK(parse_error(std::string_view("年龄,性别").substr(0, 12)) ==
        "byte 10 (line 1) is 0xE5, expected UTF-8, as the rest of the text "
        "(dataset.text_encoding names another encoding)");
  CHECK(parse_error("\xFF\xFE"
                    "a\0,"sv) == "UTF-16 text is 5 bytes long, expected an even number of bytes");
  CHECK(parse_error("\xFF\xFE"
                    "a\0\n\0\0\xD8"
                    "b\0"sv) == "UTF-16 at byte 6 (line 2) is half a surrogate pair, expected both halves");
  CHECK(
      parse_error("\xFE\xFF\xDC\0"sv) ==
      "UTF-16 at byte 2 (line 1) is the second half of a surrogate pair, expected the first half before it");
  CHECK(parse_error("\xFF\xFE\0\0a\0\0\0"sv) ==
        "encoding is UTF-32, expected UTF-8, or UTF-16 with a byte order mark");
}

// Expected texts: Python's bytes.decode("cp1252") and ("gbk").
TEST_CASE("Western letters are told from Chinese characters", "[csv]") {
  const auto cell = [](std::string_view bytes) {
    const CsvTable table =
        parse("ID,Age,Sex\n1," + std::string(bytes) + (bytes.find(',') == bytes.npos ? ",\n" : "\n"));
    CHECK((table.encoding != "Windows-1252" || table.notes.size() == 1));
    return table.encoding + " " + table.rows[0].cells[1];
  };
  CHECK(cell("Ni\xF1o") == "Windows-1252 Niño");
  CHECK(cell("c\xE1ncer") == "Windows-1252 cáncer");
  CHECK(cell("caf\xE9") == "Windows-1252 café");
  CHECK(cell("cr\xE9\xE9"
             "e") == "Windows-1252 créée");
  CHECK(cell("na\xEFve M\xFCller") == "Windows-1252 naïve Müller");
  CHECK(cell("type II\x96III") == "Windows-1252 type II–III");
  CHECK(cell("l\x92"
             "age") == "Windows-1252 l’age");
  CHECK(cell("copies/\xB5L") == "Latin-1 copies/µL");
  CHECK(cell("\xC4\xD0") == "GB18030 男");
  CHECK(cell("T\xB7\xD6\xC6\xDA") == "GB18030 T分期");
  CHECK(cell("\xB7\xC7\xBD\xC7\xBB\xAF") == "GB18030 非角化");
  CHECK(cell("\xD6\xEC\xE9"
             "F\xBB\xF9,\xC4\xD0\xC4\xD0") == "GB18030 朱镕基");  // a rare character among common ones
  CHECK(cell("\xA1\xDD"
             "60") == "GB18030 ≥60");
  CHECK(parse("ID,\xC2ge,Sexe\n1,45,M\n").notes ==
        Cells{"no Unicode: taken for Windows-1252 by its letters, such as \"Âge\""});
  CHECK(cell("\xE8 stabile") == "Windows-1252 è stabile");  // words of one letter
  CHECK(cell("Age \xE0 l'inclusion") == "Windows-1252 Age à l'inclusion");
  CHECK(cell("n\xE3o \xE9 caso") == "Windows-1252 não é caso");
  CHECK(cell("\x9C"
             "d\xE8me") == "Windows-1252 œdème");
  CHECK(cell("5\xD7"
             "5 mm") == "Windows-1252 5×5 mm");
  CHECK(cell("\xAB non \xBB") == "Windows-1252 « non »");
  CHECK(cell("\xBFT4? \xBD") == "Windows-1252 ¿T4? ½");
  CHECK(cell("45\xA0") == "Windows-1252 45\xC2\xA0");
}

// What the bytes are: Python's bytes.decode of each encoding.
TEST_CASE("table_in_an_encoding_that_cannot_be_told", "[csv]") {
  const std::string end =
      ", expected UTF-8, UTF-16 with a byte order mark, or dataset.text_encoding to name another ";
  CHECK(parse_error("ID,\xA9\xCA\xA7O\n1,M\n") ==
        "byte 3 (line 1) is 0xA9: \"┦\xEE\x9C\x95\" as gb18030, "
        "\"性別\" as big5, \"ｩﾊｧO\" as shift_jis, \"©Ê§O\" as windows-1252" +
            end + "(gb18030, big5, shift_jis, windows-1252)");
  CHECK_THAT(parse_error("ID,\xBC\xBA\xBA\xB0\n1,M\n"), CONTAINS_TEXT("\"성별\" as euc-kr"));
  CHECK_THAT(parse_error("ID,\x94N\x97\xEE,\x90\xAB\x95\xCA\n1,45,M\n"),
             CONTAINS_TEXT("is 0x94: \"擭楊\" as gb18030, \"年齢\" as shift_jis"));
  CHECK_THAT(parse_error("ID,Age\n1,ni\x96o\n"),
             CONTAINS_TEXT("\"ni–o\" as windows-1252"));  // Macintosh's niño
  CHECK_THAT(parse_error("ID,T\xC6\xDA\n1,2\n"), CONTAINS_TEXT("is 0xC6: \"T期\" as gb18030"));
  CHECK_THAT(parse_error("ID,Age,Note\n1,45\xA0,a\xA0"
                         "b\n"),
             CONTAINS_TEXT("\"45\" as windows-1252"));
}

TEST_CASE("Western_table_in_UTF-8_with_one_byte_of_Windows-1252", "[csv]") {
  for (const char* text : {"ID,Age,Caf\xC3\xA9\n1,4,Mu\xF1oz\n", "ID,Age,\xC3\xA9tat\n1,4,Mu\xF1oz\n"})
    CHECK_THAT(parse_error(text), CONTAINS_TEXT("is 0xF1, expected UTF-8, as the rest of the text"));
}

TEST_CASE("the encoding of a table may be told", "[csv]") {
  using namespace std::string_view_literals;
  const auto header = [](std::string_view text, std::string_view encoding) {
    return parse(text, encoding).header.cells[1];
  };
  CHECK(header("ID,\xA9\xCA\xA7O\n1,M\n", "big5") == "性別");
  CHECK(header("ID,\xBC\xBA\xBA\xB0\n1,M\n", "euc-kr") == "성별");
  CHECK(header("ID,a\xA0"
               "b\n1,M\n",
               "Windows-1252") ==
        "a\xC2\xA0"
        "b");
  CHECK(header("I\0D\0,\0\x1F\x67\n\0"sv, "utf-16") == "期");
  CHECK(header("\xEF\xBB\xBFID,期\n", "big5") == "期");  // a byte order mark is no guess
  // A text of another encoding hardly ever is valid UTF-8: the tables of one dataset may be of several.
  const CsvTable other = parse("ID,病理\n1,鼻咽腺癌\n", "gb18030");
  CHECK(other.encoding == "UTF-8");
  CHECK(other.rows[0].cells[1] == "鼻咽腺癌");
  CHECK(other.notes == Cells{"valid UTF-8, and read as that, though dataset.text_encoding is gb18030"});
  CHECK(parse("ID,病理\n", "UTF-8").notes.empty());
  CHECK(parse("ID,Age\n", "gb18030").encoding == "gb18030");
  CHECK(test::error_of([&] { (void)header("ID,\xC4\n", "utf-8"); }) ==
        "byte 3 (line 1) is 0xC4, expected utf-8, as dataset.text_encoding says");
  CHECK(test::error_of([&] { (void)header("ID,a\n", "bog5"); }) ==
        "dataset.text_encoding is bog5, expected auto, utf-8, utf-16, gb18030, big5, shift_jis, euc-kr, "
        "windows-1252 or another name that iconv has");
  CHECK(demand_on_encoding("gb18030//IGNORE") != "");
  CHECK(demand_on_encoding("") != "");
  CHECK(demand_on_encoding("koi8-r") == "");
}

TEST_CASE("a semicolon inside a header of a table of commas", "[csv]") {
  CHECK(parse("ID,Sex (M=1; F=0)\n1,1\n").separator == ',');
  CHECK(parse("ID;Name, first\n1;Bob\n").separator == ';');
  CHECK_THAT(parse_error("ID,Sex (M=1; F=0)\n"), CONTAINS_TEXT("is comma or semicolon"));  // no row says
}

TEST_CASE("a column is found by its header", "[csv]") {
  const CsvTable table = parse("Id, Label ,x,X\n1,2,3,4\n");
  CHECK(find_column(table, "id") == size_t{0});
  CHECK(find_column(table, "label") == size_t{1});
  CHECK_FALSE(find_column(table, "path").has_value());
  CHECK(test::error_of([&] { (void)find_column(table, "x"); }) ==
        "column \"x\" is there twice: columns 3 and 4, expected once");
}

TEST_CASE("table_with_bytes_changed_at_random", "[csv]") {
  const std::string good =
      "ID,\"Age, years\",性别,Volume (mm3)\r\n001,50,男,\"1,234.5\"\r\n002,61,女,\"say "
      "\"\"no\"\"\"\r\n003,,,\r\n";
  Rng rng({.seed = 2});
  for (int i = 0; i < 20000; ++i) {
    std::string text = good;
    for (uint64_t n = rng.below(5) + 1; n > 0; --n)
      text[rng.below(text.size())] = static_cast<char>(rng.below(256));
    text.resize(rng.below(4) == 0 ? rng.below(text.size() + 1) : text.size());
    try {
      const CsvTable table = parse(text);
      for (const CsvRow& row : table.rows)
        if (row.cells.size() != table.header.cells.size()) FAIL("a row of another length");
    } catch (const Error& error) {
      if (error.fault().attribute.empty()) FAIL("an error that names nothing");
    }
  }
}

}  // namespace
}  // namespace trivox
