// Which masks a sample's label holds: loader/assemble.h.
#include <algorithm>
#include <array>
#include <cmath>

#include "loader/assemble.h"
#include "tests/test.h"
#include "tests/transforms/volumes.h"
#include "transforms/resample_labels.h"

using namespace trivox;
using namespace trivox::test;

namespace {

using Labels = std::vector<uint8_t>;

Volume<float> head(const Grid& grid) {
  return sampled(grid, [](const Eigen::Vector3d& p) {
    return 100 / (1 + std::exp((p.norm() - 25) / 2)) + 3 * std::sin(p.x() + 2 * p.y());
  });
}

Sequence sequence(const std::string& name, const Grid& grid) {
  Sequence out;
  out.name = name;
  out.image = head(grid);
  return out;
}

Sample assembled(const Patient& patient, const std::string& policy,
                 const std::vector<ChannelAlignment>& alignments = {}) {
  AssembleOptions options;
  options.crop_to_body = false;
  options.label_policy = policy;
  return assemble(patient, options, alignments);
}

Labels values(std::span<const uint8_t> span) { return {span.begin(), span.end()}; }

/// Sequences named as the npc layout's on one grid whose masks hold, along x, every combination of 0, 1, 2.
Patient combinations() {
  Patient out;
  out.id = "1";
  const Grid grid = grid_of({27, 20, 6}, {2, 2, 5}, {-26, -20, -12});
  int64_t stride = 9;
  for (const char* name : {"T1WI", "T2WI", "CE-T1WI"}) {
    Sequence& s = out.sequences.emplace_back(sequence(name, grid));
    s.mask = Volume<uint8_t>(grid, 1);
    for (int64_t x = 0; x < 27; ++x) s.mask->at(0, x, 7, 3) = static_cast<uint8_t>(x / stride % 3);
    stride /= 3;
  }
  return out;
}

/// Along x in the row that `combinations` fills.
Labels row_of(const Sample& sample, int64_t channel = 0) {
  Labels out;
  for (int64_t x = 0; x < 27; ++x) out.push_back(sample.label.at(channel, x, 7, 3));
  return out;
}

bool warns(const ChannelProvenance& channel, const std::string& text) {
  return std::ranges::any_of(channel.warnings,
                             [&](const std::string& w) { return w.find(text) != std::string::npos; });
}

/// Blobs that differ by sequence, on unlike grids; T2WI sees the upper slices only and a part in plane.
Patient unlike_patient() {
  Patient out;
  out.id = "2";
  Grid tilted = grid_of({44, 48, 10}, {1.4, 1.3, 5.5}, {-30, -31, -25});
  tilted.affine.topLeftCorner<3, 4>() =
      (Eigen::AngleAxisd(0.07, Eigen::Vector3d::UnitX()).matrix() * tilted.affine.topLeftCorner<3, 4>())
          .eval();
  out.sequences.push_back(sequence("T1WI", tilted));
  out.sequences.push_back(sequence("T2WI", grid_of({30, 40, 6}, {1.5, 1.5, 6}, {-12, -29, -9})));
  out.sequences.push_back(sequence("CE-T1WI", grid_of({60, 60, 11}, {1, 1, 5}, {-29.5, -29.5, -25})));
  double at = -4;
  for (Sequence& s : out.sequences) {
    s.mask = painted(s.image.grid,
                     [&](const Eigen::Vector3d& p) { return (p - Eigen::Vector3d(at, 2, 3)).norm() < 11; });
    const Volume<uint8_t> core = painted(s.image.grid, [&](const Eigen::Vector3d& p) {
      return (p - Eigen::Vector3d(2 * at, 2, 3)).norm() < 6;
    });
    for (size_t i = 0; i < core.data.size(); ++i)
      if (core.data[i] != 0) s.mask->data[i] = 2;
    at += 4;
  }
  return out;
}

std::vector<ChannelAlignment> some_alignments() {
  std::vector<ChannelAlignment> out(3);
  out[0].reference_to_native.topRightCorner<3, 1>() << 3, -2, 1;
  out[1].reference_to_native.topLeftCorner<3, 3>() =
      Eigen::AngleAxisd(0.06, Eigen::Vector3d(1, 2, 3).normalized()).toRotationMatrix();
  out[2].outcome = "reference";
  return out;
}

Labels by_numpy(const std::string& policy, const Sample& each, size_t reference) {
  const TemporaryFolder folder;
  std::ofstream(folder / "masks", std::ios::binary)
      .write(reinterpret_cast<const char*>(each.label.data.data()),
             static_cast<std::streamsize>(each.label.data.size()));
  const Outcome oracle = python("loader/assemble_labels_oracle.py " + policy + " " +
                                (folder / "masks").string() + " " + std::to_string(each.label.channels) +
                                " " + std::to_string(reference) + " " + (folder / "label").string());
  INFO(oracle.output);
  REQUIRE(oracle.exit_code == 0);
  std::ifstream file(folder / "label", std::ios::binary);
  return Labels(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

TEST_CASE("label policies over every combination of three masks", "[assemble][registration]") {
  const Patient patient = combinations();
  // Along x: T1WI is x / 9, T2WI x / 3 % 3, CE-T1WI (the reference) x % 3.
  const Labels expected_union = {0, 1, 2, 1, 1, 2, 2, 1, 2,  // 0: the reference's, else T2WI's
                                 1, 1, 2, 1, 1, 2, 1, 1, 2,  // 1: the reference's, else T1WI's
                                 2, 1, 2, 2, 1, 2, 2, 1, 2};
  const Labels expected_intersection = {0, 0, 0, 0, 0, 0, 0, 0, 0,  // T1WI has none
                                        0, 0, 0, 0, 1, 2, 0, 1, 2,  // the reference's where all have
                                        0, 0, 0, 0, 1, 2, 0, 1, 2};
  const Labels expected_majority = {0, 0, 0, 0, 1, 0, 0, 0, 2,  // 0 and two others
                                    0, 1, 0, 1, 1, 1, 0, 1, 2,  // 1 and two others
                                    0, 0, 2, 0, 1, 2, 2, 2, 2};
  CHECK(row_of(assembled(patient, "union")) == expected_union);
  CHECK(row_of(assembled(patient, "intersection")) == expected_intersection);
  CHECK(row_of(assembled(patient, "majority")) == expected_majority);
  for (const std::string policy : {"reference", "union", "intersection", "majority"}) {
    const Sample sample = assembled(patient, policy);
    CHECK(sample.label.channels == 1);
    const auto drawn = std::ranges::count_if(sample.label.data, [](uint8_t v) { return v != 0; });
    const Labels row = row_of(sample);
    CHECK(drawn == std::ranges::count_if(row, [](uint8_t v) { return v != 0; }));  // and nowhere else
  }
  const Sample each = assembled(patient, "per_sequence");
  REQUIRE(each.label.channels == 3);
  CHECK(each.label.grid.affine == each.image.grid.affine);
  CHECK(each.label.data.size() == each.image.data.size());
  for (size_t c = 0; c < 3; ++c)
    CHECK(values(each.label.channel(static_cast<int64_t>(c))) ==
          Labels(patient.sequences[c].mask->data.begin(), patient.sequences[c].mask->data.end()));
}

TEST_CASE("label policies follow the reference that is chosen", "[assemble][registration]") {
  AssembleOptions options;
  options.crop_to_body = false;
  options.reference = "T2WI";
  const Patient patient = combinations();
  for (const std::string policy : {"union", "intersection"}) {
    options.label_policy = policy;
    const Labels row = row_of(assemble(patient, options));
    for (int64_t x = 0; x < 27; ++x) {
      const int64_t t2 = x / 3 % 3;
      const bool all = x / 9 > 0 && x % 3 > 0;
      if (t2 > 0) CHECK(row[static_cast<size_t>(x)] == (policy == "union" || all ? t2 : 0));
    }
  }
}

TEST_CASE("label policies on unlike grids are those of NumPy", "[assemble][registration]") {
  NEEDS_PYTHON();
  const Patient patient = unlike_patient();
  for (const auto& alignments : {std::vector<ChannelAlignment>{}, some_alignments()}) {
    const Sample each = assembled(patient, "per_sequence", alignments);
    REQUIRE(each.label.channels == 3);
    // T2WI does not see every voxel; the reference sees all.
    CHECK(std::ranges::count(each.label.channel(1), kIgnoreLabel) > 1000);
    CHECK(std::ranges::count(each.label.channel(2), kIgnoreLabel) == 0);
    for (const std::string policy : {"union", "intersection", "majority"}) {
      INFO(policy);
      const Sample sample = assembled(patient, policy, alignments);
      const Labels label = values(sample.label.data), expected = by_numpy(policy, each, 2);
      CHECK(label == expected);
      for (const int value : {1, 2}) CHECK(std::ranges::count(label, value) > 0);
    }
  }
}

TEST_CASE("each sequence's mask is moved as the sequence is", "[assemble][registration]") {
  const Patient patient = unlike_patient();
  const std::vector<ChannelAlignment> alignments = some_alignments();
  const Sample each = assembled(patient, "per_sequence", alignments);
  for (size_t c = 0; c < 3; ++c)
    CHECK(
        values(each.label.channel(static_cast<int64_t>(c))) ==
        values(resample_labels(*patient.sequences[c].mask, each.image.grid, alignments[c].reference_to_native)
                   .data));
}

TEST_CASE("what a mask does not see the others decide", "[assemble][registration]") {
  Patient patient = combinations();
  // T2WI sees the left half of the others' voxels.
  Sequence& t2 = patient.sequences[1];
  t2 = sequence("T2WI", sub_grid(t2.image.grid, {0, 0, 0}, {14, 20, 6}));
  t2.mask = Volume<uint8_t>(t2.image.grid, 1);
  for (int64_t x = 0; x < 14; ++x) t2.mask->at(0, x, 7, 3) = 1;
  // x = 14 to 26: T1WI is 1 below 18, then 2; the reference x % 3.
  const auto half = [&](const std::string& policy) {
    const Labels row = row_of(assembled(patient, policy));
    return Labels(row.begin() + 14, row.end());
  };
  CHECK(half("union") == Labels{2, 1, 1, 2, 2, 1, 2, 2, 1, 2, 2, 1, 2});
  CHECK(half("intersection") == Labels{2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2});
  CHECK(half("majority") == Labels{0, 0, 1, 0, 0, 0, 2, 0, 0, 2, 0, 0, 2});  // both of two
  const Sample each = assembled(patient, "per_sequence");
  const Labels row = row_of(each, 1);
  CHECK(Labels(row.begin(), row.begin() + 14) == Labels(14, 1));
  CHECK(Labels(row.begin() + 14, row.end()) == Labels(13, kIgnoreLabel));
  CHECK(std::ranges::count(each.label.channel(1), kIgnoreLabel) == 13 * 20 * 6);
}

TEST_CASE("what no mask sees is ignored", "[assemble][registration]") {
  Patient patient = combinations();
  patient.sequences.erase(patient.sequences.begin());
  Sequence& t2 = patient.sequences[0];
  t2 = sequence("T2WI", sub_grid(t2.image.grid, {0, 0, 0}, {14, 20, 6}));
  t2.mask = Volume<uint8_t>(t2.image.grid, 1);
  patient.sequences[1].mask.reset();  // the reference's
  for (const std::string policy : {"union", "intersection", "majority"}) {
    const Sample sample = assembled(patient, policy);
    CHECK(sample.label.channels == 1);
    CHECK(std::ranges::count(sample.label.data, kIgnoreLabel) == 13 * 20 * 6);
    CHECK(std::ranges::count(sample.label.data, 0) == 14 * 20 * 6);
    CHECK(warns(sample.channels[1], "label: no mask of this sequence, and there are masks of T2WI"));
  }
}

TEST_CASE("masks_that_a_label_policy_lacks", "[assemble][registration]") {
  const std::string lacks = "label: no mask of this sequence, and there are masks of T1WI, CE-T1WI";
  Patient patient = combinations();
  patient.sequences[1].mask.reset();
  for (const std::string policy : {"reference", "union", "intersection", "majority", "per_sequence"}) {
    INFO(policy);
    const Sample sample = assembled(patient, policy);
    CHECK(warns(sample.channels[1], lacks) == (policy != "reference"));
    CHECK_FALSE(warns(sample.channels[0], "label:"));
    CHECK_FALSE(warns(sample.channels[2], "label:"));
    // Two masks are left: T1WI is x / 9, the reference x % 3.
    const Labels row = row_of(sample);
    if (policy == "intersection")
      CHECK(row == Labels{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2});
    if (policy == "majority")
      CHECK(row == Labels{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 2, 0, 0, 2, 0, 0, 2});
    if (policy != "per_sequence") continue;
    REQUIRE(sample.label.channels == 3);
    CHECK(std::ranges::count(sample.label.channel(1), kIgnoreLabel) == sample.image.grid.voxels());
    CHECK(std::ranges::count(sample.label.channel(0), kIgnoreLabel) == 0);
  }
  for (Sequence& s : patient.sequences) s.mask.reset();
  for (const std::string_view policy : kLabelPolicies) {
    const Sample none = assembled(patient, std::string(policy));
    CHECK(none.label.empty());
    for (const ChannelProvenance& channel : none.channels) CHECK_FALSE(warns(channel, "label"));
  }
}

TEST_CASE("one mask alone is the label of every policy", "[assemble][registration]") {
  Patient patient = combinations();
  patient.sequences[0].mask.reset();
  patient.sequences[1].mask.reset();
  const Labels expected = row_of(assembled(patient, "reference"));
  for (const std::string policy : {"union", "intersection", "majority"})
    CHECK(row_of(assembled(patient, policy)) == expected);
}

TEST_CASE("an_unknown_label_policy", "[assemble][registration][bad]") {
  CHECK(error_of([] { (void)assembled(combinations(), "all"); }) ==
        "preprocess.label_policy is all, expected one of reference, union, intersection, majority, "
        "per_sequence");
}
