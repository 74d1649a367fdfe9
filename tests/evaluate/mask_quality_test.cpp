#include "evaluate/mask_quality.h"

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/test.h"
#include "transforms/rng.h"

using namespace trivox;
using namespace trivox::test;
using Json = nlohmann::json;
using Texts = std::vector<std::string>;

namespace {

/// As axial DICOM lies: x to the left, y to the back, slices upward, 5 mm apart; origin at voxel 0.
Grid axial(std::array<int64_t, 3> size) {
  Grid grid;
  grid.size = size;
  grid.affine.diagonal() << -1, -1, 5, 1;
  return grid;
}

void fill(Volume<uint8_t>& mask, std::array<int64_t, 3> from, std::array<int64_t, 3> to, uint8_t value = 1) {
  for (int64_t z = from[2]; z <= to[2]; ++z)
    for (int64_t y = from[1]; y <= to[1]; ++y)
      for (int64_t x = from[0]; x <= to[0]; ++x) mask.at(0, x, y, z) = value;
}

Json quality_json(const MaskQuality& quality) {
  Json out = {{"labels", Json::array()},
              {"holes_in_plane", Json::array()},
              {"edge", Json::array()},
              {"holes_3d", {quality.holes_3d, quality.hole_voxels_3d}}};
  for (const LabelQuality& label : quality.labels) {
    Json islands = Json::array();
    for (const Island& i : label.islands)
      islands.push_back({{"voxels", i.voxels},
                         {"ml", i.ml},
                         {"slices", i.slices},
                         {"centre_mm", {i.centre_mm[0], i.centre_mm[1], i.centre_mm[2]}}});
    out["labels"].push_back({{"value", label.value},
                             {"voxels", label.voxels},
                             {"ml", label.ml},
                             {"slices", label.slices},
                             {"skipped", label.skipped},
                             {"lone", label.lone},
                             {"islands", islands}});
  }
  for (const SliceHoles& h : quality.holes_in_plane)
    out["holes_in_plane"].push_back({h.slice, h.holes, h.voxels});
  for (const EdgeContact& e : quality.edge) out["edge"].push_back({e.where, e.voxels});
  return out;
}

}  // namespace

TEST_CASE("mask quality agrees with SciPy", "[mask_quality]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  Json cases = Json::array();
  uint32_t number = 0;
  for (const double density : {0.01, 0.1, 0.35, 0.7, 0.9})  // specks, parts, about percolation, holes
    for (const int slice_axis : {0, 1, 2}) {
      Grid grid = axial({13, 11, 9});
      grid.affine.topLeftCorner<3, 3>() =
          Eigen::AngleAxisd(0.2, Eigen::Vector3d::UnitX()).matrix() * grid.affine.topLeftCorner<3, 3>();
      grid.affine.topRightCorner<3, 1>() << 12, -7, 30;
      Volume<uint8_t> mask(grid, 1);
      Rng rng({9, number++, 0, 0});
      for (uint8_t& v : mask.data)
        if (rng.uniform() < density) v = rng.uniform() < 0.6 ? 1 : 7;
      const auto axis = static_cast<size_t>(slice_axis);
      for (int64_t z = 0; z < 9; ++z)  // a slice skipped
        for (int64_t y = 0; y < 11; ++y)
          for (int64_t x = 0; x < 13; ++x)
            if (std::array<int64_t, 3>{x, y, z}[axis] == 4) mask.at(0, x, y, z) = 0;
      Json affine = Json::array();
      for (int i = 0; i < 4; ++i)
        affine.push_back({grid.affine(i, 0), grid.affine(i, 1), grid.affine(i, 2), grid.affine(i, 3)});
      cases.push_back({{"size", grid.size},
                       {"affine", affine},
                       {"slice_axis", slice_axis},
                       {"mask", std::vector<int>(mask.data.begin(), mask.data.end())},
                       {"found", quality_json(mask_quality(mask, slice_axis))}});
    }
  std::ofstream(folder / "cases.json") << cases;
  const Outcome outcome = python("evaluate/mask_quality_oracle.py " + (folder / "cases.json").string());
  CHECK(outcome.output == "agree on 15\n");
}

TEST_CASE("a whole tumour leaves nothing to remark", "[mask_quality]") {
  Volume<uint8_t> mask(axial({10, 10, 6}), 1);
  fill(mask, {3, 3, 1}, {6, 6, 4});
  const MaskQuality quality = mask_quality(mask, 2);
  REQUIRE(quality.labels.size() == 1);
  CHECK(quality.labels[0].voxels == 64);
  CHECK(quality.labels[0].ml == Approx(0.32));  // 64 of 5 mm^3
  CHECK(quality.labels[0].slices == std::array<int64_t, 2>{2, 5});
  CHECK(remarks(quality).empty());
}

TEST_CASE("an empty mask has no quality to speak of", "[mask_quality]") {
  const MaskQuality quality = mask_quality(Volume<uint8_t>(axial({4, 4, 3}), 1), 2);
  CHECK(quality.labels.empty());
  CHECK(remarks(quality).empty());
}

TEST_CASE("slices_skipped_inside_a_tumour", "[mask_quality]") {
  Volume<uint8_t> mask(axial({10, 10, 9}), 1);
  fill(mask, {3, 3, 1}, {6, 6, 7});
  fill(mask, {0, 0, 3}, {9, 9, 3}, 0);
  fill(mask, {3, 3, 6}, {6, 6, 6}, 2);  // another label there: the first is skipped all the same
  CHECK(remarks(mask_quality(mask, 2)) ==
        Texts{"label 1 skips slices 4, 7 within slices 2 to 8",
              "label 1 has no neighbour in the slices beside slice 8",
              "label 1 has 2 islands: 32 voxels (0.160 ml) in slices 5 to 6 around (-4.5, -4.5, 22.5) mm; "
              "16 voxels (0.080 ml) in slice 8 around (-4.5, -4.5, 35.0) mm",
              "label 2 lies in one slice alone, 7"});
}

TEST_CASE("island_apart_from_a_tumour", "[mask_quality]") {
  Volume<uint8_t> mask(axial({10, 10, 6}), 1);
  fill(mask, {3, 3, 1}, {6, 6, 4});
  fill(mask, {8, 8, 2}, {8, 8, 3});
  CHECK(remarks(mask_quality(mask, 2)) ==
        Texts{"label 1 has 1 island: 2 voxels (0.010 ml) in slices 3 to 4 around (-8.0, -8.0, 12.5) mm"});
  mask.at(0, 7, 7, 3) = 1;  // joins by corners
  CHECK(remarks(mask_quality(mask, 2)).empty());
}

TEST_CASE("hole_in_a_tumour", "[mask_quality]") {
  Volume<uint8_t> mask(axial({10, 10, 6}), 1);
  fill(mask, {3, 3, 1}, {6, 6, 4});
  fill(mask, {4, 4, 2}, {5, 4, 2}, 0);
  CHECK(remarks(mask_quality(mask, 2)) ==
        Texts{"holes in plane: 1 hole of 2 voxels in slice 3", "1 hole of 2 voxels enclosed on all sides"});
  fill(mask, {4, 4, 2}, {5, 4, 2}, 3);  // a core with a label of its own is no hole
  CHECK(remarks(mask_quality(mask, 2)) == Texts{"label 3 lies in one slice alone, 3"});
  fill(mask, {4, 4, 0}, {5, 4, 5}, 0);  // a shaft: closed in plane, open above and below
  CHECK(remarks(mask_quality(mask, 2)) ==
        Texts{"holes in plane: 1 hole of 2 voxels in slice 2; 1 hole of 2 voxels in slice 3; "
              "1 hole of 2 voxels in slice 4; 1 hole of 2 voxels in slice 5"});
}

TEST_CASE("tumour_at_the_volumes_edge", "[mask_quality]") {
  Volume<uint8_t> mask(axial({10, 10, 6}), 1);
  fill(mask, {0, 3, 4}, {3, 9, 5});
  // x runs to the left, so voxel 0 is the patient's right; y to the back; the last slice is the highest.
  CHECK(remarks(mask_quality(mask, 2)) ==
        Texts{"touches the volume's edge: right (14 voxels), posterior (8 voxels), last slice (28 voxels)"});
  Volume<uint8_t> slice(axial({10, 10, 1}), 1);
  fill(slice, {4, 4, 0}, {5, 5, 0});
  CHECK(remarks(mask_quality(slice, 2)) == Texts{"label 1 lies in one slice alone, 1"});
}

TEST_CASE("masks_identical_in_two_sequences", "[mask_quality]") {
  Volume<uint8_t> mask(axial({20, 20, 6}), 1);
  fill(mask, {3, 3, 1}, {9, 9, 4});
  CHECK(remarks(compare_masks(mask, mask), "T1", "T2") ==
        Texts{"the masks of T1 and T2 are identical: the same voxels on the same lattice"});
  Volume<uint8_t> moved = mask;
  moved.grid.affine(1, 3) += 4;
  CHECK(remarks(compare_masks(mask, moved), "T1", "T2") ==
        Texts{"the masks of T1 and T2 hold the same voxels, though their grids lie apart"});
  // On a lattice twice as fine in plane, each voxel in the middle of the quarter it covers.
  Grid fine = with_spacing(mask.grid, {0.5, 0.5, 5});
  Volume<uint8_t> finer(fine, 1);
  fill(finer, {6, 6, 1}, {19, 19, 4});
  const MaskPair pair = compare_masks(mask, finer);
  CHECK(pair.dice_resampled == 1);
  CHECK_FALSE(pair.same_voxels);
  CHECK(
      remarks(pair, "T1", "T2") ==
      Texts{
          "the masks of T1 and T2 are identical in the world: resampled onto the other's grid, Dice 1.0000"});
  fill(finer, {6, 6, 1}, {19, 7, 4}, 0);  // a row of the other less: drawn by itself
  CHECK(remarks(compare_masks(mask, finer), "T1", "T2").empty());
}

TEST_CASE("centroid_and_volume_that_jump between sequences", "[mask_quality]") {
  Volume<uint8_t> a(axial({40, 40, 6}), 1), b = a, c = a;
  fill(a, {3, 3, 1}, {9, 9, 4});
  fill(b, {13, 3, 1}, {19, 9, 4});  // 10 mm to the left: at the limit
  fill(c, {24, 3, 1}, {27, 9, 4});  // 19.5 mm; 112 voxels against 196
  CHECK(compare_masks(a, b).centroid_distance_mm == Approx(10));
  CHECK(remarks(compare_masks(a, b), "T1", "T2").empty());
  CHECK(remarks(compare_masks(a, c), "T1", "T2") ==
        Texts{"the centroids of the masks of T1 and T2 lie 19.5 mm apart (more than 10 mm)"});
  fill(c, {25, 3, 1}, {27, 9, 4}, 0);  // 28 voxels in the column at 24
  CHECK(remarks(compare_masks(a, c), "T1", "T2") ==
        Texts{"the centroids of the masks of T1 and T2 lie 18.0 mm apart (more than 10 mm)",
              "the volumes of the masks of T1 and T2 differ 7.00-fold (more than 2-fold)"});
}

TEST_CASE("an empty mask is compared with nothing", "[mask_quality]") {
  Volume<uint8_t> a(axial({8, 8, 3}), 1), b = a;
  fill(b, {2, 2, 1}, {4, 4, 1});
  const MaskPair pair = compare_masks(a, b);
  CHECK(std::isnan(pair.centroid_distance_mm));
  CHECK_FALSE(compare_masks(a, a).same_voxels);
  CHECK(remarks(pair, "T1", "T2").empty());
}
