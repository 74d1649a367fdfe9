#include "loader/sample_json.h"

#include <nlohmann/json.hpp>

#include "tests/loader/registration_records.h"
#include "tests/loader/shard/samples.h"
#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;
using Json = nlohmann::json;

namespace {

RegistrationRecord record(bool has_masks) {
  RegistrationRecord out;
  out.found << 0.8, -0.6, 0, 1.0 / 3, 0.6, 0.8, 0, -2.5, 0, 0, 1, 1e-9, 0, 0, 0, 1;
  out.header_nats = 0.25;
  out.found_nats = 1.0 / 7;
  out.shift_mm = 2.125;
  out.turn_deg = 3.3;
  out.inconsistency_mm = 0.1;
  out.overlap = 0.95;
  out.is_other_frame = has_masks;
  out.reasons = {"forward and backward differ"};
  if (has_masks) out.masks = MaskAgreement{0.75, 1.0 / 9, true};
  return out;
}

/// T1WI was laid onto CE-T1WI.
Sample registered(bool has_masks) {
  Sample out = formula_sample("7", 1);
  out.channels[0].alignment = "refined";
  out.channels[0].registration = record(has_masks);
  out.channels[0].reference_to_native = out.channels[0].registration->found;
  return out;
}

/// What reading says when `change` was done to the record of channel 0.
template <class Change>
std::string error(const Change& change) {
  Json json = Json::parse(sample_to_json(registered(true)));
  change(json["channels"][0]["registration"]);
  return error_of([&] { (void)sample_from_json(json.dump()); });
}

}  // namespace

TEST_CASE("how a channel was registered comes back from a sample's json", "[registration][sample_json]") {
  for (const bool has_masks : {true, false}) {
    const Sample sample = registered(has_masks);
    const std::string text = sample_to_json(sample);
    const Sample found = sample_from_json(text);
    REQUIRE(found.channels.size() == 2);
    REQUIRE(found.channels[0].registration);
    check_equal(*found.channels[0].registration, *sample.channels[0].registration);
    CHECK(found.channels[0].alignment == "refined");
    CHECK(found.channels[0].reference_to_native == sample.channels[0].reference_to_native);
    CHECK_FALSE(found.channels[1].registration);
    CHECK(sample_to_json(found) == text);
  }
}

TEST_CASE("a sample's json names the figures of a registration", "[registration][sample_json]") {
  const Json json = Json::parse(sample_to_json(registered(true)));
  const Json& said = json["channels"][0]["registration"];
  CHECK(said["found"][0] == Json({0.8, -0.6, 0.0, 1.0 / 3}));
  CHECK(said["shift_mm"] == 2.125);
  CHECK(said["other_frame"] == true);
  CHECK(said["masks"]["dice_header"] == 0.75);
  CHECK(said["masks"]["copy"] == true);
  CHECK_FALSE(json["channels"][1].contains("registration"));
  CHECK_FALSE(
      Json::parse(sample_to_json(registered(false)))["channels"][0]["registration"].contains("masks"));
}

TEST_CASE("a sample from before there were registrations is read", "[registration][sample_json]") {
  Json json = Json::parse(sample_to_json(registered(true)));
  CHECK(json["channels"][0].erase("registration") == 1);
  json["channels"][0]["alignment"] = "header";
  const Sample found = sample_from_json(json.dump());
  CHECK_FALSE(found.channels.at(0).registration);
  CHECK(found.channels.at(0).alignment == "header");
}

TEST_CASE("a sample from before registrations told reasons is read", "[registration][sample_json]") {
  Json json = Json::parse(sample_to_json(registered(true)));
  CHECK(json["channels"][0]["registration"].erase("reasons") == 1);
  const Sample found = sample_from_json(json.dump());
  REQUIRE(found.channels.at(0).registration);
  CHECK(found.channels.at(0).registration->reasons.empty());
}

TEST_CASE("registration_of_a_wrong_type_in_a_samples_json", "[registration][sample_json][bad]") {
  CHECK(error([](Json& r) { r["shift_mm"] = "2"; }) == "\"shift_mm\" is \"2\", expected a number");
  CHECK(error([](Json& r) { r["overlap"] = nullptr; }) == "\"overlap\" is null, expected a number");
  CHECK(error([](Json& r) { r["other_frame"] = 1; }) == "\"other_frame\" is 1, expected true or false");
  CHECK(error([](Json& r) { r["masks"]["copy"] = "no"; }) == "\"copy\" is \"no\", expected true or false");
  CHECK(error([](Json& r) { r["masks"]["dice_header"] = true; }) ==
        "\"dice_header\" is true, expected a number");
  CHECK_THAT(error([](Json& r) { r["found"] = "none"; }), CONTAINS_TEXT("\"found\" is \"none\", expected "));
  CHECK_THAT(error([](Json& r) { r["found"].erase(3); }), CONTAINS_TEXT("\"found\""));
  CHECK_THAT(error([](Json& r) { r["found"][1][2] = "0"; }), CONTAINS_TEXT("\"found\""));
  CHECK_THAT(error([](Json& r) { r["masks"] = 3; }), CONTAINS_TEXT("\"masks\" is 3, expected an object"));
  CHECK_THAT(error([](Json& r) { r = Json::array(); }),
             CONTAINS_TEXT("\"registration\" is [], expected an object"));
}

TEST_CASE("registration_without_a_figure_in_a_samples_json", "[registration][sample_json][bad]") {
  for (const char* key : {"found", "header_nats", "found_nats", "shift_mm", "turn_deg", "inconsistency_mm",
                          "overlap", "other_frame"})
    CHECK_THAT(error([&](Json& r) { r.erase(key); }),
               CONTAINS_TEXT("\"" + std::string(key) + "\" is absent"));
  for (const char* key : {"dice_header", "dice_registered", "copy"})
    CHECK_THAT(error([&](Json& r) { r["masks"].erase(key); }),
               CONTAINS_TEXT("\"" + std::string(key) + "\" is absent"));
}
