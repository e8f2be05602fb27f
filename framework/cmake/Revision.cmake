cmake_policy(VERSION 3.25)
# Run at every build: writes OUTPUT with the checkout's revision, and touches it only when it changed.
execute_process(COMMAND git describe --always --dirty --abbrev=12 WORKING_DIRECTORY "${SOURCE_DIR}"
                OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT revision)
  set(revision "unknown")
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT "#define NEUSEMSLICE_REVISION \"@revision@\"\n" @ONLY)
