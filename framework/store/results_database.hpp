#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "core/error.hpp"

namespace neusemslice {

/// The database is empty, or an older program wrote it: `neusemslice run` brings it up to date.
class OutdatedResults : public InputError {
 public:
  using InputError::InputError;
};

/// Opens WORKSPACE/results.db for reading only; a run may be writing it meanwhile, and is never kept waiting. With a
/// write-ahead log a reader follows the run; otherwise it gets what the database, or while a run has that locked its
/// snapshot, holds now. A reader never migrates: InputError says what to do when there is no database, it cannot be
/// read, or its schema is newer than this program's, OutdatedResults when it is older.
SQLite::Database open_results(const std::filesystem::path& workspace);

/// The suites that were begun in this workspace, by name.
std::vector<std::string> suite_names(SQLite::Database& database);

/// `asked`, or the only suite there is when nothing was asked for; InputError lists the suites otherwise.
std::string choose_suite(SQLite::Database& database, const std::string& asked);

}  // namespace neusemslice
