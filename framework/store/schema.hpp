#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

namespace neusemslice {

/// The steps from an empty database to the newest schema: after step i (from 0), `user_version` is i + 1. A released
/// step never changes; a new schema is a new step. SCHEMA.md documents every table, view and column.
const std::vector<std::string_view>& schema_migrations();

/// The version this program writes and reads.
int newest_schema_version();

/// The version of a database; 0 when it is empty. Throws InputError naming the file when it is newer than this program.
int checked_schema_version(SQLite::Database& database, const std::filesystem::path& path);

/// Brings a database to the newest schema, each step in a transaction of its own.
void migrate(SQLite::Database& database, const std::filesystem::path& path);

}  // namespace neusemslice
