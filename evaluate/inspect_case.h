#pragma once
#include <filesystem>

#include "evaluate/inspect.h"

namespace trivox {

// The kinds of things that `inspect` recognises; each throws Error where the path cannot be listed.

/// A patient's folder: the channels as they lie there, also where some are missing or more are there than
/// a dataset would have.
[[nodiscard]] CaseFinding inspect_patient(const std::filesystem::path& folder, const DatasetOptions& options,
                                          InspectDepth depth);

/// A folder of DICOM files, at any depth; without series where there are none.
[[nodiscard]] CaseFinding inspect_dicom_folder(const std::filesystem::path& folder,
                                               const DatasetOptions& options, InspectDepth depth);

/// A NIfTI file by itself.
[[nodiscard]] CaseFinding inspect_nifti_file(const std::filesystem::path& file, const DatasetOptions& options,
                                             InspectDepth depth);

/// A dataset: every case's headers, and the cases of options.cases as deep as asked.
[[nodiscard]] Finding inspect_dataset(const std::filesystem::path& root, const DatasetOptions& options,
                                      InspectDepth depth);

/// A folder with a manifest of shards.
[[nodiscard]] Finding inspect_shards(const std::filesystem::path& folder);

/// Whether a file is named as NIfTI, and is not hidden.
[[nodiscard]] bool is_nifti_name(const std::filesystem::path& file);

/// Names of the channels that a patient's folder is looked at for.
[[nodiscard]] std::vector<std::string> wanted_channels(const DatasetOptions& options);

}  // namespace trivox
