#include "loader/dataset.h"

#include <fstream>

#include "evaluate/inspect.h"
#include "loader/file.h"
#include "tests/loader/files.h"
#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

TEST_CASE("npc layout is found from the root and from above and below it", "[dataset]") {
  const TemporaryFolder root;
  const fs::path place = root / "deeper/data/MRI-Segments";
  make_patient(place / "002");
  make_patient(place / "001");
  fs::rename(place / "002/ROI-T2.nii", place / "002/ROI-T2.nii.gz");
  touch(place / ".DS_Store");
  make_patient(root / "__MACOSX/data/MRI-Segments/001");
  for (const fs::path& from : {root.path(), root / "deeper", root / "deeper/data", place}) {
    INFO(from);
    const Dataset dataset = find_dataset(from, {});
    CHECK(dataset.layout == "npc");
    CHECK(dataset.root == root / "deeper");
    CHECK(dataset.channels == std::vector<std::string>{"T1WI", "T2WI", "CE-T1WI"});
    CHECK(dataset.labels == std::map<int, std::string>{{1, "tumour"}});
    CHECK(dataset.failures.empty());
    REQUIRE(dataset.cases.size() == 2);
    CHECK(dataset.cases[0].id == "001");
    CHECK(dataset.cases[1].folder == place / "002");
    CHECK(dataset.cases[1].channels[1].image == place / "002/T2WI");
    CHECK(dataset.cases[1].channels[1].mask == place / "002/ROI-T2.nii.gz");
    CHECK(dataset.cases[1].channels[2].mask == place / "002/ROI-CE-T1.nii");
  }
}

TEST_CASE("one patient's folder is a dataset of one case", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "MRI-Segments/007");
  const Dataset dataset = find_dataset(root / "MRI-Segments/007", {});
  REQUIRE(dataset.cases.size() == 1);
  CHECK(dataset.cases[0].id == "007");
}

TEST_CASE("channels and cases can be chosen", "[dataset]") {
  const TemporaryFolder root;
  for (const char* id : {"001", "002", "003"}) make_patient(root / id);
  DatasetOptions options;
  options.channels = {"CE-T1WI", "T1WI"};
  options.cases = {"003"};
  options.labels = {{1, "GTVp"}};
  const Dataset dataset = find_dataset(root.path(), options);
  REQUIRE(dataset.cases.size() == 1);
  CHECK(dataset.cases[0].id == "003");
  CHECK(dataset.cases[0].channels[0].name == "CE-T1WI");
  CHECK(dataset.labels.at(1) == "GTVp");
  CHECK(dataset.failures.empty());
}

TEST_CASE("a case is chosen however its letters are composed", "[dataset]") {
  const TemporaryFolder root;
  for (const char* id : {"001", "Mu\xcc\x88ller"}) make_patient(root / id);
  DatasetOptions options;
  options.cases = {"M\xc3\xbcller"};
  const Dataset dataset = find_dataset(root.path(), options);
  REQUIRE(dataset.cases.size() == 1);
  CHECK(dataset.cases[0].id == "Mu\xcc\x88ller");
}

TEST_CASE("two_datasets_beside_each_other", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "data/MRI-Segments/001");
  make_patient(root / "data2/MRI-Segments/002");
  CHECK_THAT(error_of([&] { (void)find_dataset(root.path(), {}); }),
             CONTAINS_TEXT("place of a dataset of layout npc is both "));
  CHECK(find_dataset(root / "data2", {}).cases.front().id == "002");
}

TEST_CASE("two_datasets_of_different_layouts", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "data/MRI-Segments/001");
  for (const char* place : {"nnUNet_raw", "data/nnUNet_raw", "."}) {
    INFO(place);
    make_nnunet(root / place);
    CHECK_THROWS_AS(find_dataset(root.path(), {}), UsageError);
    CHECK_THAT(error_of([&] { (void)find_dataset(root.path(), {}); }),
               CONTAINS_TEXT("dataset.layout is auto, and both ") &&
                   CONTAINS_TEXT((root / "data/MRI-Segments").string()) &&
                   CONTAINS_TEXT("are there, expected n") && CONTAINS_TEXT(", or the path of one of them"));
    DatasetOptions options;
    for (const char* layout : {"npc", "nnunet"}) {
      options.layout = layout;
      CHECK(find_dataset(root.path(), options).layout == layout);
      CHECK(is_laid_out(root.path(), options));
    }
    options.layout = "table";
    CHECK_FALSE(is_laid_out(root.path(), options));
    fs::remove_all(root / place / "imagesTr/");
    CHECK(find_dataset(root.path(), {}).layout == "npc");
  }
}

TEST_CASE("two_datasets_beside_each_other_in_a_folder_further_down", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "data/MRI-Segments/001");
  make_patient(root / "data/Other/003");
  for (const char* from : {".", "data"})
    CHECK_THAT(error_of([&] { (void)find_dataset(root / from, {}); }),
               CONTAINS_TEXT("place of a dataset of layout npc is both ") && CONTAINS_TEXT("data/Other"));
}

TEST_CASE("patients_beside_the_folder_of_a_dataset", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "003");
  make_patient(root / "data/MRI-Segments/001");
  CHECK_THAT(error_of([&] { (void)find_dataset(root.path(), {}); }),
             CONTAINS_TEXT("place of a dataset of layout npc is both "));
}

TEST_CASE("patients_in_the_folder_of_dataset_json", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "001");
  make_nnunet(root.path());
  CHECK_THROWS_AS(find_dataset(root.path(), {}), UsageError);
  CHECK_THAT(error_of([&] { (void)find_dataset(root.path(), {}); }),
             CONTAINS_TEXT("dataset.layout is auto, and both ") &&
                 CONTAINS_TEXT("are there, expected nnunet or npc"));
}

TEST_CASE("dataset_within_another_one", "[dataset]") {
  const TemporaryFolder root;
  make_nnunet(root.path());
  make_nnunet(root / "sub");
  CHECK_THAT(error_of([&] { (void)find_dataset(root.path(), {}); }),
             CONTAINS_TEXT("place of a dataset of layout nnunet is both "));
  for (const fs::path& file : files_in(root / "sub/imagesTr")) fs::remove(file);
  CHECK(find_dataset(root.path(), {}).cases.size() == 2);  // a folder that was begun is none
}

TEST_CASE("a dataset two folders down is found where it is the only one", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "download/primary_data/data/MRI-Segments/001");
  CHECK(find_dataset(root.path(), {}).root == root / "download/primary_data");
  make_nnunet(root / "download/other");
  CHECK_THAT(error_of([&] { (void)find_dataset(root.path(), {}); }), CONTAINS_TEXT("download/other and "));
  CHECK_THAT(error_of([&] { (void)find_dataset_if_any(root.path(), {}); }),
             CONTAINS_TEXT("download/other and "));
  make_patient(root / "near/001");
  CHECK(find_dataset(root.path(), {}).root == root / "near");
}

TEST_CASE("case_asked_for_that_is_not_there", "[dataset]") {
  const TemporaryFolder root;
  for (const char* id : {"001", "002"}) make_patient(root / id);
  DatasetOptions options;
  options.cases = {"001", "2"};
  CHECK_THROWS_AS(find_dataset(root.path(), options), UsageError);
  CHECK_THAT(error_of([&] { (void)find_dataset(root.path(), options); }),
             CONTAINS_TEXT("dataset.cases is '2', expected one of the 2 cases there, such as 001"));
}

TEST_CASE("what lies in a folder without a dataset is named where it may be one", "[dataset]") {
  const TemporaryFolder disc, tables;
  touch(disc / "MRI-Segments/001/ROI-T1.nii");
  touch(disc / "MRI-Segments/001/DICOM/t1/1.dcm");
  CHECK_THAT(
      error_of([&] { (void)find_dataset(disc.path(), {}); }),
      CONTAINS_TEXT("001/ROI-T1.nii lies beside folders that no sequence's name or rule fits: 'DICOM'"));
  touch(tables / "study/cases.csv", "id,T1,label\n");
  CHECK_THAT(error_of([&] { (void)find_dataset(tables.path(), {}); }),
             CONTAINS_TEXT("dataset is absent: a table is asked for by its path, " +
                           (tables / "study/cases.csv").string()));
}

TEST_CASE("empty_dataset_folder", "[dataset]") {
  const TemporaryFolder root;
  CHECK_THAT(error_of([&] { (void)find_dataset(root.path(), {}); }),
             CONTAINS_TEXT(root.path().string() +
                           ": dataset is absent: the folder is empty, expected patients' folders"));
  CHECK_THAT(error_of([&] { (void)find_dataset(root / "x", {}); }),
             CONTAINS_TEXT("it is absent, expected a folder or .zip archive with a dataset, or a table "
                           "of cases (.csv)"));
  DatasetOptions options;
  options.layout = "bids";
  CHECK_THAT(error_of([&] { (void)find_dataset(root.path(), options); }),
             CONTAINS_TEXT("dataset.layout is 'bids', expected auto, npc, nnunet or table"));
}

TEST_CASE("dataset_in_two_places", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "a/MRI-Segments/001");
  make_patient(root / "b/MRI-Segments/001");
  CHECK_THAT(error_of([&] { (void)find_dataset(root.path(), {}); }),
             CONTAINS_TEXT("place of a dataset of layout npc is both"));
}

TEST_CASE("masks of raters and links beside a dataset are no second one", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "data/MRI-Segments/001");
  std::ofstream(root / "data/MRI-Segments/001/T1WI/2.dcm") << std::string(128, '\0') << "DICM";
  touch(root / "inner_reliability/001/T1WI/a-mask.tif");
  fs::create_directory_symlink(root / "data", root / "current");
  CHECK(find_dataset(root.path(), {}).cases.size() == 1);
}

TEST_CASE("two raters' masks in folders of sequences are no dataset", "[dataset]") {
  const std::vector<std::vector<const char*>> kinds = {
      {"001/A/T1WI/roi.nii", "001/B/T1WI/roi.nii", "002/A/T1WI/roi.nii", "002/B/T1WI/roi.nii"},
      {"A/001/T1WI/roi.nii", "B/001/T1WI/roi.nii"},
      {"study/A/001/T1WI/mask_0.tif", "study/B/001/T1WI/mask_0.tif"}};
  for (const auto& masks : kinds) {
    INFO(masks.front());
    const TemporaryFolder root;
    for (const char* mask : masks) touch(root / mask);
    CHECK_FALSE(find_dataset_if_any(root.path(), {}));
  }
}

TEST_CASE("case_whose_name_is_no_utf8", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "001");
  make_patient(root / "\xD5\xC5\xC8\xFD");  // a name in GBK
  const Dataset dataset = find_dataset(root.path(), {});
  CHECK(dataset.cases.size() == 1);
  REQUIRE(dataset.failures.size() == 1);
  CHECK(dataset.failures[0].id == "\\xd5\\xc5\\xc8\\xfd");
  CHECK_THAT(dataset.failures[0].fault.message(),
             CONTAINS_TEXT("case's id is '\\xd5\\xc5\\xc8\\xfd', expected UTF-8 without control characters"));
}

TEST_CASE("an older copy within a patient is no second dataset", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "data/MRI-Segments/001");
  make_patient(root / "data/MRI-Segments/001/older");
  CHECK(find_dataset(root.path(), {}).cases.size() == 1);
  CHECK(find_dataset(root / "data", {}).cases.size() == 1);
}

TEST_CASE("dataset_packed_otherwise", "[dataset]") {
  const TemporaryFolder root;
  touch(root / "data.tar.gz");
  CHECK_THAT(
      error_of([&] { (void)find_dataset(root / "data.tar.gz", {}); }),
      CONTAINS_TEXT("data.tar.gz: it is an archive that is not read: unpack it, expected a folder or .zip"));
  CHECK_THAT(error_of([&] { (void)inspect(root / "data.tar.gz", {}, InspectDepth::kHeaders); }),
             CONTAINS_TEXT("data.tar.gz: it is an archive that is not read: unpack it"));
  CHECK_THAT(error_of([&] { (void)find_dataset(root.path(), {}); }),
             CONTAINS_TEXT("dataset is absent: data.tar.gz is an archive that is not read: unpack it"));
}

TEST_CASE("configuration_of_another_layout", "[dataset]") {
  const TemporaryFolder root;
  make_nnunet(root.path());
  DatasetOptions options;
  options.layout = "npc";
  CHECK_THAT(error_of([&] { (void)find_dataset(root.path(), options); }),
             CONTAINS_TEXT("dataset.layout is npc, expected nnunet, as the folder is laid out"));
}

TEST_CASE("rule_for_an_unknown_channel", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "001");
  DatasetOptions options;
  options.series["T2"].description = "*t2*";
  CHECK(error_of([&] { (void)find_dataset(root.path(), options); }) ==
        "dataset.series is 'T2', expected one of T1WI, T2WI, CE-T1WI");
}

TEST_CASE("unknown_channel", "[dataset]") {
  const TemporaryFolder root;
  make_nnunet(root.path());
  DatasetOptions options;
  options.channels = {"FLAIR"};
  CHECK_THAT(error_of([&] { (void)find_dataset(root.path(), options); }),
             CONTAINS_TEXT("dataset.channels is 'FLAIR', expected one of T1, T2"));
}

TEST_CASE("hippocampus and glioma are found", "[dataset][data]") {
  NEEDS_DATA();
  const Dataset hippocampus = find_dataset(data_folder() / "hippocampus", {});
  CHECK(hippocampus.cases.size() == 208);
  CHECK(hippocampus.failures.empty());
  CHECK(hippocampus.labels == std::map<int, std::string>{{1, "anterior"}, {2, "posterior"}});
  DatasetOptions options;
  options.require_masks = false;
  const Dataset glioma = find_dataset(data_folder() / "glioma", options);
  REQUIRE(glioma.cases.size() == 1);
  CHECK(glioma.cases[0].id == "001");
}
