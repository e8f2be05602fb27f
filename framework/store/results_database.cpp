#include "store/results_database.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>
#include <thread>

#include <SQLiteCpp/Backup.h>
#include <fmt/ranges.h>
#include <sqlite3.h>

#include "core/error.hpp"
#include "core/text.hpp"
#include "store/database_uri.hpp"
#include "store/schema.hpp"
#include "store/snapshot.hpp"

namespace neusemslice {
namespace {

constexpr std::chrono::milliseconds kPatience{10'000};
constexpr std::chrono::milliseconds kPause{20};

void check_schema_version(SQLite::Database& database, const std::string& path) {
  const int found = checked_schema_version(database, path);
  if (found == 0) {
    throw OutdatedResults(fmt::format("{}: holds no results: neusemslice run SUITE.yaml writes them", path));
  }
  if (found < newest_schema_version()) {
    throw OutdatedResults(fmt::format(
        "{}: its schema is version {}, this program reads version {}: neusemslice run SUITE.yaml brings it up to date",
        path, found, newest_schema_version()));
  }
}

/// For a file that nobody changes: reads it without locks, which need a writable folder.
SQLite::Database open_unchanging(const std::string& path) {
  return {database_uri(path, "mode=ro&immutable=1"), SQLite::OPEN_READONLY | SQLite::OPEN_URI};
}

/// What the database holds now, in memory: who reads on for long then neither keeps a writer waiting nor waits for one,
/// and a file replaced meanwhile on a file server does no harm.
SQLite::Database copied(SQLite::Database& source, const std::string& path) {
  SQLite::Database copy(database_uri(path, "mode=memory"),
                        SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_URI);
  const int result = SQLite::Backup(copy, source).executeStep();
  if (result != SQLITE_DONE) throw SQLite::Exception("copying it failed", result);
  copy.exec("PRAGMA query_only = ON");
  return copy;
}

/// A write-ahead log cannot be done without while there is a writer, and is in nobody's way. With a rollback journal, a
/// reader's lock would be in the writer's.
SQLite::Database open_database(const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READONLY);
  SQLite::Transaction one_state(database);  // the journal does not change between the question and the copy
  check_schema_version(database, path);
  if (database.execAndGet("PRAGMA journal_mode").getString() != "wal") return copied(database, path);
  one_state.commit();
  database.setBusyTimeout(static_cast<int>(kPatience.count()));
  return database;
}

/// A writer with a rollback journal has the database locked, or was killed and left it half-written.
bool is_in_writers_hands(const SQLite::Exception& error) {
  return error.getErrorCode() == SQLITE_BUSY || error.getExtendedErrorCode() == SQLITE_READONLY_ROLLBACK;
}

/// Even reading needs a file beside a database in WAL mode. Where the folder cannot be written and no writer has left
/// such a file, nothing can change either, and the database alone is the whole truth.
bool is_settled(const std::string& path, const SQLite::Exception& error) {
  if (error.getErrorCode() != SQLITE_CANTOPEN && error.getErrorCode() != SQLITE_READONLY) return false;
  std::error_code absent;
  const auto log_bytes = std::filesystem::file_size(path + "-wal", absent);
  return absent || log_bytes == 0;
}

InputError unreadable(const std::string& path, const SQLite::Exception& error) {
  return InputError(fmt::format("{}: cannot be read as a results database: {}", path, error.what()));
}

/// Nothing while the database is in its writer's hands.
std::optional<SQLite::Database> try_database(const std::string& path) {
  try {
    return open_database(path);
  } catch (const SQLite::Exception& error) {
    if (is_in_writers_hands(error)) return std::nullopt;
    if (!is_settled(path, error)) throw unreadable(path, error);
  }
  try {
    SQLite::Database database = open_unchanging(path);
    check_schema_version(database, path);
    return database;
  } catch (const SQLite::Exception& error) {
    throw unreadable(path, error);
  }
}

/// Nothing when there is none, or it is replaced or removed just now.
std::optional<SQLite::Database> try_snapshot(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  try {
    SQLite::Database snapshot = open_unchanging(path);
    check_schema_version(snapshot, path);
    return copied(snapshot, path);
  } catch (const SQLite::Exception&) {
    return std::nullopt;
  }
}

}  // namespace

SQLite::Database open_results(const std::filesystem::path& workspace) {
  const std::string path = (workspace / "results.db").string();
  std::error_code error;
  require_input(std::filesystem::exists(path, error),
                "{}: no such file: is {} a workspace? neusemslice run SUITE.yaml makes one", path, workspace.string());
  for (std::chrono::milliseconds waited{0}; waited < kPatience; waited += kPause) {
    if (auto database = try_database(path)) return std::move(*database);
    if (auto snapshot = try_snapshot(snapshot_path(workspace).string())) return std::move(*snapshot);
    std::this_thread::sleep_for(kPause);
  }
  throw InputError(
      fmt::format("{}: a process has it locked, or was killed while writing: wait for it, or run the suite again to "
                  "mend it",
                  path));
}

std::vector<std::string> suite_names(SQLite::Database& database) {
  SQLite::Statement query(database, "SELECT suite FROM runs UNION SELECT suite FROM suite_jobs ORDER BY 1");
  std::vector<std::string> names;
  while (query.executeStep()) names.push_back(query.getColumn(0).getString());
  return names;
}

std::string choose_suite(SQLite::Database& database, const std::string& asked) {
  const std::vector<std::string> names = suite_names(database);
  require_input(!names.empty(), "{}: no suite was begun here: neusemslice run SUITE.yaml begins one",
                database_path_of(database.getFilename()));
  if (asked.empty()) {
    require_input(names.size() == 1, "{}: holds several suites, choose one with --suite: {}",
                  database_path_of(database.getFilename()), fmt::join(names, ", "));
    return names.front();
  }
  require_input(std::find(names.begin(), names.end(), asked) != names.end(), "{}: no suite '{}'{}",
                database_path_of(database.getFilename()), asked, suggestion(asked, names));
  return asked;
}

}  // namespace neusemslice
