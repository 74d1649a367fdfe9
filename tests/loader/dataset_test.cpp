#include "loader/dataset.h"

#include <fstream>

#include "evaluate/inspect.h"
#include "loader/file.h"
#include "tests/loader/files.h"
#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

namespace {

/// A patient by names alone: no image is opened here.
void make_patient(const fs::path& folder) {
  for (const char* channel : {"T1WI", "T2WI", "CE-T1WI"}) touch(folder / channel / "1.dcm");
  for (const char* mask : {"ROI-T1.nii", "ROI-T2.nii.gz", "ROI-CE-T1.nii"}) touch(folder / mask);
}

std::string message_of(const CaseFailure& failure) { return failure.fault.message(); }

}  // namespace

TEST_CASE("npc layout is found from the root and from above and below it", "[dataset]") {
  const TemporaryFolder root;
  const fs::path place = root / "deeper/data/MRI-Segments";
  make_patient(place / "002");
  make_patient(place / "001");
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

TEST_CASE("missing_sequence_folder", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "001");
  make_patient(root / "002");
  fs::remove_all(root / "002/T2WI");
  const Dataset dataset = find_dataset(root.path(), {});
  CHECK(dataset.cases.size() == 1);
  REQUIRE(dataset.failures.size() == 1);
  CHECK(dataset.failures[0].id == "002");
  CHECK(message_of(dataset.failures[0]) ==
        (root / "002").string() + ": sequence folder is absent: T2WI, expected T1WI, T2WI, CE-T1WI");
}

TEST_CASE("missing_mask", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "001");
  fs::remove(root / "001/ROI-T1.nii");
  fs::remove(root / "001/ROI-T2.nii.gz");
  const Dataset dataset = find_dataset(root.path(), {});
  CHECK(dataset.cases.empty());
  REQUIRE(dataset.failures.size() == 1);
  CHECK(message_of(dataset.failures[0]) ==
        (root / "001").string() +
            ": mask is absent: ROI-T1.nii, ROI-T2.nii, expected a mask for each sequence");
  DatasetOptions options;
  options.require_masks = false;
  const Dataset free = find_dataset(root.path(), options);
  REQUIRE(free.cases.size() == 1);
  CHECK(free.cases[0].channels[0].mask.empty());
  CHECK(!free.cases[0].channels[2].mask.empty());
}

TEST_CASE("mask_under_another_name_or_in_another_format", "[dataset]") {
  for (const auto& [there, told] : {std::pair{"ROI_T1.nii", ""},
                                    {"roi-t1.nii", ""},
                                    {"ROI-T1 (1).nii", ""},
                                    {"ROI-T1.nrrd", ", which is no NIfTI in one file"},
                                    {"ROI-T1.seg.nrrd", ", which is no NIfTI in one file"},
                                    {"ROI-T1.mha", ", which is no NIfTI in one file"},
                                    {"ROI-T1.mgz", ", which is no NIfTI in one file"},
                                    {"ROI-T1.hdr", " of a pair .hdr/.img: nibabel makes one file of it"}}) {
    INFO(there);
    const TemporaryFolder root;
    make_patient(root / "001");
    touch(root / "001/ADC/1.dcm");
    touch(root / "001/ROI-ADC.nii");
    fs::rename(root / "001/ROI-T1.nii", root / "001" / there);
    const std::string absent = "ROI-T1.nii (there is '" + std::string(there) + "'" + told + ")";
    const Dataset strict = find_dataset(root.path(), {});
    REQUIRE(strict.failures.size() == 1);
    CHECK_THAT(message_of(strict.failures[0]),
               CONTAINS_TEXT("mask is absent: " + absent + ", expected a mask for each sequence"));
    DatasetOptions options;
    options.require_masks = false;
    const Dataset dataset = find_dataset(root.path(), options);
    CHECK(dataset.failures.empty());
    CHECK(dataset.notes ==
          std::vector<std::string>{"001/" + std::string(there) +
                                   " belongs to no sequence by its name and is not read, though 001 lacks a "
                                   "mask: " +
                                   absent});
  }
}

TEST_CASE("mask_there_twice", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "001");
  touch(root / "001/ROI-T1.nii.gz");
  const Dataset dataset = find_dataset(root.path(), {});
  REQUIRE(dataset.failures.size() == 1);
  CHECK_THAT(message_of(dataset.failures[0]),
             CONTAINS_TEXT("mask is there twice: ROI-T1.nii and ROI-T1.nii.gz"));
  // Whoever needs no mask, as predict, can use the images all the same.
  REQUIRE(dataset.failures[0].images);
  CHECK(dataset.failures[0].images->channels[2].image == root / "001/CE-T1WI");
  CHECK(dataset.failures[0].images->channels[2].mask.empty());
}

TEST_CASE("mask_named_as_the_whole_sequence", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "001");
  fs::rename(root / "001/ROI-CE-T1.nii", root / "001/ROI-CE-T1WI.nii");
  const Dataset dataset = find_dataset(root.path(), {});
  REQUIRE(dataset.cases.size() == 1);
  CHECK(dataset.cases[0].channels[2].mask == root / "001/ROI-CE-T1WI.nii");
  CHECK(dataset.notes.empty());
  touch(root / "001/ROI-CE-T1.nii");
  const Dataset both = find_dataset(root.path(), {});
  CHECK(both.cases.at(0).channels[2].mask == root / "001/ROI-CE-T1.nii");
  REQUIRE(both.notes.size() == 1);
  CHECK_THAT(both.notes[0], CONTAINS_TEXT("not used, such as 001/ROI-CE-T1WI.nii"));
}

TEST_CASE("patients_as_files_among_the_folders_of_others", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "data/MRI-Segments/001");
  for (const char* name : {"002.zip", "003.nii", "004.tar.gz", "notes.txt", "clinical.csv"})
    touch(root / "data/MRI-Segments" / name);
  CHECK(find_dataset(root.path(), {}).notes.back() ==
        "3 files among the patients' folders, archives or images, not read, such as 002.zip: a patient is a "
        "folder");
  fs::remove_all(root / "data/MRI-Segments/001");
  CHECK_THAT(error_of([&] { (void)find_dataset(root.path(), {}); }),
             CONTAINS_TEXT("data/MRI-Segments/002.zip, without one (an archive for each patient is not read: "
                           "unpack them)"));
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

TEST_CASE("empty_patient_folder", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "001");
  fs::create_directories(root / "002");
  const Dataset dataset = find_dataset(root.path(), {});
  REQUIRE(dataset.failures.size() == 1);
  CHECK_THAT(message_of(dataset.failures[0]),
             CONTAINS_TEXT("sequence folder is absent: T1WI, T2WI, CE-T1WI"));
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
  CHECK_THAT(message_of(dataset.failures[0]),
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

TEST_CASE("masks beside those that are read are told", "[dataset]") {
  const TemporaryFolder root;
  for (const char* id : {"001", "002"}) make_patient(root / id);
  CHECK(find_dataset(root.path(), {}).notes.empty());
  touch(root / "002/ROI-T1_corrected.nii");
  CHECK(find_dataset(root.path(), {}).notes ==
        std::vector<std::string>{
            "1 mask beside those that are read: not used, such as 002/ROI-T1_corrected.nii"});
  fs::remove(root / "002/ROI-T1_corrected.nii");
  // Masks of sequences that were not asked for, whose names begin alike.
  touch(root / "002/T1_FS/1.dcm");
  for (const char* mask : {"ROI-T1C.nii", "ROI-T1_FS.nii.gz", "ROI-T1rho.nii"}) touch(root / "002" / mask);
  CHECK(find_dataset(root.path(), {}).notes.empty());
}

TEST_CASE("configuration_of_another_layout", "[dataset]") {
  const TemporaryFolder root;
  make_nnunet(root.path());
  DatasetOptions options;
  options.layout = "npc";
  CHECK_THAT(error_of([&] { (void)find_dataset(root.path(), options); }),
             CONTAINS_TEXT("dataset.layout is npc, expected nnunet, as the folder is laid out"));
}

TEST_CASE("npc_channel_that_no_patient_has", "[dataset]") {
  const TemporaryFolder root;
  fs::create_directories(root / "001/T1WI");
  DatasetOptions options;
  options.channels = {"FLAIR"};
  CHECK_THAT(error_of([&] { (void)find_dataset(root.path(), options); }),
             CONTAINS_TEXT("dataset.channels is FLAIR, expected names of sequences that the patients have"));
}

TEST_CASE("a rule's folder names what a patient calls the channel otherwise", "[dataset]") {
  const TemporaryFolder root;
  const auto patient = [&](const std::string& id, const std::vector<std::string>& folders) {
    make_patient(root / id);
    for (const char* channel : {"T2WI", "CE-T1WI"}) fs::remove_all(root / id / channel);
    for (const std::string& folder : folders) touch(root / id / folder / "1.dcm");
  };
  patient("001", {"05_Ax_T2_TSE", "09_ax_t1_CE", "01_loc"});
  patient("002", {"01_loc", "09_ax_t1_CE"});
  patient("003", {"05_Ax_T2_TSE", "06_cor_t2", "09_ax_t1_CE"});
  patient("004", {"T2WI", "06_cor_t2", "09_ax_t1_CE"});
  patient("005", {"05_Ax_T2_ce"});
  patient("006", {});
  DatasetOptions options;
  options.series["T2WI"].folder = "*T2*";
  options.series["CE-T1WI"].folder = "*_CE";
  for (const bool by_rules : {false, true}) {
    if (by_rules)  // nothing is named as a channel any more
      for (const char* id : {"001", "002", "003", "004", "005", "006"}) fs::remove_all(root / id / "T1WI");
    options.channels = by_rules ? std::vector<std::string>{"T2WI", "CE-T1WI"} : std::vector<std::string>{};
    if (by_rules) fs::rename(root / "004/T2WI", root / "004/T2WI ");
    const Dataset dataset = find_dataset(root.path(), options);
    const std::string rule = ", expected T2WI, or one that matches \"*T2*\", as dataset.series.T2WI says";
    REQUIRE(dataset.cases.size() == (by_rules ? 1 : 2));
    CHECK(dataset.cases[0].channels.at(by_rules ? 0 : 1).image == root / "001/05_Ax_T2_TSE");
    CHECK(dataset.cases[0].channels.at(by_rules ? 1 : 2).image == root / "001/09_ax_t1_CE");
    if (!by_rules) CHECK(dataset.cases[1].channels.at(1).image == root / "004/T2WI");
    std::map<std::string, std::string> said;
    for (const CaseFailure& failure : dataset.failures) said[failure.id] = message_of(failure);
    const std::string named = by_rules ? "" : ", 'T1WI'";
    CHECK(said["002"] == (root / "002").string() +
                             ": folder of T2WI is absent among '01_loc', '09_ax_t1_CE'" + named + rule);
    CHECK(said["003"] ==
          (root / "003").string() + ": folder of T2WI is 2 folders: '05_Ax_T2_TSE', '06_cor_t2'" + rule);
    CHECK(said["005"] ==
          (root / "005").string() +
              ": folder of T2WI and of CE-T1WI is '05_Ax_T2_ce' for both, expected one for each");
    CHECK_THAT(said["006"], CONTAINS_TEXT(by_rules ? "folder of T2WI is absent: there is no folder"
                                                   : "folder of T2WI is absent among 'T1WI'"));
  }
}

TEST_CASE("two_folders_match is decided by what else the rule asks", "[dataset]") {
  NEEDS_PYTHON();
  const TemporaryFolder root;  // in AX_T2 and AX_T1 a series each
  REQUIRE(python("golden/dicom_folder.py " + (root / "001").string() + " apart t2 t1").exit_code == 0);
  fs::create_directory(root / "001" / "AX_EMPTY");
  DatasetOptions options;
  options.channels = {"T2WI"};
  options.require_masks = false;
  options.series["T2WI"].folder = "AX*";
  CHECK(find_dataset(root.path(), options).failures.size() == 1);
  options.series_of_case["001"]["T2WI"].description = "t2*";
  options.series_of_case["009"]["T2WI"].description = "t1*";
  const Dataset dataset = find_dataset(root.path(), options);
  REQUIRE(dataset.cases.size() == 1);
  CHECK(dataset.cases[0].channels[0].image.filename() == "AX_T2");
  CHECK(dataset.notes.back() == "dataset.series_of_case: there is no case '009'");
  options.series_of_case["001"]["T1"];
  CHECK(error_of([&] { (void)find_dataset(root.path(), options); }) ==
        "dataset.series_of_case is 'T1' of case 001, expected one of T2WI");
}

TEST_CASE("a rule's folder does not take another channel's for its own", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "001");
  fs::remove_all(root / "001/T1WI");
  DatasetOptions options;
  options.series["T1WI"].folder = "*T1*";
  const Dataset dataset = find_dataset(root.path(), options);
  REQUIRE(dataset.failures.size() == 1);
  CHECK_THAT(message_of(dataset.failures[0]),
             CONTAINS_TEXT("folder of T1WI is absent among 'CE-T1WI', 'T2WI'"));
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
