#include "loader/clinical/covariates.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "loader/sample_json.h"
#include "tests/test.h"

namespace trivox {
namespace {

using Texts = std::vector<std::string>;

Texts texts_of(const std::vector<Covariate>& all) {
  Texts out;
  for (const Covariate& c : all)
    out.push_back(c.name + (c.sequence.empty() ? "" : " " + c.sequence) + " = " +
                  (c.number ? std::to_string(*c.number) : c.text) + (c.unit.empty() ? "" : " " + c.unit));
  return out;
}

TEST_CASE("every cell that is not understood is named by row and column", "[clinical]") {
  const test::TemporaryFolder folder;
  std::ofstream table(folder / "ages.csv");
  table << "ID,Age (years),Sex\n";
  for (int row = 2; row <= 12; ++row)
    table << row - 1 << "," << (row == 5 || row == 6 || row >= 9 ? "old" : "50") << ","
          << (row == 4 ? "X?" : "F") << "\n";
  table.close();
  Dataset dataset;
  dataset.table_folders = {folder.path()};
  dataset.cases.push_back({"1", folder / "1", {}, {}});
  Texts notes;
  add_covariates(dataset, notes);
  REQUIRE_FALSE(notes.empty());
  CHECK(notes[0] ==
        "ages.csv: 7 cells are not understood and left out: rows 5, 6, 9 to 12 of \"Age (years)\", row 4 of "
        "\"Sex\"");
}

TEST_CASE("a case's covariates come from the tables beside the dataset", "[clinical]") {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "info_diagnoses.csv")
      << "ID,Name,Sex,Age (years),EBV-DNA,Remark\n1,Doe,F,50,<400,likes tea\n"
         "2,Roe,M,sixty,1200,\n3,A,M,40,7,\n3,A,M,41,7,\n";
  std::ofstream(folder / "morphological_parameters.csv")
      << "ID,Sequence,Volume (cm3)\n001,T1,8.5\n001,CE-T1,9\n";
  std::ofstream(folder / "meta_data.csv") << "ID,Machine,Sex\n1,Achieva,M\n2,Signa,M\n";
  std::ofstream(folder / "broken.csv") << "ID,Age\n1\n";
  std::ofstream(folder / "cases.csv") << "id,T1,label\n";
  std::ofstream(folder / "copy.csv") << "id,T1,label,age\n1,a/T1,a/mask.nii,45\n";  // lists cases too
  Dataset dataset;
  dataset.root = folder.path();
  dataset.table_folders = {folder.path()};
  for (const char* id : {"001", "002", "003"}) dataset.cases.push_back({id, folder / id, {}, {}});
  Texts notes;
  add_covariates(dataset, notes);
  // The two tables contradict each other about the sex of patient 1, and patient 3 has two rows.
  CHECK(texts_of(dataset.cases[0].covariates) ==
        Texts{"age = 50.000000 years", "ebv_dna = <400 unknown", "scanner = Achieva",
              "volume CE-T1WI = 9000.000000 mm3", "volume T1WI = 8500.000000 mm3"});
  CHECK(texts_of(dataset.cases[1].covariates) ==
        Texts{"ebv_dna = 1200.000000 unknown", "scanner = Signa", "sex = male"});
  CHECK(dataset.cases[2].covariates.empty());
  REQUIRE(notes.size() == 5);
  CHECK(notes[0] == "table not used: copy.csv: it lists cases, with paths of images in its columns");
  CHECK(notes[1] ==
        "table not used: broken.csv: row 2 is short: it ends after column 1, expected 2 cells, as the "
        "header has");
  CHECK(notes[2] == "info_diagnoses.csv: 1 cell is not understood and left out: row 3 of \"Age (years)\"");
  CHECK(notes[3] == "info_diagnoses.csv: rows 4, 5 are of one patient: none is taken");
  CHECK(notes[4] == "case 001: two tables differ in sex: neither is taken");

  // Who is left out on purpose is a case of the dataset.
  Dataset part;
  part.table_folders = {folder.path()};
  part.cases.push_back({"001", folder / "001", {}, {}});
  for (const auto& [left_out, n] : {std::pair{Texts{"002", "003"}, 0}, std::pair{Texts{}, 2}}) {
    part.left_out = left_out;
    Texts said;
    add_covariates(part, said);
    const auto of_tables = [](const std::string& note) { return note.starts_with("case 00"); };
    CHECK(std::ranges::count_if(said, of_tables) == 1);  // of 001 alone
    CHECK(std::ranges::count_if(said, [](const std::string& note) {
            return note.find("no case of the dataset") != std::string::npos;
          }) == n);
  }

  // What is found is told, but for a cell's text: it may be a name.
  std::ofstream(folder / "broken.csv") << "ID\n1,\"Doe, 'J'\"\n";
  std::ofstream(folder / "empty.csv");
  Texts said;
  add_covariates(part, said);
  CHECK(said[1] ==
        "table not used: broken.csv: row 2, column 2 is '...', expected nothing: the header has 1 column");
  CHECK(said[2] == "table not used: empty.csv: table is empty, expected a header line");

  // A bound stays one, in the unit of its column.
  const ClinicalTable follow_up =
      understand_table(parse_csv(std::as_bytes(std::span(std::string_view("ID,OS (years)\n1,5+\n2,1.5\n")))));
  Texts none;
  auto found = covariates_of(std::span(&follow_up, 1), Texts{"1", "2"}, none);
  CHECK(texts_of(found["1"]) == Texts{"overall_survival = >=60 months"});
  CHECK(texts_of(found["2"]) == Texts{"overall_survival = 18.000000 months"});

  Sample sample;
  sample.id = "001";
  sample.image = Volume<float>(Grid{{1, 1, 1}, Eigen::Matrix4d::Identity()}, 1);
  sample.reference_grid = sample.image.grid;
  sample.covariates = dataset.cases[0].covariates;
  CHECK(sample_from_json(sample_to_json(sample)).covariates == sample.covariates);
}

TEST_CASE("a sample from before there were covariates and hashes of slices is read", "[manifest]") {
  Sample sample;
  sample.id = "001";
  sample.image = Volume<float>(Grid{{1, 1, 1}, Eigen::Matrix4d::Identity()}, 1);
  sample.reference_grid = sample.image.grid;
  sample.channels.resize(1);
  sample.channels[0].name = "T1WI";
  sample.channels[0].native_grid = sample.image.grid;
  sample.channels[0].middle_slice_hash = "00112233445566ff";
  auto json = nlohmann::json::parse(sample_to_json(sample));
  CHECK(json.erase("covariates") == 1);
  CHECK(json["channels"][0].erase("middle_slice_xxh3") == 1);
  const std::string text = json.dump();
  const Sample old = sample_from_json(text);
  CHECK(old.channels.at(0).name == "T1WI");
  CHECK(old.channels.at(0).middle_slice_hash.empty());
  CHECK(old.covariates.empty());
}

}  // namespace
}  // namespace trivox
