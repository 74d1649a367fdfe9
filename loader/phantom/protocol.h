#pragma once
#include <Eigen/Dense>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "loader/phantom/anatomy.h"
#include "loader/phantom/dicom_writer.h"
#include "loader/phantom/phantom.h"
#include "loader/phantom/signal.h"
#include "loader/phantom/tables.h"

namespace trivox::phantom {

struct SequenceNames {
  const char* folder;  ///< "CE-T1WI"
  const char* mask;    ///< "ROI-CE-T1.nii"
};
inline constexpr std::array<SequenceNames, kSequences> kSequenceNames = {
    {{"T1WI", "ROI-T1.nii"}, {"T2WI", "ROI-T2.nii"}, {"CE-T1WI", "ROI-CE-T1.nii"}}};
inline constexpr size_t kReference = 2;  ///< CE-T1WI: the head lies still in it

/// One series before it is rendered.
struct SeriesPlan {
  Acquisition acquisition;
  SeriesHeader header;
  /// Where tissue at a point of the reference lies in this sequence: RAS+ mm to RAS+ mm.
  Eigen::Matrix4d reference_to_native = Eigen::Matrix4d::Identity();
  double motion_mm = 0, motion_deg = 0;
  double noise_fraction = 0;               ///< noise over the signal of bright tissue
  std::vector<std::string> files;          ///< by k, ascending; the names are shuffled
  std::vector<int> instance_numbers;       ///< by k: ascending or descending
  std::vector<std::string> instance_uids;  ///< by k
};

/// A patient before anything is rendered: all that chance decides.
struct PatientPlan {
  uint32_t patient = 0;
  std::string folder;  ///< "007"
  Anatomy anatomy;
  Eigen::Matrix4d head_to_reference;  ///< how the patient lies in the scanner
  const Scanner* scanner = nullptr;
  std::array<SeriesPlan, kSequences> series;
  /// How far all slices lie above (+z) the head's middle, each sequence's own jitter apart.
  double slab_shift_mm = 0;
};

/// Draws everything from (options.seed, patient); options.size and options.motion apply.
[[nodiscard]] PatientPlan plan_patient(const PhantomOptions& options, uint32_t patient);

}  // namespace trivox::phantom
