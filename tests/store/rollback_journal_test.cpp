// What differs when a workspace lies on a file server: the database is locked, and a snapshot shows what it holds.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/hash.hpp"
#include "store/other_process.hpp"
#include "store/results_database.hpp"
#include "store/sample_rows.hpp"
#include "store/snapshot.hpp"
#include "store/status.hpp"
#include "store/store.hpp"
#include "store/workspace_contents.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using test_support::files_below;
using test_support::job_row;
using test_support::OtherProcess;
using test_support::rows;
using test_support::run_info;
using test_support::TemporaryFolder;
using testing::ElementsAre;

/// Jobs done as any SQLite program finds them in the snapshot: SCHEMA.md recommends this way of opening it.
std::int64_t done_in_snapshot(const fs::path& workspace) {
  SQLite::Database database(fmt::format("file:{}?mode=ro&immutable=1", snapshot_path(workspace).string()),
                            SQLite::OPEN_READONLY | SQLite::OPEN_URI);
  return database.execAndGet("SELECT count(*) FROM jobs WHERE state = 'done'").getInt64();
}

class RollbackJournal : public testing::Test {
 protected:
  /// Jobs 'a', 'b' and 'c', and a run.
  std::unique_ptr<Store> begun_store() {
    auto store = std::make_unique<Store>(folder_.path(), JournalMode::rollback);
    store->register_jobs("small", {job_row('a'), job_row('b'), job_row('c')});
    run_ = store->begin_run(run_info());
    return store;
  }
  [[nodiscard]] fs::path workspace() const { return folder_.path(); }
  [[nodiscard]] std::int64_t run() const { return run_; }

 private:
  TemporaryFolder folder_;
  std::int64_t run_ = 0;
};

TEST_F(RollbackJournal, NoWriteAheadLogEverLiesBesideTheDatabase) {
  const auto store = begun_store();
  store->record_done(job_row('a'), run(), {}, {});
  EXPECT_THAT(files_below(workspace()), ElementsAre("lock", "results-snapshot.db", "results.db", "results.db-journal"));
}

TEST_F(RollbackJournal, AClosedWorkspaceIsOneDatabaseFile) {
  {
    const auto store = begun_store();
    store->record_done(job_row('a'), run(), {}, {});
  }
  EXPECT_THAT(files_below(workspace()), ElementsAre("lock", "results.db"));
  EXPECT_EQ(rows(workspace(), "SELECT count(*) FROM jobs WHERE state = 'done'"), "1\n");
  EXPECT_EQ(rows(workspace(), "PRAGMA integrity_check"), "ok\n");
}

TEST_F(RollbackJournal, TheSnapshotIsThereFromTheBeginningOfTheRunAndShowsIt) {
  const auto store = begun_store();
  SQLite::Database database = open_results(workspace());
  EXPECT_EQ(read_status(database).at(0).run_state, "running");
  EXPECT_EQ(done_in_snapshot(workspace()), 0);
}

TEST_F(RollbackJournal, TheSnapshotIsRefreshedWhenItIsOldEnough) {
  const auto store = begun_store();
  store->record_done(job_row('a'), run(), {}, {});
  store->refresh_snapshot(1h);
  EXPECT_EQ(done_in_snapshot(workspace()), 0) << "it is younger than an hour";
  store->refresh_snapshot(0ms);
  EXPECT_EQ(done_in_snapshot(workspace()), 1);
}

TEST_F(RollbackJournal, TheSnapshotIsNotWrittenAgainWhenNothingChanged) {
  const auto store = begun_store();
  store->refresh_snapshot(0ms);
  const auto written = fs::last_write_time(snapshot_path(workspace()));
  store->refresh_snapshot(0ms);
  EXPECT_EQ(fs::last_write_time(snapshot_path(workspace())), written);
}

TEST_F(RollbackJournal, WhatAKilledRunLeftOfItsSnapshotsIsRemoved) {
  write_file_atomically(snapshot_path(workspace()), "out of date");
  write_file_atomically(snapshot_path(workspace()).string() + ".77.nss-tmp", "half a");
  { const Store store(workspace(), JournalMode::write_ahead); }
  EXPECT_THAT(files_below(workspace()), ElementsAre("lock", "results.db"));
}

TEST_F(RollbackJournal, AWriteAheadLogLeftByAKilledRunIsTakenIn) {
  {
    const OtherProcess killed([&] {
      auto store = std::make_unique<Store>(workspace(), JournalMode::write_ahead);
      store->register_jobs("small", {job_row('a')});
      store->record_done(job_row('a'), store->begin_run(run_info()), {}, {});
      return store;
    });
  }
  ASSERT_TRUE(fs::exists(workspace() / "results.db-wal"));
  const auto store = begun_store();
  EXPECT_EQ(store->states({job_row('a')}).at(job_row('a').key), JobState::done);
  EXPECT_FALSE(fs::exists(workspace() / "results.db-wal"));
}

/// Leaves what a writer killed in the middle of a transaction leaves: new pages in the database, old ones in the
/// journal.
void die_while_writing(const fs::path& workspace) {
  const pid_t child = ::fork();
  if (child == 0) {
    SQLite::Database database((workspace / "results.db").string(), SQLite::OPEN_READWRITE);
    database.exec("PRAGMA cache_size = 1; BEGIN; UPDATE jobs SET state = 'done', message = hex(zeroblob(100000))");
    std::_Exit(0);
  }
  ::waitpid(child, nullptr, 0);
}

TEST_F(RollbackJournal, ARunKilledWhileWritingIsReadFromItsSnapshotUntilTheNextRunMendsIt) {
  {
    const OtherProcess killed([&] {
      auto store = begun_store();
      store->record_done(job_row('a'), run(), {}, {});
      store->refresh_snapshot(0ms);
      return store;
    });
  }
  const std::string before = sha256_file(workspace() / "results.db");
  die_while_writing(workspace());
  ASSERT_NE(sha256_file(workspace() / "results.db"), before) << "pages of half a transaction";
  {
    SQLite::Database database = open_results(workspace());
    EXPECT_EQ(read_status(database).at(0).totals.at("done"), 1);
  }
  { const Store mends(workspace(), JournalMode::rollback); }
  EXPECT_EQ(rows(workspace(), "SELECT count(*) FROM jobs WHERE state = 'done'"), "1\n");
  EXPECT_EQ(rows(workspace(), "PRAGMA integrity_check"), "ok\n");
}

}  // namespace
}  // namespace neusemslice
