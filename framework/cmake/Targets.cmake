# neusemslice_add_library(NAME core SOURCES a.cpp b.cpp USES neusemslice::x fmt::fmt [CUDA c.cu d.cpp] [TORCH])
#   the static library neusemslice_<name>, alias neusemslice::<name>; TORCH reuses the precompiled LibTorch header; what stands
#   under CUDA is compiled only where CUDA is used.
function(neusemslice_add_library)
  cmake_parse_arguments(arg "TORCH" "NAME" "SOURCES;CUDA;USES" ${ARGN})
  add_library(neusemslice_${arg_NAME} STATIC ${arg_SOURCES})
  if(NEUSEMSLICE_HAS_CUDA)
    target_sources(neusemslice_${arg_NAME} PRIVATE ${arg_CUDA})
  endif()
  add_library(neusemslice::${arg_NAME} ALIAS neusemslice_${arg_NAME})
  target_include_directories(neusemslice_${arg_NAME} PUBLIC "${PROJECT_SOURCE_DIR}/framework")
  target_link_libraries(neusemslice_${arg_NAME} PUBLIC ${arg_USES})
  if(arg_TORCH)
    target_link_libraries(neusemslice_${arg_NAME} PUBLIC neusemslice::libtorch)
    target_precompile_headers(neusemslice_${arg_NAME} REUSE_FROM neusemslice_torch_header)
  endif()
endfunction()

# neusemslice_add_test(similarity SOURCES similarity/scan_test.cpp USES neusemslice::similarity LABELS unit [TORCH] [SECONDS n]
#                      [RANKS 1 2 4])
#   one test program, run as one CTest test with a time-out; with RANKS as one test for each number, <name>_on_<n>_ranks,
#   under the MPI launcher (such a program has its own main, tests/support/ranks.cpp).
function(neusemslice_add_test name)
  cmake_parse_arguments(arg "TORCH" "SECONDS" "SOURCES;USES;LABELS;RANKS" ${ARGN})
  add_executable(${name}_test ${arg_SOURCES})
  target_include_directories(${name}_test PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_link_libraries(${name}_test PRIVATE ${arg_USES} GTest::gmock)
  if(NOT arg_RANKS)
    target_link_libraries(${name}_test PRIVATE GTest::gtest_main)
  endif()
  target_compile_definitions(${name}_test PRIVATE
    NEUSEMSLICE_SOURCE_DIR="${PROJECT_SOURCE_DIR}" NEUSEMSLICE_PROGRAM="$<TARGET_FILE:neusemslice>"
    NEUSEMSLICE_MPIRUN="${MPIEXEC_EXECUTABLE}")
  if(arg_TORCH)
    target_precompile_headers(${name}_test REUSE_FROM neusemslice_torch_header)
  endif()
  if(NOT arg_SECONDS)
    set(arg_SECONDS 120)
  endif()
  if(NOT arg_RANKS)
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_SECONDS} LABELS "${arg_LABELS}")
    return()
  endif()
  foreach(ranks IN LISTS arg_RANKS)
    set(test ${name}_on_${ranks}_ranks)
    add_test(NAME ${test} COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks} $<TARGET_FILE:${name}_test>)
    # Root in a container, and more ranks than cores, are what tests are run with.
    set_tests_properties(${test} PROPERTIES TIMEOUT ${arg_SECONDS} LABELS "${arg_LABELS};mpi" ENVIRONMENT
      "OMP_NUM_THREADS=1;OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;OMPI_MCA_rmaps_base_oversubscribe=1;OMPI_MCA_hwloc_base_binding_policy=none")
  endforeach()
endfunction()
