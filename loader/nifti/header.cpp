#include "loader/nifti/header.h"

#include <nifti2_io.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <utility>

#include "transforms/error.h"
#include "transforms/grid_difference.h"

namespace trivox {
namespace {

constexpr int kLargestForm = 5;  // NIFTI_XFORM_TEMPLATE_OTHER; tools differ about larger codes

constexpr NiftiDatatype kDatatypes[] = {
    {DT_UINT8, "uint8", 1},           {DT_INT8, "int8", 1},
    {DT_INT16, "int16", 2},           {DT_UINT16, "uint16", 2},
    {DT_INT32, "int32", 4},           {DT_UINT32, "uint32", 4},
    {DT_INT64, "int64", 8},           {DT_UINT64, "uint64", 8},
    {DT_FLOAT32, "float32", 4},       {DT_FLOAT64, "float64", 8},
    {DT_FLOAT128, "float128", 0},     {DT_BINARY, "1-bit", 0},
    {DT_COMPLEX64, "complex64", 0},   {DT_COMPLEX128, "complex128", 0},
    {DT_COMPLEX256, "complex256", 0}, {DT_RGB24, "RGB", 0},
    {DT_RGBA32, "RGBA", 0},
};

std::string text(double value) { return std::to_string(value); }

struct FreeImage {
  void operator()(nifti_image* image) const { nifti_image_free(image); }
};

using Image = std::unique_ptr<nifti_image, FreeImage>;

Image convert(const nifti_1_header& raw) { return Image(nifti_convert_n1hdr2nim(raw, nullptr)); }
Image convert(const nifti_2_header& raw) { return Image(nifti_convert_n2hdr2nim(raw, nullptr)); }

Eigen::Matrix4d matrix(const nifti_dmat44& m) {
  Eigen::Matrix4d out;
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) out(i, j) = m.m[i][j];
  return out;
}

void check_affine(const Eigen::Matrix4d& affine, const char* form) {
  const Eigen::Matrix3d m = affine.topLeftCorner<3, 3>();
  const double lengths = m.col(0).norm() * m.col(1).norm() * m.col(2).norm();
  if (!affine.allFinite() || !(std::abs(m.determinant()) > 1e-6 * lengths))
    throw Error(std::string(form) + " affine", "singular or not finite", "three independent axes");
}

/// nifti_clib takes the sign of any other number, nibabel 1 for any other.
template <class Raw>
void check_qfac(const Raw& raw, NiftiLayout& header) {
  const double qfac = static_cast<double>(raw.pixdim[0]);
  if (qfac == 1 || qfac == -1) return;
  if (!(qfac >= 0) || !std::isfinite(qfac)) throw Error("pixdim[0], the qfac", text(qfac), "1 or -1");
  header.warnings.push_back("pixdim[0], the qfac, is " + text(qfac) + ": 1 is taken");
}

template <class Raw>
void check_qform(const Raw& raw, NiftiLayout& header) {
  check_qfac(raw, header);
  for (int i = 1; i <= 3; ++i) {
    const double p = static_cast<double>(raw.pixdim[i]);
    if (!(p > 0) || !std::isfinite(p))
      throw Error("pixdim[" + std::to_string(i) + "]", text(p), "above 0, since the qform is set");
  }
  // nifti_clib would take 0 for it.
  const std::pair<const char*, double> offsets[] = {
      {"qoffset_x", raw.qoffset_x}, {"qoffset_y", raw.qoffset_y}, {"qoffset_z", raw.qoffset_z}};
  for (const auto& [name, offset] : offsets)
    if (!std::isfinite(offset)) throw Error(name, text(offset), "a finite number, since the qform is set");
  const double b = raw.quatern_b, c = raw.quatern_c, d = raw.quatern_d;
  const double norm = b * b + c * c + d * d;
  // float32 rounding leaves up to some 1e-7 above 1.
  if (!(norm <= 1 + 1e-5)) throw Error("quatern_b, c, d: sum of squares", text(norm), "at most 1");
}

/// Of a header that holds both forms; `read_q` and `read_s` fill their grids or throw.
template <class ReadQ, class ReadS>
void choose_form(NiftiForm form, const Grid& q, const ReadQ& read_q, const Grid& s, const ReadS& read_s,
                 NiftiLayout& header) {
  const bool by_q = form == NiftiForm::kQform;
  const std::string taken = std::string("the ") + (by_q ? "qform" : "sform") + " is taken, as configured";
  if (by_q) read_q();
  if (form == NiftiForm::kSform) read_s();
  header.grid = by_q ? q : s;
  header.geometry_source = by_q ? "qform" : "sform";
  try {
    if (!by_q) read_q();
    if (form != NiftiForm::kSform) read_s();
  } catch (const Error& error) {
    if (form == NiftiForm::kRefuse) throw;
    header.warnings.push_back(std::string(error.what()) + ": " + taken);
    return;
  }
  const double distance = corner_distance_mm(s, q);
  if (distance <= kSamePlaceMm) {
    header.grid = s;
    header.geometry_source = "both agree";
  } else if (form == NiftiForm::kRefuse) {
    const auto [of_q, of_s] = describe_apart(q, s);
    throw Error("distance between qform and sform", text(distance) + " mm",
                "at most 0.2 mm (qform: " + of_q + "; sform: " + of_s +
                    "), or dataset.nifti_form (convert: --form) says which to take");
  } else {
    header.warnings.push_back("qform and sform lie " + text(distance) + " mm apart: " + taken);
  }
}

/// The rule for qform and sform; see DESIGN, "Reading".
template <class Raw>
void choose_geometry(const Raw& raw, const nifti_image& image, NiftiForm form, NiftiLayout& header) {
  for (const auto& [name, code] : {std::pair<const char*, int>{"qform_code", raw.qform_code},
                                   std::pair<const char*, int>{"sform_code", raw.sform_code}})
    if (code < 0 || code > kLargestForm) throw Error(name, std::to_string(code), "0 to 5");
  const bool has_q = raw.qform_code > 0, has_s = raw.sform_code > 0;
  double to_mm = 1;
  const int unit = raw.xyzt_units & 7;
  if (unit == NIFTI_UNITS_METER) to_mm = 1000;
  if (unit == NIFTI_UNITS_MICRON) to_mm = 1e-3;
  if (to_mm != 1)
    header.warnings.push_back(std::string("xyzt_units is ") + (to_mm > 1 ? "metre" : "micrometre") +
                              ": the geometry is turned into mm");
  const auto scaled = [&](const nifti_dmat44& m, const char* name) {
    Eigen::Matrix4d affine = matrix(m);
    affine.topRows<3>() *= to_mm;
    check_affine(affine, name);
    return affine;
  };

  if (!has_q && !has_s) {
    header.has_geometry = false;
    header.geometry_source = "none";
    header.grid.affine = Eigen::Matrix4d::Identity();
    for (int i = 0; i < 3; ++i) {
      const double p = static_cast<double>(raw.pixdim[i + 1]) * to_mm;
      if (p > 0 && std::isfinite(p)) header.grid.affine(i, i) = p;
    }
    header.warnings.push_back("qform_code and sform_code are 0: the file holds no geometry");
  } else if (!has_q) {
    header.grid.affine = scaled(image.sto_xyz, "sform");
    header.geometry_source = "sform";
  } else if (!has_s) {
    check_qform(raw, header);
    header.grid.affine = scaled(image.qto_xyz, "qform");
    header.geometry_source = "qform";
  } else {
    Grid s = header.grid, q = header.grid;
    const auto read_q = [&] {
      check_qform(raw, header);
      q.affine = scaled(image.qto_xyz, "qform");
    };
    const auto read_s = [&] { s.affine = scaled(image.sto_xyz, "sform"); };
    choose_form(form, q, read_q, s, read_s, header);
  }
}

/// `raw` in this machine's byte order. Everything that nifti_clib would print about or mend
/// silently is checked here first.
template <class Raw>
NiftiLayout check_header(Raw raw, NiftiForm form, bool swapped) {
  constexpr bool kFirst = sizeof(Raw) == sizeof(nifti_1_header);
  NiftiLayout header;
  header.swapped = swapped;
  header.description.assign(raw.descrip, strnlen(raw.descrip, sizeof raw.descrip));

  if (std::memcmp(raw.magic, kFirst ? "ni1" : "ni2", 4) == 0)
    throw Error("magic", "that of an .hdr/.img pair", kOneFile);
  if (std::memcmp(raw.magic, kFirst ? "n+1" : "n+2", 4) != 0)
    throw Error("magic", "neither NIfTI-1 nor NIfTI-2 (ANALYZE 7.5 holds no geometry)",
                kFirst ? "n+1" : "n+2");

  const auto dimensions = static_cast<int64_t>(raw.dim[0]);
  if (dimensions < 1 || dimensions > 7) throw Error("dim[0]", std::to_string(dimensions), "1 to 7");
  std::array<int64_t, 8> dim{};
  dim.fill(1);
  for (size_t i = 1; i < 8; ++i) {
    if (static_cast<int64_t>(i) > dimensions) {
      raw.dim[i] = 1;  // meaningless there, and nifti_clib would take a pixdim of 0 at its word
      raw.pixdim[i] = 1;
      continue;
    }
    dim[i] = static_cast<int64_t>(raw.dim[i]);
    if (dim[i] < 1) throw Error("dim[" + std::to_string(i) + "]", std::to_string(dim[i]), "at least 1");
    if (i > 5 && dim[i] != 1)
      throw Error("dim[" + std::to_string(i) + "]", std::to_string(dim[i]),
                  "1: at most five dimensions are read");
  }

  const auto* datatype = std::find_if(std::begin(kDatatypes), std::end(kDatatypes),
                                      [&](const NiftiDatatype& d) { return d.code == raw.datatype; });
  const char* const scalars = "an integer of 8 to 64 bits, float32 or float64";
  if (datatype == std::end(kDatatypes))
    throw Error("datatype", "the unknown code " + std::to_string(raw.datatype), scalars);
  if (datatype->bytes == 0) throw Error("datatype", datatype->name, scalars);
  header.type = datatype;
  header.datatype = datatype->name;
  if (raw.bitpix != static_cast<int>(8 * datatype->bytes))
    header.warnings.push_back("bitpix is " + std::to_string(raw.bitpix) + ", but the datatype is " +
                              datatype->name + ", which is taken");

  const double offset = static_cast<double>(raw.vox_offset);
  const double least = kFirst ? 352 : 544;
  // 0 too: of the common readers one takes the header's own bytes for voxels then.
  if (!(offset >= least) || offset > 9e15 || offset != std::floor(offset))
    throw Error("vox_offset", text(offset),
                "a whole number of at least " + std::to_string(static_cast<int>(least)));
  header.offset = static_cast<size_t>(offset);

  constexpr int64_t kMostBytes = int64_t{1} << 50;
  int64_t bytes = static_cast<int64_t>(datatype->bytes);
  for (size_t i = 1; i < 8; ++i) {
    if (dim[i] > kMostBytes / bytes)
      throw Error("dim", "a size beyond any memory", "as many voxels as the file holds");
    bytes *= dim[i];
  }
  header.voxel_bytes = static_cast<size_t>(bytes);
  header.grid.size = {dim[1], dim[2], dim[3]};
  header.channels = dim[4] * dim[5];
  header.shape.assign(dim.begin() + 1, dim.begin() + 1 + dimensions);
  for (size_t i = 0; i < 4; ++i) header.further_steps[i] = static_cast<double>(raw.pixdim[4 + i]);
  constexpr int kTimeUnits = 0x38;
  header.time_unit = raw.xyzt_units & kTimeUnits;

  const double slope = static_cast<double>(raw.scl_slope), inter = static_cast<double>(raw.scl_inter);
  if (!std::isfinite(slope)) {
    header.warnings.push_back("scl_slope is not finite: values are taken unscaled");
  } else if (slope != 0) {
    if (!std::isfinite(inter)) throw Error("scl_inter", text(inter), "a finite number");
    header.slope = slope;
    header.intercept = inter;
  } else if (inter != 0) {  // ITK adds it, the standard and nibabel do not
    header.warnings.push_back("scl_slope is 0 beside a scl_inter of " + text(inter) +
                              ": values are taken unscaled");
  }

  // A single slice saved without a thickness: it moves no voxel.
  for (size_t i = 1; i <= 3; ++i)
    if (dim[i] == 1 && raw.pixdim[i] == 0) raw.pixdim[i] = 1;

  const Image image = convert(raw);
  if (!image) throw Error("header", "not understood by nifti_clib", "a NIfTI header");
  choose_geometry(raw, *image, form, header);
  return header;
}

template <class Raw>
NiftiLayout parse_as(std::span<const std::byte> bytes, NiftiForm form, bool swapped, int version) {
  if (bytes.size() < sizeof(Raw))
    throw Error("header", std::to_string(bytes.size()) + " bytes (truncated)",
                std::to_string(sizeof(Raw)) + " bytes");
  Raw raw;
  std::memcpy(&raw, bytes.data(), sizeof(Raw));
  if (swapped) swap_nifti_header(&raw, version);
  return check_header(raw, form, swapped);
}

}  // namespace

NiftiLayout parse_nifti_layout(std::span<const std::byte> bytes, NiftiForm form) {
  uint32_t size = 0;
  if (bytes.size() < sizeof size)
    throw Error("header", std::to_string(bytes.size()) + " bytes (truncated)", "348 bytes");
  std::memcpy(&size, bytes.data(), sizeof size);
  const uint32_t turned = (size >> 24) | ((size >> 8) & 0xff00u) | ((size << 8) & 0xff0000u) | (size << 24);
  for (const bool swapped : {false, true}) {
    const uint32_t s = swapped ? turned : size;
    if (s == sizeof(nifti_1_header)) return parse_as<nifti_1_header>(bytes, form, swapped, 1);
    if (s == sizeof(nifti_2_header)) return parse_as<nifti_2_header>(bytes, form, swapped, 2);
  }
  throw Error("sizeof_hdr", std::to_string(size), "348 (NIfTI-1) or 540 (NIfTI-2)");
}

}  // namespace trivox
