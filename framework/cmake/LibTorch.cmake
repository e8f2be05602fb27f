# Finds LibTorch without its own CMake package, which needs nvcc and puts its bundled fmt and protobuf headers before the
# system's. Looked for, in this order: CMAKE_PREFIX_PATH, then .deps/libtorch (launchers/setup.sh puts it there).
# Defines neusemslice::libtorch and NEUSEMSLICE_HAS_CUDA.

file(STRINGS "${PROJECT_SOURCE_DIR}/launchers/versions.env" pinned REGEX "^LIBTORCH_VERSION=")
string(REPLACE "LIBTORCH_VERSION=" "" NEUSEMSLICE_LIBTORCH_VERSION "${pinned}")

find_path(LIBTORCH_INCLUDE_DIR NAMES torch/csrc/api/include/torch/torch.h
          HINTS "${PROJECT_SOURCE_DIR}/.deps/libtorch/torch/include")
find_library(LIBTORCH_CPU_LIBRARY NAMES torch_cpu HINTS "${PROJECT_SOURCE_DIR}/.deps/libtorch/torch/lib")
if(NOT LIBTORCH_INCLUDE_DIR OR NOT LIBTORCH_CPU_LIBRARY)
  message(FATAL_ERROR "LibTorch was not found. Run launchers/setup.sh, or give its folder in CMAKE_PREFIX_PATH.")
endif()
get_filename_component(LIBTORCH_LIBRARY_DIR "${LIBTORCH_CPU_LIBRARY}" DIRECTORY)

file(READ "${LIBTORCH_INCLUDE_DIR}/torch/headeronly/version.h" version_header)
string(REGEX MATCH "define TORCH_VERSION[^\"]*\"([0-9.]+)" ignored "${version_header}")
if(NOT CMAKE_MATCH_1 STREQUAL NEUSEMSLICE_LIBTORCH_VERSION)
  message(WARNING "LibTorch in ${LIBTORCH_INCLUDE_DIR} is '${CMAKE_MATCH_1}', not the pinned ${NEUSEMSLICE_LIBTORCH_VERSION}")
endif()

# CUDA is on when LibTorch has it and the toolkit with cuDNN and NCCL is here to load it with.
set(NEUSEMSLICE_CUDA "AUTO" CACHE STRING "Use CUDA: AUTO, ON or OFF")
set_property(CACHE NEUSEMSLICE_CUDA PROPERTY STRINGS AUTO ON OFF)
set(NEUSEMSLICE_HAS_CUDA OFF)
if(NOT NEUSEMSLICE_CUDA STREQUAL "OFF")
  find_package(CUDAToolkit 13.0 QUIET)  # the version the pinned LibTorch was built with
  find_library(LIBTORCH_CUDA_LIBRARY NAMES torch_cuda HINTS "${LIBTORCH_LIBRARY_DIR}" NO_DEFAULT_PATH)
  find_library(NEUSEMSLICE_CUDNN_LIBRARY NAMES cudnn libcudnn.so.9 HINTS "${CUDAToolkit_LIBRARY_DIR}")
  find_library(NEUSEMSLICE_NCCL_LIBRARY NAMES nccl libnccl.so.2 HINTS "${CUDAToolkit_LIBRARY_DIR}")
  if(CUDAToolkit_FOUND AND CUDAToolkit_NVCC_EXECUTABLE AND LIBTORCH_CUDA_LIBRARY AND NEUSEMSLICE_CUDNN_LIBRARY
     AND NEUSEMSLICE_NCCL_LIBRARY)
    set(NEUSEMSLICE_HAS_CUDA ON)
  elseif(NEUSEMSLICE_CUDA STREQUAL "ON")
    message(FATAL_ERROR "CUDA was asked for, but one of these is missing: nvcc '${CUDAToolkit_NVCC_EXECUTABLE}', "
                        "LibTorch with CUDA '${LIBTORCH_CUDA_LIBRARY}', cuDNN '${NEUSEMSLICE_CUDNN_LIBRARY}', "
                        "NCCL '${NEUSEMSLICE_NCCL_LIBRARY}'")
  endif()
endif()
message(STATUS "LibTorch: ${LIBTORCH_LIBRARY_DIR}; CUDA: ${NEUSEMSLICE_HAS_CUDA}")

add_library(neusemslice_libtorch INTERFACE)
add_library(neusemslice::libtorch ALIAS neusemslice_libtorch)
# -idirafter: the wheel's folder also holds fmt 12 and protobuf, which must not hide the system's.
target_compile_options(neusemslice_libtorch INTERFACE
  "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-idirafter ${LIBTORCH_INCLUDE_DIR}>"
  "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-idirafter ${LIBTORCH_INCLUDE_DIR}/torch/csrc/api/include>")
# The old kind of run path (DT_RPATH) also serves the libraries that LibTorch itself names.
target_link_options(neusemslice_libtorch INTERFACE -Wl,--allow-shlib-undefined -Wl,--disable-new-dtags
                    "-Wl,-rpath,${LIBTORCH_LIBRARY_DIR}")
target_link_libraries(neusemslice_libtorch INTERFACE "${LIBTORCH_CPU_LIBRARY}" "${LIBTORCH_LIBRARY_DIR}/libc10.so")
if(NEUSEMSLICE_HAS_CUDA)
  target_include_directories(neusemslice_libtorch SYSTEM INTERFACE ${CUDAToolkit_INCLUDE_DIRS})
  target_compile_definitions(neusemslice_libtorch INTERFACE NEUSEMSLICE_HAS_CUDA=1)
  target_link_options(neusemslice_libtorch INTERFACE "-Wl,-rpath,${CUDAToolkit_LIBRARY_DIR}")
  # Nothing names libtorch_cuda; it registers its kernels when it is loaded.
  target_link_libraries(neusemslice_libtorch INTERFACE
    -Wl,--no-as-needed "${LIBTORCH_CUDA_LIBRARY}" "${LIBTORCH_LIBRARY_DIR}/libc10_cuda.so" -Wl,--as-needed)
endif()
