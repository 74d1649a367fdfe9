#include <array>
#include <limits>
#include <string>

#include "loader/nifti.h"
#include "loader/phantom/alteration.h"

// What is wrong with a mask.
namespace trivox::phantom {
namespace {

namespace fs = std::filesystem;

Volume<float> as_float(const Volume<uint8_t>& mask) {
  Volume<float> out(mask.grid, 1);
  for (size_t i = 0; i < out.data.size(); ++i) out.data[i] = mask.data[i];
  return out;
}

void mask_on_other_grid(const fs::path& folder, const PatientPlan& plan) {
  Volume<uint8_t> mask = phantom_mask(folder, plan, kT1);
  mask.grid.affine(1, 3) += 30;
  write_mask(mask_file(folder, kT1), mask);
}

void mask_a_slice_too_high(const fs::path& folder, const PatientPlan& plan) {
  Volume<uint8_t> mask = phantom_mask(folder, plan, kT2);
  mask.grid.affine.col(3) += mask.grid.affine.col(2);
  write_mask(mask_file(folder, kT2), mask);
}

void mask_of_other_size(const fs::path& folder, const PatientPlan& plan) {
  Volume<uint8_t> mask = phantom_mask(folder, plan, kCe);
  --mask.grid.size[2];
  mask.data.resize(static_cast<size_t>(mask.grid.voxels()));
  write_mask(mask_file(folder, kCe), mask);
}

void mask_mirrored(const fs::path& folder, const PatientPlan& plan) {
  Volume<uint8_t> mask = phantom_mask(folder, plan, kT1);
  mask.grid.affine.row(0) *= -1;
  write_nifti(mask_file(folder, kT1), mask, NiftiWriteForm::kBoth);
}

void mask_without_geometry(const fs::path& folder, const PatientPlan&) {
  poke(mask_file(folder, kT1), nifti_at::kQformCode, std::string(4, '\0'));
}

void mask_forms_apart(const fs::path& folder, const PatientPlan& plan) {
  const Volume<uint8_t> mask = phantom_mask(folder, plan, kT2);
  write_nifti(mask_file(folder, kT2), mask, NiftiWriteForm::kBoth);
  poke(mask_file(folder, kT2), nifti_at::kSformCode, int16_bytes(1));
  poke(mask_file(folder, kT2), nifti_at::kSrow + 12,
       float_bytes(static_cast<float>(mask.grid.affine(0, 3)) + 5));
}

void mask_with_several_values(const fs::path& folder, const PatientPlan& plan) {
  Volume<uint8_t> mask = phantom_mask(folder, plan, kCe);
  bool second = false;
  for (uint8_t& value : mask.data)
    if (value != 0) value = (second = !second) ? 2 : 1;
  write_mask(mask_file(folder, kCe), mask);
}

void change_one(const fs::path& folder, const PatientPlan& plan, size_t sequence, float value) {
  Volume<float> mask = as_float(phantom_mask(folder, plan, sequence));
  mask.data[mask.data.size() / 2] = value;
  write_mask(mask_file(folder, sequence), mask);
}

void mask_with_nan(const fs::path& folder, const PatientPlan& plan) {
  change_one(folder, plan, kCe, std::numeric_limits<float>::quiet_NaN());
}
void mask_with_infinity(const fs::path& folder, const PatientPlan& plan) {
  change_one(folder, plan, kT2, std::numeric_limits<float>::infinity());
}
void mask_negative(const fs::path& folder, const PatientPlan& plan) { change_one(folder, plan, kT1, -1); }

void mask_of_two_volumes(const fs::path& folder, const PatientPlan& plan) {
  const Volume<uint8_t> mask = phantom_mask(folder, plan, kT1);
  Volume<uint8_t> two(mask.grid, 2);
  std::copy(mask.data.begin(), mask.data.end(), two.data.begin());
  std::copy(mask.data.begin(), mask.data.end(), two.channel(1).begin());
  write_mask(mask_file(folder, kT1), two);
}

void mask_in_colour(const fs::path& folder, const PatientPlan&) {
  poke(mask_file(folder, kT2), nifti_at::kDatatype, int16_bytes(128));
  poke(mask_file(folder, kT2), nifti_at::kBitpix, int16_bytes(24));
}

void mask_not_nifti(const fs::path& folder, const PatientPlan&) {
  write_text(mask_file(folder, kT2), std::string(400, '#') + "\nsee the other disk\n");
}

void mask_empty_file(const fs::path& folder, const PatientPlan&) {
  fs::resize_file(mask_file(folder, kT1), 0);
}

void mask_header_truncated(const fs::path& folder, const PatientPlan&) {
  fs::resize_file(mask_file(folder, kT1), 100);
}

void mask_truncated(const fs::path& folder, const PatientPlan&) {
  fs::resize_file(mask_file(folder, kT2), fs::file_size(mask_file(folder, kT2)) - 1000);
}

void truncated_nii_gz(const fs::path& folder, const PatientPlan& plan) {
  const Volume<uint8_t> mask = phantom_mask(folder, plan, kCe);
  fs::remove(mask_file(folder, kCe));
  const fs::path file = mask_file(folder, kCe).concat(".gz");
  write_mask(file, mask);
  fs::resize_file(file, fs::file_size(file) / 2);
}

void mask_claims_huge_size(const fs::path& folder, const PatientPlan&) {
  for (size_t i = 1; i <= 3; ++i) poke(mask_file(folder, kCe), nifti_at::kDim + 2 * i, int16_bytes(32767));
}

constexpr std::array kList = {
    Alteration{{"mask_on_other_grid", "ROI-T1.nii lies 30 mm off its series"}, mask_on_other_grid},
    Alteration{{"mask_a_slice_too_high", "ROI-T2.nii lies a slice off its series"}, mask_a_slice_too_high},
    Alteration{{"mask_of_other_size", "ROI-CE-T1.nii lacks the last slice"}, mask_of_other_size},
    Alteration{{"mask_mirrored", "ROI-T1.nii swaps left and right in its header alone"}, mask_mirrored},
    Alteration{{"mask_without_geometry", "ROI-T1.nii has neither qform nor sform"}, mask_without_geometry},
    Alteration{{"mask_forms_apart", "qform and sform of ROI-T2.nii lie 5 mm apart"}, mask_forms_apart},
    Alteration{{"mask_with_several_values", "ROI-CE-T1.nii holds 1 and 2, without a label map"},
               mask_with_several_values},
    Alteration{{"mask_with_nan", "ROI-CE-T1.nii is float and holds a NaN"}, mask_with_nan},
    Alteration{{"mask_with_infinity", "ROI-T2.nii is float and holds an infinity"}, mask_with_infinity},
    Alteration{{"mask_negative", "ROI-T1.nii is float and holds a -1"}, mask_negative},
    Alteration{{"mask_of_two_volumes", "ROI-T1.nii has a fourth dimension of 2"}, mask_of_two_volumes},
    Alteration{{"mask_in_colour", "ROI-T2.nii says to be RGB"}, mask_in_colour},
    Alteration{{"mask_not_nifti", "ROI-T2.nii is a text"}, mask_not_nifti},
    Alteration{{"mask_empty_file", "ROI-T1.nii is a file of no byte"}, mask_empty_file},
    Alteration{{"mask_header_truncated", "ROI-T1.nii ends within its header"}, mask_header_truncated},
    Alteration{{"mask_truncated", "ROI-T2.nii lacks its last 1000 bytes"}, mask_truncated},
    Alteration{{"truncated_nii_gz", "ROI-CE-T1.nii.gz ends half way"}, truncated_nii_gz},
    Alteration{{"mask_claims_huge_size", "ROI-CE-T1.nii says to have 32767^3 voxels"}, mask_claims_huge_size},
};

}  // namespace

std::span<const Alteration> defects_of_masks() { return kList; }

}  // namespace trivox::phantom
