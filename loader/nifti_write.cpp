#include <nifti2_io.h>

#include <array>
#include <cmath>
#include <cstring>

#include "loader/file.h"
#include "loader/gzip.h"
#include "loader/nifti.h"
#include "transforms/error.h"

namespace trivox {
namespace {

constexpr double kQformMayErrMm = 0.05;
constexpr double kSamePlaceMm = 0.2;
constexpr size_t kVoxelOffset = 352;
static_assert(sizeof(nifti_1_header) == 348);

/// Fills the qform; returns how far, in mm, the float32 quaternion moves a corner.
double set_qform(const Grid& grid, nifti_1_header& header) {
  nifti_dmat44 affine{};
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) affine.m[i][j] = grid.affine(i, j);
  std::array<double, 3> q{}, at{}, step{};
  double qfac = 1;
  nifti_dmat44_to_quatern(affine, &q[0], &q[1], &q[2], &at[0], &at[1], &at[2], &step[0], &step[1],
                          &step[2], &qfac);
  header.quatern_b = static_cast<float>(q[0]);
  header.quatern_c = static_cast<float>(q[1]);
  header.quatern_d = static_cast<float>(q[2]);
  header.qoffset_x = static_cast<float>(at[0]);
  header.qoffset_y = static_cast<float>(at[1]);
  header.qoffset_z = static_cast<float>(at[2]);
  header.pixdim[0] = static_cast<float>(qfac);
  header.qform_code = NIFTI_XFORM_SCANNER_ANAT;
  const nifti_dmat44 back = nifti_quatern_to_dmat44(
      static_cast<double>(header.quatern_b), static_cast<double>(header.quatern_c),
      static_cast<double>(header.quatern_d), static_cast<double>(header.qoffset_x),
      static_cast<double>(header.qoffset_y), static_cast<double>(header.qoffset_z),
      static_cast<double>(header.pixdim[1]), static_cast<double>(header.pixdim[2]),
      static_cast<double>(header.pixdim[3]), qfac);
  Grid read = grid;
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) read.affine(i, j) = back.m[i][j];
  return corner_distance_mm(grid, read);
}

void clear_qform(nifti_1_header& header) {
  header.qform_code = NIFTI_XFORM_UNKNOWN;
  header.quatern_b = header.quatern_c = header.quatern_d = 0;
  header.qoffset_x = header.qoffset_y = header.qoffset_z = 0;
  header.pixdim[0] = 1;
}

nifti_1_header make_header(const Grid& grid, int64_t channels, int datatype, size_t element_bytes,
                           NiftiWriteForm form) {
  nifti_1_header header{};
  header.sizeof_hdr = sizeof header;
  header.regular = 'r';
  const std::array<int64_t, 4> sizes = {grid.size[0], grid.size[1], grid.size[2], channels};
  header.dim[0] = channels > 1 ? 4 : 3;
  const Eigen::Vector3d spacing = grid.spacing_mm();
  for (size_t i = 0; i < 4; ++i) {
    if (sizes[i] < 1 || sizes[i] > 32767)
      throw Error("dim[" + std::to_string(i + 1) + "]", std::to_string(sizes[i]),
                  "1 to 32767, the limits of NIfTI-1");
    header.dim[i + 1] = static_cast<short>(sizes[i]);
    header.pixdim[i + 1] = i < 3 ? static_cast<float>(spacing[static_cast<int>(i)]) : 1.0F;
  }
  for (size_t i = 5; i < 8; ++i) header.dim[i] = 1;
  header.datatype = static_cast<short>(datatype);
  header.bitpix = static_cast<short>(8 * element_bytes);
  header.vox_offset = static_cast<float>(kVoxelOffset);
  header.scl_slope = 1;
  header.xyzt_units = NIFTI_UNITS_MM;
  std::memcpy(header.magic, "n+1", 4);

  if (!grid.affine.allFinite() || !(grid.voxel_volume_mm3() > 0))
    throw Error("affine", "singular or not finite", "three independent axes");
  const double q_error = set_qform(grid, header);
  if (form == NiftiWriteForm::kQformOnly) {
    if (!(q_error <= kSamePlaceMm))
      throw Error("distance between the grid and its qform", std::to_string(q_error) + " mm",
                  "at most 0.2 mm: a qform holds no shear");
    return header;
  }
  if (!(q_error < kQformMayErrMm)) clear_qform(header);
  header.sform_code = NIFTI_XFORM_SCANNER_ANAT;
  for (int j = 0; j < 4; ++j) {
    header.srow_x[j] = static_cast<float>(grid.affine(0, j));
    header.srow_y[j] = static_cast<float>(grid.affine(1, j));
    header.srow_z[j] = static_cast<float>(grid.affine(2, j));
  }
  return header;
}

template <class T>
void write(const std::filesystem::path& path, const Volume<T>& volume, int datatype,
           NiftiWriteForm form) {
  try {
    if (volume.data.size() != static_cast<size_t>(volume.grid.voxels() * volume.channels))
      throw Error("voxel data", std::to_string(volume.data.size()) + " values",
                  std::to_string(volume.grid.voxels() * volume.channels));
    const nifti_1_header header =
        make_header(volume.grid, volume.channels, datatype, sizeof(T), form);
    std::vector<std::byte> bytes(kVoxelOffset + volume.data.size() * sizeof(T));
    std::memcpy(bytes.data(), &header, sizeof header);
    std::memcpy(bytes.data() + kVoxelOffset, volume.data.data(), volume.data.size() * sizeof(T));
    if (path.extension() == ".gz") bytes = gzip(bytes);
    write_file_atomically(
        path, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  } catch (const Error& error) {
    throw error.with_path(path.string());
  }
}

}  // namespace

void write_nifti(const std::filesystem::path& path, const Volume<float>& volume,
                 NiftiWriteForm form) {
  write(path, volume, DT_FLOAT32, form);
}

void write_nifti(const std::filesystem::path& path, const Volume<uint8_t>& volume,
                 NiftiWriteForm form) {
  write(path, volume, DT_UINT8, form);
}

}  // namespace trivox
