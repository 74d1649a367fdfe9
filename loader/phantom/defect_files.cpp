#include <array>
#include <string>

#include "loader/nifti.h"
#include "loader/phantom/alteration.h"

// What is missing, cut off, or there twice in a patient's folder.
namespace trivox::phantom {
namespace {

namespace fs = std::filesystem;

void missing_sequence_folder(const fs::path& folder, const PatientPlan&) {
  fs::remove_all(series_folder(folder, kT2));
}

void missing_mask(const fs::path& folder, const PatientPlan&) { fs::remove(mask_file(folder, kT2)); }

void empty_folder(const fs::path& folder, const PatientPlan&) {
  fs::remove_all(series_folder(folder, kT1));
  fs::create_directory(series_folder(folder, kT1));
}

void mask_there_twice(const fs::path& folder, const PatientPlan& plan) {
  write_nifti(mask_file(folder, kT1).concat(".gz"), phantom_mask(folder, plan, kT1));
}

void truncated_dicom(const fs::path& folder, const PatientPlan& plan) {
  const fs::path file = slice_file(folder, plan, kCe, middle_slice(plan, kCe));
  fs::resize_file(file, fs::file_size(file) / 2);
}

void empty_dicom_file(const fs::path& folder, const PatientPlan& plan) {
  fs::resize_file(slice_file(folder, plan, kT1, middle_slice(plan, kT1)), 0);
}

void not_dicom_named_dcm(const fs::path& folder, const PatientPlan&) {
  write_text(series_folder(folder, kT1) / "notes.dcm",
             "The second half of the series is on the other disk.\n");
}

constexpr std::array kList = {
    Alteration{{"missing_sequence_folder", "T2WI is not there"}, missing_sequence_folder},
    Alteration{{"missing_mask", "ROI-T2.nii is not there"}, missing_mask},
    Alteration{{"mask_there_twice", "ROI-T1.nii and ROI-T1.nii.gz are there"}, mask_there_twice},
    Alteration{{"empty_folder", "T1WI holds no file"}, empty_folder},
    Alteration{{"truncated_dicom", "a slice of CE-T1WI ends half way"}, truncated_dicom},
    Alteration{{"empty_dicom_file", "a slice of T1WI is a file of no byte"}, empty_dicom_file},
    Alteration{{"not_dicom_named_dcm", "T1WI holds a text named notes.dcm"}, not_dicom_named_dcm},
};

}  // namespace

std::span<const Alteration> defects_of_files() { return kList; }

}  // namespace trivox::phantom
