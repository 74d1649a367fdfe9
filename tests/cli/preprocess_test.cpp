#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "loader/nifti.h"
#include "loader/shard.h"
#include "tests/test.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

std::map<std::string, std::string> content(const fs::path& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    out[entry.path().filename().string()] = text.str();
  }
  return out;
}

// Two-channel cases in nnU-Net's layout: a bright ball in a block of body, in air.
void write_case(const fs::path& root, const std::string& id, int radius) {
  Grid grid;
  grid.size = {24, 20, 8};
  grid.affine.diagonal() << 1, 1, 3, 1;
  for (int c = 0; c < 2; ++c) {
    Volume<float> image(grid, 1);
    Volume<uint8_t> label(grid, 1);
    for (int64_t z = 0; z < 8; ++z)
      for (int64_t y = 0; y < 20; ++y)
        for (int64_t x = 0; x < 24; ++x) {
          const bool body = x > 2 && x < 21 && y > 2 && y < 17;
          const bool ball =
              (x - 12) * (x - 12) + (y - 10) * (y - 10) + 9 * (z - 4) * (z - 4) <= radius * radius;
          image.at(0, x, y, z) = body ? static_cast<float>(100 + x + 2 * y * (c + 1) + (ball ? 80 : 0))
                                      : static_cast<float>((x * y + z) % 7);
          label.at(0, x, y, z) = ball ? 1 : 0;
        }
    write_nifti(root / "imagesTr" / (id + "_000" + std::to_string(c) + ".nii.gz"), image);
    write_nifti(root / "labelsTr" / (id + ".nii.gz"), label);
  }
}

void write_dataset(const fs::path& root, int cases) {
  fs::create_directories(root / "imagesTr");
  fs::create_directories(root / "labelsTr");
  for (int i = 0; i < cases; ++i) write_case(root, "ball_" + std::to_string(100 + i), 3 + i % 3);
  std::ofstream(root / "dataset.json")
      << R"({"channel_names": {"0": "T1", "1": "T2"}, "labels": {"background": 0, "ball": 1}, )"
      << R"("numTraining": )" << cases
      << R"(, "file_ending": ".nii.gz", "name": "Balls", "licence": "none"})";
}

/// Balls of a few voxels are warned of.
std::string arguments(const fs::path& data, const fs::path& out) {
  return "preprocess " + data.string() + " --out " + out.string() +
         " --set shards.samples_per_shard=2 --set registration.warning_slices=0 ";
}

TEST_CASE("preprocess command writes shards and keeps them", "[preprocess][cli]") {
  const TemporaryFolder folder;
  write_dataset(folder / "data", 5);
  const auto first = test::trivox(arguments(folder / "data", folder / "a") + "--threads 1");
  INFO(first.output);
  REQUIRE(first.exit_code == 0);
  CHECK_THAT(first.output,
             CONTAINS_TEXT("5 of 5 cases: 5 written, 0 kept, 0 quarantined\n2 with warnings (" +
                           (folder / "a/warnings.csv").string() + ")\nregistered: T2 5 refined (" +
                           (folder / "a/registration.csv").string() + ")\n3 shards with "));
  const auto again = test::trivox(arguments(folder / "data", folder / "a"));
  CHECK_THAT(again.output, CONTAINS_TEXT("5 of 5 cases: 0 written, 5 kept, 0 quarantined\n"));
  const auto other = test::trivox(arguments(folder / "data", folder / "b") + "--threads 3");
  CHECK(other.exit_code == 0);
  CHECK(content(folder / "a") == content(folder / "b"));

  const ShardSet set(read_manifest(folder / "a"));
  CHECK(set.manifest().channels == std::vector<std::string>{"T1", "T2"});
  CHECK(set.manifest().labels == std::map<int, std::string>{{1, "ball"}});
  CHECK(set.manifest().source.name == "Balls");
  CHECK_THAT(set.manifest().config_yaml, CONTAINS_TEXT("samples_per_shard: 2"));
  const Sample sample = set.load(0);
  CHECK(sample.image.channels == 2);
  CHECK(std::count(sample.label.data.begin(), sample.label.data.end(), 1) > 20);

  write_case(folder / "data", "ball_103", 6);
  const auto changed = test::trivox(arguments(folder / "data", folder / "a") + "--json");
  CHECK_THAT(changed.output, CONTAINS_TEXT("\"written\": 1"));
  CHECK_THAT(changed.output, CONTAINS_TEXT("\"kept\": 4"));
}

TEST_CASE("clinical covariates come into the samples, and a changed one redoes its case",
          "[preprocess][cli][clinical]") {
  const TemporaryFolder folder;
  write_dataset(folder / "data", 3);
  const auto table = [&](const std::string& age) {
    std::ofstream(folder / "data/clinical.csv")
        << "ID,Name,Age (years)\nball_100,Doe,50\nball_101,Roe," << age << "\n";
  };
  table("60");
  const auto first = test::trivox(arguments(folder / "data", folder / "out"));
  INFO(first.output);
  REQUIRE(first.exit_code == 0);
  const auto covariates = [&](size_t i) {
    return ShardSet(read_manifest(folder / "out")).load(i).covariates;
  };
  CHECK(covariates(1) == std::vector<Covariate>{{"age", "", "", 60.0, "years"}});
  CHECK(covariates(2).empty());
  for (const auto& [name, bytes] : content(folder / "out")) CHECK(bytes.find("Doe") == std::string::npos);
  table("61");
  CHECK_THAT(test::trivox(arguments(folder / "data", folder / "out")).output,
             CONTAINS_TEXT("3 of 3 cases: 1 written, 2 kept, 0 quarantined\n"));
  CHECK(covariates(1) == std::vector<Covariate>{{"age", "", "", 61.0, "years"}});
}

TEST_CASE("reference_of_which_no_case_has_a_mask", "[preprocess][cli]") {
  const TemporaryFolder folder;
  write_dataset(folder / "data", 1);
  std::ofstream(folder / "data/cases.csv")
      << "id,T1,T2,label:T2\n"
         "a,imagesTr/ball_100_0000.nii.gz,imagesTr/ball_100_0001.nii.gz,labelsTr/ball_100.nii.gz\n";
  const std::string run = arguments(folder / "data/cases.csv", folder / "out");
  const auto outcome = test::trivox(run);
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.output,
             CONTAINS_TEXT("preprocess.reference is T1, of which no case has a mask, expected "
                           "a channel with masks (T2), preprocess.label_policy: union"));
  CHECK(test::trivox(run + "--set preprocess.reference=T2").exit_code == 0);
}

TEST_CASE("warnings that differ in figures alone are told once", "[preprocess][cli]") {
  const TemporaryFolder folder;
  write_dataset(folder / "data", 3);
  for (const auto& [id, most] : {std::pair{"ball_100", 0.8F}, {"ball_102", 0.6F}}) {
    const fs::path file = folder / "data/labelsTr" / (std::string(id) + ".nii.gz");
    Volume<float> soft = read_nifti(file).volume;
    for (float& v : soft.data) v *= most;
    write_nifti(file, soft);
  }
  const auto outcome = test::trivox(arguments(folder / "data", folder / "out"));
  INFO(outcome.output);
  REQUIRE(outcome.exit_code == 0);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("mask is soft (fractions up to 0.8): cut at half its maximum (the "
                                           "like in 2 cases)"));
  CHECK_FALSE(outcome.output.find("up to 0.6") != std::string::npos);
  CHECK_THAT(content(folder / "out").at("warnings.csv"), CONTAINS_TEXT("fractions up to 0.6"));
}

TEST_CASE("shards_among_the_images_of_the_input", "[preprocess][cli]") {
  const TemporaryFolder folder;
  write_dataset(folder / "data", 1);
  REQUIRE(test::trivox("phantom " + (folder / "npc").string() + " --size tiny --patients 1").exit_code == 0);
  const fs::path patients = folder / "npc/data/MRI-Segments";
  for (const fs::path& out : {patients / "out", patients / "001/T1WI/new", folder / "data/imagesTr/out"}) {
    const fs::path from = out.string().find("npc") == std::string::npos ? folder / "data" : folder / "npc";
    const auto outcome = test::trivox(arguments(from, out));
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.output,
               CONTAINS_TEXT(out.string() + ": folder for the shards is within ") &&
                   CONTAINS_TEXT("where the input lies, expected a folder of its own outside"));
    CHECK(!fs::exists(out));
  }
}

TEST_CASE("cases that hold the same images are named", "[preprocess][cli]") {
  const TemporaryFolder folder;
  write_dataset(folder / "data", 5);  // 100 and 103 have balls of one size, 101 and 104 too
  const auto first = test::trivox(arguments(folder / "data", folder / "a"));
  INFO(first.output);
  CHECK_THAT(
      first.output,
      CONTAINS_TEXT("warning: ball_103: holds the images of case ball_100 (T1, T2): one patient twice? Apart "
                    "in a split, one gives the other away (the like in 2 cases)\n"));
  // Standard output alone, as a program reads it.
  const auto again = test::shell("{ " + std::string(test::kBinDir) + "/trivox " +
                                 arguments(folder / "data", folder / "a") + "--json 2>/dev/null; }");
  const auto json = nlohmann::json::parse(again.output);
  CHECK(json["kept"] == 5);
  CHECK(json["cases_with_warnings"] == 2);
  REQUIRE(json["warnings"].size() == 2);
  CHECK(json["warnings"][1]["id"] == "ball_104");
  CHECK(json["warnings"][1]["sequence"] == "");
  CHECK_THAT(json["warnings"][1]["warning"].get<std::string>(), CONTAINS_TEXT("of case ball_101 (T1, T2)"));
}

TEST_CASE("a killed preprocess command continues to the same bytes", "[preprocess][cli]") {
  const TemporaryFolder folder;
  write_dataset(folder / "data", 6);
  const std::string program = std::string(test::kBinDir) + "/trivox ";
  REQUIRE(test::trivox(arguments(folder / "data", folder / "fresh")).exit_code == 0);
  // Killed as soon as the first shard is recorded; should it be quicker, the comparison still holds.
  const std::string out = (folder / "killed").string();
  (void)test::shell(program + arguments(folder / "data", out) +
                    "--threads 1 >/dev/null 2>&1 & p=$!; for i in $(seq 2000); do grep -qs shard-00000 " +
                    out + "/manifest*.json && break; sleep 0.005; done; kill -9 $p; wait $p");
  const auto outcome = test::trivox(arguments(folder / "data", out));
  INFO(outcome.output);
  CHECK(outcome.exit_code == 0);
  CHECK_FALSE(outcome.output.find(" 0 kept") != std::string::npos);
  CHECK(content(out) == content(folder / "fresh"));
}

TEST_CASE("disk_full_in_the_preprocess_command", "[preprocess][cli][bad]") {
  const TemporaryFolder folder;
  write_dataset(folder / "data", 2);
  const auto outcome = test::shell("trap '' XFSZ; ulimit -f 16; " + std::string(test::kBinDir) + "/trivox " +
                                   arguments(folder / "data", folder / "out"));
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output, CONTAINS_TEXT((folder / "out/shard-00000.tar").string() +
                                           ": shard cannot be written: File too large"));
  CHECK_FALSE(fs::exists(folder / "out/shard-00000.tar"));
  CHECK_FALSE(fs::exists(folder / "out/manifest.json"));
  CHECK(fs::exists(folder / "out/manifest.partial.json"));
  CHECK(std::distance(fs::directory_iterator(folder / "out"), fs::directory_iterator()) == 1);
  CHECK(test::trivox(arguments(folder / "data", folder / "out")).exit_code == 0);
}

TEST_CASE("one_truncated_nifti_among_others", "[preprocess][cli][bad]") {
  const TemporaryFolder folder;
  write_dataset(folder / "data", 3);
  const fs::path bad = folder / "data/imagesTr/ball_101_0001.nii.gz";
  fs::resize_file(bad, fs::file_size(bad) / 2);
  const auto outcome = test::trivox(arguments(folder / "data", folder / "out"));
  INFO(outcome.output);
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("2 of 3 cases: 2 written, 0 kept, 1 quarantined (reasons: " +
                                           (folder / "out/quarantine.csv").string() + ")"));
  CHECK_THAT(content(folder / "out").at("quarantine.csv"),
             CONTAINS_TEXT("\nball_101,imagesTr/ball_101_0001.nii.gz,"));
  const auto strict = test::trivox(arguments(folder / "data", folder / "strict") + "--strict");
  CHECK(strict.exit_code == 1);
  CHECK_THAT(strict.output, CONTAINS_TEXT("ball_101_0001.nii.gz"));
}

TEST_CASE("all_cases_bad_in_the_preprocess_command", "[preprocess][cli][bad]") {
  const TemporaryFolder folder;
  write_dataset(folder / "data", 1);
  fs::resize_file(folder / "data/imagesTr/ball_100_0000.nii.gz", 10);
  CHECK(test::trivox(arguments(folder / "data", folder / "out")).exit_code == 1);
}

TEST_CASE("unwritable_output_of_the_preprocess_command", "[preprocess][cli][bad]") {
  const TemporaryFolder folder;
  write_dataset(folder / "data", 1);
  const auto outcome = test::trivox("preprocess " + (folder / "data").string() + " --out " +
                                    (folder / "data/dataset.json/out").string());
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("dataset.json/out: "));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("Not a directory"));
}

TEST_CASE("preprocess_with_wrong_usage", "[preprocess][cli][bad]") {
  const TemporaryFolder folder;
  CHECK(test::trivox("preprocess " + folder.path().string()).exit_code == 2);
  const auto outcome = test::trivox(arguments(folder.path(), folder / "out") + "--set shards.dtyp=float32");
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("shards.dtype"));
}

TEST_CASE("glioma series in a shard equal a SimpleITK reading", "[preprocess][cli][data]") {
  NEEDS_DATA();
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  const fs::path data = test::data_folder() / "glioma";
  const auto outcome = test::trivox("preprocess " + data.string() + " --out " + folder.path().string() +
                                    " --set dataset.require_masks=false --set shards.dtype=float32"
                                    " --set preprocess.crop_to_body=false");
  INFO(outcome.output);
  REQUIRE(outcome.exit_code == 0);
  const std::string shard = (folder / "shard-00000.tar").string();
  const auto checked = test::python("loader/check_glioma.py " + shard + " " +
                                    (data / "MRI-Segments/001/CE-T1WI").string() + " CE-T1WI");
  INFO(checked.output);
  CHECK(checked.exit_code == 0);
  const auto opened = test::python("loader/open_shard.py " + shard);
  CHECK_THAT(opened.output, CONTAINS_TEXT("float32 ['T1WI', 'T2WI', 'CE-T1WI']"));
  const ShardSet set(read_manifest(folder.path()));
  CHECK(set.manifest().source.doi.empty());  // the layout alone does not make it the NPC dataset
  CHECK(set.label(0).shape.empty());
}

}  // namespace
}  // namespace trivox
