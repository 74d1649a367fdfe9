#pragma once
#include "loader/options.h"
#include "loader/patient.h"
#include "transforms/sample.h"

namespace trivox {

/// Patient to Sample: every channel onto one grid in one interpolation from native voxels, z-scored
/// with statistics from native voxels inside the body.
/// - Grid: the reference's, its spacing changed where asked, cropped where asked to the box of the
///   reference's body mask and of every mask that the label policy uses, with 2 voxels of margin in
///   plane.
/// - Outside a channel's field of view it holds its own air value; `valid` is kept only where some
///   channel's field of view does not cover the grid; less than 95 % of it is a warning.
/// - label: 1 x D x H x W. Policy `reference`: the reference's own mask. Policy `union`: any
///   sequence's, each moved by the headers' geometry; where several differ the reference's value
///   first, then in the order of the sequences. Empty where no mask is there. A value that vanishes
///   at the grid's resolution is a warning of the channel that its mask came with.
/// Pure function; the same bits for any number of threads. Throws Error naming the sequence;
/// UsageError for an unknown reference, interpolation, label policy or registration.
[[nodiscard]] Sample assemble(const Patient& patient, const AssembleOptions& options);

/// Index of the channel that `options.reference` names: "auto" is CE-T1WI where there is one, else
/// the first. Throws UsageError for a name that is not among `names`.
[[nodiscard]] size_t reference_channel(const std::vector<std::string>& names, const std::string& reference);

}  // namespace trivox
