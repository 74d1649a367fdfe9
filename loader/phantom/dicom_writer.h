#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "transforms/grid.h"

namespace trivox::phantom {

/// What one series says of itself, as in the dataset's de-identified files: PatientName is the
/// folder's number; ID, sex, age and dates are blank.
struct SeriesHeader {
  std::string patient_name;
  std::string description;
  std::string manufacturer, model;
  double field_strength_t = 1.5;
  double echo_time_ms = 0, repetition_time_ms = 0, flip_angle_deg = 90;
  int echo_train_length = 1;
  double slice_thickness_mm = 5;
  double reported_spacing_mm = 5.5;  ///< SpacingBetweenSlices as written; not always the truth
  bool contrast_agent = false;
  int series_number = 1;
  std::optional<double> rescale_slope;  ///< stored value times slope is the signal
  std::string study_uid, series_uid, frame_of_reference_uid;
};

/// Writes one slice of `grid` (RAS+ mm, turned to LPS here) as MR Image Storage, explicit little
/// endian, 12 bits in 16. `pixels`: H x W. Throws Error with the path where it cannot be written.
/// The same bytes for the same arguments; thread safe.
void write_dicom_slice(const std::filesystem::path& path, const SeriesHeader& header, const Grid& grid,
                       int64_t k, int instance_number, const std::string& instance_uid,
                       std::span<const uint16_t> pixels);

/// A number as a DICOM decimal string: at most 16 characters, as exact as they allow.
[[nodiscard]] std::string decimal_string(double value);

/// A UID below 2.25 drawn from (seed, patient, kind, number): never the clock.
[[nodiscard]] std::string make_uid(uint64_t seed, uint32_t patient, uint32_t kind, uint32_t number);

}  // namespace trivox::phantom
