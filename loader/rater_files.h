#pragma once
#include <array>
#include <span>
#include <string>
#include <vector>

#include "transforms/error.h"

namespace trivox {

/// The mask files of two raters on one sequence of one patient, as their names tell.
struct RaterFiles {
  std::string patient;                ///< "001"
  std::string sequence;               ///< "T1WI", "T2WI", "CE-T1WI"; empty where the names name none
  std::array<std::string, 2> raters;  ///< what tells them apart: "r1", "r2"
  std::array<std::vector<std::string>, 2> files;  ///< relative paths; several are slices, in order
};

struct RaterListing {
  std::vector<RaterFiles> pairs;  ///< by patient, then sequence
  std::vector<Fault> failures;    ///< path: the patient; what could not be decided, with the names
  size_t tiffs = 0;               ///< TIFFs among all files
  size_t crowded = 0;  ///< masks by their names, of a patient and sequence, of more than two raters
  size_t images = 0;   ///< files without a word for masks, where others have one
  std::vector<std::string> notes;
};

/// Finds out from names alone which files are masks, of which patient, sequence, rater and slice.
/// Names are relative paths of .tif, .tiff, .nii and .nii.gz files in any layout of folders (others
/// are ignored). A mask has "mask", "roi", "seg" or "label" in its path, where any has. The sequence
/// is named as T1, T2WI, CE-T1 and the like; the patient is the folder whose names differ most and hold a
/// number, or the first number of the file name; a slice is the last bare number of a TIFF's name. All
/// words that are left are the rater's. Where that does not leave exactly two raters with the same
/// slices for a patient and sequence, it is a failure that lists the names. Pure, thread safe.
[[nodiscard]] RaterListing list_raters(std::span<const std::string> names);

}  // namespace trivox
