#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "loader/dataset.h"
#include "transforms/volume.h"

namespace trivox {

/// Something found, for people as text and for programs as a number where it is one.
struct Fact {
  std::string name;  ///< with its unit: "TE ms"
  std::string text;
  std::optional<double> number = {};
};

struct LabelVolume {
  int value = 0;
  int64_t voxels = 0;
  double ml = 0;
};

/// A mask and what the rule for masks (loader/patient.h `resolve_mask`) decides about it.
struct MaskFinding {
  std::string file;
  bool usable = false;
  std::string decision;            ///< "in the same place as its series", "reordered: ...", or why not
  std::vector<std::string> notes;  ///< what the rule repaired or found odd
  std::vector<LabelVolume> labels;
  Volume<uint8_t> mask;            ///< on the series' grid; empty unless usable
};

/// One DICOM series or NIfTI image.
struct SeriesFinding {
  std::string name;  ///< the channel's, or the series' description
  std::string path;
  std::string kind;  ///< "DICOM series" or "NIfTI image"
  std::optional<Fault> fault;  ///< why it cannot be read; nothing below is known then
  Grid grid;
  std::vector<Fact> facts;
  std::vector<std::string> warnings;
  bool usable = true;  ///< false: described, but reading refuses it; a warning says why
  std::optional<MaskFinding> mask;
  Volume<float> image;  ///< empty unless pixels were asked for
};

struct CaseFinding {
  std::string id;
  std::vector<SeriesFinding> series;
  std::vector<std::string> warnings;
  bool complete = true;  ///< false: reading refuses the case as a whole; a warning says why
};

/// Whether preprocessing could use the case, as far as it was looked at.
[[nodiscard]] bool usable(const CaseFinding& finding);

/// What a path holds.
struct Finding {
  std::string kind;  ///< "DICOM folder", "NIfTI image", "patient folder", "dataset", "shards"
  std::string path;
  std::vector<Fact> facts;
  std::vector<CaseFinding> cases;
  std::vector<CaseFailure> failures;
};

/// How deep to look; each includes the one before.
enum class InspectDepth {
  kHeaders,  ///< geometry and parameters; masks are only named
  kMasks,    ///< masks are read and resolved
  kPixels,   ///< images are kept for pictures
};

/// Recognises what lies at a path and looks at it: a folder with a manifest of shards, a patient's
/// folder (sub-folders of DICOM, masks beside them), a folder of DICOM files, a dataset, a NIfTI
/// file. In a dataset every case's headers are read, and the cases named in options.cases are looked
/// at as deep as asked. What is broken becomes a `fault` or a failure; throws Error only where the
/// path holds nothing that is known.
[[nodiscard]] Finding inspect(const std::filesystem::path& path, const DatasetOptions& options,
                              InspectDepth depth);

/// Whether what was asked about can be used: of a dataset every case in `asked`, or without such any
/// case; of all else everything that was found.
[[nodiscard]] bool all_well(const Finding& finding, const std::vector<std::string>& asked);

/// One case of a dataset. Never throws for its content.
[[nodiscard]] CaseFinding inspect_case(const CaseFiles& files, const DatasetOptions& options,
                                       InspectDepth depth);

/// Three letters, the anatomical directions in which x, y, z run: "LPS" for common axial DICOM.
[[nodiscard]] std::string orientation_letters(const Grid& grid);

/// "axial", or "axial, tilted 12.3 degrees": the plane of the slices.
[[nodiscard]] std::string describe_plane(const Grid& grid);

/// How file names run against geometric order (`files` are in it): "with the slices", "against the
/// slices", or "not in the slices' order". Names are compared by their last number, else as text.
[[nodiscard]] std::string describe_file_order(const std::vector<std::filesystem::path>& files);

/// For a terminal, and for programs.
[[nodiscard]] std::string finding_text(const Finding& finding);
[[nodiscard]] std::string finding_json(const Finding& finding);

}  // namespace trivox
