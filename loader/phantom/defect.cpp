#include "loader/phantom/defect.h"

#include <array>
#include <fstream>
#include <functional>
#include <limits>
#include <string>

#include "loader/nifti.h"
#include "transforms/error.h"

namespace trivox {
namespace phantom {
namespace {

namespace fs = std::filesystem;

fs::path slice_file(const fs::path& folder, const PatientPlan& plan, size_t sequence, size_t k) {
  return folder / kSequenceNames[sequence].folder / plan.series[sequence].files[k];
}

size_t middle_slice(const PatientPlan& plan, size_t sequence) {
  return plan.series[sequence].files.size() / 2;
}

Volume<uint8_t> half_filled(const Grid& grid) {
  Volume<uint8_t> mask(grid, 1);
  for (size_t i = 0; i < mask.data.size() / 2; ++i) mask.data[i] = 1;
  return mask;
}

void missing_sequence_folder(const fs::path& folder, const PatientPlan&) {
  fs::remove_all(folder / kSequenceNames[1].folder);
}

void missing_mask(const fs::path& folder, const PatientPlan&) {
  fs::remove(folder / kSequenceNames[1].mask);
}

void mask_on_other_grid(const fs::path& folder, const PatientPlan& plan) {
  Grid grid = plan.series[0].acquisition.grid;
  grid.affine(1, 3) += 30;
  write_nifti(folder / kSequenceNames[0].mask, half_filled(grid), NiftiWriteForm::kQformOnly);
}

void slice_missing_in_the_middle(const fs::path& folder, const PatientPlan& plan) {
  fs::remove(slice_file(folder, plan, 2, middle_slice(plan, 2)));
}

void truncated_dicom(const fs::path& folder, const PatientPlan& plan) {
  const fs::path file = slice_file(folder, plan, 2, middle_slice(plan, 2));
  fs::resize_file(file, fs::file_size(file) / 2);
}

void truncated_nii_gz(const fs::path& folder, const PatientPlan& plan) {
  fs::remove(folder / kSequenceNames[2].mask);
  const fs::path file = folder / (std::string(kSequenceNames[2].mask) + ".gz");
  write_nifti(file, half_filled(plan.series[2].acquisition.grid), NiftiWriteForm::kQformOnly);
  fs::resize_file(file, fs::file_size(file) / 2);
}

void empty_folder(const fs::path& folder, const PatientPlan&) {
  fs::remove_all(folder / kSequenceNames[0].folder);
  fs::create_directory(folder / kSequenceNames[0].folder);
}

void duplicate_position(const fs::path& folder, const PatientPlan& plan) {
  const SeriesPlan& series = plan.series[1];
  const size_t k = middle_slice(plan, 1);
  const auto& size = series.acquisition.grid.size;
  const std::vector<uint16_t> pixels(static_cast<size_t>(size[0] * size[1]), 100);
  const auto instance = static_cast<uint32_t>(series.files.size() + 1);
  write_dicom_slice(folder / kSequenceNames[1].folder / "999999.dcm", series.header, series.acquisition.grid,
                    static_cast<int64_t>(k), static_cast<int>(instance),
                    make_uid(series.acquisition.seed, plan.patient, 20, instance), pixels);
}

void two_series_in_a_folder(const fs::path& folder, const PatientPlan& plan) {
  for (size_t k = 0; k < plan.series[0].files.size(); ++k)
    fs::copy_file(slice_file(folder, plan, 0, k),
                  folder / kSequenceNames[1].folder / ("other-" + plan.series[0].files[k]));
}

void mask_with_nan(const fs::path& folder, const PatientPlan& plan) {
  Volume<float> mask(plan.series[2].acquisition.grid, 1);
  mask.data[mask.data.size() / 2] = std::numeric_limits<float>::quiet_NaN();
  mask.data[mask.data.size() / 2 + 1] = 1;
  write_nifti(folder / kSequenceNames[2].mask, mask, NiftiWriteForm::kQformOnly);
}

void mask_without_geometry(const fs::path& folder, const PatientPlan&) {
  constexpr std::streamoff kQformCode = 252;  // int16, followed by sform_code
  std::fstream file(folder / kSequenceNames[0].mask, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(kQformCode);
  file.write("\0\0\0\0", 4);
  if (!file)
    throw Error(
        Fault{(folder / kSequenceNames[0].mask).string(), "cannot be written", "", "", {}});
}

struct Entry {
  PhantomDefect defect;
  void (*apply)(const fs::path&, const PatientPlan&);
};

constexpr std::array kEntries = {
    Entry{{"missing_sequence_folder", "T2WI is not there"}, missing_sequence_folder},
    Entry{{"missing_mask", "ROI-T2.nii is not there"}, missing_mask},
    Entry{{"mask_on_other_grid", "ROI-T1.nii lies 30 mm off its series"}, mask_on_other_grid},
    Entry{{"slice_missing_in_the_middle", "CE-T1WI lacks a slice"}, slice_missing_in_the_middle},
    Entry{{"truncated_dicom", "a slice of CE-T1WI ends half way"}, truncated_dicom},
    Entry{{"truncated_nii_gz", "ROI-CE-T1.nii.gz ends half way"}, truncated_nii_gz},
    Entry{{"empty_folder", "T1WI holds no file"}, empty_folder},
    Entry{{"duplicate_position", "T2WI holds two slices at one position"}, duplicate_position},
    Entry{{"two_series_in_a_folder", "T2WI holds the T1WI series too"}, two_series_in_a_folder},
    Entry{{"mask_with_nan", "ROI-CE-T1.nii is float and holds a NaN"}, mask_with_nan},
    Entry{{"mask_without_geometry", "ROI-T1.nii has neither qform nor sform"}, mask_without_geometry},
};

}  // namespace

void apply_defect(const fs::path& patient_folder, const PatientPlan& plan, std::string_view name) {
  for (const Entry& entry : kEntries)
    if (entry.defect.name == name) return entry.apply(patient_folder, plan);
  throw Error("defect", std::string(name), "one of trivox phantom --help");
}

}  // namespace phantom

const std::vector<PhantomDefect>& phantom_defects() {
  static const std::vector<PhantomDefect> defects = [] {
    std::vector<PhantomDefect> list;
    for (const auto& entry : phantom::kEntries) list.push_back(entry.defect);
    return list;
  }();
  return defects;
}

}  // namespace trivox
