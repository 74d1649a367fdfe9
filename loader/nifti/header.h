#pragma once
#include <cstddef>
#include <span>

#include "loader/nifti.h"

namespace trivox {

// What loader/nifti.cpp, loader/nifti/header.cpp and loader/nifti/write.cpp share.

/// Forms (sform, qform) whose corners lie closer than this say the same place.
inline constexpr double kSamePlaceMm = 0.2;

struct NiftiDatatype {
  int code;
  const char* name;
  size_t bytes;  // of an element; 0: not read
};

/// What reading the voxels needs beside what is public.
struct NiftiLayout : NiftiHeader {
  const NiftiDatatype* type = nullptr;
  bool swapped = false;  ///< the other byte order than this machine's
  size_t offset = 0;     ///< of the voxels
  size_t voxel_bytes = 0;
};

inline constexpr const char* kOneFile =
    "one file, .nii (a pair is made one by nibabel, for instance: nibabel.save(nibabel.load('a.hdr'), "
    "'a.nii'))";

inline constexpr size_t kNiftiHeaderBytes = 540;  // of NIfTI-2, the longer of the two

/// As parse_nifti_header.
[[nodiscard]] NiftiLayout parse_nifti_layout(std::span<const std::byte> bytes, NiftiForm form);

}  // namespace trivox
