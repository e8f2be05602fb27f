#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "store/records.hpp"

namespace neusemslice {

// The files of a workspace beside its database. A rank on another host of a shared file system writes and reads them
// with these functions alone and never opens the database.

/// Writes a job's files, all or none (write_files_atomically), and says what rows they deserve.
std::vector<ArtifactRow> write_artifacts(const std::filesystem::path& workspace, const JobRow& job,
                                         const std::vector<Artifact>& files);

/// Where the file lies. Throws when its contents are not those that were written.
std::filesystem::path checked_artifact(const std::filesystem::path& workspace, const ArtifactRow& row);

/// Where a job that is not done keeps how far it is: WORKSPACE/checkpoints/0123456789abcdef.safetensors.
std::filesystem::path checkpoint_path(const std::filesystem::path& workspace, const std::string& job_key);

/// Whether a file's name is one that the functions above give, or that of such a file unfinished: the digits of a key,
/// then `next`. What else lies in the workspace's folders is not ours.
bool is_named_by_key(const std::filesystem::path& path, std::string_view next);
constexpr std::string_view kAfterKeyOfArtifact = "-";
constexpr std::string_view kAfterKeyOfCheckpoint = ".safetensors";

}  // namespace neusemslice
