# neusemslice_embed_tables(TARGET neusemslice_report FILES a.csv b.csv)
#   compiles the files' text into the target as neusemslice::published_tables() (report/published.hpp), so that the installed
#   program needs no source tree. A changed file configures again.
function(neusemslice_embed_tables)
  cmake_parse_arguments(arg "" "TARGET" "FILES" ${ARGN})
  set(entries "")
  foreach(path IN LISTS arg_FILES)
    file(READ "${path}" text)
    cmake_path(GET path STEM name)
    string(APPEND entries "    {\"${name}\", R\"embedded(${text})embedded\"},\n")
  endforeach()

  set(source "${CMAKE_CURRENT_BINARY_DIR}/${arg_TARGET}_tables.cpp")
  file(WRITE "${source}.new"
    "#include \"report/published.hpp\"\n\n"
    "namespace neusemslice {\n\n"
    "std::span<const PublishedTable> published_tables() {\n"
    "  static constexpr PublishedTable tables[] = {\n${entries}  };\n"
    "  return tables;\n"
    "}\n\n"
    "}  // namespace neusemslice\n")
  file(COPY_FILE "${source}.new" "${source}" ONLY_IF_DIFFERENT)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${arg_FILES})
  target_sources(${arg_TARGET} PRIVATE "${source}")
endfunction()
