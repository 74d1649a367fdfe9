#include "loader/dataset.h"

#include "loader/file.h"
#include "tests/loader/files.h"
#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

namespace {

std::string message_of(const CaseFailure& failure) { return failure.fault.message(); }

std::string json_error(const std::string& json) {
  const TemporaryFolder root;
  make_nnunet(root.path(), json);
  return error_of([&] { (void)find_dataset(root.path(), {}); });
}

}  // namespace

TEST_CASE("nnunet layout", "[dataset]") {
  const TemporaryFolder root;
  make_nnunet(root / "Task");
  touch(root / "Task/imagesTr/.DS_Store");
  for (const fs::path& from : {root.path(), root / "Task", root / "Task/imagesTr"}) {
    const Dataset dataset = find_dataset(from, {});
    CHECK(dataset.layout == "nnunet");
    CHECK(fs::equivalent(dataset.root, root / "Task"));
    CHECK(dataset.channels == std::vector<std::string>{"T1", "T2"});
    CHECK(dataset.labels == std::map<int, std::string>{{1, "edema"}, {2, "core"}});
    CHECK(dataset.failures.empty());
    REQUIRE(dataset.cases.size() == 2);
    CHECK(dataset.cases[0].id == "a_1");
    CHECK(dataset.cases[0].channels[1].image.filename() == "a_1_0001.nii.gz");
    CHECK(dataset.cases[0].channels[1].mask == dataset.cases[0].channels[0].mask);
    CHECK(dataset.cases[0].channels[0].mask.filename() == "a_1.nii.gz");
  }
}

TEST_CASE("nnunet images without labels are read where masks are not required", "[dataset]") {
  const TemporaryFolder root;
  make_nnunet(root.path());
  for (const char* name : {"t_0000.nii.gz", "t_0001.nii.gz"}) touch(root / "imagesTs" / name);
  DatasetOptions options;
  options.channels = {"T2"};
  CHECK_THAT(message_of(find_dataset(root / "imagesTs", options).failures.at(0)),
             CONTAINS_TEXT("t.nii.gz: mask is absent, expected a label for each case"));
  options.require_masks = false;
  const Dataset dataset = find_dataset(root / "imagesTs", options);
  REQUIRE(dataset.cases.size() == 1);
  REQUIRE(dataset.cases[0].channels.size() == 1);
  CHECK(dataset.cases[0].channels[0].image.filename() == "t_0001.nii.gz");
}

TEST_CASE("entries_of_other_kinds in nnU-Net's folders are named", "[dataset]") {
  const TemporaryFolder root;
  make_nnunet(root.path());
  CHECK(find_dataset(root.path(), {}).notes.empty());
  touch(root / "imagesTr/.hidden");
  for (const char* name :
       {"imagesTr/c_0000.NII.GZ", "imagesTr/d_0000.mha", "imagesTr/e/e_0000.nii.gz", "labelsTr/d.mha"})
    touch(root / name);
  const Dataset dataset = find_dataset(root.path(), {});
  CHECK(dataset.cases.size() == 2);
  REQUIRE(dataset.notes.size() == 2);
  CHECK(dataset.notes[0] ==
        "imagesTr holds e/ and 2 more: not read, only files whose names end in .nii.gz or .nii, in small "
        "letters, are");
  CHECK_THAT(dataset.notes[1], CONTAINS_TEXT("labelsTr holds d.mha: not read"));
}

TEST_CASE("missing_nnunet_channel", "[dataset]") {
  const TemporaryFolder root;
  make_nnunet(root.path());
  fs::remove(root / "imagesTr/a_1_0001.nii.gz");
  touch(root / "labelsTr/c_3.nii.gz");
  touch(root / "imagesTr/odd.nii.gz");
  const Dataset dataset = find_dataset(root.path(), {});
  CHECK(dataset.cases.size() == 1);
  REQUIRE(dataset.failures.size() == 3);
  CHECK_THAT(message_of(dataset.failures[0]),
             CONTAINS_TEXT("channel is absent: a_1_0001.nii.gz, expected 2 channels"));
  CHECK_THAT(message_of(dataset.failures[1]),
             CONTAINS_TEXT("image of a label is absent, expected c_3_0000.nii.gz"));
  CHECK_THAT(message_of(dataset.failures[2]),
             CONTAINS_TEXT("name of an image is odd.nii.gz, expected ID_0000.nii.gz"));
}

TEST_CASE("nnunet description in the order of version 1 is understood", "[dataset]") {
  const TemporaryFolder root;
  make_nnunet(root.path(),
              R"({"modality": {"0": "T1", "1": "T2"}, "labels": {"0": "background", "1": "a", "2": "b"}})");
  const Dataset dataset = find_dataset(root.path(), {});
  CHECK(dataset.channels == std::vector<std::string>{"T1", "T2"});
  CHECK(dataset.labels == std::map<int, std::string>{{1, "a"}, {2, "b"}});
}

TEST_CASE("dataset_json_faults are named", "[dataset]") {
  CHECK_THAT(json_error("{"), CONTAINS_TEXT("dataset.json: JSON is "));
  CHECK_THAT(json_error("{}"), CONTAINS_TEXT("dataset.json: \"channel_names\" is absent"));
  CHECK_THAT(
      json_error(
          R"({"channel_names": {"0": "T1"}, "labels": {"background": 0, "whole": [1, 2], "core": 2}})"),
      CONTAINS_TEXT("label 'whole' is [1,2], a region of several values, expected one value: "
                    "regions are not read"));
  CHECK_THAT(
      json_error(R"({"channel_names": {"0": "T1"}, "labels": {"background": 0, "a": 1, "ignore": 2}})"),
      CONTAINS_TEXT("label 'ignore' is 2"));
  CHECK_THAT(json_error(R"({"channel_names": {"0": "T1", "2": "T2"}, "labels": {"a": 1}})"),
             CONTAINS_TEXT("expected numbers from 0, none left out"));
  CHECK_THAT(json_error(R"({"channel_names": {"0": "T1"}, "labels": {"a": 1}, "file_ending": ".png"})"),
             CONTAINS_TEXT("file_ending is '.png', expected .nii.gz or .nii"));
  CHECK_THAT(json_error(R"({"channel_names": {"0": "T1"}, "labels": {"a": 300}})"),
             CONTAINS_TEXT("label 'a' is 300"));
  CHECK_THAT(json_error(R"({"channel_names": {"0": "T1"}, "labels": {"a": 4294967297}})"),  // 2^32 + 1
             CONTAINS_TEXT("label 'a' is 4294967297, expected 1 to 254"));
}

TEST_CASE("number_of_cases_that_dataset_json_contradicts", "[dataset]") {
  const TemporaryFolder root;
  make_nnunet(root.path());
  CHECK(find_dataset(root.path(), {}).notes.empty());
  for (const char* channel : {"_0000", "_0001"})
    fs::remove(root / "imagesTr" / (std::string("a_1") + channel + ".nii.gz"));
  CHECK(find_dataset(root.path(), {}).notes ==
        std::vector<std::string>{"dataset.json: numTraining is 2, and imagesTr holds 1 case"});
}

TEST_CASE("decathlon_image_of_all_channels", "[dataset]") {
  const TemporaryFolder root;
  make_nnunet(root.path());
  touch(root / "imagesTr/BRATS_001.nii.gz");
  touch(root / "labelsTr/BRATS_001.nii.gz");
  const Dataset dataset = find_dataset(root.path(), {});
  REQUIRE(dataset.failures.size() == 1);
  CHECK(dataset.failures[0].id == "BRATS_001");
  CHECK_THAT(message_of(dataset.failures[0]),
             CONTAINS_TEXT("name of an image is BRATS_001.nii.gz, all channels in one file, as the Medical "
                           "Segmentation Decathlon has them, expected a file for each channel, "
                           "BRATS_001_0000.nii.gz and on"));
}

TEST_CASE("absent_dataset_json", "[dataset]") {
  const TemporaryFolder root;
  make_nnunet(root.path());
  fs::remove(root / "dataset.json");
  CHECK_THAT(error_of([&] { (void)find_dataset(root.path(), {}); }),
             CONTAINS_TEXT("dataset is absent: there is " + (root / "imagesTr").string() +
                           ", but no dataset.json beside it, expected"));
}

TEST_CASE("nnunet_channel_that_dataset_json_does_not_name", "[dataset]") {
  const TemporaryFolder root;
  make_nnunet(root.path());
  touch(root / "imagesTr/a_1_0002.nii.gz");
  const Dataset dataset = find_dataset(root.path(), {});
  REQUIRE(dataset.failures.size() == 1);
  CHECK_THAT(
      message_of(dataset.failures[0]),
      CONTAINS_TEXT("a_1_0002.nii.gz: channel is one more than dataset.json names, expected 2 channels"));
}

TEST_CASE("images_without_dataset_json", "[dataset]") {
  const TemporaryFolder root;
  touch(root / "imagesTs/a_0000.nii.gz");
  CHECK_THAT(
      error_of([&] { (void)find_dataset(root / "imagesTs", {}); }),
      CONTAINS_TEXT("dataset is absent: images such as a_0000.nii.gz without a dataset.json beside their "
                    "folder, which names the channels, expected"));
}

TEST_CASE("nnunet images and labels that dataset.json lists itself", "[dataset]") {
  const TemporaryFolder root;
  const std::string head =
      R"({"channel_names": {"0": "T1", "1": "T2"}, "labels": {"background": 0, "a": 1},
          "file_ending": ".nii.gz", "dataset": {)";
  // As nnU-Net's get_filenames_of_train_images_and_targets reads it: these paths, in this order, alone.
  make_nnunet(root / "A",
              head + R"("a_1": {"images": ["imagesTr/a_1_0001.nii.gz", "imagesTr/a_1_0000.nii.gz"],
                                          "label": "corrected/a_1.nii.gz"}}})");
  touch(root / "A/corrected/a_1.nii.gz");
  const Dataset dataset = find_dataset(root / "A", {});
  REQUIRE(dataset.cases.size() == 1);
  CHECK(dataset.cases[0].channels[0].name == "T1");
  CHECK(dataset.cases[0].channels[0].image == root / "A/imagesTr/a_1_0001.nii.gz");
  CHECK(dataset.cases[0].channels[1].mask == root / "A/corrected/a_1.nii.gz");
  CHECK(dataset.notes.at(0) ==
        "dataset.json lists 1 case with their paths: what else lies in imagesTr and labelsTr is not read");
  // The images may lie anywhere.
  touch(root / "B/scans/x.nii.gz");
  touch(root / "B/scans/y.nii.gz");
  touch(root / "B/dataset.json",
        head + R"("p": {"images": ["scans/x.nii.gz", ")" + (root / "B/scans/y.nii.gz").string() + R"("]}}})");
  CHECK(message_of(find_dataset(root / "B", {}).failures.at(0)) ==
        (root / "B/dataset.json").string() + ": mask is absent, expected a label for each case");
  DatasetOptions options;
  options.require_masks = false;
  CHECK(find_dataset(root / "B", options).cases.at(0).channels[1].image == root / "B/scans/y.nii.gz");
  touch(root / "B/dataset.json", head + R"("p": {"images": ["scans/x.nii.gz"], "label": "l.nii.gz"},
                                          "q": {"images": ["scans/x.nii.gz", "z.nii"], "label": "l"}}})");
  const Dataset bad = find_dataset(root / "B", {});
  REQUIRE(bad.failures.size() == 2);
  CHECK_THAT(message_of(bad.failures[0]),
             CONTAINS_TEXT("images of the case is 1, expected 2, one for each channel"));
  CHECK_THAT(message_of(bad.failures[1]),
             CONTAINS_TEXT("z.nii: image is absent, expected a file, as dataset.json lists it"));
  touch(root / "B/dataset.json", head + R"("p": {"images": ["$HOME/x.nii", "y"], "label": "l"}}})");
  CHECK_THAT(error_of([&] { (void)find_dataset(root / "B", {}); }),
             CONTAINS_TEXT("dataset, case 'p', images is \"$HOME/x.nii\", expected a path, from "
                           "dataset.json's folder on or absolute, without variables"));
}

TEST_CASE("nnunet_regions_where_no_label_of_dataset_json_is_needed", "[dataset]") {
  const TemporaryFolder root;
  make_nnunet(root.path(), R"({"channel_names": {"0": "T1", "1": "T2"}, "file_ending": ".nii.gz",
                               "labels": {"background": 0, "whole": [1, 2], "core": 2}})");
  CHECK_THAT(
      error_of([&] { (void)find_dataset(root.path(), {}); }),
      CONTAINS_TEXT("regions are not read; or dataset.labels, to name each value that the files hold"));
  DatasetOptions options;
  options.labels = {{1, "a"}, {2, "b"}};
  const Dataset named = find_dataset(root.path(), options);
  CHECK(named.labels == options.labels);
  CHECK(!named.cases.at(0).channels[0].mask.empty());
  options.labels.clear();
  options.require_masks = false;
  const Dataset free = find_dataset(root.path(), options);
  CHECK(free.cases.at(0).channels[0].mask.empty());
  CHECK(
      free.notes.at(0) ==
      "dataset.json: label 'whole' is [1,2], a region of several values, expected one value: regions are not "
      "read; masks are not read");
}
