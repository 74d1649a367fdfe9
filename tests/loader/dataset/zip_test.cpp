// Datasets in archives, and what else is met around the published one.
#include <fstream>
#include <map>
#include <sstream>

#include "evaluate/inspect.h"
#include "loader/clinical/covariates.h"
#include "loader/dataset.h"
#include "loader/dataset/source.h"
#include "loader/file.h"
#include "loader/fingerprint.h"
#include "loader/phantom/phantom.h"
#include "loader/preprocess.h"
#include "loader/quarantine.h"
#include "tests/loader/files.h"
#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

namespace {

/// Packs a folder into an archive below a folder `top`, with what macOS adds.
void pack(const fs::path& folder, const fs::path& archive, const std::string& top = "") {
  const Outcome outcome =
      python("loader/zips.py pack " + folder.string() + " " + archive.string() + " " + top);
  INFO(outcome.output);
  REQUIRE(outcome.exit_code == 0);
}

std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> all;
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    all[entry.path().filename().string()] = text.str();
  }
  return all;
}

std::string find_error(const fs::path& root, const DatasetOptions& options = {}) {
  return error_of([&] { (void)find_dataset(root, options); });
}

}  // namespace

TEST_CASE("npc layout is found in an archive at either depth and beside its tables", "[dataset][zip]") {
  NEEDS_PYTHON();
  for (const std::string top : {"", "NPC data"}) {
    INFO(top);
    const TemporaryFolder plain, root;
    make_patient(plain / "data/MRI-Segments/001");
    make_patient(plain / "data/MRI-Segments/002");
    fs::create_directories(plain / "data/MRI-Segments/003");
    for (const char* table : {"info_diagnoses.csv", "morphological_parameters.csv", "meta_data.csv"})
      touch(root / "primary_data" / table);
    const fs::path zip = root / "primary_data/primary_data.zip";
    pack(plain.path(), zip, top.empty() ? "" : "'" + top + "'");
    const fs::path inside = top.empty() ? zip : zip / top;
    for (const fs::path& from : {zip, inside / "data", root / "primary_data", root.path()}) {
      INFO(from);
      const Dataset dataset = find_dataset(from, {});
      CHECK(dataset.layout == "npc");
      CHECK(dataset.root == inside);
      std::vector<fs::path> folders = {inside / "data/MRI-Segments", inside / "data"};
      for (fs::path above = inside; above != (from == root.path() ? root.path().parent_path() : root.path());
           above = above.parent_path())
        folders.push_back(above);
      CHECK(dataset.table_folders == folders);
      CHECK(find_source(dataset).doi == "10.5281/zenodo.13131827");
      REQUIRE(dataset.cases.size() == 2);
      CHECK(dataset.cases[1].channels[2].mask == inside / "data/MRI-Segments/002/ROI-CE-T1.nii");
      REQUIRE(dataset.failures.size() == 1);  // an empty folder in the archive
      CHECK(dataset.failures[0].id == "003");
    }
    const Dataset one = find_dataset(inside / "data/MRI-Segments/002", {});
    REQUIRE(one.cases.size() == 1);
    CHECK(one.cases[0].id == "002");
  }
}

TEST_CASE("tables in the folder that was given and on the way to the data are the dataset's", "[dataset]") {
  const TemporaryFolder root;
  const fs::path place = root / "primary_data/data/MRI-Segments";
  make_patient(place / "001");
  touch(root / "info_diagnoses.csv", "ID,age\n1,45\n");
  touch(root / "primary_data/meta_data.csv", "ID,sex\n1,F\n");
  touch(place.parent_path() / "size.csv", "ID,Volume (mm3)\n1,900\n");
  const auto known = [](const fs::path& from) {
    Dataset dataset = find_dataset(from, {});
    std::vector<std::string> notes, names;
    add_covariates(dataset, notes);
    CHECK(notes.empty());
    for (const Covariate& one : dataset.cases.at(0).covariates) names.push_back(one.name);
    return names;
  };
  using Names = std::vector<std::string>;
  CHECK(known(root.path()) == Names{"age", "sex", "volume"});
  CHECK(known(root.path().string() + "/") == Names{"age", "sex", "volume"});
  // Two of the tables may be anybody's; the three are the published ones.
  CHECK(find_source(find_dataset(root.path(), {})).doi.empty());
  touch(root / "morphological_parameters.csv", "ID\n1\n");
  CHECK(find_source(find_dataset(root.path(), {})).doi == "10.5281/zenodo.13131827");
  fs::remove(root / "morphological_parameters.csv");
  for (const fs::path& from : {root / "primary_data", place.parent_path(), place})
    CHECK(known(from) == Names{"sex", "volume"});
  // From the folder itself, whose name is then not part of any path.
  const fs::path before = fs::current_path();
  fs::current_path(root.path());
  CHECK(known(".") == Names{"age", "sex", "volume"});
  CHECK(known("primary_data/data/") == Names{"sex", "volume"});
  fs::current_path(root / "primary_data");
  CHECK(known("data") == Names{"sex", "volume"});
  fs::current_path(before);
}

TEST_CASE("nnunet layout is found in an archive", "[dataset][zip]") {
  NEEDS_PYTHON();
  const TemporaryFolder plain, root;
  touch(plain / "dataset.json", R"({"channel_names": {"0": "T1"}, "labels": {"background": 0, "a": 1},
                                    "file_ending": ".nii.gz", "name": "Task"})");
  touch(plain / "imagesTr/a_0000.nii.gz");
  touch(plain / "labelsTr/a.nii.gz");
  pack(plain.path(), root / "Task.zip", "Task");
  const Dataset dataset = find_dataset(root / "Task.zip", {});
  CHECK(dataset.layout == "nnunet");
  CHECK(find_source(dataset).name == "Task");
  REQUIRE(dataset.cases.size() == 1);
  CHECK(is_file(dataset.cases[0].channels[0].image));
  CHECK(is_file(dataset.cases[0].channels[0].mask));
}

TEST_CASE("shards from the archive are those from the folder", "[dataset][zip][preprocess]") {
  NEEDS_PYTHON();
  const TemporaryFolder root, out;
  PhantomOptions phantoms;
  phantoms.size = "tiny";
  phantoms.patients = 2;
  write_phantoms(root / "plain", phantoms, {});
  fs::create_directories(root / "plain/data/MRI-Segments/003");
  fs::copy(root / "plain/data/MRI-Segments/002", root / "plain/data/MRI-Segments/004",
           fs::copy_options::recursive);
  fs::resize_file(root / "plain/data/MRI-Segments/004/ROI-T2.nii", 5000);
  fs::create_directories(root / "packed");
  fs::copy(root / "plain/truth.json", root / "packed/truth.json");
  pack(root / "plain", root / "packed/primary_data.zip");
  PreprocessJob job;
  job.threads = 2;
  const PreprocessSummary plain = preprocess(root / "plain", out / "plain", job, {});
  const PreprocessSummary packed = preprocess(root / "packed", out / "packed", job, {});
  CHECK(plain.written == 2);
  CHECK(plain.quarantined.size() == 2);
  CHECK(contents(out / "plain") == contents(out / "packed"));
  // Unpacked afterwards, nothing is done again.
  CHECK(preprocess(root / "plain", out / "packed", job, {}).kept == 2);
}

#ifndef __SANITIZE_ADDRESS__  // which keeps freed memory
TEST_CASE("inspecting an archive with as many files as the published one takes little memory",
          "[dataset][zip]") {
  NEEDS_PYTHON();
  const TemporaryFolder root;
  const Outcome outcome = python("loader/published_zip.py " + (root / "primary_data.zip").string() + " " +
                                 std::string(kBinDir) + "/trivox");
  INFO(outcome.output);
  REQUIRE(outcome.exit_code == 0);
  int cases = 0, megabytes = 0;
  std::istringstream(outcome.output) >> cases >> megabytes;
  CHECK(cases == 277);
  CHECK(megabytes > 0);
  CHECK(megabytes < 300);
}
#endif

TEST_CASE("dataset_unpacked_beside_its_archive", "[dataset][zip]") {
  NEEDS_PYTHON();
  const TemporaryFolder root;
  make_patient(root / "plain/data/MRI-Segments/001");
  pack(root / "plain", root / "primary_data.zip");
  fs::rename(root / "plain/data", root / "data");
  CHECK(find_error(root.path()) == root.path().string() + ": place of a dataset of layout npc is both " +
                                       (root / "data/MRI-Segments").string() + " and " +
                                       (root / "primary_data.zip/data/MRI-Segments").string() +
                                       ", expected one: give its path");
  CHECK(find_dataset(root / "data", {}).root == root.path());
  CHECK(find_dataset(root / "primary_data.zip", {}).root == root / "primary_data.zip");
}

TEST_CASE("broken_archive", "[dataset][zip]") {
  const TemporaryFolder root;
  touch(root / "primary_data.zip", "half of it");
  const std::string fault =
      (root / "primary_data.zip").string() + ": length is 10 bytes, expected those of a ZIP archive";
  CHECK(find_error(root / "primary_data.zip") == fault);
  CHECK(find_error(root / "primary_data.zip/data") == fault);
  for (const char* path : {"primary_data.zip", "primary_data.zip/data"})
    CHECK(error_of([&] { (void)inspect(root / path, {}, InspectDepth::kHeaders); }) == fault);
  CHECK(find_error(root.path()) == fault);
  CHECK_FALSE(find_dataset_if_any(root.path(), {}));
  make_patient(root / "data/MRI-Segments/001");
  CHECK(find_dataset(root.path(), {}).cases.size() == 1);
  // It does not hide what is wrong.
  DatasetOptions options;
  options.layout = "nnunet";
  CHECK(find_error(root.path(), options) ==
        root.path().string() + ": dataset.layout is nnunet, expected npc, as the folder is laid out");
  CHECK_FALSE(is_laid_out(root.path(), options));
}

TEST_CASE("case_id_of_another_encoding", "[dataset]") {
  const TemporaryFolder root;
  // Two names of GBK: replaced in JSON, they would be one.
  for (const char* name : {"\xD5\xC5\xC8\xFD.", "\xC0\xEE\xCB\xC4.", "002"}) make_patient(root / name);
  const Dataset dataset = find_dataset(root.path(), {});
  REQUIRE(dataset.cases.size() == 1);
  CHECK(dataset.cases[0].id == "002");
  REQUIRE(dataset.failures.size() == 2);
  CHECK(dataset.failures[0].id == "\\xc0\\xee\\xcb\\xc4.");
  CHECK(relative_to(dataset.failures[1], root.path()).fault.message() ==
        "\\xd5\\xc5\\xc8\\xfd.: case's id is '\\xd5\\xc5\\xc8\\xfd.', expected UTF-8 without control "
        "characters");
}

namespace {

/// Patients of an archive by their ids, those that fail behind a "!". Names are stored as zips.py says of
/// `kind`.
std::vector<std::string> ids_in(const fs::path& root, const std::string& kind, DatasetOptions options = {}) {
  const fs::path archive = root / (kind + ".zip");
  const Outcome outcome = python("loader/zips.py named " + archive.string() + " " + kind);
  INFO(outcome.output);
  REQUIRE(outcome.exit_code == 0);
  const Dataset dataset = find_dataset(archive, options);
  std::vector<std::string> all;
  for (const CaseFiles& one : dataset.cases) {
    all.push_back(one.id);
    CHECK(!read_file(one.channels[0].mask).empty());
  }
  for (const CaseFailure& one : dataset.failures) all.push_back("! " + one.id);
  return all;
}

}  // namespace

TEST_CASE("case_id_with_a_control_character", "[dataset]") {
  const TemporaryFolder root;
  for (const char* name : {"a\tb", "a\nb", "002"}) make_patient(root / name);
  const Dataset dataset = find_dataset(root.path(), {});
  CHECK(dataset.cases.size() == 1);
  REQUIRE(dataset.failures.size() == 2);
  CHECK(dataset.failures[0].id == "a\\nb");
  CHECK(dataset.failures[1].id == "a\\tb");
}

TEST_CASE("names that a Chinese Windows stored in an archive are read", "[dataset][zip]") {
  NEEDS_PYTHON();
  const TemporaryFolder root;
  using Ids = std::vector<std::string>;
  CHECK(ids_in(root.path(), "gbk") == Ids{"张三1", "李四1"});
  CHECK(archive_notes(find_dataset(root / "gbk.zip", {})) ==
        Ids{"gbk.zip: names in it are no UTF-8: read as GB18030, such as 'data/MRI-Segments/张三1/T1WI/"
            "1.dcm' (dataset.text_encoding names another encoding)"});
  CHECK(ids_in(root.path(), "field") == Ids{"张三1", "李四1"});
  CHECK(ids_in(root.path(), "mixed") == Ids{"张三", "李四"});
  CHECK(ids_in(root.path(), "unix") == Ids{"! \\xc0\\xee\\xcb\\xc41", "! \\xd5\\xc5\\xc8\\xfd1"});
  CHECK(ids_in(root.path(), "western") == Ids{"! M\\x81ller", "! Ren\\x82"});
}

TEST_CASE("names_in_an_archive_that_may_be_of_several_encodings", "[dataset][zip]") {
  NEEDS_PYTHON();
  const TemporaryFolder root;
  using Ids = std::vector<std::string>;
  for (const char* kind :
       {"big5", "korean", "japanese", "cyrillic", "capitals", "koi8", "greek", "rare", "one"}) {
    INFO(kind);
    const Ids ids = ids_in(root.path(), kind);
    CHECK(ids.size() == 2);
    for (const std::string& id : ids) CHECK(id.starts_with("! \\x"));
    CHECK(archive_notes(find_dataset(root / (std::string(kind) + ".zip"), {})).empty());
  }
  CHECK_THAT(
      find_dataset(root / "korean.zip", {}).failures[1].fault.message(),
      CONTAINS_TEXT("case's id is '\\xc8\\xab\\xb1\\xe6\\xb5\\xbf': \"全辨悼\" as gb18030, ") &&
          CONTAINS_TEXT("\"홍길동\" as euc-kr") &&
          CONTAINS_TEXT("expected UTF-8, or dataset.text_encoding to name what the archive's names are "
                        "stored in (gb18030, "));
  DatasetOptions options;
  const auto as = [&](const char* kind, const char* encoding) {
    options.text_encoding = encoding;
    return ids_in(root.path(), kind, options);
  };
  CHECK(as("big5", "big5") == Ids{"林小姐", "陳先生"});
  CHECK(as("korean", "euc-kr") == Ids{"김철수", "홍길동"});
  CHECK(as("japanese", "shift_jis") ==
        Ids{"山田太郎", "鈴木ソ"});  // the last one's second byte is a backslash
  CHECK(as("cyrillic", "windows-1251") == Ids{"Мария", "Петр"});
  CHECK(as("rare", "gb18030") == Ids{"喆淼", "张三"});
  CHECK(as("one", "gbk") == Ids{"张1", "李2"});
  CHECK(as("mixed", "gbk") == Ids{"张三", "李四"});
  CHECK(as("unix", "gbk") == Ids{"张三1", "李四1"});
  CHECK(as("field", "big5") == Ids{"张三1", "李四1"});
  CHECK(as("rare", "euc-kr") == Ids{"蠟힛", "! \\x86\\xb4\\xed\\xb5"});
  read_archive_names_as("auto");
}

TEST_CASE("two_datasets_equally_deep_one_in_an_archive", "[dataset][zip]") {
  NEEDS_PYTHON();
  const TemporaryFolder root;
  make_patient(root / "raw/A/data/MRI-Segments/001");
  make_patient(root / "packed/data/MRI-Segments/002");
  const auto pack = [&](const std::string& top) {
    const Outcome outcome = python("loader/zips.py pack " + (root / "packed").string() + " " +
                                   (root / "b.zip").string() + " " + top);
    INFO(outcome.output);
    REQUIRE(outcome.exit_code == 0);
  };
  pack("B");
  fs::create_directories(root / "set");
  fs::rename(root / "raw", root / "set/raw");
  fs::rename(root / "b.zip", root / "set/b.zip");
  CHECK_THAT(find_error(root / "set"), CONTAINS_TEXT("both ") &&
                                           CONTAINS_TEXT("b.zip/B/data/MRI-Segments and ") &&
                                           CONTAINS_TEXT("raw/A/data/MRI-Segments"));
  fs::remove_all(root / "set/raw");
  CHECK(find_dataset(root / "set", {}).cases.at(0).id == "002");
}

TEST_CASE("a patient packed without its folder is named as the archive", "[dataset][zip]") {
  NEEDS_PYTHON();
  const TemporaryFolder root;
  make_patient(root / "patient");
  const Outcome outcome =
      python("loader/zips.py pack " + (root / "patient").string() + " " + (root / "007.zip").string());
  INFO(outcome.output);
  REQUIRE(outcome.exit_code == 0);
  CHECK(find_dataset(root / "007.zip", {}).cases.at(0).id == "007");
}
