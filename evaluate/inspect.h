#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evaluate/inspect_raters.h"
#include "evaluate/inspect_tables.h"
#include "evaluate/mask_quality.h"
#include "loader/dataset.h"
#include "loader/mask.h"
#include "transforms/volume.h"

namespace trivox {

/// Something found, for people as text and for programs as a number where it is one.
struct Fact {
  std::string name;  ///< with its unit: "TE ms"
  std::string text;
  std::optional<double> number = {};
};

/// A file that was not read as an image, and why.
struct FileNote {
  std::string path;
  std::string reason;   ///< "not DICOM", "a DICOMDIR", ...
  bool broken = false;  ///< it may be a slice that a series lacks
};

/// A mask and what the rule for masks (loader/mask.h) decides about it.
struct MaskFinding {
  std::string file;  ///< its name
  std::string path;
  bool usable = false;
  std::string decision;            ///< "in the same place as its series ...", "reordered ...", or why not
  std::vector<std::string> notes;  ///< what the rule repaired or found odd
  std::optional<Grid> found;       ///< the mask's own grid, where its header could be read
  Grid expected;                   ///< that of its series
  std::optional<MaskPlace> place;  ///< where the header decides
  MaskQuality quality;             ///< empty unless usable
  Volume<uint8_t> mask;            ///< on the series' grid; empty unless usable
};

/// One DICOM series or NIfTI image.
struct SeriesFinding {
  std::string name;  ///< the channel's, or the series' description
  std::string path;
  std::string kind;            ///< "DICOM series" or "NIfTI image"
  std::optional<Fault> fault;  ///< why it cannot be read; its grid is unknown then
  Grid grid;
  std::vector<Fact> facts;
  std::vector<std::string> warnings;
  bool chosen = true;                    ///< false: it lies there too, but is not what is read
  std::string choice;                    ///< why it was chosen, of a DICOM folder
  std::vector<std::string> passed_over;  ///< other series of its folder, each with the reason
  std::vector<FileNote> ignored;         ///< of its folder
  std::string refusal;                   ///< described, but reading refuses it: why
  std::optional<MaskFinding> mask;
  Volume<float> image;  ///< empty unless pixels were asked for
};

/// How the masks of two of a case's series compare.
struct MaskComparison {
  std::string a, b;
  MaskPair pair;
};

struct CaseFinding {
  std::string id;
  std::vector<SeriesFinding> series;
  std::vector<std::string> warnings;
  bool looked_into = false;           ///< deeper than headers
  std::vector<std::string> refusals;  ///< why reading refuses the case as a whole
  std::vector<FileNote> ignored;
  std::vector<MaskComparison> masks;  ///< each pair of usable masks
};

/// Whether preprocessing could use the case, as far as it was looked at.
[[nodiscard]] bool usable(const CaseFinding& finding);

enum class PathKind {
  kDicomFolder,
  kDicomFile,
  kNiftiImage,
  kPatientFolder,
  kDataset,
  kShards,
  kRaters,
  kTable,
};

/// "DICOM folder", "file of a DICOM series", "NIfTI image", "patient folder", "dataset", "shards",
/// "masks of two raters", "table".
[[nodiscard]] std::string_view kind_text(PathKind kind);

/// What a path holds.
struct Finding {
  PathKind kind = PathKind::kDataset;
  std::string path;
  std::vector<Fact> facts;
  std::vector<CaseFinding> cases;
  std::vector<CaseFailure> failures;
  std::vector<std::string> notes;      ///< what of a dataset is not read or contradicts itself
  std::vector<TableFinding> tables;    ///< of a dataset; or the one
  std::optional<RaterFinding> raters;  ///< of masks of two raters
};

/// How deep to look; each includes the one before.
enum class InspectDepth {
  kHeaders,  ///< geometry and parameters from headers; masks are only named
  kMasks,    ///< voxels and masks are read, and everything is checked that reading a case checks
  kPixels,   ///< images are kept for pictures
};

/// Recognises what lies at a path and looks at it: a folder with a manifest of shards, a patient's folder
/// (sub-folders of DICOM, masks beside them), a folder of DICOM files or one of its files, a dataset, a
/// NIfTI file. In a dataset every case's headers are read, the cases named in options.cases are looked at
/// as deep as asked, and the tables beside them are read. A folder that is no dataset and holds no DICOM,
/// but TIFFs, or pairs of masks by their names, is taken for two raters' (loader/raters.h). A table is one
/// of cases, or else one about patients (loader/clinical/tables.h). What is broken within becomes a `fault`
/// or a failure; throws Error where the path holds nothing that is known or cannot be listed, and for a
/// NIfTI file by itself that cannot be read.
/// `where` says which series of a folder of DICOM files is meant; UsageError for anything else.
[[nodiscard]] Finding inspect(const std::filesystem::path& path, const DatasetOptions& options,
                              InspectDepth depth, const SeriesRule& where = {});

/// Whether what was asked about can be used: of a dataset every case in `asked`, or without such any
/// case; of all else everything that was found.
[[nodiscard]] bool all_well(const Finding& finding, const std::vector<std::string>& asked);

}  // namespace trivox
