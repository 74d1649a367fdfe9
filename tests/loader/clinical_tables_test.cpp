#include "loader/clinical_tables.h"

#include "loader/clinical_covariates.h"

#include <nlohmann/json.hpp>

#include "tests/test.h"

namespace trivox {
namespace {

ClinicalTable understand(std::string_view text) {
  return understand_table(parse_csv(std::as_bytes(std::span(text.data(), text.size()))));
}

std::string error_in(std::string_view text) {
  return test::error_of([&] { (void)understand(text); });
}

// "age" / "volume on T1WI" / "" and the unit, as read_header has them.
std::string meaning_of(std::string_view header) {
  const HeaderReading reading = read_header(header);
  if (reading.info == nullptr) return "";
  std::string out = reading.info->key;
  if (!reading.sequence.empty()) out += " on " + reading.sequence;
  if (reading.unit)
    out += " in " + reading.unit->base + " x " + std::to_string(reading.unit->factor).substr(0, 6);
  for (const auto& [number, word] : reading.code) out += " " + number + "=" + word;
  return out;
}

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

TEST_CASE("headers are read by their meaning", "[clinical]") {
  for (const char* header : {"Age", "AGE (years)", "age_years", "Age, years", "Age/yr", "Ａｇｅ（岁）",
                             "年龄", "年龄(岁)", "年龄/岁", "Patient's age", "Age at diagnosis", "  age  "}) {
    INFO(header);
    REQUIRE(read_header(header).info != nullptr);
    CHECK(read_header(header).info->key == std::string("age"));
  }
  CHECK(meaning_of("Volume (mm3)") == "volume in mm3 x 1.0000");
  CHECK(meaning_of("volume/cm^3") == "volume in mm3 x 1000.0");
  CHECK(meaning_of("Tumour volume [ml]") == "volume in mm3 x 1000.0");
  CHECK(meaning_of("体积（cm³）") == "volume in mm3 x 1000.0");
  CHECK(meaning_of("体积㎣") == "volume in mm3 x 1.0000");
  CHECK(meaning_of("Volume") == "volume");
  CHECK(meaning_of("T1_Volume_mm3") == "volume on T1WI in mm3 x 1.0000");
  CHECK(meaning_of("Volume_T2WI (cc)") == "volume on T2WI in mm3 x 1000.0");
  CHECK(meaning_of("CE-T1WI Max diameter(mm)") == "maximum_diameter on CE-T1WI in mm x 1.0000");
  CHECK(meaning_of("Surface area (T1C)") == "surface_area on CE-T1WI");
  CHECK(meaning_of("增强T1表面积(cm2)") == "surface_area on CE-T1WI in mm2 x 100.00");
  CHECK(meaning_of("T1增强规则度") == "regularity on CE-T1WI");
  CHECK(meaning_of("non-contrast T1 volume") == "volume on T1WI");
  CHECK(meaning_of("MaximumDiameter") == "maximum_diameter");
  CHECK(meaning_of("T stage") == "t_stage");
  CHECK(meaning_of("Stage (T)") == "t_stage");
  CHECK(meaning_of("T_STAGE") == "t_stage");
  CHECK(meaning_of("N分期") == "n_stage");
  CHECK(meaning_of("T Stage (AJCC 8th edition)") == "t_stage");
  CHECK(meaning_of("Clinical_stage") == "clinical_stage");
  CHECK(meaning_of("TNM分期") == "tnm");
  CHECK(meaning_of("VCA (IgA)") == "vca");
  CHECK(meaning_of("EBV-DNA (copies/mL)") == "ebv_dna in copies/mL x 1.0000");
  CHECK(meaning_of("OS (overall survival)") == "overall_survival");
  CHECK(meaning_of("Overall survival time (days)") == "overall_survival in months x 0.0328");
  CHECK(meaning_of("性别（1男2女）") == "sex 1=男 2=女");
  CHECK(meaning_of("Gender (M=1, F=0)") == "sex 0=f 1=m");
  CHECK(meaning_of("sex(0:female;1:male)") == "sex 0=female 1=male");
  for (const char* header : {"Sex (F/M)", "Sex(M/F)", "Gender (male or female)", "性别（男/女）"})
    CHECK(meaning_of(header) == "sex");
  CHECK(meaning_of("Status (alive/dead)") == "status");
  CHECK(meaning_of("臨床分期") == "clinical_stage");  // traditional letters
  CHECK(meaning_of("診斷") == "diagnosis");
  CHECK(meaning_of("電話") == "personal");
  CHECK(meaning_of("PatientID") == "patient");
  CHECK(meaning_of("No.") == "row counter");
  CHECK(meaning_of("Manufacturer's Model Name") == "scanner");
  CHECK(meaning_of("MRI machine") == "scanner");
  CHECK(meaning_of("Magnetic field strength (T)") == "field_strength in T x 1.0000");
}

TEST_CASE("a header with a word that changes it is not understood", "[clinical]") {
  for (const char* header : {"", "Volume (lymph node)", "log volume", "Volume ratio", "Volume (mm2)",
                             "CE-T2 volume", "T1 T2 volume", "Minimum diameter", "Stage shift", "Age group",
                             "T1", "TE (ms)", "Surface to volume", "Age (months since MRI)", "x103 volume"}) {
    INFO(header);
    CHECK(meaning_of(header).empty());
  }
}

TEST_CASE("a bracket or letter that is no sequence and no unit", "[clinical]") {
  CHECK(meaning_of("T1 volume (c.c.)") == "volume on T1WI in mm3 x 1000.0");
  CHECK(meaning_of("Volume (c.c.)") == "volume in mm3 x 1000.0");
  CHECK(meaning_of("T1+C volume (cm3)") == "volume on CE-T1WI in mm3 x 1000.0");
  for (const char* header : {"Volume C", "Volume (%)", "Max diameter (%)", "Max diameter (in)"})
    CHECK(meaning_of(header).empty());
}

TEST_CASE("status_that_the_header_does_not_explain is no number", "[clinical]") {
  CHECK(read("Status (1=alive; 2=dead)", {"1", "2", "3"}) == Texts{"alive", "dead", "?"});
  CHECK(read("Death", {"2015", "", "yes"}) == Texts{"?", "", "yes"});
}

TEST_CASE("row_of_another_sequence counts as nothing", "[clinical]") {
  const ClinicalTable table =
      understand("ID,Sequence,Volume (mm3)\n001,T1,100\n001,FLAIR,900\n001,DWI,901\n002,T2,55\n002,,56\n");
  std::vector<bool> counts;
  for (const TableRecord& record : table.records) counts.push_back(record.counts);
  CHECK(counts == std::vector<bool>{true, false, false, true, false});
  CHECK(table.notes == Texts{"rows of none of the known sequences count as nothing: 3, 4, 6"});
  CHECK(table.faults.empty());
  std::vector<std::string> notes;
  const std::vector<std::string> ids = {"001", "002"};
  const auto found = covariates_of(std::span(&table, 1), ids, notes);
  REQUIRE(found.at("001").size() == 1);
  CHECK(found.at("001")[0].number == 100.0);
  REQUIRE(found.at("002").size() == 1);
  CHECK(found.at("002")[0].number == 55.0);
}

TEST_CASE("rows_twice_of_one_sequence cost no other", "[clinical]") {
  const ClinicalTable table =
      understand("ID,Sequence,Volume (mm3)\n001,T1,100\n001,T2,200\n001,T2,201\n009,T1,9\n");
  std::vector<std::string> notes;
  const std::vector<std::string> ids = {"001"};
  const auto found = covariates_of(std::span(&table, 1), ids, notes);
  REQUIRE(found.at("001").size() == 1);
  CHECK(found.at("001")[0].sequence == "T1WI");
  CHECK(notes == Texts{": rows 3, 4 are of one patient and sequence: none is taken",
                       ": 1 of 2 patients are no case of the dataset: their rows are not used"});
}

TEST_CASE("id_with_a_fraction is not the patient of its last digit", "[clinical]") {
  const std::vector<std::string> ids = {"001", "002", "003"};
  const PatientMatch match = match_patients(understand("ID,Age\n1.1,41\n1.2,42\n2.0,43\n００３,44\n"), ids);
  CHECK(match.without_case == Texts{"1.1", "1.2"});
  CHECK(match.case_of == std::map<std::string, std::string>{{"2.0", "002"}, {"００３", "003"}});
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

TEST_CASE("cells of markers", "[clinical]") {
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

TEST_CASE("rows that sum up the others are no patients", "[clinical]") {
  const ClinicalTable table =
      understand("ID,Age\n001,40\n002,60\nTotal,100\nMean,50\n,\n\"Note: ages at diagnosis, in years\",\n");
  REQUIRE(table.records.size() == 2);
  CHECK(table.records[1].patient == "002");
  CHECK(table.unparsed.empty());
  REQUIRE(table.notes.size() == 4);
  CHECK(table.notes[1] == "row 4 is headed \"Total\": no patient, left out");
  CHECK(table.notes[3] == "row 7 is headed \"Note: ages at diagno\": no patient, left out");
  // Among names a person may be called so.
  CHECK(understand("Name,Age\nAnna,40\nMax,60\n").records.size() == 2);
}

TEST_CASE("rows that sum up are left out whatever stands beside them", "[clinical]") {
  const ClinicalTable table = understand(
      "编号,体积(mm3)\n001,10\n002,20\n合计（n=2）,30\n平均值,15\n标准差,5\n最大值,20\n最小值,10\n");
  CHECK(table.records.size() == 2);
  CHECK(table.notes.size() == 5);
  for (const char* head : {"Total (n=2)", "Mean of 2", "Total patients: 2", "n = 2", "N=2", "Note 1: x",
                           "P value", "Overall", "All", "Subtotal", "Grand total", "Std dev", "StdDev",
                           "Summary", "* measured after chemo", "Source: PACS"}) {
    INFO(head);
    const ClinicalTable one =
        understand(std::string("ID,Age\n001,40\n002,60\nAverage:,50\n") + head + ",50\n");
    CHECK(one.records.size() == 2);
    CHECK(one.notes.size() == 2);
  }
  // Letters and a number are an id.
  CHECK(understand("ID,Age\nSD-001,40\nN2,60\nMN-003,50\nTotal,150\n").records.size() == 3);
  CHECK(understand("No.,Name,Age\n1,A,40\n2,B,50\n,Total,90\n").records.size() == 2);
}

TEST_CASE("text_with_a_number_in_it shows no decimals", "[clinical]") {
  for (const char* text : {"ID;Volume (mm3);OS status\n1;7.390;dead 12.05\n2;8.100;0\n",
                           "ID;Volume (mm3);EBV DNA\n1;7.390;neg (kit v2.0)\n2;8.100;<400\n"}) {
    const ClinicalTable table = understand(text);
    CHECK_FALSE(table.records[0].values[1].number.has_value());
  }
}

TEST_CASE("number_beyond_what_its_column_can_hold is not grouped", "[clinical]") {
  const ClinicalTable table = understand("ID;Regularity;Volume (mm3)\n1;1.000;45,5\n2;0,98;7.390\n");
  REQUIRE(table.unparsed.size() == 1);
  CHECK(table.unparsed[0].message() ==
        "row 2, column 2 \"Regularity\" is '1.000', expected a number that fits the column: its sign would "
        "group thousands");
  CHECK(table.records[1].values[2].number == 7390.0);
}

TEST_CASE("the decimals of a column show those of another", "[clinical]") {
  const ClinicalTable german = understand("ID;Volume (mm3);Age\n1;7.390;45,5\n2;12.001;44,2\n3;8.123;40,1\n");
  CHECK(german.unparsed.empty());
  CHECK(german.records[0].values[1].number == 7390.0);
  CHECK(german.records[1].values[1].number == 12001.0);
  CHECK(german.records[0].values[2].number == 45.5);
  CHECK(german.notes ==
        Texts{"column 2 \"Volume (mm3)\": points group thousands, as other numbers of the table show"});
  const ClinicalTable own = understand("ID,Volume (mm3)\n1,\"7,390\"\n2,\"1,112,001\"\n");
  CHECK(own.records[0].values[1].number == 7390.0);
  CHECK(understand("ID;Volume (mm3);Age\n1;7.390E+03;45,5\n").notes.empty());  // a mantissa groups nothing
  const ClinicalTable marker =
      understand("ID,Volume (mm3),EBV-DNA (copies/mL)\n1,\"7,390\",1200.5\n2,\"8,100\",<400\n");
  CHECK(marker.records[0].values[1].number == 7390.0);
  // Semicolons come from where the comma is a decimal; nothing here says what the point is.
  const ClinicalTable open = understand("ID;Volume (mm3)\n1;7.390\n2;12.001\n");
  REQUIRE(open.unparsed.size() == 2);
  CHECK(open.unparsed[0].message() ==
        "row 2, column 2 \"Volume (mm3)\" is '7.390', expected a number elsewhere in the table that shows "
        "which sign its decimals have");
  CHECK(understand("ID;Volume (mm3);B0\n1;7.390;1.5\n").records[0].values[1].number == 7.39);
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

TEST_CASE("one cohort in the forms that spreadsheets leave", "[clinical]") {
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  const auto made = test::python("golden/clinical_tables.py " + folder.path().string());
  INFO(made.output);
  REQUIRE(made.exit_code == 0);
  std::ifstream stream(folder / "truth.json");
  const auto truth = nlohmann::json::parse(stream);
  Texts ids;
  for (const auto& p : truth) ids.push_back(p["id"]);
  for (const char* variant : {"english", "excel", "unicode_text", "gbk", "gbk_commas", "utf16"}) {
    INFO(variant);
    const auto read_one = [&](const char* name) {
      return read_clinical_table(folder / variant / (std::string(name) + ".csv"));
    };
    const ClinicalTable diagnoses = read_one("info_diagnoses"),
                        measures = read_one("morphological_parameters"), scanners = read_one("meta_data");
    for (const ClinicalTable* table : {&diagnoses, &measures, &scanners}) {
      for (const UnparsedCell& cell : table->unparsed) CHECK(cell.message().empty());
      for (const Fault& fault : table->faults) CHECK(fault.message().empty());
      const PatientMatch match = match_patients(*table, ids);
      CHECK(match.case_of.size() == ids.size());
      CHECK(match.without_case.empty());
      CHECK(match.without_row.empty());
    }
    const auto value = [](const ClinicalTable& table, size_t row, Meaning meaning,
                          std::string_view sequence = {}) {
      const TableColumn* column = table.column(meaning, sequence);
      REQUIRE(column != nullptr);
      return table.records.at(row).values.at(column->index);
    };
    CHECK(diagnoses.column(Meaning::kAge)->unit == "years");
    CHECK(diagnoses.column(Meaning::kOverallSurvival)->unit == "months");
    for (size_t i = 0; i < truth.size(); ++i) {
      const auto& p = truth[i];
      INFO(p.dump());
      CHECK(value(diagnoses, i, Meaning::kAge).number == p["age"].get<double>());
      CHECK(value(diagnoses, i, Meaning::kSex).text == p["sex"].get<std::string>());
      CHECK(value(diagnoses, i, Meaning::kTStage).text == p["t"].get<std::string>());
      CHECK(value(diagnoses, i, Meaning::kNStage).text == p["n"].get<std::string>());
      CHECK(value(diagnoses, i, Meaning::kMStage).text == p["m"].get<std::string>());
      CHECK(value(diagnoses, i, Meaning::kStage).text == p["stage"].get<std::string>());
      CHECK(value(diagnoses, i, Meaning::kEbv).text == p["ebv"].get<std::string>());
      CHECK(value(diagnoses, i, Meaning::kVca).text == p["vca"].get<std::string>());
      CHECK(value(diagnoses, i, Meaning::kOverallSurvival).number == p["months"].get<double>());
      CHECK(value(scanners, i, Meaning::kScanner).text == p["scanner"].get<std::string>());
      CHECK(value(scanners, i, Meaning::kFieldStrength).number == 1.5);
      constexpr std::array<Meaning, 4> kMeasures = {Meaning::kVolume, Meaning::kArea, Meaning::kDiameter,
                                                    Meaning::kRegularity};
      constexpr std::array<const char*, 3> kSequences = {"T1WI", "T2WI", "CE-T1WI"};
      for (size_t s = 0; s < 3; ++s)
        for (size_t k = 0; k < 4; ++k) {
          const double expected = p["measures"][kSequences[s]][k].get<double>();
          if (measures.sequence_column) {
            const TableRecord& record = measures.records.at(3 * i + s);
            CHECK(record.sequence == kSequences[s]);
            CHECK(value(measures, 3 * i + s, kMeasures[k]).number == Approx(expected));
          } else {
            CHECK(value(measures, i, kMeasures[k], kSequences[s]).number == Approx(expected).epsilon(1e-9));
          }
        }
    }
  }
}

TEST_CASE("unknown_columns_and_cells_are_kept_and_named", "[clinical]") {
  const ClinicalTable table = understand("ID,Remark,Age,Name\n001,fine,fifty,Doe\n002,,60,Roe\n");
  REQUIRE(table.columns.size() == 4);
  CHECK(table.columns[1].info == nullptr);
  CHECK(table.records[0].values[1].text == "fine");
  CHECK(table.columns[3].hidden);
  CHECK(table.records[0].values[3].text.empty());  // a person's name goes nowhere
  REQUIRE(table.unparsed.size() == 1);
  CHECK(table.unparsed[0].message() == "row 2, column 3 \"Age\" is 'fifty', expected a number");
}

TEST_CASE("table_with_two_columns_of_one_meaning", "[clinical]") {
  CHECK(error_in("ID,Sex,Gender\n1,M,M\n") == "column for sex is 2 \"Sex\" and 3 \"Gender\", expected one");
  CHECK(error_in("ID,T1 volume,Volume (T1WI)\n1,2,3\n") ==
        "column for volume on T1WI is 2 \"T1 volume\" and 3 \"Volume (T1WI)\", expected one");
  CHECK(error_in("ID,PatientID,Age\n1,2,3\n") ==
        "column for the patient is 1 \"ID\" and 2 \"PatientID\", expected one");
  CHECK(error_in("ID,Folder,Age\n1,001,45\n") ==
        "column for the patient is 1 \"ID\" and 2 \"Folder\", expected one");
}

TEST_CASE("a column of folders' paths beside an ID is no second patient", "[clinical]") {
  const ClinicalTable table = understand("ID,Folder,Age\nA,data\\001,45\nB,data/002,50\n");
  CHECK(table.patient_column == 0);
  CHECK(table.records[1].patient == "B");
  CHECK(table.records[0].values[1].text == "data\\001");
  CHECK(table.notes == Texts{"column 2 holds paths: not taken for the patient"});
}

TEST_CASE("table_without_a_patient_column", "[clinical]") {
  CHECK(error_in("Age,Sex\n1,M\n") ==
        "column for the patient is absent among \"Age\", \"Sex\", expected one such as \"ID\", \"Patient "
        "ID\" or \"编号\"");
}

TEST_CASE("a counter of rows or a name stands for the patient where nothing else does", "[clinical]") {
  const ClinicalTable counted = understand("No.,Age\n1,50\n2,60\n");
  CHECK(counted.records[1].patient == "2");
  CHECK(counted.notes == Texts{"column 1 counts rows: taken for the patient, as there is no other"});
  CHECK(understand("No.,ID,Age\n1,007,50\n").records[0].patient == "007");
  CHECK(understand("PatientID,PatientName,Model\n,007,Achieva\n").records[0].patient == "007");
  CHECK(understand("姓名,年龄,性别\n张三,45,男\n").records[0].patient == "张三");
  const ClinicalTable both = understand("住院号,姓名,年龄\n1009,张三,45\n");
  CHECK(both.records[0].patient == "张三");
  CHECK(both.columns[0].hidden);
  const ClinicalTable numbered = understand("MRN,Age\n1009,45\n");
  CHECK(numbered.records[0].patient == "1009");
  CHECK(numbered.notes ==
        Texts{"column 1 is a hospital's number: taken for the patient, as there is no other"});
}

TEST_CASE("table_with_a_patient_twice", "[clinical]") {
  const ClinicalTable table = understand("ID,Sequence,Volume (mm3)\n1,T1,5\n1,T2,6\n1,T1WI,7\n,T1,8\n");
  REQUIRE(table.faults.size() == 2);
  CHECK(table.faults[0].message() == "patient 1 (T1WI) is in rows 2 and 4, expected in one row");
  CHECK(table.faults[1].message() == "row 5 is without a patient, expected one");
}

TEST_CASE("a TNM column that holds stages is the clinical stage", "[clinical]") {
  const ClinicalTable table = understand("ID,TNM stage\n1,III\n2,IVa\n");
  REQUIRE(table.column(Meaning::kStage) != nullptr);
  CHECK(table.records[1].values[1].text == "4a");
  CHECK(understand("ID,TNM\n1,T1N0M0\n").column(Meaning::kTnm) != nullptr);
}

TEST_CASE("point_and_comma_that_may_both_group_in_one_table", "[clinical]") {
  // Of a Continental spreadsheet with tabs: 727.717 mm2 and 1866 mm3.
  const ClinicalTable table =
      understand("ID\tSurface area (mm2)\tVolume (mm3)\n1\t727,717\t1.866\n2\t229,520\t1.090\n");
  CHECK(table.unparsed.size() == 4);
  CHECK(understand("ID\tVolume (mm3)\n1\t1.893\n").records[0].values[1].number == 1.893);
  const ClinicalTable told =
      understand("ID\tSurface area (mm2)\tVolume (mm3)\n1\t727,717\t1.866\n2\t229,52\t1.090\n");
  CHECK(told.records[0].values[1].number == 727.717);
  CHECK(told.records[0].values[2].number == 1866);
}

TEST_CASE("patients are matched by text, then by number", "[clinical]") {
  const auto match = [](std::string_view ids, const Texts& cases) {
    std::string text = "ID\n";
    text += ids;
    return match_patients(understand(text), cases);
  };
  const PatientMatch exact = match("001\n002\n9\n", {"001", "002", "003"});
  CHECK(exact.case_of.at("002") == "002");
  CHECK(exact.without_case == Texts{"9"});
  CHECK(exact.without_row == Texts{"003"});
  CHECK(exact.by_number.empty());
  const PatientMatch numbered = match("1\n2.0\nNPC003\n", {"001", "002", "003"});
  CHECK(numbered.by_number == Texts{"1", "2.0", "NPC003"});
  CHECK(numbered.case_of.at("NPC003") == "003");
  const PatientMatch doubtful = match("A1\nB1\n2\n", {"001", "002"});
  CHECK(doubtful.case_of.size() == 1);
  CHECK(doubtful.notes == Texts{"number 1 fits A1, B1 of the table and 001 of the folders: not matched"});
  const PatientMatch shared = match("1\n2\n001\n02\n", {"1", "01", "2"});
  CHECK(shared.case_of == std::map<std::string, std::string>{{"1", "1"}, {"2", "2"}});
  CHECK(shared.without_row == Texts{"01"});
  CHECK(shared.without_case == Texts{"001", "02"});
  CHECK(shared.notes == Texts{"number 1 fits 001, 1 of the table and 01, 1 of the folders: matched by the "
                              "same text alone"});
  const PatientMatch from_zero = match("0\n1\n2\n", {"001", "002", "003"});
  CHECK(from_zero.case_of.empty());
  CHECK(from_zero.notes ==
        Texts{"the table counts patients from 0 and the folders do not: nothing is matched by number"});
}

TEST_CASE("names_whose_accents_stand_apart_in_the_folders", "[clinical]") {
  const std::string composed = "M\xc3\xbcller", parted = "Mu\xcc\x88ller";
  const PatientMatch match =
      match_patients(understand("ID\n" + composed + "\n"), std::array{parted, std::string("other")});
  CHECK(match.case_of == std::map<std::string, std::string>{{composed, parted}});
  CHECK(match.without_case.empty());
  CHECK(match_patients(understand("ID\n" + parted + "\n"), std::array{composed}).without_case.empty());
  // Folders of both forms: which one is meant, nobody can tell.
  CHECK(match_patients(understand("ID\n" + parted + "\n"), std::array{composed, parted}).case_of.empty());
  CHECK(understand("ID\n" + parted + "\n" + composed + "\n").faults.size() == 1);
}

}  // namespace
}  // namespace trivox
