#pragma once
#include <span>
#include <string>
#include <string_view>

#include "evaluate/score.h"
#include "loader/case_registration.h"

namespace trivox {

/// report.html, one self-contained page: headline figures, summary of every group and label, plots,
/// overlays of every case (worst first), the table of cases (worst first), what was not predicted or
/// could not be scored, and definitions. groups: at least one, the first is the headline. registrations: of a
/// dataset's sequences, summarised; may be none.
[[nodiscard]] std::string report_html(std::span<const GroupScore> groups,
                                      std::span<const CaseRegistration> registrations,
                                      std::string_view version);

}  // namespace trivox
