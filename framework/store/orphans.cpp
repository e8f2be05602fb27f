#include "store/orphans.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <spdlog/spdlog.h>

#include "store/artifact_files.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;

std::set<fs::path> known_artifacts(SQLite::Database& database, const fs::path& workspace) {
  std::set<fs::path> known;
  SQLite::Statement query(database, "SELECT path FROM artifacts");
  while (query.executeStep()) known.insert(workspace / query.getColumn(0).getString());
  return known;
}

std::set<fs::path> needed_checkpoints(SQLite::Database& database, const fs::path& workspace) {
  std::set<fs::path> needed;
  SQLite::Statement query(database, "SELECT key FROM jobs WHERE state <> 'done'");
  while (query.executeStep()) needed.insert(checkpoint_path(workspace, query.getColumn(0).getString()));
  return needed;
}

/// The files below `folder` that are named as ours (is_named_by_key) and not among `wanted`. What a job keeps beside a
/// file, by its name and one more extension, is wanted with it.
std::vector<fs::path> unwanted_files(const fs::path& folder, std::string_view after_key,
                                     const std::set<fs::path>& wanted) {
  std::vector<fs::path> unwanted;
  if (!fs::exists(folder)) return unwanted;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || !is_named_by_key(entry.path(), after_key)) continue;
    if (wanted.contains(entry.path()) || wanted.contains(fs::path(entry.path()).replace_extension())) continue;
    unwanted.push_back(entry.path());
  }
  return unwanted;
}

}  // namespace

void remove_orphans(SQLite::Database& database, const fs::path& workspace) {
  std::vector<fs::path> orphans =
      unwanted_files(workspace / "artifacts", kAfterKeyOfArtifact, known_artifacts(database, workspace));
  std::ranges::move(
      unwanted_files(workspace / "checkpoints", kAfterKeyOfCheckpoint, needed_checkpoints(database, workspace)),
      std::back_inserter(orphans));
  for (const fs::path& orphan : orphans) fs::remove(orphan);
  if (!orphans.empty())
    spdlog::info("{}: removed {} unfinished files of a stopped run", workspace.string(), orphans.size());
}

}  // namespace neusemslice
