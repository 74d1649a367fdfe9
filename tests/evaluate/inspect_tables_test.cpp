#include "evaluate/inspect_tables.h"

#include <nlohmann/json.hpp>

#include "tests/test.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

// Folders of three patients without anything in them: names are all that matching needs.
void make_patients(const fs::path& root) {
  for (const char* id : {"001", "002", "003"})
    for (const char* sequence : {"T1WI", "T2WI", "CE-T1WI"})
      fs::create_directories(root / "data/MRI-Segments" / id / sequence);
}

TEST_CASE("inspect says what the tables of a dataset hold", "[clinical]") {
  const test::TemporaryFolder folder;
  make_patients(folder.path());
  std::ofstream(folder / "info_diagnoses.csv")
      << "\xEF\xBB\xBF"
         "ID;Name;Gender;Age;T stage;EBV-DNA "
         "(copies/mL);Hobby\n1;Doe;F;50;T4a;<400;tea\n2;Roe;M;x;4b;1,5e3;\n"
         "5;Moe;M;60;T9;;\n9;Poe;F;70;T4a;20;\n4;Lee;F;99;T1;;\n4;Lee;M;98;T2;;\n";  // the last two: no one's
  std::ofstream(folder / "morphological_parameters.csv")
      << "ID,Sequence,Volume (cm3)\n001,T1,8.5\n001,T2,9\n002,T1,10.5\n003,T1,2\n";
  std::ofstream(folder / "meta_data.csv") << "Machine\nAchieva\n";
  const auto text = test::trivox("inspect " + folder.path().string()).output;
  INFO(text);
  for (const char* line : {
           "table info_diagnoses.csv: 6 rows, 5 patients, UTF-8 with BOM, semicolons\n",
           "  sex: female 2, male 2  (column 3 \"Gender\")\n",
           "  age, unit unknown: 60.00 (50.00 to 70.00), 3 numbers, 1 not understood  (column 4 \"Age\")\n",
           "  t stage: T4a 2, T4b 1, 1 not understood  (column 5 \"T stage\")\n",
           "  ebv dna in copies/mL: 760.00 (20.00 to 1500.00), 2 numbers, 1 bound such as <400, 1 missing",
           "  columns not understood, kept as texts (1): column 7 \"Hobby\"\n",
           "  columns that name persons, not read (1): column 2 \"Name\"\n",
           "  patients matched by number (2): 1, 2\n",
           "  warning: patient 4 is in rows 6 and 7, expected in one row\n",
           "  warning: row 3, column 4 \"Age\" is 'x', expected a number\n",
           "  warning: row 4, column 5 \"T stage\" is 'T9', expected T0 to T4, with a to d, Tis or TX\n",
           "  warning: patients of the table without a folder (3): 4, 5, 9\n",
           "  warning: folders without a row (1): 003\n",
           "table meta_data.csv: cannot be used: ",
           "column for the patient is absent among \"Machine\"",
           "  volume on T1WI in mm3: 8500.00 (2000.00 to 10500.00), 3 numbers  (column 3 \"Volume (cm3)\")\n",
           "  volume on T2WI in mm3: 9000.00 (9000.00 to 9000.00), 1 number  (column 3 \"Volume (cm3)\")\n",
       })
    CHECK_THAT(text, CONTAINS_TEXT(line));
  CHECK(text.find("Doe") == std::string::npos);

  std::string command = test::kBinDir;
  command += "/trivox inspect --json " + folder.path().string();
  const auto said = test::shell("{ " + command + " 2>/dev/null; }");
  const auto json = nlohmann::json::parse(said.output);
  REQUIRE(json["tables"].size() == 3);
  const auto& diagnoses = json["tables"][0];
  CHECK(diagnoses["file"] == "info_diagnoses.csv");
  CHECK(diagnoses["unparsed"].size() == 2);
  CHECK(diagnoses["unparsed"][0]["row"] == 3);
  CHECK(diagnoses["patients"]["without_row"] == nlohmann::json{"003"});
  CHECK(json["tables"][2]["columns"][2]["unit"] == "mm3");
  CHECK(json["tables"][2]["columns"][2]["found_unit"] == "cm3");

  SECTION("a page") {
    const fs::path page = folder / "page.html";
    (void)test::trivox("inspect " + folder.path().string() + " --html " + page.string());
    std::ifstream stream(page);
    const std::string html{std::istreambuf_iterator<char>(stream), {}};
    CHECK_THAT(html, CONTAINS_TEXT("<h2>Table info_diagnoses.csv</h2>"));
    CHECK_THAT(html, CONTAINS_TEXT("volume on T1WI in mm3"));
  }

  SECTION("one table alone") {
    const auto alone = test::trivox("inspect " + (folder / "morphological_parameters.csv").string());
    CHECK(alone.exit_code == 0);
    CHECK_THAT(alone.output, CONTAINS_TEXT("4 rows, 3 patients, UTF-8, commas"));
    CHECK(alone.output.find("without a folder") == std::string::npos);
    CHECK(test::trivox("inspect " + (folder / "meta_data.csv").string()).exit_code == 1);
  }
}

TEST_CASE("many_cells_not_understood are all named in text and page as in JSON", "[clinical]") {
  const test::TemporaryFolder folder;
  std::string table = "ID,Age\n";
  for (int i = 1; i <= 60; ++i) table += std::to_string(i) + (i % 2 == 0 ? ",50\n" : ",about fifty\n");
  std::ofstream(folder / "info.csv") << table;
  const std::string command = "inspect " + (folder / "info.csv").string(),
                    page = (folder / "page.html").string();
  const auto text = test::trivox(command + " --html " + page).output;
  std::ifstream stream(page);
  const std::string html{std::istreambuf_iterator<char>(stream), {}};
  for (int i = 1; i <= 60; i += 2) {
    const std::string place = "row " + std::to_string(i + 1) + ", column 2 ";
    CHECK_THAT(text, CONTAINS_TEXT("  warning: " + place + "\"Age\" is 'about fifty', expected a number\n"));
    CHECK_THAT(html, CONTAINS_TEXT("<li>" + place));
  }
  CHECK(nlohmann::json::parse(test::trivox(command + " --json").output)["tables"][0]["unparsed"].size() ==
        30);
}

TEST_CASE("a table alone is one of patients or one of cases by what it holds", "[clinical]") {
  const test::TemporaryFolder folder;
  const auto inspected = [&](const char* text) {
    std::ofstream(folder / "some.csv") << text;
    const auto shown = test::trivox("inspect " + (folder / "some.csv").string());
    return std::to_string(shown.exit_code) + " " + shown.output;
  };
  // What is wrong with a table about patients is said, not that it lists no cases.
  CHECK_THAT(inspected("ID,Patient ID,age\n1,2,45\n"),
             CONTAINS_TEXT("column for the patient is 1 \"ID\" and 2 \"Patient ID\", expected one"));
  CHECK_THAT(inspected("Table 1. Baseline,,\nID,Age,Sex\n1,45,M\n"),
             CONTAINS_TEXT("column for the patient is absent among \"Table 1. Baseline\""));
  CHECK(inspected("ID,Patient ID,age\n1,2,45\n")[0] == '1');
  // One clinical column beside paths leaves a table of cases what it is.
  CHECK_THAT(inspected("id,T1,label,age\nx,P/001/T1WI,P/001/ROI-T1.nii,45\n"),
             CONTAINS_TEXT("layout: table"));
  fs::create_directories(folder / "P/001");
  CHECK_THAT(inspected("id,T1,age\nx,P/001,45\n"), CONTAINS_TEXT("layout: table"));
  // An option that does not fit it is said, not that its columns are not understood.
  for (const char* option : {" --case zzz", " --set dataset.channels=[T9]", " --set dataset.layout=npc"}) {
    const auto shown = test::trivox("inspect " + (folder / "some.csv").string() + option);
    INFO(shown.output);
    CHECK(shown.exit_code != 0);
    CHECK(shown.output.find("not understood") == std::string::npos);
  }
  // A table of cases that leads nowhere is said to; one without any path is none.
  CHECK_THAT(inspected("id,T1,T2\nx,scans/a,scans/b\n"), CONTAINS_TEXT("'scans/a', where nothing lies"));
  for (const char* text :
       {"ID,\xC2ge,Sexe\n1,45,M\n", "ID,나이,성별\n1,45,남\n", "ID,BP,Visit\n1,120/80,2023/5/6\n"}) {
    const std::string shown = inspected(text);
    CHECK_THAT(shown, CONTAINS_TEXT("columns not understood, kept as texts (2)"));
    CHECK(shown[0] == '0');
  }
  CHECK_THAT(inspected("ID,Visit,age\nx,P/002,45\n"), CONTAINS_TEXT("columns not understood, kept as texts"));
}

TEST_CASE("markup in headers and cells and case ids is text in a page, and persons are not told",
          "[clinical]") {
  const test::TemporaryFolder folder;
  make_patients(folder.path());
  fs::rename(folder / "data/MRI-Segments/003", folder / "data/MRI-Segments/<i>3&");
  std::ofstream(folder / "info_diagnoses.csv")
      << "ID,Name,Gender,Pathologic type,<script>x</script>\n001,Doe,F,<u>keratinising,1\n"
         "002,Roe,<b>m</b>,other,2\n";
  const fs::path page = folder / "page.html";
  const auto text = test::trivox("inspect " + folder.path().string() + " --html " + page.string()).output;
  const auto json = test::trivox("inspect " + folder.path().string() + " --json").output;
  std::ifstream stream(page);
  const std::string html{std::istreambuf_iterator<char>(stream), {}};
  INFO(html);
  for (const char* escaped :
       {"&lt;i&gt;3&amp;", "&lt;u&gt;keratinising", "&lt;b&gt;m&lt;/b&gt;", "&lt;script&gt;x&lt;/script&gt;"})
    CHECK_THAT(html, CONTAINS_TEXT(escaped));
  for (const char* markup : {"<i>", "<u>", "<b>m", "<script"}) CHECK(html.find(markup) == std::string::npos);
  for (const char* person : {"Doe", "Roe"})
    for (const std::string& where : {text, json, html}) CHECK(where.find(person) == std::string::npos);
}

}  // namespace
}  // namespace trivox
