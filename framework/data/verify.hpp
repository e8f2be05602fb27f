#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "data/registry.hpp"

namespace neusemslice {

/// A file held against what it should be.
struct FileCheck {
  std::filesystem::path path;
  std::int64_t bytes = 0;  ///< unpacked
  std::int64_t samples = 0;
  std::string sha256;   ///< of the unpacked content
  std::string problem;  ///< what differs, in words; empty when nothing does
  [[nodiscard]] bool is_official() const { return problem.empty(); }
};

/// Reads the file once and compares size, SHA-256 and sample count of its unpacked content; where only the MD5 of the
/// packed file is published, that, and of an archive nothing else. A damaged file is a problem found; a file that
/// cannot be read at all throws InputError.
FileCheck check_file(const DatasetFile& expected, const std::filesystem::path& path);

}  // namespace neusemslice
