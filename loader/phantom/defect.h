#pragma once
#include <filesystem>
#include <string_view>

#include "loader/phantom/protocol.h"

namespace trivox::phantom {

/// Breaks a patient that was written whole. Throws Error for an unknown name.
void apply_defect(const std::filesystem::path& patient_folder, const PatientPlan& plan, std::string_view name);

}  // namespace trivox::phantom
