#include "store/results_database.hpp"

#include <algorithm>
#include <system_error>

#include <fmt/ranges.h>

#include "core/error.hpp"
#include "core/text.hpp"
#include "store/schema.hpp"

namespace neusemslice {
namespace {

constexpr int kBusyMilliseconds = 10'000;

void check_schema_version(SQLite::Database& database, const std::string& path) {
  const int found = database.execAndGet("PRAGMA user_version").getInt();
  const int known = static_cast<int>(schema_migrations().size());
  require_input(found <= known,
                "{}: its schema is version {}, this program knows up to version {}: use a newer neusemslice", path,
                found, known);
  require_input(found > 0, "{}: holds no results: neusemslice run SUITE.yaml writes them", path);
  require_input(
      found == known,
      "{}: its schema is version {}, this program reads version {}: neusemslice run SUITE.yaml brings it up to date",
      path, found, known);
}

SQLite::Database open_checked(const std::string& name, const std::string& path, int flags) {
  SQLite::Database database(name, flags, kBusyMilliseconds);
  check_schema_version(database, path);
  return database;
}

std::string unreadable_text(const std::string& path, const SQLite::Exception& error) {
  return fmt::format("{}: cannot be read as a results database: {}", path, error.what());
}

/// The path as a part of a URI: what has a meaning there is written as %XX.
std::string uri_path(const std::string& path) {
  std::string escaped;
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#')
      escaped += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    else
      escaped += c;
  }
  return escaped;
}

}  // namespace

SQLite::Database open_results(const std::filesystem::path& workspace) {
  const std::string path = (workspace / "results.db").string();
  std::error_code unreadable;
  require_input(std::filesystem::exists(path, unreadable),
                "{}: no such file: is {} a workspace? neusemslice run SUITE.yaml makes one", path, workspace.string());
  try {
    return open_checked(path, path, SQLite::OPEN_READONLY);
  } catch (const SQLite::Exception& error) {
    // Even reading needs a file beside a database in WAL mode. Where the folder cannot be written and no writer has
    // left such a file, nothing can change either, and the database alone is the whole truth.
    const auto log_bytes = std::filesystem::file_size(path + "-wal", unreadable);
    const bool settled = unreadable || log_bytes == 0;
    if (!settled) throw InputError(unreadable_text(path, error));
  }
  try {
    return open_checked(fmt::format("file:{}?mode=ro&immutable=1", uri_path(path)), path,
                        SQLite::OPEN_READONLY | SQLite::OPEN_URI);
  } catch (const SQLite::Exception& error) {
    throw InputError(unreadable_text(path, error));
  }
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
                database.getFilename());
  if (asked.empty()) {
    require_input(names.size() == 1, "{}: holds several suites, choose one with --suite: {}", database.getFilename(),
                  fmt::join(names, ", "));
    return names.front();
  }
  require_input(std::find(names.begin(), names.end(), asked) != names.end(), "{}: no suite '{}'{}",
                database.getFilename(), asked, suggestion(asked, names));
  return asked;
}

}  // namespace neusemslice
