#include "loader/assemble.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "loader/text.h"
#include "transforms/box.h"
#include "transforms/error.h"
#include "transforms/normalise.h"
#include "transforms/resample.h"
#include "transforms/resample_labels.h"

namespace trivox {
namespace {

constexpr std::array<int64_t, 3> kMargin = {2, 2, 0};  ///< voxels kept around the body

Interpolation interpolation_of(const std::string& name) {
  if (name == "cubic") return Interpolation::kCubic;
  if (name == "linear") return Interpolation::kLinear;
  if (name == "nearest") return Interpolation::kNearest;
  throw UsageError("preprocess.interpolation", name, "cubic, linear or nearest");
}

// Unlike sequences of a healthy patient miss a few voxels of each other's grids at the edges.
constexpr double kUsualCoverage = 0.95;

void check(const Patient& patient, const AssembleOptions& options) {
  if (std::ranges::find(kLabelPolicies, options.label_policy) == kLabelPolicies.end())
    throw UsageError(
        "preprocess.label_policy", options.label_policy,
        "one of " + joined(std::vector<std::string>(kLabelPolicies.begin(), kLabelPolicies.end())));
  for (const double spacing : options.spacing_mm)
    if (!(spacing >= 0) || !std::isfinite(spacing))
      throw UsageError("preprocess.spacing_mm", std::to_string(spacing), "0 (keep) or more");
  if (patient.sequences.empty()) throw Error("sequences", "none", "at least one");
  for (const Sequence& sequence : patient.sequences) {
    const std::string context = "sequence " + sequence.name;
    if (sequence.image.channels != 1)
      throw Error("image", std::to_string(sequence.image.channels) + " channels", "1").in(context);
    if (sequence.image.grid.voxels() < 1) throw Error("image", "empty", "voxels").in(context);
    if (sequence.mask && sequence.mask->grid.size != sequence.image.grid.size)
      throw Error("mask", sequence.mask->grid.describe(), sequence.image.grid.describe()).in(context);
  }
}

std::vector<std::string> names_of(const Patient& patient) {
  std::vector<std::string> names;
  for (const Sequence& sequence : patient.sequences) names.push_back(sequence.name);
  return names;
}

/// The sequences whose masks the policy uses, the reference first.
std::vector<size_t> label_sources(const Patient& patient, size_t reference, const std::string& policy) {
  std::vector<size_t> order = {reference};
  if (policy != "reference")
    for (size_t i = 0; i < patient.sequences.size(); ++i)
      if (i != reference) order.push_back(i);
  std::erase_if(order, [&](size_t i) { return !patient.sequences[i].mask.has_value(); });
  return order;
}

/// The reference's grid with the spacing that is asked for. As a number before it is a size, because
/// a spacing in the wrong unit asks for more voxels than whole numbers count.
Grid spaced_grid(const Grid& reference, const std::array<double, 3>& spacing_mm) {
  const Eigen::Vector3d old = reference.spacing_mm();
  double voxels = 1;
  for (size_t i = 0; i < 3; ++i) {
    const double step = spacing_mm[i] > 0 ? spacing_mm[i] / old[static_cast<int>(i)] : 1;
    voxels *= std::max(1.0, static_cast<double>(reference.size[i]) / step);
  }
  if (!(voxels < 0x1p31)) {
    std::array<char, 80> text{};
    std::snprintf(text.data(), text.size(), "%g x %g x %g, which makes %.3g voxels", spacing_mm[0],
                  spacing_mm[1], spacing_mm[2], voxels);
    // Of this case alone: the grid is its reference's.
    throw Error("preprocess.spacing_mm", text.data(), "fewer than 2^31 voxels");
  }
  return with_spacing(reference, spacing_mm);
}

/// The sample's grid: see the declaration of `assemble`.
Grid final_grid(const Patient& patient, size_t reference, const std::vector<size_t>& masks,
                const std::vector<ChannelProvenance>& channels, const Volume<uint8_t>& body,
                const AssembleOptions& options) {
  const Grid grid = spaced_grid(patient.sequences[reference].image.grid, options.spacing_mm);
  const std::optional<Box> head = bounding_box(body);
  if (!options.crop_to_body || !head) return grid;
  const auto moved = [&](const Box& box, const Eigen::Matrix4d& from) {
    return map_box(box, grid.affine.inverse() * from, grid.size);
  };
  Box box = moved(*head, body.grid.affine);
  // A label is never cut off, not even one that was drawn outside the body.
  for (const size_t i : masks) {
    const Sequence& sequence = patient.sequences[i];
    if (const auto drawn = bounding_box(*sequence.mask)) {
      const Box there = moved(*drawn, channels[i].reference_to_native.inverse() * sequence.image.grid.affine);
      if (there.size[0] > 0 && there.size[1] > 0 && there.size[2] > 0) box = unite(box, there);
    }
  }
  box = grow(box, kMargin, grid.size);
  return sub_grid(grid, box.first, box.size);
}

/// What became of the label values of `mask` that are not in `moved`.
void warn_of_vanished(const Volume<uint8_t>& mask, const Volume<uint8_t>& moved,
                      std::vector<std::string>& warnings) {
  std::array<int64_t, 256> before{}, after{};
  for (const uint8_t value : mask.data) ++before[value];
  for (const uint8_t value : moved.data) ++after[value];
  for (size_t value = 1; value < 255; ++value)
    if (before[value] > 0 && after[value] == 0)
      warnings.push_back("label " + std::to_string(value) + " (" + std::to_string(before[value]) +
                         " native voxels) has no voxel left on the sample's grid");
}

/// A sequence's mask on the sample's grid.
Volume<uint8_t> moved_mask(const Sequence& sequence, const Grid& grid, ChannelProvenance& channel) {
  Volume<uint8_t> mask = *sequence.mask;
  mask.grid = sequence.image.grid;
  try {
    Volume<uint8_t> moved = resample_labels(mask, grid, channel.reference_to_native);
    warn_of_vanished(mask, moved, channel.warnings);
    return moved;
  } catch (const Error& error) {
    throw error.in("mask of sequence " + sequence.name);
  }
}

/// The value on which the masks that see a voxel agree as the policy asks; `votes` in the order of the
/// sequences, the reference first.
uint8_t agreed(std::span<const uint8_t> votes, const std::string& policy) {
  if (votes.empty()) return kIgnoreLabel;
  const auto first = std::ranges::find_if(votes, [](uint8_t v) { return v != 0; });
  if (first == votes.end()) return 0;
  if (policy == "union") return *first;
  if (policy == "intersection") return std::ranges::find(votes, 0) == votes.end() ? *first : uint8_t{0};
  for (const uint8_t value : votes)
    if (2 * std::ranges::count(votes, value) > std::ssize(votes)) return value;
  return 0;
}

Volume<uint8_t> joint_label(const std::vector<Volume<uint8_t>>& masks, const std::string& policy) {
  Volume<uint8_t> label = masks.front();
  std::vector<uint8_t> votes;
  for (size_t v = 0; v < label.data.size(); ++v) {
    const bool is_plain = std::ranges::all_of(masks, [&](const auto& mask) { return mask.data[v] == 0; });
    if (is_plain) continue;  // most of them
    votes.clear();
    for (const Volume<uint8_t>& mask : masks)
      if (mask.data[v] != kIgnoreLabel) votes.push_back(mask.data[v]);
    label.data[v] = agreed(votes, policy);
  }
  return label;
}

/// L x D x H x W; empty where there is no mask.
Volume<uint8_t> make_label(const Patient& patient, const std::vector<size_t>& masks,
                           const std::string& policy, Sample& sample) {
  if (masks.empty()) return {};
  const Grid& grid = sample.image.grid;
  if (policy != "per_sequence") {
    std::vector<Volume<uint8_t>> moved;
    for (const size_t i : masks) moved.push_back(moved_mask(patient.sequences[i], grid, sample.channels[i]));
    return moved.size() == 1 ? std::move(moved.front()) : joint_label(moved, policy);
  }
  // What a sequence without a mask would show is not known.
  Volume<uint8_t> label(grid, sample.image.channels, kIgnoreLabel);
  for (const size_t i : masks) {
    const Volume<uint8_t> moved = moved_mask(patient.sequences[i], grid, sample.channels[i]);
    std::ranges::copy(moved.data, label.channel(static_cast<int64_t>(i)).begin());
  }
  return label;
}

/// Which masks the label lacks, where others are there.
void warn_of_lacking_masks(const Patient& patient, size_t reference, const std::vector<size_t>& masks,
                           const std::string& policy, Sample& sample) {
  std::vector<std::string> there;
  for (const Sequence& sequence : patient.sequences)
    if (sequence.mask) there.push_back(sequence.name);
  if (there.empty()) return;
  const std::string beside = "label: no mask of this sequence, and there are masks of " + joined(there);
  for (size_t c = 0; c < patient.sequences.size(); ++c)
    if (!patient.sequences[c].mask && (policy != "reference" || c == reference))
      sample.channels[c].warnings.push_back(beside + (masks.empty() ? ": the sample has no label" : ""));
}

/// C x D x H x W, 1 where a channel's field of view holds the voxel.
Volume<uint8_t> make_valid(const Patient& patient, const Sample& sample) {
  auto valid = Volume<uint8_t>::uninitialised(sample.image.grid, sample.image.channels);
  for (size_t c = 0; c < patient.sequences.size(); ++c) {
    const Volume<uint8_t> seen = field_of_view(patient.sequences[c].image.grid, sample.image.grid,
                                               sample.channels[c].reference_to_native);
    std::copy(seen.data.begin(), seen.data.end(), valid.channel(static_cast<int64_t>(c)).begin());
  }
  return valid;
}

ChannelAlignment by_header(bool is_reference) {
  ChannelAlignment out;
  if (is_reference) out.outcome = "reference";
  return out;
}

ChannelProvenance provenance_of(const Sequence& sequence, const Intensity& intensity,
                                const ChannelAlignment& alignment) {
  ChannelProvenance channel;
  channel.name = sequence.name;
  channel.files = sequence.files;
  channel.series_uid_hash = sequence.series_uid_hash;
  channel.middle_slice_hash = sequence.middle_slice_hash;
  channel.native_grid = sequence.image.grid;
  channel.reference_to_native = alignment.reference_to_native;
  channel.alignment = alignment.outcome;
  channel.registration = alignment.registration;
  channel.mean = intensity.mean;
  channel.standard_deviation = intensity.standard_deviation;
  channel.air = intensity.air;
  channel.warnings = sequence.warnings;
  channel.warnings.insert(channel.warnings.end(), alignment.warnings.begin(), alignment.warnings.end());
  return channel;
}

}  // namespace

size_t reference_channel(const std::vector<std::string>& names, const std::string& reference) {
  const auto find = [&](const std::string& name) {
    return static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  if (reference == "auto") return find("CE-T1WI") < names.size() ? find("CE-T1WI") : 0;
  if (find(reference) == names.size())
    throw UsageError(
        "preprocess.reference", reference,
        "auto or one of " + joined(names) +
            (reference == "none" ? "; to place them by their headers, registration.reference: none" : ""));
  return find(reference);
}

Sample assemble(const Patient& patient, const AssembleOptions& options,
                const std::vector<ChannelAlignment>& alignments) {
  check(patient, options);
  const Interpolation interpolation = interpolation_of(options.interpolation);
  const size_t reference = reference_channel(names_of(patient), options.reference);
  const size_t count = patient.sequences.size();
  if (!alignments.empty() && alignments.size() != count)
    throw Error("alignments", "of " + std::to_string(alignments.size()) + " sequences",
                "one for each of " + std::to_string(count) + ", or none");
  const std::vector<size_t> masks = label_sources(patient, reference, options.label_policy);

  std::vector<Intensity> intensities;
  Volume<uint8_t> reference_body;
  for (size_t c = 0; c < count; ++c) {
    const Sequence& sequence = patient.sequences[c];
    try {
      Body body = measure_body(sequence.image);
      intensities.push_back(body.intensity);
      if (c == reference) reference_body = std::move(body.mask);
    } catch (const Error& error) {
      throw error.in("sequence " + sequence.name);
    }
  }

  Sample sample;
  sample.id = patient.id;
  sample.reference_grid = patient.sequences[reference].image.grid;
  for (size_t c = 0; c < count; ++c)
    sample.channels.push_back(provenance_of(patient.sequences[c], intensities[c],
                                            alignments.empty() ? by_header(c == reference) : alignments[c]));
  sample.image = Volume<float>::uninitialised(
      final_grid(patient, reference, masks, sample.channels, reference_body, options),
      static_cast<int64_t>(count));
  const int64_t voxels = sample.image.grid.voxels();
  bool covered = true;
  for (size_t c = 0; c < count; ++c) {
    const Sequence& sequence = patient.sequences[c];
    const int64_t missing =
        resample_z_scored(sequence.image, sample.image.grid, sample.channels[c].reference_to_native,
                          interpolation, intensities[c], sample.image.channel(static_cast<int64_t>(c)));
    if (missing == voxels)
      throw Error("field of view", sequence.image.grid.describe(),
                  "one that overlaps " + sample.image.grid.describe())
          .in("sequence " + sequence.name);
    covered = covered && missing == 0;
    const double part = static_cast<double>(voxels - missing) / static_cast<double>(voxels);
    if (part < kUsualCoverage) {
      std::array<char, 80> text{};
      std::snprintf(text.data(), text.size(), "its field of view covers %.1f %% of the sample's grid",
                    100 * part);
      sample.channels[c].warnings.emplace_back(text.data());
    }
  }
  if (!covered) sample.valid = make_valid(patient, sample);
  sample.label = make_label(patient, masks, options.label_policy, sample);
  warn_of_lacking_masks(patient, reference, masks, options.label_policy, sample);
  return sample;
}

Sample coregister_and_assemble(const Patient& patient, const AssembleOptions& options,
                               const CoregistrationOptions& registration) {
  check(patient, options);
  const size_t reference = reference_channel(names_of(patient), options.reference);
  return assemble(patient, options, coregister(patient, reference, registration));
}

}  // namespace trivox
