# nifti_clib's nifti2 as NIFTI2::NIFTI2. Debian's own CMake configuration of the package is broken
# (it names targets that are not shipped), so headers and libraries are looked up here.
find_path(NIFTI2_INCLUDE_DIR NAMES nifti2_io.h PATH_SUFFIXES nifti)
find_library(NIFTI2_LIBRARY NAMES nifti2)
find_library(NIFTI2_ZNZ_LIBRARY NAMES znz)
mark_as_advanced(NIFTI2_INCLUDE_DIR NIFTI2_LIBRARY NIFTI2_ZNZ_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(NIFTI2 REQUIRED_VARS NIFTI2_LIBRARY NIFTI2_ZNZ_LIBRARY NIFTI2_INCLUDE_DIR)
if(NIFTI2_FOUND AND NOT TARGET NIFTI2::NIFTI2)
  add_library(NIFTI2::NIFTI2 INTERFACE IMPORTED)
  target_include_directories(NIFTI2::NIFTI2 SYSTEM INTERFACE "${NIFTI2_INCLUDE_DIR}")
  target_link_libraries(NIFTI2::NIFTI2 INTERFACE "${NIFTI2_LIBRARY}" "${NIFTI2_ZNZ_LIBRARY}")
endif()
