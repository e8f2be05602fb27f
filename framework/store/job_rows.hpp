#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include "store/records.hpp"

namespace neusemslice {

/// Writes the rows of a job's result in place of those of an earlier attempt. The caller holds the transaction.
void replace_result(SQLite::Database& database, const std::string& job, const JobResult& result);

/// The files a job left, by name.
std::vector<ArtifactRow> read_artifacts(SQLite::Database& database, const std::string& job);

}  // namespace neusemslice
