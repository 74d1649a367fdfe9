#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "loader/dicom/select.h"
#include "loader/options.h"
#include "transforms/volume.h"

namespace trivox {

/// One image that a path names by itself, without a dataset around it.
struct ImageSource {
  std::filesystem::path path;            ///< as it was asked for
  std::optional<DicomSeries> series;     ///< empty: a NIfTI file
  std::string why;                       ///< of a series: what made it the one
  std::vector<std::string> passed_over;  ///< other series of the folder, each with the reason
  std::vector<std::string> warnings;
};

/// Whether a path is a NIfTI file by its content, since DICOM files have any name; else it is a folder or
/// another file. Throws Error where nothing is there.
[[nodiscard]] bool is_nifti_file(const std::filesystem::path& path);

/// Whether anything is asked of the series in a folder.
[[nodiscard]] bool asks(const SeriesQuery& query);

/// A folder of DICOM files (and its sub-folders), one of a series' files, or a NIfTI file. Throws Error where
/// the path is none of these or no one series is what is asked for. `query` is of DICOM alone: what it means
/// beside a NIfTI file the caller says.
[[nodiscard]] ImageSource find_image(const std::filesystem::path& path, SeriesQuery query);

/// Its voxels, scaled, one volume with a place in space, to be laid beside another; whether they are
/// finite is prepare_image's to say. What is odd is added to its warnings. Throws Error with the path.
[[nodiscard]] Volume<float> read_image(ImageSource& source, const DatasetOptions& options);

}  // namespace trivox
