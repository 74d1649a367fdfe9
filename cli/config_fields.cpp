#include "cli/config_fields.h"

#include "cli/config_limits.h"
#include "loader/dataset/labels.h"
#include "loader/text/encoding.h"

namespace trivox {
namespace {

class Fields {
 public:
  template <class T>
  void add(std::string key, T& value, std::string what, Limit<std::type_identity_t<T>> limit = {}) {
    auto read = [key, &value, limit](const YAML::Node& node, const std::string& file) {
      const ConfigPlace place{file, key};
      T parsed{};
      std::string expected = parse_value(node, parsed, place) ? "" : kind_of<T>();
      if (expected.empty() && limit) expected = limit(parsed);
      if (!expected.empty()) refuse_value(node, place, expected);
      value = std::move(parsed);
    };
    fields_.push_back({std::move(key), std::move(what), read, [&value] { return print_value(value); }});
  }
  [[nodiscard]] std::vector<ConfigField> list() && { return std::move(fields_); }

 private:
  std::vector<ConfigField> fields_;
};

}  // namespace

std::vector<ConfigField> config_fields(Config& c) {
  Fields f;
  f.add("seed", c.seed, "of every draw: split, weights, patches, augmentation");

  f.add("threads.feed", c.threads.feed, "threads that read, assemble and augment; 0: all cores",
        at_least<int>(0));
  f.add("threads.torch", c.threads.torch, "LibTorch's threads; 0: all cores", at_least<int>(0));

  f.add("dataset.layout", c.dataset.layout,
        "npc (MRI-Segments/NNN/...), nnunet (imagesTr, labelsTr), table (cases.csv) or auto",
        one_of({"auto", "npc", "nnunet", "table"}));
  f.add("dataset.channels", c.dataset.channels,
        "names in order; []: all of npc, dataset.json's, or the table's");
  f.add("dataset.cases", c.dataset.cases, "only these ids; []: all");
  f.add("dataset.require_masks", c.dataset.require_masks, "false: cases without a mask are read too");
  f.add("dataset.assert_mask_grid", c.dataset.assert_mask_grid,
        "\"series\": a mask that carries no geometry lies on its series' grid", one_of({"", "series"}));
  f.add("dataset.nifti_form", c.dataset.nifti_form,
        "qform or sform: the one taken where a file's two lie more than .2 mm apart",
        one_of({"refuse", "qform", "sform"}));
  f.add("dataset.rater_spacing_mm", c.dataset.rater_spacing_mm,
        "along x, y, z of two raters' TIFF masks, which hold no spacing; 0: millimetres are refused",
        at_least<std::array<double, 3>>(0));
  f.add("dataset.patient_identity", c.dataset.patient_identity,
        "a case whose sequences' headers name two patients: refuse it, or warn", one_of({"refuse", "warn"}));
  f.add("dataset.labels", c.dataset.labels,
        "mask value: name; {}: {1: tumour}, dataset.json's, or of a table {1: foreground}", demand_on_labels);
  f.add("dataset.series", c.dataset.series,
        "by channel, which DICOM series of several it is: {T2WI: {description: \"*t2*\", te_ms: [60, 130], "
        "tr_ms: [low, high], image_type: \"ORIGINAL*\", modality: MR, folder: \"*T2*\", orientation: axial, "
        "part: \"StackID 1*\", series_uid: \"1.2*\"}}; all that is given must hold; "
        "a pattern may be a list, any of which fits, but for those with !: [\"*t1*\", \"!*ce*\"]");
  f.add("dataset.series_of_case", c.dataset.series_of_case,
        "by case and channel, keys that replace those of dataset.series: {\"007\": {T2WI: {series_uid: "
        "\"1.2*\"}}}");
  f.add("dataset.text_encoding", c.dataset.text_encoding,
        "of tables, and of names in archives, that do not say it: auto, utf-8, gb18030, big5, "
        "windows-1252, shift_jis, euc-kr, utf-16 or another that iconv knows",
        demand_on_encoding);
  f.add("dataset.philips_scaling", c.dataset.philips_scaling,
        "true: Philips' own floating-point values (ScaleSlope) instead of the rescaled ones");

  f.add("preprocess.reference", c.preprocess.reference,
        "channel whose grid the sample takes; auto: CE-T1WI, else the first");
  f.add("preprocess.spacing_mm", c.preprocess.spacing_mm,
        "along x, y, z of the sample, in mm; 0 keeps the reference's", at_least<std::array<double, 3>>(0));
  f.add("preprocess.crop_to_body", c.preprocess.crop_to_body, "crop to the box of the reference's body mask");
  f.add("preprocess.interpolation", c.preprocess.interpolation,
        "cubic (B-spline; linear across thick slices), linear or nearest",
        one_of({"cubic", "linear", "nearest"}));
  f.add("preprocess.label_policy", c.preprocess.label_policy,
        "reference: the reference's own mask; union: any sequence's; intersection: all sequences'; majority: "
        "more than half of them, of those that have a mask and see the voxel; per_sequence: each in a label "
        "channel of its own",
        one_of({kLabelPolicies.begin(), kLabelPolicies.end()}));

  f.add("registration.reference", c.registration.reference,
        "auto: every other sequence is laid onto preprocess.reference; none: the headers alone place them",
        one_of({"auto", "none"}));
  f.add("registration.on_rejection", c.registration.on_rejection,
        "where no transform is credible: header (keep the header's place and flag the case) or quarantine",
        one_of({"header", "quarantine"}));
  f.add("registration.frames", c.registration.frames,
        "whether two sequences' positions are of one frame of reference: auto (as FrameOfReferenceUID says), "
        "same, or other (the search is wide)",
        one_of({"auto", "same", "other"}));
  f.add("registration.seed", c.registration.seed, "of the voxels that are compared");
  RegistrationLimits& limits = c.registration.limits;
  f.add("registration.least_nats", limits.least_nats,
        "mutual information that an answer must have beyond chance: with less the images say nothing of each "
        "other",
        at_least<double>(0));
  f.add("registration.least_gain_nats", limits.least_gain_nats,
        "mutual information to be gained over the header, which stays otherwise", at_least<double>(0));
  f.add("registration.most_shift_mm", limits.most_shift_mm,
        "mean displacement of the body; beyond it an answer is rejected", above<double>(0));
  f.add("registration.most_turn_deg", limits.most_turn_deg, "rotation, likewise", between<double>(0, 180));
  f.add("registration.most_shift_other_frame_mm", c.registration.most_shift_other_frame_mm,
        "displacement, where the frames of reference differ", above<double>(0));
  f.add("registration.most_turn_other_frame_deg", c.registration.most_turn_other_frame_deg,
        "rotation, where they differ", between<double>(0, 180));
  f.add("registration.warning_shift_mm", limits.warning_shift_mm, "displacement that is warned of",
        above<double>(0));
  f.add("registration.warning_turn_deg", limits.warning_turn_deg, "rotation that is warned of",
        above<double>(0));
  f.add("registration.most_inconsistency_mm", limits.most_inconsistency_mm,
        "distance of the answers forward and backward; beyond it they are rejected", above<double>(0));
  f.add("registration.warning_inconsistency_mm", limits.warning_inconsistency_mm,
        "distance of the two that is warned of", above<double>(0));
  f.add("registration.warning_slices", limits.warning_slices,
        "slices that show the body in both images; of fewer, answers may be off by more than 1 mm, which is "
        "warned of",
        at_least<int64_t>(0));
  f.add("registration.least_overlap", limits.least_overlap,
        "share of one body that must lie in the other image", between<double>(0, 1));
  f.add("registration.most_flip_ratio", limits.most_flip_ratio,
        "mutual information of the image mirrored, or turned by half, by that of the answer; beyond it the "
        "answer is rejected",
        at_least<double>(1));

  f.add("shards.dtype", c.shards.dtype, "of the stored image: float16 or float32",
        one_of({"float16", "float32"}));
  f.add("shards.samples_per_shard", c.shards.samples_per_shard, "cases in one tar", at_least<int64_t>(1));

  f.add("feed.patch", c.feed.patch, "voxels along x, y, z", at_least<std::array<int64_t, 3>>(1));
  f.add("feed.batch", c.feed.batch, "patches in a batch", at_least<int64_t>(1));
  f.add("feed.foreground", c.feed.foreground, "share of a batch (0 to 1) forced to hold foreground",
        between<double>(0, 1));
  f.add("feed.queue", c.feed.queue, "batches held ready", at_least<int64_t>(1));
  f.add("feed.batches_per_epoch", c.feed.batches_per_epoch, "batches of an epoch", at_least<int64_t>(1));
  f.add("feed.augment", c.feed.augment, "false: plain patches");

  f.add("augment.rotation_probability", c.augment.rotation_probability, "chance of a rotation",
        between<double>(0, 1));
  f.add("augment.rotation_deg", c.augment.rotation_deg,
        "degrees; drawn within +- this, in plane (at most 30 about each axis of an isotropic patch)",
        between<double>(0, 180));
  f.add("augment.scaling_probability", c.augment.scaling_probability, "chance of a scaling",
        between<double>(0, 1));
  f.add("augment.scaling", c.augment.scaling, "factor; above 1 makes objects smaller", above<Range>(0));
  f.add("augment.noise_probability", c.augment.noise_probability, "chance of Gaussian noise",
        between<double>(0, 1));
  f.add("augment.noise", c.augment.noise, "standard deviation, as a share of the image's",
        at_least<Range>(0));
  f.add("augment.gamma_probability", c.augment.gamma_probability, "chance of gamma", between<double>(0, 1));
  f.add("augment.gamma_invert_probability", c.augment.gamma_invert_probability,
        "chance of gamma on the inverted image, before the other", between<double>(0, 1));
  f.add("augment.gamma", c.augment.gamma, "exponent", above<Range>(0));
  f.add("augment.mirror_probability", c.augment.mirror_probability, "chance of a flip, for each axis allowed",
        between<double>(0, 1));
  f.add("augment.mirror_x", c.augment.mirror_x, "flips along voxel axis x allowed");
  f.add("augment.mirror_y", c.augment.mirror_y, "flips along voxel axis y allowed");
  f.add("augment.mirror_z", c.augment.mirror_z, "flips along voxel axis z allowed");

  using Sizes = std::vector<int64_t>;
  using Triples = std::vector<std::array<int64_t, 3>>;
  f.add("model.features", c.model.features, "channels of each stage", not_empty<Sizes>(at_least<Sizes>(1)));
  f.add("model.kernels", c.model.kernels, "voxels along x, y, z, a stage each; the last repeats",
        not_empty<Triples>(at_least<Triples>(1)));
  f.add("model.strides", c.model.strides, "shrinkage along x, y, z, a stage each; the last repeats",
        not_empty<Triples>(at_least<Triples>(1)));
  f.add("model.convolutions", c.model.convolutions, "convolutions of each stage", at_least<int64_t>(1));
  f.add("model.deep_supervision", c.model.deep_supervision, "losses at every resolution");

  f.add("train.channels", c.train.channels, "of the shards', by name, in this order; []: all of them");
  f.add("train.epochs", c.train.epochs, "each of feed.batches_per_epoch steps", at_least<int64_t>(1));
  f.add("train.learning_rate", c.train.learning_rate, "at the start", above<double>(0));
  f.add("train.momentum", c.train.momentum, "Nesterov's, of the gradient descent", between<double>(0, 1));
  f.add("train.weight_decay", c.train.weight_decay, "L2 penalty on every weight", at_least<double>(0));
  f.add("train.poly_exponent", c.train.poly_exponent, "learning rate x (1 - epoch / epochs)^this",
        at_least<double>(0));
  f.add("train.gradient_clip", c.train.gradient_clip, "largest Euclidean norm of all gradients together",
        above<double>(0));
  f.add("train.batch_dice", c.train.batch_dice, "one Dice over the batch instead of one a sample");
  f.add("train.precision", c.train.precision,
        "auto (bfloat16 where the processor has it), float32 or bfloat16",
        one_of({"auto", "float32", "bfloat16"}));
  f.add("train.folds", c.train.folds,
        "parts of the cross-validation over cases; 0 or 1: train and validate on all", at_least<int64_t>(0));
  f.add("train.fold", c.train.fold, "the part held out, from 0", at_least<int64_t>(0));
  f.add("train.validation_batches", c.train.validation_batches,
        "batches scored after each epoch; 0: none, and no checkpoint_best", at_least<int64_t>(0));
  f.add("train.checkpoint_every", c.train.checkpoint_every, "epochs between two writings of checkpoint_last",
        at_least<int64_t>(1));

  f.add("predict.step", c.predict.step, "between tiles, as a share of the patch (above 0, at most 1)",
        [](const double& v) { return v > 0 && v <= 1 ? "" : "> 0 and <= 1"; });
  f.add("predict.mirror", c.predict.mirror,
        "average over the inputs mirrored along the axes that training mirrored");
  f.add("predict.batch", c.predict.batch, "tiles at once", at_least<int64_t>(1));
  return std::move(f).list();
}

}  // namespace trivox
