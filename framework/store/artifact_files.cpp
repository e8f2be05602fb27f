#include "store/artifact_files.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/hash.hpp"

namespace neusemslice {
namespace {

constexpr std::size_t kKeyDigits = 16;  // of a job's key, in the names of its files

std::string artifact_path(const JobRow& job, const std::string& name) {
  return fmt::format("artifacts/{}/{}{}{}", job.kind, job.key.substr(0, kKeyDigits), kAfterKeyOfArtifact, name);
}

}  // namespace

std::vector<ArtifactRow> write_artifacts(const std::filesystem::path& workspace, const JobRow& job,
                                         const std::vector<Artifact>& files) {
  std::vector<ArtifactRow> rows;
  std::vector<FileContent> contents;
  for (const Artifact& file : files) {
    rows.push_back({.name = file.name,
                    .path = artifact_path(job, file.name),
                    .bytes = static_cast<std::int64_t>(file.bytes.size()),
                    .sha256 = sha256_hex(file.bytes)});
    contents.push_back({workspace / rows.back().path, file.bytes});
  }
  write_files_atomically(contents);
  return rows;
}

std::filesystem::path checked_artifact(const std::filesystem::path& workspace, const ArtifactRow& row) {
  std::filesystem::path path = workspace / row.path;
  require(sha256_file(path) == row.sha256,
          "{}: its contents are no longer those that were written: delete it and run again", path.string());
  return path;
}

std::filesystem::path checkpoint_path(const std::filesystem::path& workspace, const std::string& job_key) {
  return workspace / "checkpoints" / fmt::format("{}{}", job_key.substr(0, kKeyDigits), kAfterKeyOfCheckpoint);
}

bool is_named_by_key(const std::filesystem::path& path, std::string_view next) {
  const std::string name = path.filename().string();
  return name.find_first_not_of("0123456789abcdef") == kKeyDigits && name.substr(kKeyDigits).starts_with(next);
}

}  // namespace neusemslice
