#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loader/pattern.h"
#include "transforms/augment/options.h"
#include "transforms/registration/limits.h"

namespace trivox {

/// Which of the series that lie in a folder is a channel. All that is given must hold; what is not
/// given does not matter.
struct SeriesRule {
  Patterns folder;                    ///< pattern of the name of a folder that leads to the files,
                                      ///< and of a patient's where none is named as the channel
  Patterns description;               ///< pattern of SeriesDescription
  Patterns image_type;                ///< pattern of ImageType with its backslashes, e.g. ORIGINAL*
  Patterns modality;                  ///< e.g. MR
  Patterns orientation;               ///< pattern of axial, coronal or sagittal, or of this and the cosines
  Patterns part;                      ///< pattern of what parts a file's frames: "StackID 1; ..."
  Patterns series_uid;                ///< pattern of SeriesInstanceUID
  std::optional<Range> te_ms, tr_ms;  ///< EchoTime, RepetitionTime; ends included
};

/// How a folder is read as a dataset. Config section `dataset`.
struct DatasetOptions {
  std::string layout = "auto";        ///< auto, npc (MRI-Segments/NNN), nnunet (imagesTr), table (cases.csv)
  std::vector<std::string> channels;  ///< names in order; empty: npc's three, dataset.json's or the table's
  std::vector<std::string> cases;     ///< only these ids; empty: all
  bool require_masks = true;          ///< false: label-free cases are read, not quarantined
  std::string assert_mask_grid;       ///< "" or "series": a mask without geometry lies on its series
  std::string nifti_form = "refuse";  ///< qform or sform: taken where a file's two forms lie apart
  std::array<double, 3> rater_spacing_mm = {0, 0,
                                            0};  ///< x, y, z of raters' TIFFs, which hold none; 0: unknown
  std::string patient_identity = "refuse";       ///< or warn: sequences of a case that name two patients
  std::map<int, std::string> labels;             ///< value to name; empty: dataset.json's, or of value 1
  std::map<std::string, SeriesRule> series;      ///< by channel: which series of several it is
  /// By case and channel: what it has replaces the same keys of the channel's rule, for that case.
  std::map<std::string, std::map<std::string, SeriesRule>> series_of_case;
  std::string text_encoding = "auto";  ///< of tables and names in archives; auto, or a name iconv knows
  bool philips_scaling = false;        ///< Philips' floating-point values instead of the rescaled ones
};

/// How the other sequences are laid onto the reference. Config section `registration`.
struct CoregistrationOptions {
  std::string reference = "auto";       ///< auto: preprocess.reference; none: headers alone place the images
  std::string on_rejection = "header";  ///< header: the case is kept by its headers and flagged; quarantine
  std::string frames = "auto";          ///< auto: as FrameOfReferenceUID says; same, other
  uint64_t seed = 1;                    ///< of the voxels that are compared
  RegistrationLimits limits;            ///< shift and turn: of images of one frame of reference
  double most_shift_other_frame_mm = 100, most_turn_other_frame_deg = 60;
};

/// Which masks a sample's label holds: the reference's own; where any has foreground; where all have; where
/// more than half of them agree; each sequence's in a label channel of its own.
inline constexpr std::array<std::string_view, 5> kLabelPolicies = {"reference", "union", "intersection",
                                                                   "majority", "per_sequence"};

/// How a patient becomes a sample. Config section `preprocess`.
struct AssembleOptions {
  std::string reference = "auto";  ///< channel whose grid the sample takes; auto: CE-T1WI, else the first
  std::array<double, 3> spacing_mm = {0, 0, 0};  ///< x, y, z; 0 keeps the reference's
  bool crop_to_body = true;                      ///< to the box of the reference's body mask
  std::string interpolation = "cubic";           ///< cubic, linear, nearest
  std::string label_policy = "reference";        ///< one of kLabelPolicies
};

/// How samples are stored. Config section `shards`.
struct ShardOptions {
  std::string dtype = "float16";  ///< of the image: float16 or float32
  int64_t samples_per_shard = 16;
};

/// What is drawn from the shards. Config section `feed`.
struct FeedOptions {
  std::array<int64_t, 3> patch = {128, 128, 16};  ///< voxels along x, y, z
  int64_t batch = 2;
  double foreground =
      0.33;  ///< sample i of a batch is forced to foreground when i >= round(batch * (1 - foreground))
  int64_t queue = 4;  ///< batches held ready
  int64_t batches_per_epoch = 250;
  int threads = 1;  ///< 0: all cores; the commands set it from threads.feed
  bool augment = true;
};

}  // namespace trivox
