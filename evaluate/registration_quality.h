#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evaluate/registration_pictures.h"
#include "transforms/sample.h"

namespace trivox {

/// One sequence of one case that was laid onto its reference.
struct CaseRegistration {
  std::string id, reference, sequence;
  std::string outcome;  ///< "refined", "header" or "rejected"
  RegistrationRecord record;
};

/// The least trusted first: rejected ones, then by the larger of inconsistency and shift as shares of their
/// limits ... at most `count`.
[[nodiscard]] std::vector<CaseRegistration> worst_registrations(std::span<const CaseRegistration> all,
                                                                size_t count);

/// As a table for programs: id, sequence, outcome and every figure.
[[nodiscard]] std::string registration_csv(std::span<const CaseRegistration> all);

/// One page about how a dataset's sequences were laid onto each other: outcomes counted by sequence, overlap
/// of the masks before and after, histogram of displacements, the worst with pictures, all cases in a table.
[[nodiscard]] std::string registration_quality_html(std::span<const CaseRegistration> all,
                                                    std::span<const RegistrationPictures> worst,
                                                    std::string_view version);

}  // namespace trivox
