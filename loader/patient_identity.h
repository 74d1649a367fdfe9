#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "loader/dicom/identity.h"
#include "transforms/error.h"

namespace trivox {

/// What the files of one sequence say of whose they are and where they lie; blank for NIfTI.
struct SequenceIdentity {
  std::string sequence;  ///< "T1WI"
  DicomIdentity patient;
  std::string study_uid, frame_of_reference_uid;  ///< or hashes of them; empty: not said
};

struct IdentityFindings {
  /// Two sequences that say to be of two patients: in which attributes, never with which values.
  std::optional<Fault> fault;
  /// By sequence: a PatientName that is a number other than the case's, another study or frame of
  /// reference than that of an earlier sequence (header alignment relies on common positions).
  std::vector<std::vector<std::string>> warnings;
};

/// Compares the sequences of a case pair by pair. Pure; thread safe.
[[nodiscard]] IdentityFindings compare_identities(const std::string& case_id,
                                                  std::span<const SequenceIdentity> sequences);

}  // namespace trivox
