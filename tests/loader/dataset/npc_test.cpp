// Patients as the published dataset lays them out, and what else lies among their files.
#include <fstream>
#include <map>

#include "loader/dataset.h"
#include "loader/file.h"
#include "loader/fingerprint.h"
#include "tests/loader/files.h"
#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

namespace {

std::string message_of(const CaseFailure& failure) { return failure.fault.message(); }

std::string find_error(const fs::path& root, const DatasetOptions& options = {}) {
  return error_of([&] { (void)find_dataset(root, options); });
}

std::string failure(const fs::path& root) {
  const Dataset dataset = find_dataset(root, {});
  REQUIRE(dataset.failures.size() == 1);
  return message_of(dataset.failures[0]);
}

/// Of one case with a failure at most; throws where there are more.
Dataset one_patient(const fs::path& root, const DatasetOptions& options = {}) {
  Dataset dataset = find_dataset(root, options);
  REQUIRE(dataset.cases.size() + dataset.failures.size() == 1);
  return dataset;
}

}  // namespace

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
  fs::remove(root / "001/ROI-T2.nii");
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

TEST_CASE("empty_patient_folder", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "001");
  fs::create_directories(root / "002");
  const Dataset dataset = find_dataset(root.path(), {});
  REQUIRE(dataset.failures.size() == 1);
  CHECK_THAT(message_of(dataset.failures[0]),
             CONTAINS_TEXT("sequence folder is absent: T1WI, T2WI, CE-T1WI"));
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

TEST_CASE("npc_channel_that_no_patient_has", "[dataset]") {
  const TemporaryFolder root;
  fs::create_directories(root / "001/T1WI");
  DatasetOptions options;
  options.channels = {"FLAIR"};
  CHECK_THAT(error_of([&] { (void)find_dataset(root.path(), options); }),
             CONTAINS_TEXT("dataset.channels is FLAIR, expected names of sequences that the patients have"));
}

TEST_CASE("almost_the_name_of_a_sequence_or_mask", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "001");
  fs::rename(root / "001/CE-T1WI", root / "001/ce_t1wi ");
  CHECK(failure(root.path()) == (root / "001").string() +
                                    ": sequence folder is absent: CE-T1WI (there is 'ce_t1wi '), "
                                    "expected T1WI, T2WI, CE-T1WI");
  fs::remove_all(root / "001/ce_t1wi ");
  touch(root / "001/CE-T1.nii.gz");  // CE-T1WI.nii.gz would be the sequence
  CHECK_THAT(failure(root.path()), CONTAINS_TEXT("sequence folder is absent: CE-T1WI"));
  fs::remove(root / "001/CE-T1.nii.gz");
  touch(root / "001/CE-T1WI/1.dcm");
  fs::rename(root / "001/ROI-T2.nii", root / "001/roi-t2.nii.gz");
  CHECK_THAT(failure(root.path()), CONTAINS_TEXT("mask is absent: ROI-T2.nii (there is 'roi-t2.nii.gz')"));
}

TEST_CASE("patient_behind_a_broken_link", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "001");
  fs::create_directory_symlink(root / "elsewhere", root / "002");
  CHECK(failure(root.path()) ==
        (root / "002").string() +
            ": it is a link that is broken or within an archive, expected a patient's folder");
}

TEST_CASE("links are followed, and a broken one to a slice is not passed over", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "store/a");
  fs::create_directories(root / "set");
  fs::create_directory_symlink(root / "store/a", root / "set/001");
  fs::create_symlink(root / "nowhere", root / "store/a/T1WI/2.dcm");
  const Dataset dataset = find_dataset(root / "set", {});
  REQUIRE(dataset.cases.size() == 1);
  CHECK(dataset.cases[0].id == "001");
  CHECK(files_in(root / "set/001/T1WI").size() == 2);
  CHECK_THAT(error_of([&] { (void)hash_inputs(dataset.cases[0]); }),
             CONTAINS_TEXT("2.dcm: cannot be read: No such"));
}

TEST_CASE("mask_that_is_a_broken_link is there and cannot be read", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "001");
  fs::remove(root / "001/ROI-T1.nii");
  fs::create_symlink(root / "nowhere", root / "001/ROI-T1.nii");
  DatasetOptions options;
  for (const bool is_required : {true, false}) {
    options.require_masks = is_required;
    const Dataset dataset = find_dataset(root.path(), options);
    REQUIRE(dataset.cases.size() == 1);
    CHECK_THAT(error_of([&] { (void)hash_inputs(dataset.cases[0]); }),
               CONTAINS_TEXT("ROI-T1.nii: cannot be read: No such"));
  }
}

TEST_CASE("mask_in_a_folder_of_the_patient is told of where the patient lacks one", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "001");
  fs::create_directories(root / "001/masks");
  fs::rename(root / "001/ROI-T1.nii", root / "001/masks/ROI-T1.nii");
  DatasetOptions options;
  options.require_masks = false;
  const Dataset dataset = find_dataset(root.path(), options);
  REQUIRE(dataset.cases.size() == 1);
  CHECK(dataset.notes ==
        std::vector<std::string>{"001/masks/ROI-T1.nii belongs to no sequence by its name and is "
                                 "not read, though 001 lacks a mask: ROI-T1.nii"});
}

TEST_CASE("files of file managers are passed over", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "data/MRI-Segments/001");
  for (const char* name : {".DS_Store", "._1.dcm", "Thumbs.db", "desktop.ini"})
    for (const char* folder :
         {"", "data", "data/MRI-Segments", "data/MRI-Segments/001", "data/MRI-Segments/001/T1WI"})
      touch(root / folder / name);
  make_patient(root / "__MACOSX/data/MRI-Segments/001");
  const Dataset dataset = find_dataset(root.path(), {});
  CHECK(dataset.cases.size() == 1);
  CHECK(dataset.failures.empty());
  CHECK(files_in(root / "data/MRI-Segments/001/T1WI").size() == 1);
}

TEST_CASE("a patient's folder may hold more than its sequences", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "001");
  touch(root / "001/notes.txt");
  touch(root / "001/ROI-T1 old.nii");
  touch(root / "001/DWI/1.dcm");
  const Dataset dataset = find_dataset(root.path(), {});
  REQUIRE(dataset.cases.size() == 1);
  CHECK(dataset.cases[0].channels[0].mask.filename() == "ROI-T1.nii");
}

TEST_CASE("a sequence of the npc layout may be a NIfTI", "[dataset]") {
  const TemporaryFolder root;
  make_patient(root / "001");
  fs::remove_all(root / "001/T1WI");
  touch(root / "001/T1WI.nii.gz");
  const auto image = [&](size_t channel) {
    const Dataset dataset = one_patient(root.path());
    REQUIRE(dataset.cases.size() == 1);
    return dataset.cases[0].channels[channel].image;
  };
  CHECK(image(0) == root / "001/T1WI.nii.gz");
  CHECK(image(1) == root / "001/T2WI");

  SECTION("as folder or file") {
    touch(root / "001/T1WI.nii");
    CHECK(failure(root.path()) == (root / "001").string() +
                                      ": image of T1WI is there twice: 'T1WI.nii', 'T1WI.nii.gz', expected "
                                      "one of them");
    fs::remove(root / "001/T1WI.nii");
    touch(root / "001/T1WI/1.dcm");
    CHECK(failure(root.path()) == (root / "001").string() +
                                      ": image of T1WI is there twice: 'T1WI', 'T1WI.nii.gz', expected one "
                                      "of them");
  }
  SECTION("almost of its name") {
    fs::rename(root / "001/T1WI.nii.gz", root / "001/t1wi.nii.gz");
    CHECK_THAT(failure(root.path()), CONTAINS_TEXT("absent: T1WI (there is 't1wi.nii.gz')"));
  }
  SECTION("in the sequence's folder") {
    fs::create_directories(root / "001/T1WI");
    fs::rename(root / "001/T1WI.nii.gz", root / "001/T1WI/T1.nii.gz");
    touch(root / "001/T1WI/T1.json");
    CHECK(image(0) == root / "001/T1WI/T1.nii.gz");
    touch(root / "001/T1WI/T1b.nii");
    CHECK(image(0) == root / "001/T1WI");  // which of two, nobody said: reading it is an error
    fs::rename(root / "001/T1WI/T1b.nii", root / "001/T1WI/1.dcm");
    CHECK(image(0) == root / "001/T1WI");
    fs::remove(root / "001/T1WI/1.dcm");
    fs::rename(root / "001/T1WI/T1.nii.gz", root / "001/T1WI/ROI-T1.nii.gz");
    CHECK(image(0) == root / "001/T1WI");
  }
  SECTION("without any folder") {
    for (const char* channel : {"T2WI", "CE-T1WI"}) {
      fs::remove_all(root / "001" / channel);
      touch(root / "001" / (std::string(channel) + ".nii"));
    }
    CHECK(image(2) == root / "001/CE-T1WI.nii");
    for (const char* mask : {"ROI-T1.nii", "ROI-T2.nii", "ROI-CE-T1.nii"}) fs::remove(root / "001" / mask);
    CHECK_THAT(find_error(root.path()), CONTAINS_TEXT("dataset is absent"));  // may be two raters' masks
    DatasetOptions options;
    options.require_masks = false;
    CHECK(one_patient(root.path(), options).cases.size() == 1);
    options = {};
    options.layout = "npc";
    CHECK_THAT(one_patient(root.path(), options).failures.at(0).fault.message(),
               CONTAINS_TEXT("mask is absent"));
  }
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
