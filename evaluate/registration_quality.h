#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evaluate/registration_pictures.h"
#include "loader/case_registration.h"
#include "transforms/registration/limits.h"

namespace trivox {

/// At most `count`, the least trusted first: the rejected ones before all others, and among either those
/// whose worst figure lies nearest to its limit or furthest beyond. Figures and limits: the distance between
/// the answers forward and backward (warning_inconsistency_mm), the movement (warning_shift_mm) and the turn
/// (warning_turn_deg), the latter two not between frames of reference, where large ones are expected. One
/// that is no number counts as beyond all limits. Equals stand by case, then by sequence.
[[nodiscard]] std::vector<CaseRegistration> worst_registrations(std::span<const CaseRegistration> all,
                                                                size_t count,
                                                                const RegistrationLimits& limits = {});

/// What registering changed in the overlap of the sequences' own masks, as a section of a page: a table by
/// sequence, and a plot.
[[nodiscard]] std::string registration_summary(std::span<const CaseRegistration> all);

/// One page about how a dataset's sequences were laid onto each other: outcomes counted by sequence, overlap
/// of the masks before and after, histogram of displacements, the `worst` with pictures, in that order (each
/// is found among `all` by id and sequence; with the reason where it has none), all cases in a table.
[[nodiscard]] std::string registration_quality_html(std::span<const CaseRegistration> all,
                                                    std::span<const RegistrationPictures> worst,
                                                    std::string_view version,
                                                    const RegistrationLimits& limits = {});

}  // namespace trivox
