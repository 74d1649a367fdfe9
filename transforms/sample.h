#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "transforms/registration/figures.h"
#include "transforms/volume.h"

namespace trivox {

inline constexpr uint8_t kIgnoreLabel = 255;  ///< outside the field of view, outside the patch

/// Whether two sequences' own masks, drawn each on its sequence, cover the same place. It reports on a
/// registration and never decides: radiologists cross-referenced the sequences.
struct MaskAgreement {
  double dice_header = 0;      ///< in world space, by the headers
  double dice_registered = 0;  ///< by reference_to_native
  bool is_copy = false;        ///< voxel by voxel the same on one grid: copied, so that it favours the header
  bool operator==(const MaskAgreement&) const = default;
};

/// How a channel was laid onto the reference; what Registration (transforms/registration) found.
struct RegistrationRecord : RegistrationFigures {
  Eigen::Matrix4d found =
      Eigen::Matrix4d::Identity();     ///< the answer before the limits, as reference_to_native
  bool is_other_frame = false;         ///< the frames of reference differ: the search was wide
  std::vector<std::string> reasons;    ///< why it was rejected, or is warned of
  std::optional<MaskAgreement> masks;  ///< where both sequences have a mask of their own that holds voxels
};

/// How one channel came to be: enough to explain any voxel later.
struct ChannelProvenance {
  std::string name;                ///< e.g. "CE-T1WI"
  std::vector<std::string> files;  ///< relative to the case's folder, in geometric order
  std::string series_uid_hash;     ///< XXH3 of the SeriesInstanceUID, hex; empty for NIfTI
  std::string middle_slice_hash;   ///< XXH3 of the middle native slice's values; empty: constant
  Grid native_grid;                ///< as acquired
  Eigen::Matrix4d reference_to_native = Eigen::Matrix4d::Identity();  ///< RAS+ mm to RAS+ mm
  std::string alignment;  ///< "reference", "header", "refined" or "rejected"
  std::optional<RegistrationRecord>
      registration;               ///< of neither the reference nor one that was not asked for
  double mean = 0;                ///< of native voxels in the body mask
  double standard_deviation = 1;  ///< of the same
  double air = 0;                 ///< normalised value of this channel's air, used as padding
  std::vector<std::string> warnings;
};

/// What a table says of the case.
struct Covariate {
  std::string name;      ///< "age", "t_stage", "volume"
  std::string sequence;  ///< "T1WI" where it is a sequence's; else empty
  std::string text;      ///< "male", "T4a", the bound ">=60"; empty where it is a number
  std::optional<double> number;
  std::string unit;  ///< of the number or bound: "years", "mm3"; "unknown"; "" where it has none
  bool operator==(const Covariate&) const = default;
};

/// One case, ready for a network. All volumes share `image.grid`.
struct Sample {
  std::string id;
  Volume<float> image;    ///< C x D x H x W, z-scored
  Volume<uint8_t> label;  ///< L x D x H x W; empty where the case has no mask
  Volume<uint8_t> valid;  ///< C x D x H x W, 1 inside the field of view; empty: 1 everywhere
  Grid reference_grid;    ///< the reference's native grid: predictions go back onto it
  std::vector<ChannelProvenance> channels;
  std::vector<Covariate> covariates;
};

}  // namespace trivox
