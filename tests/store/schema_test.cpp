#include "store/schema.hpp"

#include <filesystem>
#include <string>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/hash.hpp"
#include "store/sample_rows.hpp"
#include "store/store.hpp"
#include "store/workspace_contents.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using test_support::job_row;
using test_support::make_workspace_with_job_done;
using test_support::message_of;
using test_support::rows;
using test_support::TemporaryFolder;

SQLite::Database raw_database(const fs::path& workspace) {
  return {(workspace / "results.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
}

SQLite::Database database_of_version(const fs::path& workspace, int version) {
  SQLite::Database database = raw_database(workspace);
  for (int step = 0; step < version; ++step) database.exec(std::string(schema_migrations().at(step)));
  database.exec(fmt::format("PRAGMA user_version = {}", version));
  return database;
}

TEST(Schema, MigratesFromAnEmptyDatabaseFile) {
  const TemporaryFolder folder;
  database_of_version(folder.path(), 0);
  { const Store store(folder.path()); }
  EXPECT_EQ(rows(folder.path(), "PRAGMA user_version"), fmt::format("{}\n", newest_schema_version()));
}

TEST(Schema, EveryMigrationStepStartsWhereTheOneBeforeEnded) {
  for (int version = 0; version <= newest_schema_version(); ++version) {
    const TemporaryFolder folder;
    database_of_version(folder.path(), version);
    EXPECT_NO_THROW(make_workspace_with_job_done(folder.path())) << "from version " << version;
  }
}

TEST(Schema, AReleasedStepNeverChanges) {
  EXPECT_EQ(sha256_hex(schema_migrations().at(0)), "518b0e4ece66949e6d472c4b8bcbe7e441b09a6cf3ef7f15cec9e781390dcce5");
  EXPECT_EQ(sha256_hex(schema_migrations().at(1)), "983506164f10c7fe0e8174f232e3fe4622d4110da2441304fee76caf15497e8f");
}

TEST(Schema, ADatabaseOfVersion1KeepsItsRowsAndItsJobsCountAsDoneByOneRank) {
  const TemporaryFolder folder;
  const std::string key = job_row('a').key;
  database_of_version(folder.path(), 1)
      .exec(
          fmt::format("INSERT INTO runs VALUES (1, 'small', 'done', '', '', '2026-11-24T14:40:00.123Z', NULL, 'node17',"
                      " 4242, 'cpu', 2, 'abc1234', '{{}}');"
                      "INSERT INTO jobs VALUES ('{0}', 'train', 'mlp-mnist', 0, '{{}}', 'done', '', 1, 1, NULL, 2.5, "
                      "1000);"
                      "INSERT INTO suite_jobs VALUES ('small', '{0}');"
                      "INSERT INTO evaluations VALUES ('{0}', 'test', 8, 6, 0.75), ('{0}', 'validation', 8, 4, 0.5);",
                      key));
  {
    Store store(folder.path());
    EXPECT_EQ(store.states({job_row('a')}).at(key), JobState::done);
    EXPECT_EQ(store.costs().expected("train", "mlp-mnist"), 2.5);
    store.record_ranks(1, {{.rank = 0, .host = "node17", .device = "cpu", .threads = 2}});
  }
  EXPECT_EQ(rows(folder.path(), "PRAGMA user_version"), fmt::format("{}\n", newest_schema_version()));
  EXPECT_EQ(rows(folder.path(), "SELECT state, seconds, peak_memory_bytes, ranks IS NULL FROM jobs"),
            "done|2.5|1000|1\n");
  EXPECT_EQ(rows(folder.path(), "SELECT setting, test_accuracy, seconds FROM trained_models"), "mlp-mnist|0.75|2.5\n");
  EXPECT_EQ(rows(folder.path(), "SELECT run_id, rank, host FROM run_ranks"), "1|0|node17\n");
}

TEST(Schema, ANewerDatabaseIsRefusedUntouchedNamingBothVersions) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder.path());
  raw_database(folder.path()).exec("PRAGMA user_version = 99");
  const std::string before = sha256_file(folder / "results.db");
  EXPECT_EQ(message_of<InputError>([&] { Store store(folder.path()); }),
            fmt::format("{}/results.db: its schema is version 99, this program knows up to version {}: use a newer "
                        "neusemslice, or another workspace",
                        folder.path().string(), newest_schema_version()));
  EXPECT_EQ(sha256_file(folder / "results.db"), before);
}

}  // namespace
}  // namespace neusemslice
