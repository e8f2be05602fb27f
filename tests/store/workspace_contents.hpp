#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace neusemslice::test_support {

/// What a query gives: one row a line, columns separated by '|'.
std::string rows(const std::filesystem::path& workspace, const std::string& sql);

/// Paths of all files below the folder, relative to it, sorted; none when there is no folder.
std::vector<std::string> files_below(const std::filesystem::path& folder);

/// The files below artifacts/ that have no row, and the rows that have no file; none in a sound workspace.
std::vector<std::string> unmatched_artifacts(const std::filesystem::path& workspace);

}  // namespace neusemslice::test_support
