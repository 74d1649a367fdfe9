#include "evaluate/inspect.h"

#include <algorithm>

#include "evaluate/inspect_case.h"
#include "evaluate/inspect_dataset.h"
#include "loader/clinical/covariates.h"
#include "loader/dicom.h"
#include "loader/dicom/elements.h"
#include "loader/dicom/select.h"
#include "loader/file.h"
#include "loader/manifest.h"
#include "loader/nifti.h"

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
std::optional<Dataset> dataset_at(const fs::path& path, const DatasetOptions& options) {
  DatasetOptions any = options;
  any.cases.clear();
  std::optional<Dataset> found = find_dataset_if_any(path, any);
  // Folders of sequences without images may be two raters' masks; no other layout looks like those.
  if (found && found->cases.empty() && found->layout == "npc" && !find_raters(path).listing.pairs.empty())
    found.reset();
  return found;
}

/// Whether the folder is itself the one patient of the dataset that was found at it.
bool is_patient(const fs::path& path, const Dataset& dataset) {
  return dataset.layout == "npc" && dataset.cases.size() == 1 &&
         dataset.cases.front().folder == canonical_path(path);
}

Finding one_case(PathKind kind, CaseFinding finding) {
  Finding out;
  out.kind = kind;
  out.cases.push_back(std::move(finding));
  return out;
}

// A table about patients, or one that lists a dataset's cases, whatever it is called.
Finding inspect_either_table(const fs::path& path, const DatasetOptions& options, InspectDepth depth) {
  bool is_list = false;
  try {
    is_list = lists_cases(path, options.text_encoding);
  } catch (const Error&) {  // no table at all: the finding says why
  }
  if (is_list) return inspect_dataset(path, options, depth);
  Finding finding;
  finding.kind = PathKind::kTable;
  finding.tables.push_back(inspect_table(path, options.text_encoding));
  return finding;
}

// By content, since DICOM files have any name.
Finding inspect_image_file(const fs::path& path, const DatasetOptions& options, InspectDepth depth,
                           const SeriesRule& where) {
  constexpr size_t kMark = 512;  // of a gzip stream enough for the 132 bytes that tell
  const std::vector<std::byte> head = read_head(path, kMark);
  if (is_nifti_name(path) || may_be_nifti(head))
    return one_case(PathKind::kNiftiImage, inspect_nifti_file(path, options, depth));
  if (may_be_dicom(head) || is_gzipped_dicom(head))
    return one_case(PathKind::kDicomFile, inspect_dicom_file(path, where, options, depth));
  refuse_image_of_pair(path);
  throw Error("file", "neither NIfTI nor DICOM, nor a table by its name",
              "a NIfTI file, a DICOM file or the folder of its series, or a table");
}

Finding raters_of(const RaterStudy& study, const DatasetOptions& options) {
  Finding finding;
  finding.kind = PathKind::kRaters;
  finding.raters = inspect_raters(study, options);
  return finding;
}

Finding recognise(const fs::path& path, const DatasetOptions& options, InspectDepth depth,
                  const SeriesRule& where) {
  if (const fs::path archive = archive_of(path); !archive.empty())
    (void)folders_in(archive);  // says why it is none
  if (is_file(path) && !is_folder(path)) {
    if (is_table_name(path)) return inspect_either_table(path, options, depth);
    if (path.extension() == ".csv" || is_packed(path)) return inspect_dataset(path, options, depth);
    return inspect_image_file(path, options, depth, where);
  }
  if (!is_folder(path)) throw Error("path", "not there", "a file or folder");
  if (is_file(path / kManifestName)) return inspect_shards(path);
  if (describe_rule(where).empty() && has_sequence_folders(path, options))
    return one_case(PathKind::kPatientFolder, inspect_patient(path, options, depth));
  const bool is_series = holds_dicom_files(path);
  const bool is_asked = !describe_rule(where).empty();
  if (const auto dataset = is_series || is_asked ? std::nullopt : dataset_at(path, options))
    return is_patient(path, *dataset)
               ? one_case(PathKind::kPatientFolder, inspect_patient(path, options, depth))
               : inspect_dataset(path, options, depth);
  if (is_folder(path / "imagesTr")) return inspect_dataset(path, options, depth);  // says what it lacks
  const RaterStudy study = find_raters(path);
  if (!is_series && !study.listing.pairs.empty()) return raters_of(study, options);  // images beside or not
  CaseFinding dicom = inspect_dicom_folder(path, where, options, depth);
  if (!dicom.series.empty() || !dicom.refusals.empty())
    return one_case(PathKind::kDicomFolder, std::move(dicom));
  if (study.listing.pairs.empty() && study.listing.tiffs == 0 && study.listing.crowded == 0)
    return inspect_dataset(path, options, depth);  // says what it lacks
  return raters_of(study, options);
}

}  // namespace

std::string_view kind_text(PathKind kind) {
  switch (kind) {
    case PathKind::kDicomFolder:
      return "DICOM folder";
    case PathKind::kDicomFile:
      return "file of a DICOM series";
    case PathKind::kNiftiImage:
      return "NIfTI image";
    case PathKind::kPatientFolder:
      return "patient folder";
    case PathKind::kDataset:
      return "dataset";
    case PathKind::kShards:
      return "shards";
    case PathKind::kRaters:
      return "masks of two raters";
    case PathKind::kTable:
      return "table";
  }
  return "";
}

Finding inspect(const fs::path& path, const DatasetOptions& options, InspectDepth depth,
                const SeriesRule& where) {
  read_archive_names_as(options.text_encoding);
  // A trailing slash would leave no file name to call the case by.
  const fs::path plain = path.has_filename() ? path : path.parent_path();
  Finding finding = with_path(path.string(), [&] { return recognise(plain, options, depth, where); });
  if (!describe_rule(where).empty() && finding.kind != PathKind::kDicomFolder &&
      finding.kind != PathKind::kDicomFile)
    throw UsageError("--where", std::string("given with a ").append(kind_text(finding.kind)),
                     "a folder of DICOM files or one of them");
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
  if (finding.kind == PathKind::kShards) return true;
  if (finding.kind == PathKind::kTable)
    return !finding.tables.front().fault && finding.tables.front().table.faults.empty();
  if (finding.raters)
    return finding.raters->failures.empty() &&
           std::none_of(finding.raters->pairs.begin(), finding.raters->pairs.end(),
                        [](const RaterPairFinding& pair) { return pair.fault.has_value(); });
  if (finding.kind != PathKind::kDataset)
    return std::all_of(finding.cases.begin(), finding.cases.end(), usable);
  if (asked.empty()) return std::any_of(finding.cases.begin(), finding.cases.end(), usable);
  return std::all_of(asked.begin(), asked.end(), [&](const std::string& id) {
    const auto found =
        std::find_if(finding.cases.begin(), finding.cases.end(), [&](const auto& c) { return c.id == id; });
    return found != finding.cases.end() && usable(*found);
  });
}

}  // namespace trivox
