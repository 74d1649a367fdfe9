#pragma once
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

#include "loader/phantom/dicom_record.h"
#include "loader/phantom/phantom.h"
#include "loader/phantom/protocol.h"
#include "transforms/volume.h"

// How a patient that was written whole is altered: what defects and oddities share.
namespace trivox::phantom {

struct Alteration {
  PhantomAlteration is;
  void (*apply)(const std::filesystem::path& folder, const PatientPlan& plan);
};

/// Of each kind, in the order in which they are shown.
[[nodiscard]] std::span<const Alteration> defects_of_files();
[[nodiscard]] std::span<const Alteration> defects_of_dicom();
[[nodiscard]] std::span<const Alteration> defects_of_series();
[[nodiscard]] std::span<const Alteration> defects_of_masks();
[[nodiscard]] std::span<const Alteration> oddities_of_dicom();
[[nodiscard]] std::span<const Alteration> oddities_of_files();
[[nodiscard]] std::span<const Alteration> oddities_of_masks();

/// Alters the patient in `folder`; throws Error for a name that is none of `phantom_defects()` or
/// `phantom_oddities()`.
void alter(const std::filesystem::path& folder, const PatientPlan& plan, std::string_view name);

inline constexpr size_t kT1 = 0, kT2 = 1, kCe = 2;

[[nodiscard]] std::filesystem::path series_folder(const std::filesystem::path& folder, size_t sequence);
[[nodiscard]] std::filesystem::path slice_file(const std::filesystem::path& folder, const PatientPlan& plan,
                                               size_t sequence, size_t k);
[[nodiscard]] size_t middle_slice(const PatientPlan& plan, size_t sequence);
[[nodiscard]] std::filesystem::path mask_file(const std::filesystem::path& folder, size_t sequence);

using ChangeSlice = std::function<void(DicomRecord&, size_t k)>;
void change_slice(const std::filesystem::path& folder, const PatientPlan& plan, size_t sequence, size_t k,
                  const ChangeSlice& change);
void change_middle(const std::filesystem::path& folder, const PatientPlan& plan, size_t sequence,
                   const ChangeSlice& change);
void change_series(const std::filesystem::path& folder, const PatientPlan& plan, size_t sequence,
                   const ChangeSlice& change);
/// Of all three sequences.
void change_all(const std::filesystem::path& folder, const PatientPlan& plan, const ChangeSlice& change);

/// ImagePositionPatient moved by so many voxels of the series' grid.
void move_slice(DicomRecord& record, const Grid& grid, const Eigen::Vector3d& voxels);

void write_text(const std::filesystem::path& path, std::string_view text);

/// The mask as the phantom wrote it.
[[nodiscard]] Volume<uint8_t> phantom_mask(const std::filesystem::path& folder, const PatientPlan& plan,
                                           size_t sequence);
/// As ITK-SNAP 3.6 writes a mask, qform alone. The float32 quaternion of some oblique grids errs by
/// more than a reader may forgive; those carry the sform too.
void write_mask(const std::filesystem::path& file, const Volume<uint8_t>& mask);
void write_mask(const std::filesystem::path& file, const Volume<float>& mask);
/// Overwrites bytes of a file.
void poke(const std::filesystem::path& file, size_t at, std::string_view bytes);
/// A number as little endian bytes, for `poke`.
[[nodiscard]] std::string int16_bytes(int value);
[[nodiscard]] std::string float_bytes(float value);

/// Fields of a NIfTI-1 header.
namespace nifti_at {
inline constexpr size_t kDim = 40, kDatatype = 70, kBitpix = 72, kPixdim = 76, kSlope = 112, kQformCode = 252,
                        kSformCode = 254, kQoffset = 268, kSrow = 280;
}

}  // namespace trivox::phantom
