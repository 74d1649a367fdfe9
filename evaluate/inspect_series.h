#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "evaluate/inspect.h"
#include "loader/dicom.h"
#include "loader/nifti.h"

namespace trivox {

// Headers in words.

/// A fact that is a number, with its digits behind the point.
[[nodiscard]] Fact number_fact(std::string name, double value, int digits);

/// A series without its voxels; where it is no evenly spaced stack, its fault.
[[nodiscard]] SeriesFinding describe_dicom(const DicomSeries& found);

/// An image without its voxels.
[[nodiscard]] SeriesFinding describe_nifti(const std::filesystem::path& file, const NiftiHeader& header);

/// Adds the fact "values": least and largest of those that are finite.
void add_value_range(SeriesFinding& series, const Volume<float>& image);

/// Three letters, the anatomical directions in which x, y, z run: "LPS" for common axial DICOM.
[[nodiscard]] std::string orientation_letters(const Grid& grid);

/// "axial", or "axial, tilted 12.3 degrees": the plane of the slices.
[[nodiscard]] std::string describe_plane(const Grid& grid);

/// How file names run against geometric order (`files` are in it): "with the slices", "against the
/// slices", or "not in the slices' order". Names are compared by their last number, else as text.
[[nodiscard]] std::string describe_file_order(const std::vector<std::filesystem::path>& files);

}  // namespace trivox
