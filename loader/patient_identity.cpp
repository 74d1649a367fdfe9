#include "loader/patient_identity.h"

#include <utility>

#include "loader/text.h"

namespace trivox {
namespace {

/// The first sequence before `at` with another value of `member`, where both have one.
const SequenceIdentity* other(std::span<const SequenceIdentity> sequences, size_t at,
                              std::string SequenceIdentity::* member) {
  if ((sequences[at].*member).empty()) return nullptr;
  for (const SequenceIdentity& earlier : sequences.first(at))
    if (!(earlier.*member).empty() && earlier.*member != sequences[at].*member) return &earlier;
  return nullptr;
}

}  // namespace

IdentityFindings compare_identities(const std::string& case_id, std::span<const SequenceIdentity> sequences) {
  IdentityFindings found;
  found.warnings.resize(sequences.size());
  const std::string number = number_hash(case_id);
  bool told = false;
  for (size_t i = 0; i < sequences.size(); ++i) {
    const SequenceIdentity& one = sequences[i];
    for (const SequenceIdentity& earlier : sequences.first(i))
      if (const auto differing = differences(earlier.patient, one.patient);
          !found.fault && !differing.empty())
        found.fault = Fault{"",
                            joined(differing) + " of " + one.sequence,
                            "another than that of " + earlier.sequence,
                            "sequences of one patient",
                            {}};
    if (!told && !number.empty() && !one.patient.name_number.empty() && one.patient.name_number != number) {
      found.warnings[i].push_back("PatientName is a number other than " + case_id +
                                  ", the case's: are these files another patient's?");
      told = true;  // the others' names are the same, or there is a fault
    }
    if (const auto* earlier = other(sequences, i, &SequenceIdentity::study_uid))
      found.warnings[i].push_back("StudyInstanceUID differs from that of " + earlier->sequence +
                                  ": acquired at another time");
    if (const auto* earlier = other(sequences, i, &SequenceIdentity::frame_of_reference_uid))
      found.warnings[i].push_back("FrameOfReferenceUID differs from that of " + earlier->sequence +
                                  ": their positions may not fit");
  }
  return found;
}

}  // namespace trivox
