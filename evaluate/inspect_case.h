#pragma once
#include <filesystem>

#include "evaluate/inspect.h"

namespace trivox {

/// One case of a dataset. Never throws for its content.
[[nodiscard]] CaseFinding inspect_case(const CaseFiles& files, const DatasetOptions& options,
                                       InspectDepth depth);

// What makes one case by itself; each throws Error where the path cannot be listed.

/// A patient's folder: the channels as they lie there, also where some are missing or more are there than
/// a dataset would have.
[[nodiscard]] CaseFinding inspect_patient(const std::filesystem::path& folder, const DatasetOptions& options,
                                          InspectDepth depth);

/// A folder of DICOM files, at any depth; without series where there are none. Which is meant `where` says,
/// or else the rule of the channel whose name the folder bears.
[[nodiscard]] CaseFinding inspect_dicom_folder(const std::filesystem::path& folder, const SeriesRule& where,
                                               const DatasetOptions& options, InspectDepth depth);

/// The series that a DICOM file belongs to, and what else lies in its folder.
[[nodiscard]] CaseFinding inspect_dicom_file(const std::filesystem::path& file, const SeriesRule& where,
                                             const DatasetOptions& options, InspectDepth depth);

/// A NIfTI file by itself.
[[nodiscard]] CaseFinding inspect_nifti_file(const std::filesystem::path& file, const DatasetOptions& options,
                                             InspectDepth depth);

/// Whether a file is named as NIfTI, and is not hidden.
[[nodiscard]] bool is_nifti_name(const std::filesystem::path& file);

/// Names of the channels that a patient's folder is looked at for.
[[nodiscard]] std::vector<std::string> wanted_channels(const DatasetOptions& options);

}  // namespace trivox
