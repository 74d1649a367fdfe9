#include "loader/patient.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "loader/checksum.h"
#include "loader/dicom/select.h"
#include "loader/file.h"
#include "loader/image_check.h"
#include "loader/mask.h"
#include "loader/text.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

std::string relative_name(const fs::path& file, const fs::path& folder) {
  return file.lexically_relative(folder).generic_string();
}

void read_dicom(const fs::path& path, const CaseFiles& files, const DatasetOptions& options,
                Sequence& sequence) {
  const SeriesRule rule = rule_of(options, files.id, sequence.name);
  const DicomSeries series = find_dicom_series(path, rule, sequence.name);
  sequence.warnings = series.warnings;
  sequence.image = read_dicom_series(series, options.philips_scaling, &sequence.warnings);
  for (const fs::path& file : series.files) sequence.files.push_back(relative_name(file, files.folder));
  const auto hash = [](const std::string& uid) { return uid.empty() ? "" : xxh3_hex(uid); };
  sequence.series_uid_hash = hash(series.series_uid);
  sequence.identity = {"", series.identity, hash(series.study_uid), hash(series.frame_of_reference_uid)};
}

void read_nifti_image(const fs::path& file, const CaseFiles& files, const DatasetOptions& options,
                      Sequence& sequence) {
  NiftiImage image = read_nifti(file, nifti_form(options));
  with_path(file.string(), [&] {
    check_channel(image.volume.channels, image.has_geometry, files.channels.size());
    check_finite(image.volume);
  });
  sequence.image = std::move(image.volume);
  sequence.files = {relative_name(file, files.folder)};
  sequence.warnings = std::move(image.warnings);
}

/// Enough to tell one image from another, noise being what it is, at a small part of the cost of all
/// voxels. Empty for a slice of one value, which many images share.
std::string hash_middle_slice(const Volume<float>& image) {
  const auto [nx, ny, nz] = image.grid.size;
  const auto voxels = static_cast<size_t>(nx * ny);
  const auto slice = std::span(image.data).subspan(static_cast<size_t>(nz / 2) * voxels, voxels);
  if (std::adjacent_find(slice.begin(), slice.end(), std::not_equal_to<>()) == slice.end()) return {};
  return xxh3_hex(std::as_bytes(slice));
}

void check_values(Sequence& sequence) {
  for (std::string& warning : check_image_values(sequence.image))
    sequence.warnings.push_back(std::move(warning));
  sequence.middle_slice_hash = hash_middle_slice(sequence.image);
}

/// That the sequences are of one patient, and each an image of its own.
void check_together(const CaseFiles& files, const DatasetOptions& options, Patient& patient) {
  std::vector<SequenceIdentity> identities;
  for (const Sequence& sequence : patient.sequences) identities.push_back(sequence.identity);
  IdentityFindings found = compare_identities(patient.id, identities);
  for (size_t i = 0; i < identities.size(); ++i) {
    Sequence& one = patient.sequences[i];
    for (std::string& warning : found.warnings[i]) one.warnings.push_back(std::move(warning));
    for (size_t j = 0; j < i && !one.middle_slice_hash.empty(); ++j) {
      const Sequence& earlier = patient.sequences[j];
      if (one.image.grid.size == earlier.image.grid.size && one.image.data == earlier.image.data)
        throw Error(Fault{files.channels[i].image.string(),
                          "image of " + one.name,
                          "voxel by voxel that of " + earlier.name,
                          "an image of its own",
                          {}})
            .in("case " + files.id);
    }
  }
  if (!found.fault) return;
  if (options.patient_identity == "refuse") {
    found.fault->expected += ", or dataset.patient_identity: warn, to read them as one's";
    throw Error(*found.fault).with_path(files.folder.string()).in("case " + files.id);
  }
  patient.sequences.back().warnings.push_back(Error(*found.fault).what());
}

}  // namespace

NiftiForm nifti_form(const DatasetOptions& options) {
  if (options.nifti_form == "qform") return NiftiForm::kQform;
  if (options.nifti_form == "sform") return NiftiForm::kSform;
  return NiftiForm::kRefuse;
}

void check_finite(const Volume<float>& image) {
  constexpr uint32_t kExponent = 0x7f800000;  // all of it set: infinite or NaN
  constexpr size_t kBlock = 4096;             // counted in 32 bits, so that several are at once
  size_t not_finite = 0;
  for (size_t first = 0; first < image.data.size(); first += kBlock) {
    uint32_t found = 0;
    for (size_t i = first; i < std::min(first + kBlock, image.data.size()); ++i)
      found += (std::bit_cast<uint32_t>(image.data[i]) & kExponent) == kExponent ? 1 : 0;
    not_finite += found;
  }
  if (not_finite > 0) throw Error("voxel value", "not finite at " + counted(not_finite, "voxel"), "numbers");
}

void check_channel(int64_t volumes, bool has_geometry, size_t channels) {
  if (volumes != 1)
    throw Error("number of volumes", std::to_string(volumes), "1: each channel is a file of its own");
  if (!has_geometry && channels > 1)
    throw Error("geometry", "absent (qform_code and sform_code are 0)", "one, to align the channels by");
}

Volume<uint8_t> resolve_mask(const fs::path& mask_path, const Grid& series_grid,
                             const DatasetOptions& options, std::vector<std::string>& warnings,
                             SoftMask soft) {
  const NiftiNative mask = read_nifti_native(mask_path, nifti_form(options));
  return with_path(mask_path.string(),
                   [&] { return place_mask(mask, series_grid, options, warnings, soft); });
}

Sequence read_sequence(const CaseFiles& files, const ChannelFiles& channel, const DatasetOptions& options) {
  Sequence sequence;
  sequence.name = channel.name;
  try {
    if (is_folder(channel.image) || is_dicom_file(channel.image))
      read_dicom(channel.image, files, options, sequence);
    else
      read_nifti_image(channel.image, files, options, sequence);
    sequence.identity.sequence = channel.name;
    with_path(channel.image.string(), [&] { check_values(sequence); });
    if (!channel.mask.empty()) {
      sequence.mask = resolve_mask(channel.mask, sequence.image.grid, options, sequence.warnings);
      for (std::string& warning : check_mask_extent(*sequence.mask))
        sequence.warnings.push_back(std::move(warning));
    }
  } catch (const Error& error) {
    throw error.in("sequence " + channel.name).in("case " + files.id);
  }
  return sequence;
}

Patient read_patient(const CaseFiles& files, const DatasetOptions& options) {
  Patient patient{files.id, {}};
  for (const ChannelFiles& channel : files.channels)
    patient.sequences.push_back(read_sequence(files, channel, options));
  check_together(files, options, patient);
  return patient;
}

}  // namespace trivox
