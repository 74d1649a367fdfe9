#include "evaluate/inspect.h"

#include <algorithm>

#include "evaluate/inspect_case.h"
#include "loader/clinical_covariates.h"
#include "loader/dicom.h"
#include "loader/file.h"
#include "loader/manifest.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

bool has_sequence_folders(const fs::path& folder, const DatasetOptions& options) {
  const std::vector<std::string> names = wanted_channels(options);
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return is_folder(folder / name); });
}

/// Whether a dataset is laid out there; an option that does not fit is an error. Folders of patients that
/// hold nothing but two raters' masks are none.
bool holds_dataset(const fs::path& path, const DatasetOptions& options) {
  try {
    DatasetOptions any = options;
    any.cases.clear();
    return !find_dataset(path, any).cases.empty() || find_raters(path).listing.pairs.empty();
  } catch (const Error& error) {
    if (error.fault().attribute != "dataset") throw;
    return false;
  }
}

Finding one_case(std::string kind, CaseFinding finding) {
  Finding out;
  out.kind = std::move(kind);
  out.cases.push_back(std::move(finding));
  return out;
}

// A table about patients, or one that lists a dataset's cases, whatever it is called.
Finding inspect_either_table(const fs::path& path, const DatasetOptions& options, InspectDepth depth) {
  TableFinding table = inspect_table(path);
  if (!table.fault && table.summaries.empty()) return inspect_dataset(path, options, depth);
  try {
    if (lists_cases(path)) return inspect_dataset(path, options, depth);
  } catch (const Error&) {  // no table at all: the finding says why
  }
  Finding finding;
  finding.kind = "table";
  finding.tables.push_back(std::move(table));
  return finding;
}

Finding recognise(const fs::path& path, const DatasetOptions& options, InspectDepth depth) {
  if (const fs::path archive = archive_of(path); !archive.empty())
    (void)folders_in(archive);  // says why it is none
  if (is_file(path) && !is_folder(path)) {
    if (is_table_name(path)) return inspect_either_table(path, options, depth);
    if (path.extension() == ".csv") return inspect_dataset(path, options, depth);
    if (is_nifti_name(path)) return one_case("NIfTI image", inspect_nifti_file(path, options, depth));
    throw Error("file", "neither .nii nor .nii.gz, nor a table",
                "a NIfTI file, or the folder of a DICOM series");
  }
  if (!is_folder(path)) throw Error("path", "not there", "a file or folder");
  if (is_file(path / kManifestName)) return inspect_shards(path);
  if (has_sequence_folders(path, options))
    return one_case("patient folder", inspect_patient(path, options, depth));
  if (!holds_dicom_files(path) && holds_dataset(path, options)) return inspect_dataset(path, options, depth);
  CaseFinding dicom = inspect_dicom_folder(path, options, depth);
  if (!dicom.series.empty() || !dicom.refusals.empty()) return one_case("DICOM folder", std::move(dicom));
  const RaterStudy study = find_raters(path);
  if (study.listing.pairs.empty() && study.listing.tiffs == 0)
    return inspect_dataset(path, options, depth);  // says what it lacks
  Finding finding;
  finding.kind = "masks of two raters";
  finding.raters = inspect_raters(study, options);
  return finding;
}

}  // namespace

Finding inspect(const fs::path& path, const DatasetOptions& options, InspectDepth depth) {
  // A trailing slash would leave no file name to call the case by.
  const fs::path plain = path.has_filename() ? path : path.parent_path();
  Finding finding = with_path(path.string(), [&] { return recognise(plain, options, depth); });
  finding.path = plain.string();
  return finding;
}

bool usable(const CaseFinding& finding) {
  return finding.refusals.empty() &&
         std::none_of(finding.series.begin(), finding.series.end(), [](const SeriesFinding& s) {
           return s.chosen && (s.fault || !s.refusal.empty() || (s.mask && !s.mask->usable));
         });
}

bool all_well(const Finding& finding, const std::vector<std::string>& asked) {
  if (finding.kind == "shards") return true;
  if (finding.kind == "table")
    return !finding.tables.front().fault && finding.tables.front().table.faults.empty();
  if (finding.raters)
    return finding.raters->failures.empty() &&
           std::none_of(finding.raters->pairs.begin(), finding.raters->pairs.end(),
                        [](const RaterPairFinding& pair) { return pair.fault.has_value(); });
  if (finding.kind != "dataset") return std::all_of(finding.cases.begin(), finding.cases.end(), usable);
  if (asked.empty()) return std::any_of(finding.cases.begin(), finding.cases.end(), usable);
  return std::all_of(asked.begin(), asked.end(), [&](const std::string& id) {
    const auto found =
        std::find_if(finding.cases.begin(), finding.cases.end(), [&](const auto& c) { return c.id == id; });
    return found != finding.cases.end() && usable(*found);
  });
}

}  // namespace trivox
