#pragma once

#include <string>

#include <SQLiteCpp/SQLiteCpp.h>

#include "report/summary.hpp"

namespace neusemslice {

/// `text` with its two parameters, suite and setting, bound.
SQLite::Statement suite_query(SQLite::Database& database, const char* text, const std::string& suite,
                              const std::string& setting);

/// Over the rows of the query's first column.
Summary summary_of(SQLite::Statement query);

/// Test accuracy of a suite's trained models of one setting, over seeds.
Summary original_test_accuracy(SQLite::Database& database, const std::string& suite, const std::string& setting);

/// Compression rate of the slices that a suite chose for one setting, over seeds.
Summary chosen_compression_rate(SQLite::Database& database, const std::string& suite, const std::string& setting);

}  // namespace neusemslice
