#include "loader/patient.h"

#include <cmath>

#include "loader/checksum.h"
#include "loader/dicom_select.h"
#include "loader/file.h"
#include "loader/mask.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

std::string relative_name(const fs::path& file, const fs::path& folder) {
  return file.lexically_relative(folder).generic_string();
}

void read_dicom(const fs::path& folder, const fs::path& case_folder, const DatasetOptions& options,
                Sequence& sequence) {
  const auto rule = options.series.find(sequence.name);
  const DicomSeries series = find_dicom_series(
      folder, rule == options.series.end() ? SeriesRule{} : rule->second, sequence.name);
  sequence.image = read_dicom_series(series, options.philips_scaling);
  for (const fs::path& file : series.files)
    sequence.files.push_back(relative_name(file, case_folder));
  sequence.series_uid_hash = xxh3_hex(series.series_uid);
  if (!series.frame_of_reference_uid.empty())
    sequence.frame_of_reference_hash = xxh3_hex(series.frame_of_reference_uid);
  sequence.warnings = series.warnings;
}

void read_nifti_image(const fs::path& file, const CaseFiles& files, const DatasetOptions& options,
                      Sequence& sequence) {
  NiftiImage image = read_nifti(file, nifti_form(options));
  try {
    check_channel(image, files.channels.size());
  } catch (const Error& error) {
    throw error.with_path(file.string());
  }
  sequence.image = std::move(image.volume);
  sequence.files = {relative_name(file, files.folder)};
  sequence.warnings = std::move(image.warnings);
}

}  // namespace

NiftiForm nifti_form(const DatasetOptions& options) {
  if (options.nifti_form == "qform") return NiftiForm::kQform;
  if (options.nifti_form == "sform") return NiftiForm::kSform;
  return NiftiForm::kRefuse;
}

void check_finite(const NiftiImage& image) {
  size_t not_finite = 0;
  for (const float value : image.volume.data) not_finite += std::isfinite(value) ? 0 : 1;
  if (not_finite > 0)
    throw Error("voxel value", "not finite at " + std::to_string(not_finite) + " voxels", "numbers");
}

void check_channel(const NiftiImage& image, size_t channels) {
  if (image.volume.channels != 1)
    throw Error("number of volumes", std::to_string(image.volume.channels),
                "1: each channel is a file of its own");
  if (!image.has_geometry && channels > 1)
    throw Error("geometry", "absent (qform_code and sform_code are 0)",
                "one, to align the channels by");
  check_finite(image);
}

Volume<uint8_t> resolve_mask(const fs::path& mask_path, const Grid& series_grid,
                             const DatasetOptions& options, std::vector<std::string>& warnings) {
  const NiftiNative mask = read_nifti_native(mask_path, nifti_form(options));
  try {
    return place_mask(mask, series_grid, options, warnings);
  } catch (const Error& error) {
    throw error.with_path(mask_path.string());
  }
}

Sequence read_sequence(const CaseFiles& files, const ChannelFiles& channel,
                       const DatasetOptions& options) {
  Sequence sequence;
  sequence.name = channel.name;
  try {
    if (is_folder(channel.image))
      read_dicom(channel.image, files.folder, options, sequence);
    else
      read_nifti_image(channel.image, files, options, sequence);
    if (!channel.mask.empty())
      sequence.mask = resolve_mask(channel.mask, sequence.image.grid, options, sequence.warnings);
  } catch (const Error& error) {
    throw error.in("sequence " + channel.name).in("case " + files.id);
  }
  return sequence;
}

Patient read_patient(const CaseFiles& files, const DatasetOptions& options) {
  Patient patient{files.id, {}};
  for (const ChannelFiles& channel : files.channels)
    patient.sequences.push_back(read_sequence(files, channel, options));
  // Positions in different frames of reference (the patient was moved out of the scanner, or files
  // were anonymised one by one) need not fit: said, since header alignment relies on it.
  for (size_t i = 1; i < patient.sequences.size(); ++i) {
    const Sequence& first = patient.sequences.front();
    Sequence& other = patient.sequences[i];
    if (!first.frame_of_reference_hash.empty() && !other.frame_of_reference_hash.empty() &&
        first.frame_of_reference_hash != other.frame_of_reference_hash)
      other.warnings.push_back("FrameOfReferenceUID differs from that of " + first.name +
                               ": their positions may not fit");
  }
  return patient;
}

}  // namespace trivox
