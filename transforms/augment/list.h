#pragma once
#include <cstdint>
#include <optional>
#include <tuple>

#include "transforms/augment/gamma.h"
#include "transforms/augment/mirror.h"
#include "transforms/augment/noise.h"
#include "transforms/augment/options.h"
#include "transforms/augment/spatial.h"

namespace trivox {

namespace detail {

template <RandomTransform... T>
struct TransformList {
  using Fields = std::tuple<T...>;
  using Draws = std::tuple<std::optional<typename T::Draw>...>;
};

using Listed = TransformList<Spatial, Mirror, Noise, InvertedGamma, Gamma>;

}  // namespace detail

/// Every transform there is, in the order of application. Mirroring, last in nnU-Net's own order,
/// stands second so that it joins the one resampling: the others work voxel by voxel and do not
/// notice.
using Augmentation = detail::Listed::Fields;

/// What chance decided for one sample, an entry a transform; enough to replay it.
using AugmentDraws = detail::Listed::Draws;

[[nodiscard]] Augmentation make_augmentation(const AugmentOptions& options);

/// The draws of one sample: each transform has the stream (seed, epoch, sample, its number), so
/// that none depends on another, on order, or on threads. Thread safe.
[[nodiscard]] AugmentDraws draw(const Augmentation& augmentation, uint64_t seed, uint32_t epoch,
                                uint32_t sample, const PatchShape& shape);

/// Cuts and augments: crop, rotation, scaling and mirroring as one resampling, then the rest in
/// order. Thread safe for distinct patches. See `cut` for what the views must hold.
void cut_and_augment(const SourceView& source, const std::array<int64_t, 3>& start, const AugmentDraws& draws,
                     Patch& patch);

}  // namespace trivox
