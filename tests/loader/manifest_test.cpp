#include "loader/manifest.h"

#include "tests/test.h"
#include "transforms/rng.h"

namespace trivox {
namespace {

using test::error_of;

Manifest example() {
  Manifest m;
  m.version = "1.2.3";
  m.config_hash = "00112233445566ff";
  m.config_yaml = "dataset:\n  layout: npc\n";
  m.source = {"a \"set\"", "10.1/2", "CC BY 4.0"};
  m.channels = {"T1WI", "CE-T1WI"};
  m.labels = {{1, "tumour"}, {10, "node"}};
  m.shards = {{"shard-00000.tar", 8192, "00112233445566aa"}, {"shard-00001.tar", 4096, "00112233445566bb"}};
  SampleEntry s;
  s.key = "a";
  s.shard = "shard-00000.tar";
  s.image_shape = {2, 3, 4, 5};
  s.image_offset = 512;
  s.image_bytes = 600;
  s.json_offset = 2048;
  s.json_bytes = 10;
  s.inputs_hash = "ff";
  m.samples.push_back(s);
  s.key = "b";
  s.shard = "shard-00001.tar";
  s.label_shape = {1, 3, 4, 5};
  s.label_offset = 3000 / 512 * 512;
  s.label_bytes = 188;
  m.samples.push_back(s);
  m.warnings = {{"a", "T1WI", "slices are uneven"}, {"b", "", "holds the images of case a"}};
  m.quarantined = {{"c", {"c/ROI.nii", "mask grid", "here", "there", {"series T1WI", "case c"}}}};
  return m;
}

std::string with(const std::string& from, const std::string& to) {
  std::string text = manifest_to_json(example());
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string parse_error(const std::string& text) {
  return error_of([&] { (void)manifest_from_json(text); });
}

TEST_CASE("a manifest from before there were warnings is read", "[manifest]") {
  std::string text = manifest_to_json(example());
  const size_t at = text.find(",\n \"warnings\":");
  REQUIRE(at != std::string::npos);
  text = text.substr(0, at) + "\n}\n";
  CHECK(manifest_from_json(text).warnings.empty());
  CHECK(manifest_from_json(text).samples.size() == 2);
}

TEST_CASE("a manifest comes back from its text", "[manifest]") {
  const std::string text = manifest_to_json(example());
  const Manifest m = manifest_from_json(text);
  CHECK(manifest_to_json(m) == text);
  CHECK(m.labels == example().labels);
  CHECK(m.samples[1].label_bytes == 188);
  CHECK(m.samples[0].label_bytes == 0);
  CHECK(m.samples[0].begin() == 0);
  CHECK(m.samples[0].end() == 2560);
  CHECK(m.warnings == example().warnings);
  CHECK(m.quarantined[0].fault.message() == example().quarantined[0].fault.message());
}

TEST_CASE("manifest_that_is_not_json", "[manifest][bad]") {
  CHECK_THAT(
      parse_error("{\"format\": "),
      CONTAINS_TEXT("JSON is broken at line 1, column 12, expected more of it: the file may be truncated"));
  CHECK_THAT(parse_error("[]"), CONTAINS_TEXT("\"format\" is [], expected a member of an object"));
  const std::string text = manifest_to_json(example());
  for (size_t n = 0; n + 2 < text.size(); n += 7) CHECK_FALSE(parse_error(text.substr(0, n)).empty());
}

TEST_CASE("manifest_with_a_nul_byte", "[manifest][bad]") {
  const std::string text = manifest_to_json(example());
  CHECK(parse_error(text + std::string(2, '\0') + "rest") ==
        "JSON is broken: a NUL byte at " + std::to_string(text.size()));
}

TEST_CASE("manifest_with_wrong_fields", "[manifest][bad]") {
  CHECK(parse_error(with("trivox shards 1", "trivox shards 9")) ==
        "\"format\" is 'trivox shards 9', expected 'trivox shards 1'");
  CHECK_THAT(parse_error(with("\"bytes\": 8192", "\"bytes\": -1")),
             CONTAINS_TEXT("\"bytes\" is -1, expected a whole"));
  CHECK_THAT(parse_error(with("\"channels\": [", "\"channels\": [3,")), CONTAINS_TEXT("\"channels\" is 3"));
  CHECK_THAT(parse_error(with("\"config\"", "\"confog\"")), CONTAINS_TEXT("\"config\" is absent"));
  CHECK_THAT(parse_error(with("\"10\"", "\"ten\"")), CONTAINS_TEXT("\"labels\" is ten"));
}

TEST_CASE("manifest_that_leaves_its_folder", "[manifest][bad]") {
  CHECK_THAT(parse_error(with("shard-00000.tar", "../x.tar")), CONTAINS_TEXT("\"file\" is '../x.tar'"));
}

TEST_CASE("manifest_with_a_member_outside_its_shard", "[manifest][bad]") {
  CHECK_THAT(parse_error(with("\"bytes\": 8192", "\"bytes\": 2048")),
             CONTAINS_TEXT("json is at 2048 with 10 bytes, expected a member within the 2048 bytes of "
                           "shard-00000.tar (sample a)"));
  CHECK_FALSE(parse_error(with("\"offset\": 512", "\"offset\": 18446744073709551104")).empty());
}

TEST_CASE("manifest_with_two_samples_of_one_key", "[manifest][bad]") {
  CHECK_THAT(parse_error(with("\"key\": \"b\"", "\"key\": \"a\"")),
             CONTAINS_TEXT("sorted by key and unique"));
}

TEST_CASE("manifest_with_bytes_changed_at_random", "[manifest][bad]") {
  const std::string good = manifest_to_json(example());
  Rng rng({.seed = 1});
  size_t refused = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string text = good;
    for (uint64_t n = rng.below(4) + 1; n > 0; --n)
      text[rng.below(text.size())] = "0123456789-{}[]\",:.enul \x80"[rng.below(26)];
    refused += !parse_error(text).empty();  // only Error may come out
  }
  CHECK(refused > 1000);
}

TEST_CASE("manifest_absent", "[manifest][bad]") {
  const test::TemporaryFolder folder;
  CHECK(error_of([&] { (void)read_manifest(folder.path()); }) ==
        (folder / "manifest.json").string() +
            ": manifest is absent, expected a folder that 'trivox preprocess' finished");
}

}  // namespace
}  // namespace trivox
