#pragma once
#include "loader/coregistration.h"
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
/// - label: 1 x D x H x W of the masks that the policy uses, each moved as its sequence is; a voxel that one
///   of them does not see the others decide. `union`, `intersection`: where several differ the reference's
///   value first, then in the order of the sequences; `majority`: the value of more than half. Policy
///   `per_sequence`: C x D x H x W in the order of the channels, kIgnoreLabel for a sequence without a mask.
///   Empty where no mask is there. A value that vanishes at the grid's resolution is a warning of the channel
///   that its mask came with.
/// Pure function; the same bits for any number of threads. Throws Error naming the sequence;
/// UsageError for an unknown reference, interpolation or label policy.
/// alignments: one a sequence, as `coregister` gives them; empty: the headers place them.
[[nodiscard]] Sample assemble(const Patient& patient, const AssembleOptions& options,
                              const std::vector<ChannelAlignment>& alignments = {});

/// The same of sequences that are first laid onto the reference as `registration` says. Throws as both.
[[nodiscard]] Sample coregister_and_assemble(const Patient& patient, const AssembleOptions& options,
                                             const CoregistrationOptions& registration);

/// Index of the channel that `options.reference` names: "auto" is CE-T1WI where there is one, else
/// the first. Throws UsageError for a name that is not among `names`.
[[nodiscard]] size_t reference_channel(const std::vector<std::string>& names, const std::string& reference);

}  // namespace trivox
