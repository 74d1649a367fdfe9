#include "loader/fingerprint.h"

#include <cstdint>
#include <vector>

#include "loader/checksum.h"
#include "loader/dicom/select.h"
#include "loader/file.h"
#include "transforms/error.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

// Parts are ended by a NUL, so that "ab", "c" and "a", "bc" differ.
void add(Checksum& sum, std::string_view text) {
  sum.add(text);
  sum.add(std::string_view("\0", 1));
}
// Not overloads of `add`: a text literal would rather become a bool than a string_view.
void add_flag(Checksum& sum, bool value) { add(sum, value ? "true" : "false"); }
void add_number(Checksum& sum, double value) { sum.add(std::as_bytes(std::span(&value, 1))); }
void add(Checksum& sum, const std::vector<std::string>& texts) {
  add(sum, std::to_string(texts.size()));
  for (const std::string& text : texts) add(sum, text);
}

void add(Checksum& sum, const std::optional<Range>& range) {
  add_flag(sum, range.has_value());
  if (range) add_number(sum, range->low), add_number(sum, range->high);
}
void add(Checksum& sum, const std::string& channel, const SeriesRule& rule) {
  const auto& [folder, description, image_type, modality, orientation, part, series_uid, te_ms, tr_ms] = rule;
  add(sum, channel);
  for (const Patterns* patterns :
       {&folder, &description, &image_type, &modality, &orientation, &part, &series_uid})
    add(sum, patterns->all);
  add(sum, te_ms);
  add(sum, tr_ms);
}

void add_file(Checksum& sum, const fs::path& file, const fs::path& folder) {
  add(sum, file.lexically_relative(folder).generic_string());
  add(sum, std::to_string(size_of_file(file)));
  add(sum, xxh3_of_file(file));
}

void add_input(Checksum& sum, const fs::path& input, const fs::path& folder) {
  if (!is_folder(input)) return add_file(sum, input, folder);
  for (const fs::path& file : files_below(input)) add_file(sum, file, folder);
}

}  // namespace

std::string hash_inputs(const CaseFiles& files) {
  Checksum sum;
  for (const ChannelFiles& channel : files.channels) {
    add(sum, channel.name);
    add_input(sum, channel.image, files.folder);
    if (is_dicom_file(channel.image))  // others beside it are of its series
      add_input(sum, place_of_dicom_file(channel.image).folder, files.folder);
    add(sum, channel.mask.empty() ? "no mask" : "mask");
    if (!channel.mask.empty()) add_input(sum, channel.mask, files.folder);
  }
  for (const auto& [name, sequence, text, number, unit] : files.covariates) {
    for (const std::string& part : {name, sequence, text, unit}) add(sum, part);
    add_flag(sum, number.has_value());
    add_number(sum, number.value_or(0));
  }
  return sum.hex();
}

std::string hash_config(const Dataset& dataset, const DatasetOptions& dataset_options,
                        const AssembleOptions& assemble, const CoregistrationOptions& registration,
                        const ShardOptions& shards, std::string_view version) {
  // The bindings name every field, so that a new one does not compile until somebody has decided
  // here whether it shapes a sample.
  const auto& [layout, channels, cases, require_masks, assert_mask_grid, nifti_form, rater_spacing_mm,
               patient_identity, labels, series, series_of_case, text_encoding, philips_scaling] =
      dataset_options;
  const auto& [reference, spacing_mm, crop_to_body, interpolation, label_policy] = assemble;
  const auto& [laid_onto, on_rejection, frames, seed, limits, other_shift, other_turn] = registration;
  const auto& [least_nats, least_gain, most_shift, most_turn, warning_shift, warning_turn,
               warning_inconsistency, most_inconsistency, warning_slices, least_overlap, most_flip] = limits;
  const auto& [dtype, samples_per_shard] = shards;
  (void)layout, (void)channels, (void)cases, (void)labels;  // resolved in `dataset`
  (void)rater_spacing_mm;                                   // of pairs of raters, which become no samples
  (void)text_encoding;  // what it makes are ids, paths and covariates, which hash_inputs has
  (void)samples_per_shard;
  Checksum sum;
  add(sum, version);
  add(sum, dataset.layout);
  add(sum, dataset.channels);
  for (const auto& [value, name] : dataset.labels) add(sum, std::to_string(value) + " " + name);
  add_flag(sum, require_masks);
  add(sum, assert_mask_grid);
  add(sum, nifti_form);
  add(sum, patient_identity);
  for (const auto& [channel, rule] : series) add(sum, channel, rule);
  for (const auto& [id, rules] : series_of_case) {
    add(sum, id);
    for (const auto& [channel, rule] : rules) add(sum, channel, rule);
  }
  add_flag(sum, philips_scaling);
  add(sum, reference);
  for (const double s : spacing_mm) add_number(sum, s);
  add_flag(sum, crop_to_body);
  add(sum, interpolation);
  add(sum, label_policy);
  for (const std::string& word : {laid_onto, on_rejection, frames, std::to_string(seed)}) add(sum, word);
  for (const double limit : {least_nats, least_gain, most_shift, most_turn, warning_shift, warning_turn,
                             warning_inconsistency, most_inconsistency, static_cast<double>(warning_slices),
                             least_overlap, most_flip, other_shift, other_turn})
    add_number(sum, limit);
  add(sum, dtype);
  return sum.hex();
}

}  // namespace trivox
