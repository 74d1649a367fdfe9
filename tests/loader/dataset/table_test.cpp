// Datasets that a table of cases names.
#include <fstream>

#include "loader/dataset.h"
#include "loader/dicom/select.h"
#include "loader/fingerprint.h"
#include "tests/loader/files.h"
#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

namespace {

/// A table beside scans/a, scans/b (folders of DICOM), a_t2.nii.gz, b_t2.nii.gz, a.nii, b.nii.
struct Scans {
  explicit Scans(const std::string& table) {
    for (const char* file :
         {"scans/a/1.dcm", "scans/b/1.dcm", "a_t2.nii.gz", "b_t2.nii.gz", "a.nii", "b.nii", "x.txt"})
      touch(root / file);
    touch(root / "cases.csv", table);
  }
  [[nodiscard]] Dataset find(const DatasetOptions& options = {}) const {
    return find_dataset(root.path(), options);
  }
  [[nodiscard]] std::string error(const DatasetOptions& options = {}) const {
    return error_of([&] { (void)find(options); });
  }
  /// Of the one case that fails, without the table's path.
  [[nodiscard]] std::string failure() const {
    const Dataset dataset = find();
    REQUIRE(dataset.failures.size() == 1);
    const std::string message = dataset.failures[0].fault.message();
    const std::string path = fs::canonical(root / "cases.csv").string() + ": ";
    REQUIRE(message.starts_with(path));
    return message.substr(path.size());
  }
  TemporaryFolder root;
};

}  // namespace

TEST_CASE("table of cases with one label for all channels", "[dataset][table]") {
  const Scans scans("id,T1,T2,label\nb,scans/b,b_t2.nii.gz,b.nii\na, scans/a ,./a_t2.nii.gz,a.nii\n");
  for (const fs::path& from : {scans.root.path(), scans.root / "cases.csv"}) {
    const Dataset dataset = find_dataset(from, {});
    const fs::path root = fs::canonical(scans.root.path());
    CHECK(dataset.layout == "table");
    CHECK(dataset.root == root);
    CHECK(dataset.channels == std::vector<std::string>{"T1", "T2"});
    CHECK(dataset.labels == std::map<int, std::string>{{1, "foreground"}});
    CHECK(dataset.failures.empty());
    REQUIRE(dataset.cases.size() == 2);
    CHECK(dataset.cases[0].id == "a");
    CHECK(dataset.cases[0].folder == root);
    CHECK(dataset.cases[0].channels[0].image == root / "scans/a");
    CHECK(dataset.cases[0].channels[1].image == root / "a_t2.nii.gz");
    CHECK(dataset.cases[0].channels[0].mask == root / "a.nii");
    CHECK(dataset.cases[0].channels[1].mask == root / "a.nii");
  }
}

TEST_CASE("table of cases with a label for a channel, as spreadsheets write it", "[dataset][table]") {
  // Byte order mark, semicolons, quotes, CR LF, any letter case and order of columns.
  const Scans scans("\xef\xbb\xbf\"T1\";ID;T2;label:T2\r\nscans/a;a;\"a_t2.nii.gz\";a.nii\r\n\r\n");
  const Dataset dataset = scans.find();
  REQUIRE(dataset.cases.size() == 1);
  CHECK(dataset.failures.empty());
  CHECK(dataset.cases[0].channels[0].mask.empty());
  CHECK(dataset.cases[0].channels[1].mask.filename() == "a.nii");
}

TEST_CASE("channels of a table can be chosen, other columns are then no channels", "[dataset][table]") {
  const Scans scans("id,age,T1,T2\na,63,scans/a,a_t2.nii.gz\n");
  DatasetOptions options;
  options.require_masks = false;
  options.channels = {"T2"};
  const Dataset dataset = scans.find(options);
  REQUIRE(dataset.cases.size() == 1);
  REQUIRE(dataset.cases[0].channels.size() == 1);
  CHECK(dataset.cases[0].channels[0].image.filename() == "a_t2.nii.gz");
  options.channels = {"FLAIR"};
  CHECK_THAT(scans.error(options),
             CONTAINS_TEXT("dataset.channels is 'FLAIR', expected one of age, T1, T2 as in"));
}

TEST_CASE("faults of a row are named by row and column", "[dataset][table]") {
  CHECK(Scans("id,T1,label\na,scans/a,\n").failure() ==
        "row 2, column 3 \"label\" is empty, expected the path of a mask");
  CHECK(Scans("id,T1,label\n,scans/a,a.nii\n").failure() ==
        "row 2, column 1 \"id\" is empty, expected an id");
  CHECK(Scans("id,T1,label\na,,a.nii\n").failure() ==
        "row 2, column 2 \"T1\" is empty, expected the path of a DICOM folder or file, or of a NIfTI file");
  CHECK_THAT(
      Scans("id,T1,label\na,scans/a,a.nii\nc,scans/c,a.nii\n").failure(),
      CONTAINS_TEXT(
          "row 3, column 2 \"T1\" is 'scans/c', where nothing lies, expected the path of a DICOM folder "
          "or file, or of a NIfTI file, from the table's folder on"));
  CHECK_THAT(
      Scans("id,T1,label\na,scans/a,x.txt\n").failure(),
      CONTAINS_TEXT(
          "row 2, column 3 \"label\" is 'x.txt', a file of another kind, expected the path of a NIfTI"));
  CHECK_THAT(Scans("id,T1,label\na,scans/a,scans/a\n").failure(),
             CONTAINS_TEXT("expected the path of a NIfTI file"));
  CHECK(Scans("id,T1\na,scans/a\n").failure() ==
        "row 2, column 1 \"id\" is 'a' without a mask, expected one, in a column label or label:CHANNEL");
  const Scans twice("id,T1,label\na,scans/a,a.nii\nb,scans/b,b.nii\na,scans/b,b.nii\n");
  CHECK(twice.failure() == "id 'a' is in rows 2, 4, expected in one row");
  CHECK(twice.find().cases.size() == 1);
}

TEST_CASE("column_of_row_numbers_without_a_name is left alone", "[dataset][table]") {
  // As pandas writes it: frame.to_csv("cases.csv").
  const Scans scans(",id,T1,label\n0,a,scans/a,a.nii\n1,b,scans/b,b.nii\n");
  const Dataset dataset = scans.find();
  CHECK(dataset.channels == std::vector<std::string>{"T1"});
  CHECK(dataset.failures.empty());
  CHECK(dataset.cases.size() == 2);
  CHECK(dataset.notes ==
        std::vector<std::string>{"cases.csv: row 1, column 1 has no name and is left alone"});
}

TEST_CASE("faults of a table are named", "[dataset][table]") {
  CHECK_THAT(Scans("case,T1\na,scans/a\n").error(),
             CONTAINS_TEXT("cases.csv: column \"id\" is absent: case, T1"));
  CHECK_THAT(Scans("id,T1,T1\na,scans/a,b\n").error(),
             CONTAINS_TEXT("row 1, column 3 \"T1\" is there twice"));
  CHECK_THAT(Scans("id,T1,label:T2\na,scans/a,a.nii\n").error(),
             CONTAINS_TEXT(
                 "row 1, column 3 \"label:T2\" is the label of no channel, expected label:CHANNEL, of T1"));
  CHECK_THAT(Scans("id,T1,label,label:T1\na,scans/a,a.nii,a.nii\n").error(),
             CONTAINS_TEXT("column 4 \"label:T1\" is beside a column label, expected one or the other"));
  CHECK_THAT(Scans("id,label\na,a.nii\n").error(),
             CONTAINS_TEXT("columns is id, label, expected id, a column per channel"));
  CHECK_THAT(Scans("").error(), CONTAINS_TEXT("cases.csv: "));
  DatasetOptions options;
  options.layout = "npc";
  const Scans scans("id,T1\na,scans/a\n");
  CHECK_THAT(error_of([&] { (void)find_dataset(scans.root / "cases.csv", options); }),
             CONTAINS_TEXT("dataset.layout is npc, expected table, for a file, or auto"));
}

TEST_CASE("table_in_a_dataset_of_another_layout", "[dataset][table]") {
  const Scans scans("id,T1\na,scans/a\n");
  touch(scans.root / "001/T1WI/1.dcm");
  CHECK_THAT(scans.error(), CONTAINS_TEXT("dataset.layout is auto, and both "));
  DatasetOptions options;
  options.layout = "table";
  CHECK(scans.find(options).layout == "table");
  options.layout = "npc";
  CHECK(scans.find(options).layout == "npc");
}

TEST_CASE("a table about patients that says where their images lie lists no cases", "[table]") {
  const TemporaryFolder root;
  touch(root / "data/001/T1WI/1.dcm");
  touch(root / "meta.csv", "id,age,sex,image\n001,45,F,data/001/T1WI\n");
  CHECK_FALSE(lists_cases(root / "meta.csv"));
  touch(root / "mine.csv", "id,T1,label\n001,data/001/T1WI,data/001/T1WI\n");
  CHECK(lists_cases(root / "mine.csv"));
}

TEST_CASE("words with a slash and numbers that are folders' names are no paths", "[table]") {
  const TemporaryFolder root;
  for (const char* id : {"1", "2"}) touch(root / id / "T1WI/1.dcm");
  const auto lists = [&](const char* text) {
    touch(root / "some.csv", text);
    return lists_cases(root / "some.csv");
  };
  for (const char* text :
       {"ID,age,sex,label\n1,45,M,0\n2,50,F,1\n", "ID,Randomised\n1,05/Mar/2021\n", "ID,Remark\n1,yes/no\n",
        "ID,Randomised\n1,Mar/05/2021\n", "ID,Grading\n1,II/III\n", "ID,age,label,Remark\n1,45,1,see CT/MR\n",
        "ID,Remark\n1,\n2,/\n", "ID,Remark\n1,N/A\n2,a.nii\n3,none seen\n"}) {
    INFO(text);
    CHECK_FALSE(lists(text));
  }
  for (const char* text :
       {"id,T1\na,scans/a\n", "id,T1\na,scans/1\nb,\n", "id,flair\na,data/001/FLAIR\n", "id,flair\na,./001\n",
        "id,flair\na,C:\\scans\\a\n", "id,x,label\n1,1/T1WI,1.nii\n", "id,x\n1,1/T1WI\n2,2/T1WI\n"}) {
    INFO(text);
    CHECK(lists(text));
  }
}

TEST_CASE("letters' case of id and label does not count", "[dataset][table]") {
  const Scans one("ID,T1,Label\na,scans/a,a.nii\n");
  CHECK(one.find().cases.at(0).channels.at(0).mask.filename() == "a.nii");
  const Scans each("Id,T1,T2,Label:T2\na,scans/a,a_t2.nii.gz,a.nii\n");
  CHECK(each.find().channels == std::vector<std::string>{"T1", "T2"});
  CHECK(each.find().cases.at(0).channels.at(1).mask.filename() == "a.nii");
}

TEST_CASE("table_of_dicom_files names a series by one of its files", "[dataset][table]") {
  NEEDS_PYTHON();
  const TemporaryFolder root;  // files of two series in one folder
  REQUIRE(python("golden/dicom_folder.py " + (root / "P1").string() + " flat t2 t1").exit_code == 0);
  std::ofstream(root / "cases.csv") << "id,T1,T2\nP1,P1/t1_1.dcm,P1/t2_0.dcm\n";
  DatasetOptions options;
  options.require_masks = false;
  const Dataset dataset = find_dataset(root.path(), options);
  REQUIRE(dataset.cases.size() == 1);
  const auto& channels = dataset.cases[0].channels;
  CHECK(find_dicom_series(channels[0].image, {}, "T1").series_uid == "1.2.2");
  CHECK(find_dicom_series(channels[0].image, {}, "T1").files.size() == 3);
  CHECK(find_dicom_series(channels[1].image, {}, "T2").series_uid == "1.2.1");
  const std::string before = hash_inputs(dataset.cases[0]);
  fs::remove(root / "P1/t1_2.dcm");
  CHECK(hash_inputs(dataset.cases[0]) != before);
  SeriesRule rule;
  rule.description = "t2*";
  CHECK_THAT(error_of([&] { (void)find_dicom_series(channels[0].image, rule, "T1"); }),
             CONTAINS_TEXT("expected one with description \"t2*\", the file t1_1.dcm, as dataset.series.T1"));
}
