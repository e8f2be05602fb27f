// framework/store/SCHEMA.md against the database that schema_migrations() makes.
#include <map>
#include <set>
#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/files.hpp"
#include "core/text.hpp"
#include "store/schema.hpp"

namespace neusemslice {
namespace {

using testing::SizeIs;

using Columns = std::map<std::string, std::vector<std::string>>;  // by table or view

std::string document() {
  return read_file(NEUSEMSLICE_SOURCE_DIR "/framework/store/SCHEMA.md");
}

SQLite::Database newest_database() {
  SQLite::Database database(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  for (const std::string_view step : schema_migrations()) database.exec(std::string(step));
  return database;
}

Columns columns_of(SQLite::Database& database) {
  Columns columns;
  SQLite::Statement query(database,
                          "SELECT m.name, c.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c "
                          "WHERE m.type IN ('table', 'view') ORDER BY m.name, c.cid");
  while (query.executeStep()) columns[query.getColumn(0).getString()].push_back(query.getColumn(1).getString());
  return columns;
}

/// The first word in backticks after `start`.
std::string quoted_after(const std::string& line, const std::string& start) {
  return line.substr(start.size(), line.find('`', start.size()) - start.size());
}

/// Headings "### `table`: ..." and, below each, the rows "| `column` | ...".
Columns documented_columns() {
  Columns columns;
  std::string table;
  for (const std::string& line : split(document(), '\n')) {
    if (line.starts_with("### `")) table = quoted_after(line, "### `");
    if (line.starts_with("| `")) columns[table].push_back(quoted_after(line, "| `"));
  }
  return columns;
}

/// What stands between `begin` and `end`, every time.
std::vector<std::string> passages(const std::string& text, const std::string& begin, const std::string& end) {
  std::vector<std::string> found;
  for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
    at += begin.size();
    found.push_back(text.substr(at, text.find(end, at) - at));
  }
  return found;
}

TEST(SchemaDocument, NamesEveryTableViewAndColumnInOrder) {
  SQLite::Database database = newest_database();
  EXPECT_EQ(documented_columns(), columns_of(database));
}

TEST(SchemaDocument, NamesTheVersion) {
  EXPECT_THAT(document(), testing::HasSubstr(fmt::format("schema's version, now {}.", schema_migrations().size())));
}

TEST(SchemaDocument, ItsSqlRuns) {
  SQLite::Database database = newest_database();
  const std::vector<std::string> queries = passages(document(), "```sql\n", "```");
  ASSERT_THAT(queries, SizeIs(2));
  for (const std::string& query : queries) EXPECT_NO_THROW(SQLite::Statement(database, query).executeStep()) << query;
}

TEST(SchemaDocument, TheSqlInItsPythonRuns) {
  SQLite::Database database = newest_database();
  const std::vector<std::string> queries =
      passages(passages(document(), "```python\n", "```").at(0), "(\"\"\"", "\"\"\"");
  ASSERT_THAT(queries, SizeIs(1));
  EXPECT_NO_THROW(SQLite::Statement(database, queries[0]).executeStep()) << queries[0];
}

}  // namespace
}  // namespace neusemslice
