// Sequences that preprocess lays onto each other, from phantoms to shards.
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "loader/shard.h"
#include "tests/loader/files.h"
#include "tests/loader/phantom_patients.h"
#include "tests/quoted.h"
#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;
using Json = nlohmann::json;

namespace {

std::map<std::string, std::string> content(const fs::path& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::directory_iterator(folder))
    out[entry.path().filename().string()] = slurp(entry.path());
  return out;
}

/// Two small patients with motion, and where they are preprocessed to. Of 001 T1WI moved by 2.0 and T2WI by
/// 2.3 mm, of 002 by 2.0 and 2.8.
struct Moved {
  PhantomPatients patients{"tiny", 2, 5, true};
  TemporaryFolder folder;

  [[nodiscard]] Outcome run(const std::string& options = "", const std::string& out = "out") const {
    return trivox::test::trivox("preprocess " + quoted(patients.root()) + " --out " + quoted(folder / out) +
                                " " + options);
  }
  [[nodiscard]] ShardSet shards(const std::string& out = "out") const {
    return ShardSet(read_manifest(folder / out));
  }
};

Json json_of(const ShardSet& set, size_t sample) {
  const auto text = set.json(sample);
  return Json::parse(text.begin(), text.end());
}

constexpr const char* kTooFar = "--set registration.most_shift_mm=2.5 ";  // for 002's T2WI alone

}  // namespace

TEST_CASE("preprocess registers and tells every figure", "[registration][preprocess][cli]") {
  const Moved moved;
  const Outcome outcome = moved.run();
  INFO(outcome.output);
  REQUIRE(outcome.exit_code == 0);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("2 of 2 cases: 2 written, 0 kept, 0 quarantined\n"));
  CHECK_THAT(outcome.output, CONTAINS_TEXT("registered: T1WI 2 refined; T2WI 2 refined (" +
                                           (moved.folder / "out/registration.csv").string() + ")\n"));
  const ShardSet set = moved.shards();
  CHECK(set.manifest().registration ==
        RegistrationCounts{{"T1WI", {{"refined", 2}}}, {"T2WI", {{"refined", 2}}}});
  std::istringstream csv(slurp(moved.folder / "out/registration.csv"));
  std::string line;
  std::getline(csv, line);
  CHECK_THAT(line, CONTAINS_TEXT("id,reference,sequence,outcome,quarantined,shift_mm,turn_deg,"));
  for (size_t i = 0; i < 2; ++i) {
    const std::string id = i == 0 ? "001" : "002";
    const Json json = json_of(set, i);
    REQUIRE(json["id"] == id);
    const std::vector<Eigen::Vector3d> body = body_points(moved.patients.read(id).sequences.back().image);
    for (size_t c = 0; c < 2; ++c) {
      const Json& channel = json["channels"][c];
      const std::string name = channel["name"];
      INFO(id << " " << name);
      CHECK(channel["alignment"] == "refined");
      Eigen::Matrix4d found;
      for (size_t k = 0; k < 16; ++k)
        found(static_cast<int>(k / 4), static_cast<int>(k % 4)) =
            channel["reference_to_native"][k / 4][k % 4];
      const Eigen::Matrix4d truth = moved.patients.reference_to_native(id, name);
      CHECK(distance_over(body, found, truth).mean_mm < 0.3);
      const Json& record = channel["registration"];
      CHECK(record["found"] == channel["reference_to_native"]);
      CHECK(record["shift_mm"] == Approx(distance_over(body, truth).mean_mm).margin(0.3));
      CHECK(record["found_nats"].get<double>() > record["header_nats"].get<double>() + 0.05);
      CHECK(record["inconsistency_mm"].get<double>() < 0.5);
      CHECK(record["overlap"].get<double>() > 0.8);
      CHECK(record["other_frame"] == false);
      CHECK(record["masks"]["copy"] == false);
      CHECK(record["masks"]["dice_registered"].get<double>() >
            record["masks"]["dice_header"].get<double>() + 0.01);
      // The table says the same.
      REQUIRE(std::getline(csv, line));
      CHECK(line.starts_with(id + ",CE-T1WI," + name + ",refined,"));
      CHECK(std::stod(line.substr(line.find("refined,0,") + 10)) ==
            Approx(record["shift_mm"].get<double>()).epsilon(1e-4));
    }
    CHECK(json["channels"][2]["alignment"] == "reference");
    CHECK_FALSE(json["channels"][2].contains("registration"));
  }
  CHECK_FALSE(std::getline(csv, line));
}

TEST_CASE("preprocess with registration keeps samples until a setting changes",
          "[registration][preprocess][cli]") {
  const Moved moved;
  REQUIRE(moved.run().exit_code == 0);
  const auto first = content(moved.folder / "out");
  CHECK_THAT(moved.run().output, CONTAINS_TEXT("0 written, 2 kept, 0 quarantined\n"));
  CHECK(content(moved.folder / "out") == first);  // the table of registrations too, of kept samples
  std::string options;
  for (const char* setting :
       {"most_shift_mm=14", "least_gain_nats=0.003", "seed=2", "most_turn_other_frame_deg=50",
        "warning_inconsistency_mm=0.4", "least_overlap=0.4", "on_rejection=quarantine", "reference=none"}) {
    options += std::string(" --set registration.") + setting;
    INFO(setting);
    CHECK_THAT(moved.run(options).output, CONTAINS_TEXT("2 written, 0 kept, 0 quarantined\n"));
    if (std::string(setting) == "seed=2")
      CHECK_THAT(moved.run(options).output, CONTAINS_TEXT("0 written, 2 kept, 0 quarantined\n"));
  }
}

TEST_CASE("preprocess with registration gives the same bytes for any number of threads",
          "[registration][preprocess][cli]") {
  const Moved moved;
  REQUIRE(moved.run("--threads 1", "one").exit_code == 0);
  REQUIRE(moved.run("--threads 3", "three").exit_code == 0);
  CHECK(content(moved.folder / "one") == content(moved.folder / "three"));
}

TEST_CASE("a page of an earlier run does not stay beside new shards", "[registration][preprocess][cli]") {
  const Moved moved;
  REQUIRE(moved.run("").exit_code == 0);
  CHECK(fs::exists(moved.folder / "out/registration.html"));
  REQUIRE(moved.run("--no-html").exit_code == 0);
  CHECK_FALSE(fs::exists(moved.folder / "out/registration.html"));
}

TEST_CASE("preprocess by the headers alone", "[registration][preprocess][cli]") {
  const Moved moved;
  const Outcome outcome = moved.run("--set registration.reference=none");
  INFO(outcome.output);
  REQUIRE(outcome.exit_code == 0);
  CHECK(outcome.output.find("registered") == std::string::npos);
  CHECK(moved.shards().manifest().registration.empty());
  const Json json = json_of(moved.shards(), 0);
  for (size_t c = 0; c < 2; ++c) {
    CHECK(json["channels"][c]["alignment"] == "header");
    CHECK_FALSE(json["channels"][c].contains("registration"));
    CHECK(json["channels"][c]["reference_to_native"][0] == Json({1.0, 0.0, 0.0, 0.0}));
  }
  const std::string csv = slurp(moved.folder / "out/registration.csv");
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 1);
}

TEST_CASE("a patient whose registration is rejected is kept by the headers and flagged",
          "[registration][preprocess][cli]") {
  const Moved moved;
  const Outcome outcome = moved.run(kTooFar);
  INFO(outcome.output);
  REQUIRE(outcome.exit_code == 0);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("2 written, 0 kept, 0 quarantined\n") &&
                                 CONTAINS_TEXT("registered: T1WI 2 refined; T2WI 1 refined, 1 rejected ("));
  const Json channel = json_of(moved.shards(), 1)["channels"][1];
  CHECK(channel["alignment"] == "rejected");
  CHECK(channel["reference_to_native"][0] == Json({1.0, 0.0, 0.0, 0.0}));
  CHECK(channel["registration"]["found"][0] != Json({1.0, 0.0, 0.0, 0.0}));
  CHECK(channel["registration"]["shift_mm"].get<double>() > 2.5);
  const std::string warning =
      "registration onto CE-T1WI rejected, the header alone places it: the body would move by 2.8 mm, more "
      "than 2.5 mm";
  CHECK_THAT(channel["warnings"].dump(), CONTAINS_TEXT(warning));
  CHECK_THAT(slurp(moved.folder / "out/warnings.csv"), CONTAINS_TEXT("002,T2WI,\"" + warning));
  CHECK_THAT(slurp(moved.folder / "out/registration.csv"), CONTAINS_TEXT("002,CE-T1WI,T2WI,rejected,0,2."));
}

TEST_CASE("patient_whose_registration_is_not_credible", "[registration][preprocess][cli][bad]") {
  const Moved moved;
  const std::string options = std::string(kTooFar) + "--set registration.on_rejection=quarantine ";
  const Outcome outcome = moved.run(options);
  INFO(outcome.output);
  REQUIRE(outcome.exit_code == 0);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("1 of 2 cases: 1 written, 0 kept, 1 quarantined"));
  CHECK_THAT(slurp(moved.folder / "out/quarantine.csv"),
             CONTAINS_TEXT("002,") &&
                 CONTAINS_TEXT("not credible (T2WI: the body would move by 2.8 mm, more than 2.5 mm)") &&
                 CONTAINS_TEXT("registration.on_rejection: header to keep the case by its headers"));
  // Quarantined, but counted and pictured with its figures.
  CHECK(moved.shards().manifest().registration ==
        RegistrationCounts{{"T1WI", {{"refined", 2}}}, {"T2WI", {{"refined", 1}, {"rejected", 1}}}});
  const std::string csv = slurp(moved.folder / "out/registration.csv");
  CHECK_THAT(csv, CONTAINS_TEXT("002,CE-T1WI,T2WI,rejected,1,2.") &&
                      CONTAINS_TEXT("002,CE-T1WI,T1WI,refined,1,") &&
                      CONTAINS_TEXT("001,CE-T1WI,T2WI,refined,0,") &&
                      CONTAINS_TEXT("\"the body would move by 2.8 mm, more than 2.5 mm\"\n"));
  CHECK_THAT(slurp(moved.folder / "out/registration.html"),
             CONTAINS_TEXT("<h3>002, T2WI: rejected</h3>") &&
                 CONTAINS_TEXT("<b>the body would move by 2.8 mm, more than 2.5 mm</b>"));
  // It is tried again, and the other is kept.
  CHECK_THAT(moved.run(options).output, CONTAINS_TEXT("1 of 2 cases: 0 written, 1 kept, 1 quarantined"));
  const Outcome strict = moved.run(options + "--strict", "strict");
  CHECK(strict.exit_code == 1);
  CHECK_THAT(strict.output, CONTAINS_TEXT("case 002; the run is strict"));
}

TEST_CASE("labels of each sequence are stored and read", "[registration][preprocess][cli]") {
  const Moved moved;
  const Outcome outcome = moved.run("--set preprocess.label_policy=per_sequence");
  INFO(outcome.output);
  REQUIRE(outcome.exit_code == 0);
  const ShardSet set = moved.shards();
  const Sample sample = set.load(0);
  CHECK(sample.label.channels == 3);
  CHECK(set.label(0).shape == std::vector<int64_t>{3, sample.image.grid.size[2], sample.image.grid.size[1],
                                                   sample.image.grid.size[0]});
  for (const int64_t c : {0, 1, 2}) {
    const auto label = sample.label.channel(c);
    CHECK(std::count(label.begin(), label.end(), 1) > 10);
  }
}

TEST_CASE("registration_settings_out_of_range", "[registration][preprocess][cli][bad]") {
  const TemporaryFolder folder;
  const auto said = [&](const std::string& setting) {
    const Outcome outcome = trivox::test::trivox("preprocess " + quoted(folder.path()) + " --out " +
                                                 quoted(folder / "out") + " --set registration." + setting);
    CHECK(outcome.exit_code == 2);
    return outcome.output;
  };
  CHECK_THAT(said("reference=CE-T1WI"), CONTAINS_TEXT("registration.reference is CE-T1WI, expected"));
  CHECK_THAT(said("on_rejection=drop"), CONTAINS_TEXT("registration.on_rejection is drop, expected"));
  CHECK_THAT(said("frames=maybe"), CONTAINS_TEXT("registration.frames is maybe, expected"));
  CHECK_THAT(said("most_shift_mm=0"), CONTAINS_TEXT("registration.most_shift_mm is 0, expected > 0"));
  CHECK_THAT(said("most_turn_deg=200"),
             CONTAINS_TEXT("registration.most_turn_deg is 200, expected between 0 and 180"));
  CHECK_THAT(said("warning_turn_deg=0"), CONTAINS_TEXT("registration.warning_turn_deg is 0, expected > 0"));
  CHECK_THAT(said("least_gain_nats=-1"), CONTAINS_TEXT("registration.least_gain_nats is -1, expected >= 0"));
  CHECK_THAT(said("least_overlap=1.5"),
             CONTAINS_TEXT("registration.least_overlap is 1.5, expected between 0 and 1"));
  CHECK_THAT(said("seed=-1"), CONTAINS_TEXT("registration.seed is -1"));
  CHECK_THAT(said("most_flip_ratio=0.5"),
             CONTAINS_TEXT("registration.most_flip_ratio is 0.5, expected >= 1"));
  CHECK_THAT(said("warning_slices=-1"), CONTAINS_TEXT("registration.warning_slices is -1, expected >= 0"));
  CHECK_THAT(said("most_shift=4"), CONTAINS_TEXT("registration.most_shift_mm"));
}
