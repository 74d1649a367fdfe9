#pragma once
#include "transforms/volume.h"

namespace trivox {

/// Signed Euclidean distance in mm from each voxel's centre to the surface of {voxel == value}, its
/// voxels taken as boxes: negative inside, positive outside, zero on the faces between inside and
/// outside, so that the centres beside a face hold minus and plus half a voxel. Exact for the
/// grid's spacing (angles between its axes are taken as right; the outer faces of the grid are no
/// surface). A mask without a surface (nothing or everything inside) gives +/- the grid's diagonal
/// everywhere. mask: 1 x D x H x W; so is the result. The same bits for any number of threads.
/// Source: lower envelopes of Felzenszwalb and Huttenlocher 2012, on voxels and the faces between.
[[nodiscard]] Volume<float> signed_distance_mm(const Volume<uint8_t>& mask, uint8_t value);

}  // namespace trivox
