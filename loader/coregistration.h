#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "loader/case_registration.h"
#include "loader/options.h"
#include "loader/patient.h"
#include "transforms/error.h"
#include "transforms/registration/registration.h"
#include "transforms/sample.h"

namespace trivox {

/// What is asked of a pair. `fixed_frame`, `moving_frame`: FrameOfReferenceUID or a hash of it; empty: not
/// said, as in NIfTI, which counts as the same. Between frames that differ the search is wide and more is
/// allowed.
[[nodiscard]] RegistrationOptions registration_options(const CoregistrationOptions& options,
                                                       const std::string& fixed_frame,
                                                       const std::string& moving_frame);

/// Where a sequence lies beside the reference, and how that is known.
struct ChannelAlignment {
  Eigen::Matrix4d reference_to_native = Eigen::Matrix4d::Identity();  ///< RAS+ mm to RAS+ mm
  std::string outcome = "header";                                     ///< as ChannelProvenance::alignment
  std::optional<RegistrationRecord> registration;
  std::vector<std::string> warnings;
};

/// A case that is to be quarantined since no transform was credible, with what was found all the same.
class RejectedCase : public Error {
 public:
  RejectedCase(const Error& why, std::vector<CaseRegistration> found)
      : Error(why), found_(std::move(found)) {}
  [[nodiscard]] const std::vector<CaseRegistration>& found() const { return found_; }

 private:
  std::vector<CaseRegistration> found_;
};

/// Lays every sequence of a patient onto `reference`, an index into them: one alignment a sequence. With
/// `reference: none`, and for a single sequence, the headers alone. The same bits for any number of threads;
/// thread safe. Throws Error naming the first sequence whose voxels are not finite or beyond 1e30,
/// RejectedCase where `on_rejection` is quarantine and some sequence has no credible transform, UsageError
/// for a setting that is unknown.
[[nodiscard]] std::vector<ChannelAlignment> coregister(const Patient& patient, size_t reference,
                                                       const CoregistrationOptions& options);

}  // namespace trivox
