#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "loader/options.h"
#include "transforms/error.h"
#include "transforms/sample.h"

namespace trivox {

struct ChannelFiles {
  std::string name;             ///< "T1WI"
  std::filesystem::path image;  ///< DICOM folder, file of a DICOM series, or NIfTI file
  std::filesystem::path mask;   ///< NIfTI; empty: none
};

struct CaseFiles {
  std::string id;
  std::filesystem::path folder;  ///< what provenance paths are relative to
  std::vector<ChannelFiles> channels;
  std::vector<Covariate> covariates = {};  ///< of the tables, where `add_covariates` was called
};

/// A case that cannot be used, as a value that travels to the report.
struct CaseFailure {
  std::string id;
  Fault fault;
  bool is_absent_sequence = false;       ///< no more than the folder of a sequence is missing
  std::optional<CaseFiles> images = {};  ///< where no more than its masks is in doubt: the case without them
};

struct Dataset {
  std::filesystem::path root;
  std::string layout;
  std::vector<std::string> channels;
  std::map<int, std::string> labels;       ///< without background
  std::vector<CaseFiles> cases;            ///< sorted by id
  std::vector<CaseFailure> failures;       ///< e.g. a missing sequence folder or mask
  std::vector<std::string> left_out = {};  ///< ids of the cases that `options.cases` does not ask for
  std::vector<std::string> notes = {};     ///< what beside it or of its tables is not used, and why
  /// Where tables about the cases may lie: from the folder of the cases up to `root` or, where that is
  /// further up, the folder that was asked for; for one in an archive up to the folder that holds the archive
  /// at least, since the NPC dataset's tables are published beside it.
  std::vector<std::filesystem::path> table_folders = {};
  std::filesystem::path list = {};  ///< the table of cases; empty: the folders are the list
};

/// Finds the cases of a dataset by names only; no image is opened, but where two datasets may lie, to see
/// that there are some. Hidden files and `__MACOSX` are ignored; one folder deeper than expected is found
/// too, and two where nothing lies nearer. `root` may also be a .zip archive of the dataset or a folder in
/// one (loader/file.h), the folder that holds such an archive, one patient's folder (npc), a folder of images
/// beside dataset.json, e.g. imagesTs (nnunet), or the file of a table of cases; docs/layouts.md describes
/// them. `root` of the answer is the folder or archive that holds data/MRI-Segments (npc), dataset.json
/// (nnunet) or the table. Throws Error where there is no dataset or where there are two of a layout,
/// UsageError where two differ in layout and `options.layout` is auto, and for options that do not fit, such
/// as a case that it lacks. What is missing within a case is its failure.
[[nodiscard]] Dataset find_dataset(const std::filesystem::path& root, const DatasetOptions& options);

/// The same; nothing where no layout's names are there, though an archive that cannot be opened may hold
/// some.
[[nodiscard]] std::optional<Dataset> find_dataset_if_any(const std::filesystem::path& root,
                                                         const DatasetOptions& options);

/// What was repaired or guessed of the archives that hold the dataset, with their names.
[[nodiscard]] std::vector<std::string> archive_notes(const Dataset& dataset);

/// Whether it is an archive of another kind than .zip, by its name: .tar.gz, .7z.
[[nodiscard]] bool is_packed(const std::filesystem::path& file);

/// Whether a dataset of `options.layout`, or two, lie in the folder `root`. Throws as `find_dataset`.
[[nodiscard]] bool is_laid_out(const std::filesystem::path& root, const DatasetOptions& options);

/// Whether a table lists a dataset's cases, rather than what is known of patients: a column that no meaning
/// (loader/clinical/headers.h) explains holds names that end in .nii, .nii.gz or .dcm, or paths, in every
/// cell that is not empty. Throws Error with path where the file is no table.
[[nodiscard]] bool lists_cases(const std::filesystem::path& file, std::string_view encoding = "auto");

}  // namespace trivox
