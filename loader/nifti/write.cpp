#include <nifti2_io.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>
#include <sstream>
#include <string_view>
#include <type_traits>
#include <vector>

#include "loader/file.h"
#include "loader/gzip.h"
#include "loader/nifti/header.h"
#include "transforms/error.h"

namespace trivox {
namespace {

constexpr double kQformMayErrMm = 0.05;
constexpr int64_t kNifti1Limit = 32767;
static_assert(sizeof(nifti_1_header) == 348 && sizeof(nifti_2_header) == 540);

/// The header, 4 bytes that say "no extension", then the voxels.
template <class Raw>
constexpr size_t kVoxelOffset = sizeof(Raw) + 4;

/// Assigns a number to a header's field, whatever its type there.
template <class Field, class Value>
void set(Field& field, Value value) {
  field = static_cast<Field>(value);
}

/// Fills the qform and the voxel sizes; returns how far, in mm, the header's precision moves a corner.
template <class Raw>
double set_qform(const Grid& grid, Raw& header) {
  nifti_dmat44 affine{};
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) affine.m[i][j] = grid.affine(i, j);
  const Eigen::Vector3d spacing = grid.spacing_mm();
  for (size_t i = 0; i < 3; ++i) set(header.pixdim[i + 1], spacing[static_cast<int>(i)]);
  std::array<double, 3> q{}, at{}, step{};
  double qfac = 1;
  nifti_dmat44_to_quatern(affine, &q[0], &q[1], &q[2], &at[0], &at[1], &at[2], &step[0], &step[1], &step[2],
                          &qfac);
  set(header.quatern_b, q[0]);
  set(header.quatern_c, q[1]);
  set(header.quatern_d, q[2]);
  set(header.qoffset_x, at[0]);
  set(header.qoffset_y, at[1]);
  set(header.qoffset_z, at[2]);
  set(header.pixdim[0], qfac);
  header.qform_code = NIFTI_XFORM_SCANNER_ANAT;
  const nifti_dmat44 back =
      nifti_quatern_to_dmat44(static_cast<double>(header.quatern_b), static_cast<double>(header.quatern_c),
                              static_cast<double>(header.quatern_d), static_cast<double>(header.qoffset_x),
                              static_cast<double>(header.qoffset_y), static_cast<double>(header.qoffset_z),
                              static_cast<double>(header.pixdim[1]), static_cast<double>(header.pixdim[2]),
                              static_cast<double>(header.pixdim[3]), qfac);
  Grid read = grid;
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) read.affine(i, j) = back.m[i][j];
  return corner_distance_mm(grid, read);
}

template <class Raw>
void clear_qform(Raw& header) {
  header.qform_code = NIFTI_XFORM_UNKNOWN;
  header.quatern_b = header.quatern_c = header.quatern_d = 0;
  header.qoffset_x = header.qoffset_y = header.qoffset_z = 0;
  header.pixdim[0] = 1;
}

/// What is written, beside the voxels.
struct Description {
  Grid grid;
  int64_t channels = 1;
  int datatype = 0;
  size_t element_bytes = 0;
  double slope = 1, intercept = 0;
  std::vector<int64_t> shape;  ///< x first
  std::array<double, 4> further_steps = {1, 1, 1, 1};
  int time_unit = 0;
  std::string_view description;
};

template <class Raw>
Raw make_header(const Description& what, NiftiWriteForm form) {
  Raw header{};
  set(header.sizeof_hdr, sizeof header);
  set(header.dim[0], what.shape.size());
  for (size_t i = 0; i < 7; ++i) set(header.dim[i + 1], i < what.shape.size() ? what.shape[i] : 1);
  for (size_t i = 0; i < 4; ++i) set(header.pixdim[i + 4], what.further_steps[i]);
  set(header.datatype, what.datatype);
  set(header.bitpix, 8 * what.element_bytes);
  set(header.vox_offset, kVoxelOffset<Raw>);
  set(header.scl_slope, what.slope);
  set(header.scl_inter, what.intercept);
  set(header.xyzt_units, NIFTI_UNITS_MM | what.time_unit);
  what.description.copy(header.descrip, sizeof header.descrip - 1);  // the rest is zero
  if constexpr (std::is_same_v<Raw, nifti_1_header>) {
    header.regular = 'r';
    std::memcpy(header.magic, "n+1", 4);
  } else {
    std::memcpy(header.magic, "n+2\0\r\n\032\n", 8);
  }

  // As a reader finds them: 0 and infinity would say that nothing is scaled.
  if (!std::isnormal(header.scl_slope) || !std::isfinite(header.scl_inter)) {
    std::ostringstream found;
    found << what.slope << ", " << what.intercept;
    throw Error("scaling", found.str(), "finite numbers that the header holds, a slope that is not 0");
  }
  if (!what.grid.affine.allFinite() || !(what.grid.voxel_volume_mm3() > 0))
    throw Error("affine", "singular or not finite", "three independent axes");
  const double q_error = set_qform(what.grid, header);
  if (form == NiftiWriteForm::kQformOnly) {
    if (!(q_error <= kSamePlaceMm))
      throw Error("distance between the grid and its qform", std::to_string(q_error) + " mm",
                  "at most 0.2 mm: a qform holds no shear");
    return header;
  }
  if (!(q_error < kQformMayErrMm)) clear_qform(header);
  header.sform_code = NIFTI_XFORM_SCANNER_ANAT;
  for (int j = 0; j < 4; ++j) {
    set(header.srow_x[j], what.grid.affine(0, j));
    set(header.srow_y[j], what.grid.affine(1, j));
    set(header.srow_z[j], what.grid.affine(2, j));
  }
  return header;
}

template <class Raw>
void write_as(const std::filesystem::path& path, const Description& what, std::span<const std::byte> voxels,
              NiftiWriteForm form) {
  const Raw header = make_header<Raw>(what, form);
  std::vector<std::byte> bytes(kVoxelOffset<Raw> + voxels.size());
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + kVoxelOffset<Raw>, voxels.data(), voxels.size());
  if (path.extension() == ".gz") bytes = gzip(bytes);
  write_file_atomically(path, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

template <class T>
constexpr int datatype_of() {
  if constexpr (std::is_same_v<T, uint8_t>) return DT_UINT8;
  if constexpr (std::is_same_v<T, int8_t>) return DT_INT8;
  if constexpr (std::is_same_v<T, uint16_t>) return DT_UINT16;
  if constexpr (std::is_same_v<T, int16_t>) return DT_INT16;
  if constexpr (std::is_same_v<T, uint32_t>) return DT_UINT32;
  if constexpr (std::is_same_v<T, int32_t>) return DT_INT32;
  if constexpr (std::is_same_v<T, uint64_t>) return DT_UINT64;
  if constexpr (std::is_same_v<T, int64_t>) return DT_INT64;
  if constexpr (std::is_same_v<T, float>) return DT_FLOAT32;
  return DT_FLOAT64;
}

/// That of the grid and the channels, where `given` is empty; throws Error where that is another image's.
std::vector<int64_t> shape_of(const Grid& grid, int64_t channels, const std::vector<int64_t>& given) {
  std::vector<int64_t> sizes = {grid.size[0], grid.size[1], grid.size[2], channels};
  for (size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i] < 1)
      throw Error("dim[" + std::to_string(i + 1) + "]", std::to_string(sizes[i]), "at least 1");
  if (channels == 1) sizes.pop_back();
  if (given.empty()) return sizes;
  std::vector<int64_t> last = given;  // its axes behind the third, as one
  last.resize(std::max<size_t>(last.size(), 4), 1);
  const int64_t other = std::accumulate(last.begin() + 3, last.end(), int64_t{1}, std::multiplies());
  if (given.size() > 7 || !std::equal(grid.size.begin(), grid.size.end(), last.begin()) || other != channels)
    throw Error("shape", std::to_string(given.size()) + " dimensions of other sizes",
                grid.describe() + ", " + std::to_string(channels) + " channels");
  return given;
}

template <class T>
void write(const std::filesystem::path& path, const Volume<T>& volume, double slope, double intercept,
           const std::vector<int64_t>& given, const std::array<double, 4>& further_steps, int time_unit,
           NiftiWriteForm form, std::string_view description = {}) {
  with_path(path.string(), [&] {
    const std::vector<int64_t> sizes = shape_of(volume.grid, volume.channels, given);
    if (volume.data.size() != static_cast<size_t>(volume.grid.voxels() * volume.channels))
      throw Error("voxel data", std::to_string(volume.data.size()) + " values",
                  std::to_string(volume.grid.voxels() * volume.channels));
    const Description what = {volume.grid, volume.channels, datatype_of<T>(), sizeof(T), slope,
                              intercept,   sizes,           further_steps,    time_unit, description};
    const auto voxels = std::as_bytes(std::span(volume.data.data(), volume.data.size()));
    if (*std::max_element(sizes.begin(), sizes.end()) > kNifti1Limit)
      write_as<nifti_2_header>(path, what, voxels, form);
    else
      write_as<nifti_1_header>(path, what, voxels, form);
  });
}

}  // namespace

bool fits_qform(const Grid& grid) {
  nifti_1_header header{};
  return set_qform(grid, header) < kQformMayErrMm;
}

void write_nifti(const std::filesystem::path& path, const Volume<float>& volume, NiftiWriteForm form) {
  write(path, volume, 1, 0, {}, {1, 1, 1, 1}, 0, form);
}

void write_nifti(const std::filesystem::path& path, const Volume<uint8_t>& volume, NiftiWriteForm form) {
  write(path, volume, 1, 0, {}, {1, 1, 1, 1}, 0, form);
}

void write_nifti(const std::filesystem::path& path, const NativeVolume& volume, NiftiWriteForm form,
                 std::string_view description) {
  std::visit(
      [&](const auto& voxels) {
        write(path, voxels, volume.slope, volume.intercept, volume.shape, volume.further_steps,
              volume.time_unit, form, description);
      },
      volume.stored);
}

}  // namespace trivox
