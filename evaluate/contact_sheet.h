#pragma once
#include <span>
#include <string>

#include "loader/patch_sampler.h"

namespace trivox {

/// Batches as one picture, to see what a network is fed: for each sample its channels side by side,
/// of the slice with the most foreground (the middle one where there is none), x to the
/// right and y downward as stored. Grey from the 1st to the 99.7th percentile of the tile; labels
/// outlined, a colour for each value; what is ignored (255) is tinted blue. PNG as bytes. Throws
/// Error without batches or where the encoder fails.
[[nodiscard]] std::string contact_sheet(std::span<const Batch> batches);

}  // namespace trivox
