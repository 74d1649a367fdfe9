# LibTorch as one imported target, LibTorch::LibTorch.
#
# Not find_package(Torch): a CUDA wheel's config stops where there is no CUDA toolkit, and beside a
# distribution's libtorch-dev it takes the wrong libc10. This module looks at one root alone:
# TORCH_ROOT (CMake variable or environment), else the folder of an importable `torch` of Python3.
# A TORCH_ROOT without a LibTorch that will do is an error: whoever names one wants that one.
#
# Sets LibTorch_FOUND, LibTorch_VERSION, LibTorch_ROOT. Nothing is cached, so that another TORCH_ROOT
# in a folder that was configured before never mixes with the earlier one.

set(LibTorch_ROOT "${TORCH_ROOT}")
if(NOT LibTorch_ROOT)
  set(LibTorch_ROOT "$ENV{TORCH_ROOT}")
endif()
set(_named "${LibTorch_ROOT}")
if(NOT LibTorch_ROOT)
  find_program(LibTorch_PYTHON NAMES python3)
  mark_as_advanced(LibTorch_PYTHON)
  if(LibTorch_PYTHON)
    # find_spec does not import torch, which would take seconds.
    execute_process(
      COMMAND ${LibTorch_PYTHON} -c
        "import importlib.util as u, os; s = u.find_spec('torch'); print(os.path.dirname(s.origin) if s else '')"
      OUTPUT_VARIABLE LibTorch_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
endif()

unset(LibTorch_VERSION)
if(LibTorch_ROOT)
  foreach(header torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
    if(EXISTS "${LibTorch_ROOT}/include/${header}" AND NOT LibTorch_VERSION)
      file(STRINGS "${LibTorch_ROOT}/include/${header}" _version REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
      string(REGEX REPLACE "[^0-9]*([0-9]+)[^0-9]+([0-9]+)[^0-9]+([0-9]+).*" "\\1.\\2.\\3"
        LibTorch_VERSION "${_version}")
    endif()
  endforeach()
endif()

find_path(LibTorch_INCLUDE_DIR NAMES torch/csrc/api/include/torch/torch.h
  PATHS "${LibTorch_ROOT}/include" NO_DEFAULT_PATH NO_CACHE)
find_library(LibTorch_CPU_LIBRARY NAMES torch_cpu PATHS "${LibTorch_ROOT}/lib" NO_DEFAULT_PATH NO_CACHE)
find_library(LibTorch_C10_LIBRARY NAMES c10 PATHS "${LibTorch_ROOT}/lib" NO_DEFAULT_PATH NO_CACHE)
find_library(LibTorch_CUDA_LIBRARY NAMES torch_cuda PATHS "${LibTorch_ROOT}/lib" NO_DEFAULT_PATH NO_CACHE)
find_library(LibTorch_C10_CUDA_LIBRARY NAMES c10_cuda PATHS "${LibTorch_ROOT}/lib" NO_DEFAULT_PATH NO_CACHE)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY LibTorch_INCLUDE_DIR
  VERSION_VAR LibTorch_VERSION)
if(_named AND NOT LibTorch_FOUND)
  message(FATAL_ERROR "TORCH_ROOT is ${_named}: LibTorch there is "
    "'${LibTorch_CPU_LIBRARY}', version '${LibTorch_VERSION}', expected a torch folder (with include/ and lib/) of "
    "version >= ${LibTorch_FIND_VERSION}. Without TORCH_ROOT an importable torch is looked for; "
    "-DTRIVOX_TORCH=OFF builds without.")
endif()

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  add_library(LibTorch::LibTorch INTERFACE IMPORTED GLOBAL)  # also for a project that adds this one
  target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE
    "${LibTorch_INCLUDE_DIR}" "${LibTorch_INCLUDE_DIR}/torch/csrc/api/include")
  target_link_libraries(LibTorch::LibTorch INTERFACE "${LibTorch_CPU_LIBRARY}" "${LibTorch_C10_LIBRARY}")
  if(LibTorch_CUDA_LIBRARY AND LibTorch_C10_CUDA_LIBRARY)
    # Nothing refers to libtorch_cuda by symbol: without --no-as-needed the linker drops it and
    # CUDA is quietly absent.
    target_link_libraries(LibTorch::LibTorch INTERFACE
      "-Wl,--push-state,--no-as-needed,${LibTorch_CUDA_LIBRARY},--pop-state" "${LibTorch_C10_CUDA_LIBRARY}")
  endif()
  target_link_options(LibTorch::LibTorch INTERFACE "-Wl,-rpath,${LibTorch_ROOT}/lib")
endif()
