#include "loader/image_source.h"

#include <utility>

#include "loader/file.h"
#include "loader/nifti.h"
#include "loader/patient.h"
#include "transforms/error.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

ImageSource choose(const fs::path& path, const DicomScan& scan, const SeriesQuery& query) {
  DicomChoice choice = choose_dicom_series(scan, query);
  ImageSource out;
  out.path = path;
  out.series = scan.series[choice.series];
  out.why = std::move(choice.why);
  out.passed_over = std::move(choice.passed_over);
  out.warnings = out.series->warnings;
  if (choice.left_out) out.warnings.push_back(*choice.left_out);
  return out;
}

}  // namespace

bool asks(const SeriesQuery& query) {
  return !query.name.empty() || query.te_ms || !describe_rule(query.rule).empty();
}

bool is_nifti_file(const fs::path& path) {
  constexpr size_t kMark = 512;  // of a gzip stream enough for the 132 bytes that tell
  if (is_folder(path)) return false;
  if (!is_file(path))
    throw Error(Fault{
        path.string(), "path", "not there", "a folder of DICOM files, one of them, or a NIfTI file", {}});
  return may_be_nifti(read_head(path, kMark));
}

ImageSource find_image(const fs::path& path, SeriesQuery query) {
  if (is_nifti_file(path)) {
    ImageSource out;
    out.path = path;
    return out;
  }
  if (is_folder(path)) return choose(path, scan_dicom_folder(path), query);
  refuse_image_of_pair(path);
  const DicomFilePlace place = place_of_dicom_file(path);
  query.file = place.file;
  return choose(path, scan_dicom_folder(place.folder), query);
}

Volume<float> read_image(ImageSource& source, const DatasetOptions& options) {
  return with_path(source.path.string(), [&] {
    Volume<float> image;
    if (source.series) {
      image = read_dicom_series(*source.series, options.philips_scaling, &source.warnings);
    } else {
      NiftiImage file = read_nifti(source.path, nifti_form(options));
      source.warnings.insert(source.warnings.end(), file.warnings.begin(), file.warnings.end());
      check_channel(file.volume.channels, file.has_geometry, 2);
      image = std::move(file.volume);
    }
    return image;
  });
}

}  // namespace trivox
