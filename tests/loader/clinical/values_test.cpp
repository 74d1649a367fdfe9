#include "loader/clinical/values.h"

#include "loader/clinical/headers.h"
#include "tests/test.h"

namespace trivox {
namespace {

// Cells of a column under a header, each as its canonical text; "?" for unparsed, "" for missing.
std::vector<std::string> read(std::string_view header, const std::vector<std::string>& cells) {
  std::vector<std::string> out;
  for (const TableValue& v : read_column(read_header(header), cells).values)
    out.push_back(v.state == TableValue::State::kUnparsed ? "?" : v.text);
  return out;
}

std::vector<double> numbers(std::string_view header, const std::vector<std::string>& cells) {
  std::vector<double> out;
  for (const TableValue& v : read_column(read_header(header), cells).values)
    out.push_back(v.number.value_or(-1));
  return out;
}

using Texts = std::vector<std::string>;

TEST_CASE("status_that_the_header_does_not_explain is no number", "[clinical]") {
  CHECK(read("Status (1=alive; 2=dead)", {"1", "2", "3"}) == Texts{"alive", "dead", "?"});
  CHECK(read("OS status (1=event, 0=censored)", {"1", "0"}) == Texts{"event", "censored"});
  CHECK(read("OS status", {"0:LIVING", "1:DECEASED"}) == Texts{"alive", "dead"});
  CHECK(read("Death", {"2015", "", "yes"}) == Texts{"?", "", "yes"});
}

TEST_CASE("cells of clinical columns", "[clinical]") {
  CHECK(read("Sex", {"M", "f", "男", "女性", "Male", " 女 ", "", "NA", "x"}) ==
        Texts{"male", "female", "male", "female", "male", "female", "", "", "?"});
  CHECK(read("Sex", {"0", "1"}) == Texts{"?", "?"});  // nothing says which is which
  CHECK(read("Sex (0=female, 1=male)", {"0", "1", "1.0", "2", "M"}) ==
        Texts{"female", "male", "male", "?", "male"});
  CHECK(read("T stage", {"T1", "1", "t4A", "cT2", "3.0", "Tis", "Tx", "T3期", "Ｔ２", "T5", "2-Jan", "T1-2",
                         "N1", "-"}) ==
        Texts{"T1", "T1", "T4a", "T2", "T3", "Tis", "TX", "T3", "T2", "?", "?", "?", "?", ""});
  CHECK(read("N stage", {"N3b", "0", "pN2", "4"}) == Texts{"N3b", "N0", "N2", "?"});
  CHECK(read("M stage", {"M1c", "0", "MX", "2", "male"}) == Texts{"M1c", "M0", "MX", "?", "?"});
  CHECK(read("Clinical stage", {"III", "IVa", "4A", "Ⅲ期", "Stage II", "IV-B", "2.0", "V", "III-IVa", "5"}) ==
        Texts{"3", "4a", "4a", "3", "2", "4b", "2", "?", "?", "?"});
  CHECK(read("TNM", {"T3N2M0", "cT4aN1M1", "T1 N0 M0", "T3N2", "III"}) ==
        Texts{"T3 N2 M0", "T4a N1 M1", "T1 N0 M0", "?", "3"});
  CHECK(read("Pathology", {" WHO II ", "未知", "鳞癌"}) == Texts{"WHO II", "", "鳞癌"});
}

TEST_CASE("number_that_no_patient_can_have", "[clinical]") {
  CHECK(read("Age", {"45", "300", "1975", "150"}) == Texts{"45", "?", "?", "150"});
  CHECK(read("Field strength", {"1.5", "15000", "3T", "7"})[1] == "?");
  CHECK(read("Regularity", {"0.9", "1", "1.2"}) == Texts{"0.9", "1", "?"});
}

TEST_CASE("cells of markers", "[clinical]") {
  CHECK(read("EBV", {"pos.", "Neg."}) == Texts{"positive", "negative"});
  CHECK(numbers("EBV-DNA (copies/mL)", {"10^4", "10³", "<10^3", "2x10^3"}) ==
        std::vector<double>{1e4, 1e3, 1e3, 2e3});
  CHECK(read("EBV", {"+", "-", "++", "阳性", "Negative", "(-)", "弱阳性", "", "/", "?", "ok"}) ==
        Texts{"positive", "negative", "positive", "positive", "negative", "negative", "weakly positive", "",
              "", "", "?"});
  CHECK(read("EBV", {"positive", "-"}) == Texts{"positive", "?"});  // without a "+" it may mean missing
  CHECK(read("EBV", {"0", "1", "1"}) == Texts{"?", "?", "?"});
  CHECK(read("EBV (1=positive, 0=negative)", {"0", "1"}) == Texts{"negative", "positive"});
  CHECK(read("EBV-DNA", {"<400", "1.2e3", "0", "> 5000", "阴性", "1:80", "100-200"}) ==
        Texts{"<400", "1.2e3", "0", "> 5000", "negative", "1:80", "?"});
  CHECK(read("EBV-DNA", {"1.2×10³", "1 234"}) == Texts{"1.2x10^3", "?"});
  const ColumnValues dna =
      read_column(read_header("EBV-DNA (copies/mL)"), Texts{"<400", "1.2×10^3", "0", "1,200"});
  CHECK(dna.unit == "copies/mL");
  CHECK(dna.values[0].relation == "<");
  CHECK(dna.values[0].number == 400.0);
  CHECK(dna.values[1].number == 1200.0);
  CHECK(dna.values[2].number == 0.0);
  CHECK(dna.values[3].number == 1200.0);  // the point in another cell says that the comma groups
  CHECK(read("VCA", {"1:40", "1：160"}) == Texts{"1:40", "1:160"});
  CHECK(read("Status", {"alive", "死亡", "0"}) == Texts{"alive", "dead", "?"});
}

TEST_CASE("numbers and their units", "[clinical]") {
  CHECK(numbers("Volume (cm3)", {"8.6", " 0.68", "1e1"}) == std::vector<double>{8600, 680, 10000});
  // A mantissa is never grouped, whatever the decimals of the others are.
  CHECK(numbers("Volume (mm3)", {"7.390E+03", "45,5", "1,234e3"}) == std::vector<double>{7390, 45.5, 1234});
  CHECK(numbers("Max diameter (cm)", {"4.5"}) == std::vector<double>{45});
  CHECK(numbers("Volume (mm3)", {"8,6", "12,34"}) == std::vector<double>{8.6, 12.34});
  CHECK(numbers("Volume (mm3)", {"1,234", "1,234,567.5"}) == std::vector<double>{1234, 1234567.5});
  CHECK(numbers("Volume (mm3)", {"1,234", "12"}) ==
        std::vector<double>{-1, 12});  // a comma of which nothing tells
  CHECK(numbers("Volume (mm3)", {"1,2", "1,234.5"}) == std::vector<double>{-1, -1});  // commas of both kinds
  CHECK(numbers("Volume (mm3)", {"-5", "12a", "nan", "1 2", "inf"}) ==
        std::vector<double>{-1, -1, -1, -1, -1});
  CHECK(read("Volume (mm3)", {"-5", "12a", "nan", "5 mm3", "inf", "Jan-50"}) ==
        Texts{"?", "?", "", "5 mm3", "?", "?"});
  // As spreadsheets group in France, Sweden and Switzerland.
  CHECK(numbers("Volume (mm3)", {"1\xC2\xA0"
                                 "234,5",
                                 "12\xE2\x80\xAF"
                                 "345\xE2\x80\xAF"
                                 "678",
                                 "1'234", "1’234,5", "1'23", "1'2345"}) ==
        std::vector<double>{1234.5, 12345678, 1234, 1234.5, -1, -1});
  CHECK(numbers("Regularity (%)", {"40"}) == std::vector<double>{.4});
  CHECK(numbers("OS (years)", {"5", "1.5"}) == std::vector<double>{60, 18});
  CHECK(numbers("OS (months)", {"60+"}) == std::vector<double>{60});
  const auto unit = [](std::string_view header, const Texts& cells) {
    return read_column(read_header(header), cells).unit;
  };
  CHECK(unit("Volume", {"8600"}) == "unknown");  // no unit is told from a number's size
  CHECK(unit("Age", {"50"}) == "unknown");
  CHECK(unit("Age", {"50岁", "61 years"}) == "years");
  CHECK(unit("Volume (ml)", {"8.6"}) == "mm3");
  CHECK(unit("Regularity", {".4"}).empty());
  CHECK(numbers("Age", {"50岁", "61"}) == std::vector<double>{50, -1});  // one has a unit, the other does not
  CHECK(numbers("Volume (cm3)", {"8.6", "500 mm3"}) == std::vector<double>{8600, 500});
}

TEST_CASE("points group where commas are decimals", "[clinical]") {
  // German, French and Spanish spreadsheets write 7390.58 as 7.390,58.
  CHECK(numbers("Volume (mm3)", {"7.390,58", "12.001", "1.234.567,8", "8,60"}) ==
        std::vector<double>{7390.58, 12001, 1234567.8, 8.6});
  CHECK(numbers("Volume (mm3)", {"1.234.567", "8.123"}) == std::vector<double>{1234567, 8123});
  // 8.123 beside 8.5 is a decimal; 8,123 beside it groups.
  CHECK(numbers("Volume (mm3)", {"8.5", "8.123", "8,123"}) == std::vector<double>{8.5, 8.123, 8123});
  CHECK(numbers("Volume (mm3)", {"7.390", "12.001"}) == std::vector<double>{7.39, 12.001});
  CHECK(numbers("Volume (mm3)", {"0.390", "1,5"}) == std::vector<double>{.39, -1});  // of both kinds
  CHECK(numbers("Volume (mm3)", {"2023.05.06", "1.23.456", "1,2,3", "45."}) ==
        std::vector<double>{-1, -1, -1, 45});
}

TEST_CASE("a_mark_behind_one_number_is_no_unit_of_the_column", "[clinical]") {
  for (const char* marked : {"45?", "8.6(?)", "45*", "2023/5/6"}) {
    INFO(marked);
    CHECK(numbers("Age", {"41", "42", marked}) == std::vector<double>{41, 42, -1});
  }
}

TEST_CASE("number_beyond_double_in_the_unit_of_its_column", "[clinical]") {
  CHECK(numbers("Volume (mL)", {"1e308", "1e300"}) == std::vector<double>{-1, 1e303});
}

}  // namespace
}  // namespace trivox
