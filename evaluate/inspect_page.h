#pragma once
#include <string>
#include <string_view>

#include "evaluate/inspect.h"

namespace trivox {

/// A page, like report_html self-contained: facts and warnings of what was found and, for cases whose
/// pixels were read, the sequences side by side in radiological display. A row shows one slice of the
/// reference sequence (CE-T1WI, else the first) and of each other sequence the slice nearest to its
/// position in the world; one sliced in another plane follows by itself. Masks are outlined. `rows`: slices
/// shown, evenly spaced, the one with the largest mask among them; 0: all.
[[nodiscard]] std::string inspect_html(const Finding& finding, int rows, std::string_view version);

}  // namespace trivox
