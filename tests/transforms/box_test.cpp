#include "transforms/box.h"

#include "tests/test.h"
#include "tests/transforms/volumes.h"

using namespace trivox;
using namespace trivox::test;

namespace {

using Triple = std::array<int64_t, 3>;

}  // namespace

TEST_CASE("bounding box holds every voxel that is not 0 and no more", "[box]") {
  Volume<uint8_t> mask(grid_of({9, 8, 7}, {1, 1, 1}, {0, 0, 0}), 1);
  CHECK_FALSE(bounding_box(mask).has_value());
  mask.at(0, 2, 5, 3) = 1;
  CHECK(bounding_box(mask)->first == Triple{2, 5, 3});
  CHECK(bounding_box(mask)->size == Triple{1, 1, 1});
  mask.at(0, 6, 1, 4) = 200;
  CHECK(bounding_box(mask)->first == Triple{2, 1, 3});
  CHECK(bounding_box(mask)->size == Triple{5, 5, 2});
}

TEST_CASE("boxes grow within the volume and unite", "[box]") {
  const Box grown = grow(Box{{1, 3, 0}, {2, 2, 5}}, {2, 1, 0}, {10, 5, 5});
  CHECK(grown.first == Triple{0, 2, 0});
  CHECK(grown.size == Triple{5, 3, 5});
  const Box both = unite(Box{{1, 5, 2}, {2, 2, 2}}, Box{{4, 0, 2}, {1, 1, 1}});
  CHECK(both.first == Triple{1, 0, 2});
  CHECK(both.size == Triple{4, 7, 2});
}

TEST_CASE("a mapped box holds the voxels that it touches", "[box]") {
  // Voxels of 3 in place of 1, both lattices starting with the same face: voxel t covers the three
  // from 3t on.
  Eigen::Matrix4d map = Eigen::Matrix4d::Identity();
  map.topLeftCorner<3, 3>() /= 3;
  map.topRightCorner<3, 1>().setConstant(-1.0 / 3);
  const Box box = map_box(Box{{3, 4, 5}, {3, 3, 3}}, map, {10, 10, 2});
  CHECK(box.first == Triple{1, 1, 1});
  CHECK(box.size == Triple{1, 2, 1});
  CHECK(map_box(Box{{30, 0, 0}, {3, 3, 3}}, map, {10, 10, 10}).size[0] == 0);
}

TEST_CASE("crop takes the box with its place in the world", "[box]") {
  const Volume<float> source = noise(grid_of({6, 5, 4}, {2, 2, 3}, {1, 1, 1}), 2);
  const Volume<float> part = crop(source, Box{{1, 2, 1}, {3, 2, 3}});
  CHECK(part.grid.to_world({0, 0, 0}) == Eigen::Vector3d(3, 5, 4));
  for (int64_t c = 0; c < 2; ++c) CHECK(part.at(c, 2, 1, 2) == source.at(c, 3, 3, 3));
}
