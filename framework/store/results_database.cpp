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

}  // namespace

SQLite::Database open_results(const std::filesystem::path& workspace) {
  const std::string path = (workspace / "results.db").string();
  std::error_code unreadable;
  require_input(std::filesystem::exists(path, unreadable),
                "{}: no such file: is {} a workspace? neusemslice run SUITE.yaml makes one", path, workspace.string());
  try {
    SQLite::Database database(path, SQLite::OPEN_READONLY, kBusyMilliseconds);
    check_schema_version(database, path);
    return database;
  } catch (const SQLite::Exception& error) {
    throw InputError(fmt::format("{}: cannot be read as a results database: {}", path, error.what()));
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
