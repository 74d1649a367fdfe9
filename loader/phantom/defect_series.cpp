#include <array>
#include <string>

#include "loader/phantom/alteration.h"

// What is wrong between the slices of a series, or between the series of a patient.
namespace trivox::phantom {
namespace {

namespace fs = std::filesystem;

const Grid& grid_of(const PatientPlan& plan, size_t sequence) {
  return plan.series[sequence].acquisition.grid;
}

std::string new_uid(const PatientPlan& plan, uint32_t number) {
  return make_uid(plan.series[0].acquisition.seed, plan.patient, 20, number);
}

/// Writes what a slice becomes under a name of its own, the slice staying as it is.
void add_copy(const fs::path& folder, const PatientPlan& plan, size_t sequence, size_t k,
              const std::string& name, const ChangeSlice& change) {
  DicomRecord record = read_record(slice_file(folder, plan, sequence, k));
  change(record, k);
  write_record(series_folder(folder, sequence) / name, record);
}

void slice_missing_in_the_middle(const fs::path& folder, const PatientPlan& plan) {
  fs::remove(slice_file(folder, plan, kCe, middle_slice(plan, kCe)));
}

void slices_uneven(const fs::path& folder, const PatientPlan& plan) {
  change_middle(folder, plan, kT2,
                [&](DicomRecord& r, size_t) { move_slice(r, grid_of(plan, kT2), {0, 0, 0.2}); });
}

void in_plane_drift(const fs::path& folder, const PatientPlan& plan) {
  change_middle(folder, plan, kCe,
                [&](DicomRecord& r, size_t) { move_slice(r, grid_of(plan, kCe), {4, 0, 0}); });
}

void duplicate_position(const fs::path& folder, const PatientPlan& plan) {
  add_copy(folder, plan, kT2, middle_slice(plan, kT2), "999999.dcm", [&](DicomRecord& r, size_t) {
    r.set(0x00080018, "UI", new_uid(plan, 1));
    r.set(0x00200013, "IS", "99");
  });
}

void same_file_twice(const fs::path& folder, const PatientPlan& plan) {
  add_copy(folder, plan, kT1, middle_slice(plan, kT1), "999999.dcm", [](DicomRecord&, size_t) {});
}

void differing_size(const fs::path& folder, const PatientPlan& plan) {
  change_middle(folder, plan, kT1, [&](DicomRecord& r, size_t) {
    std::vector<uint16_t> pixels = r.pixels();
    pixels.resize(pixels.size() - static_cast<size_t>(grid_of(plan, kT1).size[0]));
    r.set_pixels(pixels);
    r.set_whole(0x00280010, static_cast<uint16_t>(grid_of(plan, kT1).size[1] - 1));
  });
}

void differing_spacing(const fs::path& folder, const PatientPlan& plan) {
  change_middle(folder, plan, kCe, [](DicomRecord& r, size_t) { r.set(0x00280030, "DS", "0.5\\0.5"); });
}

void differing_orientation(const fs::path& folder, const PatientPlan& plan) {
  change_middle(folder, plan, kT2,
                [](DicomRecord& r, size_t) { r.set(0x00200037, "DS", "0\\1\\0\\0\\0\\-1"); });
}

void localiser_in_the_series(const fs::path& folder, const PatientPlan& plan) {
  for (uint32_t i = 0; i < 3; ++i)
    add_copy(folder, plan, kCe, i, "90000" + std::to_string(i) + ".dcm", [&](DicomRecord& r, size_t) {
      r.set(0x00080018, "UI", new_uid(plan, 2 + i));
      r.set(0x00200037, "DS", "0\\1\\0\\0\\0\\-1");
      r.set(0x00200032, "DS", std::to_string(10 * i) + "\\-110\\110");
    });
}

void two_series_in_a_folder(const fs::path& folder, const PatientPlan& plan) {
  for (const std::string& file : plan.series[kT1].files)
    fs::copy_file(series_folder(folder, kT1) / file, series_folder(folder, kT2) / ("other-" + file));
}

void two_echoes_in_a_folder(const fs::path& folder, const PatientPlan& plan) {
  for (size_t k = 0; k < plan.series[kT2].files.size(); ++k)
    add_copy(folder, plan, kT2, k, "echo2-" + plan.series[kT2].files[k], [&](DicomRecord& r, size_t) {
      r.set(0x00080018, "UI", new_uid(plan, 100 + static_cast<uint32_t>(k)));
      r.set(0x00180081, "DS", "20");
    });
}

void two_patients_in_a_series(const fs::path& folder, const PatientPlan& plan) {
  change_middle(folder, plan, kT1, [](DicomRecord& r, size_t) { r.set(0x00100030, "DA", "19600101"); });
  change_slice(folder, plan, kT1, 0, [](DicomRecord& r, size_t) { r.set(0x00100030, "DA", "19710523"); });
}

void series_of_another_patient(const fs::path& folder, const PatientPlan& plan) {
  change_series(folder, plan, kT2, [](DicomRecord& r, size_t) {
    r.set(0x00100010, "PN", "Phantom^Other");
    r.set(0x00100020, "LO", "T-2");
  });
  change_series(folder, plan, kCe, [](DicomRecord& r, size_t) { r.set(0x00100020, "LO", "T-1"); });
}

void sequence_there_twice(const fs::path& folder, const PatientPlan& plan) {
  fs::remove_all(series_folder(folder, kT2));
  fs::copy(series_folder(folder, kT1), series_folder(folder, kT2));
  fs::copy_file(mask_file(folder, kT1), mask_file(folder, kT2), fs::copy_options::overwrite_existing);
  // As an export under another name would have it.
  for (const std::string& file : plan.series[kT1].files) {
    DicomRecord record = read_record(series_folder(folder, kT2) / file);
    record.set(0x0020000e, "UI", new_uid(plan, 3));
    write_record(series_folder(folder, kT2) / file, record);
  }
}

constexpr std::array kList = {
    Alteration{{"slice_missing_in_the_middle", "CE-T1WI lacks a slice"}, slice_missing_in_the_middle},
    Alteration{{"slices_uneven", "a slice of T2WI lies a fifth of the gap too high"}, slices_uneven},
    Alteration{{"in_plane_drift", "a slice of CE-T1WI lies four columns aside"}, in_plane_drift},
    Alteration{{"duplicate_position", "T2WI holds two slices at one position"}, duplicate_position},
    Alteration{{"same_file_twice", "T1WI holds a slice under two names"}, same_file_twice},
    Alteration{{"differing_size", "a slice of T1WI lacks its last row"}, differing_size},
    Alteration{{"differing_spacing", "a slice of CE-T1WI has pixels of another size"}, differing_spacing},
    Alteration{{"differing_orientation", "a slice of T2WI is sagittal"}, differing_orientation},
    Alteration{{"localiser_in_the_series", "CE-T1WI holds three sagittal slices of its own UID"},
               localiser_in_the_series},
    Alteration{{"two_series_in_a_folder", "T2WI holds the T1WI series too"}, two_series_in_a_folder},
    Alteration{{"two_echoes_in_a_folder", "T2WI holds a second echo of each slice"}, two_echoes_in_a_folder},
    Alteration{{"two_patients_in_a_series", "slices of T1WI name two dates of birth"},
               two_patients_in_a_series},
    Alteration{{"series_of_another_patient", "T2WI names another patient"}, series_of_another_patient},
    Alteration{{"sequence_there_twice", "T2WI holds the images of T1WI"}, sequence_there_twice},
};

}  // namespace

std::span<const Alteration> defects_of_series() { return kList; }

}  // namespace trivox::phantom
