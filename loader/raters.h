#pragma once
#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "loader/dataset.h"
#include "loader/rater_files.h"
#include "transforms/volume.h"

namespace trivox {

/// One tumour as two raters drew it: masks of 0 and label values on one lattice.
struct RaterPair {
  RaterFiles names;
  std::array<Volume<uint8_t>, 2> masks;
  std::array<std::string, 2> datatypes;  ///< "uint8", "1 bit", ...
  /// Why the lattice has no millimetres; empty where it has. Its grid is then one of voxels, and no
  /// figure in millimetres or millilitres may be taken from it: see `require_mm`.
  std::string no_mm;
  std::vector<std::string> warnings;
};

/// Folder or .zip with the masks that two raters drew: `inner_reliability.zip` and its like.
struct RaterStudy {
  std::filesystem::path root;
  RaterListing listing;  ///< paths are relative to root
};

/// Lists the image files below `root` and finds the pairs by their names.
/// Throws Error as `files_below` (loader/file.h) does.
[[nodiscard]] RaterStudy find_raters(const std::filesystem::path& root);

/// Reads one pair. TIFF pages, or one TIFF a slice, become slices in order. NIfTI masks must lie in
/// the same place (or on the same lattice with axes turned, which is put right and warned of). TIFFs
/// hold no spacing of slices, so they have no millimetres unless options.rater_spacing_mm says them.
/// Mask values are read as `mask_values` does (loader/mask.h). Throws Error with the path. Thread safe.
[[nodiscard]] RaterPair read_rater_pair(const RaterStudy& study, const RaterFiles& names,
                                        const DatasetOptions& options);

/// Throws Error saying why, where the pair has no millimetres; to be called before any figure in them.
void require_mm(const RaterPair& pair);

}  // namespace trivox
