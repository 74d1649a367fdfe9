#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "loader/phantom/phantom.h"
#include "loader/shard.h"
#include "loader/text.h"
#include "tests/quoted.h"
#include "tests/test.h"

// What scanners, archives and annotators commonly leave: read, and read as the same patient stored
// plainly.
using namespace trivox;
using namespace trivox::test;

namespace {

template <class T>
bool same_bytes(std::span<const T> a, std::span<const T> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

bool same_array(const NpyView& a, const NpyView& b) {
  return a.shape == b.shape && a.type == b.type && same_bytes(a.data, b.data);
}

/// Warnings by case, each as "SEQUENCE: TEXT".
std::map<std::string, std::set<std::string>> warnings_of(const Manifest& manifest) {
  std::map<std::string, std::set<std::string>> out;
  for (const CaseWarning& w : manifest.warnings) out[w.id].insert(w.sequence + ": " + w.text);
  return out;
}

/// Odd patients and their plain twins of the same seed and numbers, preprocessed.
struct Twins {
  TemporaryFolder folder;

  Twins() {
    const std::string count = std::to_string(phantom_oddities().size());
    preprocess("odd", "--patients 0 --oddity all");
    preprocess("plain", "--patients " + count);
  }
  void preprocess(const std::string& name, const std::string& what) const {
    const auto written =
        trivox::test::trivox("phantom " + quoted(folder / name) + " --size tiny --seed 3 " + what);
    INFO(written.output);
    REQUIRE(written.exit_code == 0);
    const auto outcome = trivox::test::trivox("preprocess " + quoted(folder / name) +
                                              " --set registration.reference=none --out " +
                                              quoted(folder / (name + "-shards")));
    INFO(outcome.output);
    REQUIRE(outcome.exit_code == 0);
    CHECK_THAT(outcome.output, CONTAINS_TEXT(", 0 quarantined"));
  }
  [[nodiscard]] ShardSet shards(const std::string& name) const {
    return ShardSet(read_manifest(folder / (name + "-shards")));
  }
};

/// What an oddity adds to the plain twin's warnings, where it adds any.
const std::map<std::string_view, std::vector<std::string>> kAdded = {
    {"monochrome1", {"MONOCHROME1: values are inverted"}},
    {"pixel_data_padded", {"PixelData is longer than the image: what is behind it is not read"}},
    {"frames_of_reference_differ",
     {"StudyInstanceUID differs from that of T1WI: acquired at another time",
      "FrameOfReferenceUID differs from that of T1WI: their positions may not fit",
      "StudyInstanceUID differs from that of T2WI", "FrameOfReferenceUID differs from that of T2WI"}},
    {"slightly_uneven", {"slices are uneven: ", " off the evenly spaced line"}},
    {"strangers_beside",
     {"VERSION was ignored: not DICOM", "readme.txt was ignored: not DICOM",
      "DICOMDIR was ignored: a DICOMDIR"}},
    {"mask_soft", {"mask is soft (fractions up to 0.8): cut at half its maximum"}},
    {"mask_reordered", {"mask is stored in another orientation: axes reordered"}},
    {"mask_empty", {"mask is empty: no voxel above 0"}},
    {"mask_everywhere", {"mask covers the whole image"}},
};

}  // namespace

TEST_CASE("what is odd but readable is read as its plain twin", "[oddity]") {
  const Twins twins;
  NEEDS_PYTHON();
  const auto checked = python("loader/check_oddities.py " + quoted(twins.folder / "odd") + " " +
                              quoted(twins.folder / "plain"));
  INFO(checked.output);
  CHECK(checked.exit_code == 0);
  const ShardSet odd = twins.shards("odd"), plain = twins.shards("plain");
  const auto& oddities = phantom_oddities();
  REQUIRE(odd.manifest().samples.size() == oddities.size());
  REQUIRE(plain.manifest().samples.size() == oddities.size());
  const auto odd_warnings = warnings_of(odd.manifest()), plain_warnings = warnings_of(plain.manifest());
  size_t warned = 0;
  for (size_t i = 0; i < oddities.size(); ++i) {
    const std::string_view name = oddities[i].name;
    CHECK_THAT(checked.output, CONTAINS_TEXT(std::string(name)));
    const std::string id = odd.manifest().samples[i].key;
    INFO(id + ", " + std::string(name));
    REQUIRE(plain.manifest().samples[i].key == id);
    // A slice elsewhere changes its sequence; other masks change the label, and the crop around it.
    if (name != "slightly_uneven" && name != "mask_everywhere" && name != "mask_empty") {
      CHECK(same_array(odd.image(i), plain.image(i)));
      CHECK(same_array(odd.valid(i), plain.valid(i)));
    }
    if (name != "mask_everywhere" && name != "mask_empty") CHECK(same_array(odd.label(i), plain.label(i)));
    const auto as_set = [&](const auto& all) {
      const auto found = all.find(id);
      return found == all.end() ? std::set<std::string>() : found->second;
    };
    std::vector<std::string> added;
    for (const std::string& warning : as_set(odd_warnings))
      if (!as_set(plain_warnings).contains(warning)) added.push_back(warning);
    INFO(joined(added));
    const auto expected = kAdded.find(name);
    if (expected == kAdded.end()) {
      CHECK(added.empty());
      continue;
    }
    ++warned;
    // Each warning is one that is expected, and each that is expected is there.
    for (const std::string& warning : added)
      CHECK(std::ranges::any_of(expected->second,
                                [&](const auto& text) { return warning.find(text) != std::string::npos; }));
    for (const std::string& text : expected->second) CHECK_THAT(joined(added), CONTAINS_TEXT(text));
  }
  CHECK(warned == kAdded.size());  // each name is one of an oddity
}
