#include "loader/clinical/tables.h"

#include <nlohmann/json.hpp>

#include "loader/clinical/covariates.h"
#include "tests/test.h"

namespace trivox {
namespace {

ClinicalTable understand(std::string_view text) {
  return understand_table(parse_csv(std::as_bytes(std::span(text.data(), text.size()))));
}

std::string error_in(std::string_view text) {
  return test::error_of([&] { (void)understand(text); });
}

using Texts = std::vector<std::string>;

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
  // Which is meant cannot be told, and costs no other column.
  const ClinicalTable sexes = understand("ID,Sex,Gender,T1 volume,Volume (T1WI),Age\n1,M,M,2,3,50\n");
  CHECK(sexes.notes ==
        Texts{"columns 2 \"Sex\", 3 \"Gender\" all mean sex: none is taken, kept as texts",
              "columns 4 \"T1 volume\", 5 \"Volume (T1WI)\" all mean volume on T1WI: none is taken, kept as "
              "texts"});
  CHECK(sexes.column(Meaning::kSex) == nullptr);
  CHECK(sexes.column(Meaning::kVolume, "T1WI") == nullptr);
  CHECK(sexes.records[0].values[5].number == 50.0);
  CHECK(sexes.records[0].values[2].text == "M");
  CHECK(error_in("ID,PatientID,Age\n1,2,3\n") ==
        "column for the patient is 1 \"ID\" and 2 \"PatientID\", expected one");
  CHECK(error_in("ID,Folder,Age\n1,001,45\n") ==
        "column for the patient is 1 \"ID\" and 2 \"Folder\", expected one");
}

TEST_CASE("events_beside_times of survival are told apart", "[clinical]") {
  const ClinicalTable table = understand("ID,OS,OS.time,PFS,PFS (months)\n1,0,60,1,12\n2,1,,0,24\n");
  REQUIRE(table.column(Meaning::kOverallSurvival) != nullptr);
  CHECK(table.column(Meaning::kOverallSurvival)->index == 2);
  REQUIRE(table.column(Meaning::kProgressionFreeSurvival) != nullptr);
  CHECK(table.column(Meaning::kProgressionFreeSurvival)->index == 4);
  CHECK(table.unparsed.empty());
  CHECK(table.notes == Texts{"column 2 \"OS\" holds 0 and 1 beside one of times: kept as texts",
                             "column 4 \"PFS\" holds 0 and 1 beside one of times: kept as texts"});
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
  CHECK_THAT(error_in("住院号,姓名,年龄\n1009,张三,45\n"), CONTAINS_TEXT("2 \"姓名\", 1 \"住院号\""));
  const ClinicalTable both = understand("住院号,姓名,年龄\n***,张三,45\n");
  CHECK(both.records[0].patient == "张三");
  CHECK(both.columns[0].hidden);
  const ClinicalTable numbered = understand("MRN,Age\n1009,45\n");
  CHECK(numbered.records[0].patient == "1009");
  CHECK(numbered.notes ==
        Texts{"column 1 is a hospital's number: taken for the patient, as there is no other"});
}

TEST_CASE("counter_of_rows_beside_another_column_that_names_the_patient", "[clinical]") {
  for (const char* header :
       {"Study ID", "participant_id", "record_id", "Patient code", "Pt ID", "Pt. No.", "ID No", "Scan ID",
        "Image ID", "Sample ID", "研究编号", "登记号", "筛选号", "入组号", "样本编号"}) {
    INFO(header);
    const std::string text = std::string("No.,") + header + ",Age\n1,3,41\n2,1,42\n3,2,43\n";
    CHECK(understand(text).patient_column == 1);
  }
  // What nothing explains may be meant; the folders may tell.
  const std::string open = "No.,Barcode,Age,Weight\n1,103,41,61.5\n2,101,42,70\n,,,\n";
  CHECK(error_in(open) ==
        "column for the patient is open: it may be any of 1 \"No.\", 2 \"Barcode\", expected one that its "
        "header names, such as \"Patient ID\"");
  const auto with = [](std::string_view text, const Texts& ids) {
    return understand_table(parse_csv(std::as_bytes(std::span(text.data(), text.size()))), ids);
  };
  CHECK(with(open, {"001", "002"}).patient_column == 0);
  // A counter that fits by number alone is no patient where files are named otherwise.
  for (const std::string file : {"case_%.nii.gz", "data/case_%", "case_%_0000"}) {
    std::string files = "No.,file,Age\n";
    for (const auto& [number, id] : {std::pair{"1", "003"}, {"2", "001"}, {"3", "002"}})
      files += std::string(number) + "," + std::string(file).replace(file.find('%'), 1, id) + ",41\n";
    INFO(files);
    CHECK_THAT(test::error_of([&] { (void)with(files, {"case_001", "case_002", "case_003"}); }),
               CONTAINS_TEXT("open: 1 \"No.\" counts rows, and another column names cases otherwise"));
  }
  const Texts two = {"case_001", "case_002"};
  CHECK(with("No.,file,Age\n1,case_001.nii,41\n2,case_002.nii,42\n", two).patient_column == 0);
  const ClinicalTable told = with(open, {"101", "103"});
  CHECK(told.records[0].patient == "103");
  CHECK(told.notes.back() ==
        "of columns 1 \"No.\", 2 \"Barcode\" only 2 \"Barcode\" fits the folders' names: "
        "taken for the patient");
  CHECK(test::error_of([&] { (void)with(open, {"001", "101"}); }) == error_in(open));
  // A hospital's number is read only where it is the patient.
  const std::string ward = "序号,姓名,住院号\n1,张三,2\n2,李四,1\n";
  CHECK(test::error_of([&] { (void)with(ward, {"1", "2"}); }) ==
        "column for the patient is open: it may be any of 1 \"序号\", 3 \"住院号\", expected one that its "
        "header "
        "names, such as \"Patient ID\"");
  CHECK(with("序号,姓名,住院号\n1,张三,00123456\n", {"00123456"}).patient_column == 2);
  CHECK(with("序号,姓名\n1,张三\n", {"张三"}).patient_column == 1);
  // Measures, remarks and dates name nobody; neither does what says the same.
  CHECK(understand(
            "No.,Weight,Remark,检查日期,Row,序号\n1,61.5,see 3,2019-03-04,1,1\n2,70,see 4,2019-03-05,2,2\n")
            .patient_column == 0);
  CHECK(with("ID,Scan ID\nA7,1\nA8,2\n", {"A8"}).patient_column == 0);
}

TEST_CASE("table_with_a_patient_twice", "[clinical]") {
  const ClinicalTable table = understand("ID,Sequence,Volume (mm3)\n1,T1,5\n1,T2,6\n1,T1WI,7\n,T1,8\n");
  REQUIRE(table.faults.size() == 2);
  CHECK((table.records[0].twice && !table.records[1].twice && table.records[2].twice));
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
  CHECK(shared.notes == Texts{"number 1 fits 001, 1 of the table and 01, 1 of the folders: those left are "
                              "not matched"});
  const PatientMatch from_zero = match("0\n1\n2\n", {"001", "002", "003"});
  CHECK(from_zero.case_of.empty());
  CHECK(from_zero.notes ==
        Texts{"the table counts patients from 0 and the folders do not: nothing is matched by number"});
}

TEST_CASE("names_that_share_a_number_and_contradict", "[clinical]") {
  using Names = std::map<std::string, std::string>;
  const auto match = [](const Texts& rows, const Texts& cases) { return match_names(rows, cases); };
  // Healthy controls are no patients, and another site's or session's are others.
  const PatientMatch controls = match({"NPC001", "NPC002"}, {"HC001", "HC002"});
  CHECK(controls.case_of.empty());
  CHECK(controls.without_case == Texts{"NPC001", "NPC002"});
  CHECK(controls.notes == Texts{"not matched, as more than the number at the end differs: NPC001 and HC001, "
                                "NPC002 and HC002"});
  CHECK(match({"site1_02"}, {"site2_02"}).case_of.empty());
  CHECK(match({"sub-02_ses-2"}, {"sub-02"}).case_of.empty());
  CHECK(match({"sub-03_ses-2"}, {"sub-02"}).case_of.empty());
  CHECK(match({"site1-1_2"}, {"site-11_2"}).case_of.empty());
  CHECK(match({"1", "2"}, {"NPC001", "HC002"}).case_of.empty());
  CHECK(match({"NPC001", "HC002"}, {"1", "2"}).case_of.empty());
  CHECK(match({"1", "NPC002"}, {"HC001", "HC002"}).case_of.empty());
  // How the same is written is no difference.
  CHECK(match({"npc_1", "NPC 02", "3"}, {"NPC001", "NPC-002", "NPC003"}).case_of ==
        Names{{"NPC 02", "NPC-002"}, {"npc_1", "NPC001"}});
  CHECK(match({"site01_2"}, {"Site1-002"}).case_of == Names{{"site01_2", "Site1-002"}});
  CHECK(match({"1", "2.0"}, {"NPC001", "NPC002"}).case_of == Names{{"1", "NPC001"}, {"2.0", "NPC002"}});
  CHECK(match({"NPC1", "HC1"}, {"npc001", "hc001"}).case_of == Names{{"HC1", "hc001"}, {"NPC1", "npc001"}});
  // 1e0 is no zero.
  CHECK(match({"1e0", "1"}, {"001"}).case_of == Names{{"1", "001"}});
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
