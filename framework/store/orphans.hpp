#pragma once

#include <filesystem>

#include <SQLiteCpp/SQLiteCpp.h>

namespace neusemslice {

/// Removes what killed runs left in the workspace: artifacts without a row, checkpoints of jobs that are done or
/// unknown, unfinished files. Checkpoints of all other jobs stay, and so does every file whose name is not ours. Only
/// for the owner of the workspace: another's unfinished files are its work.
void remove_orphans(SQLite::Database& database, const std::filesystem::path& workspace);

}  // namespace neusemslice
