// Readers beside a writer, with both kinds of journal: each sees something, none is in the writer's way.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "store/other_process.hpp"
#include "store/reading_process.hpp"
#include "store/results_database.hpp"
#include "store/sample_rows.hpp"
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
using test_support::message_of;
using test_support::OtherProcess;
using test_support::ReadingProcess;
using test_support::Readings;
using test_support::run_info;
using test_support::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;

using Clock = std::chrono::steady_clock;

// A writer that a reader's lock stops waits up to ten seconds for it. Without one, a commit takes some milliseconds, on
// a machine with a slow disk and other work a tenth of a second.
constexpr double kLongestWriteSeconds = 2;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<JobRow> many_jobs(int count) {
  std::vector<JobRow> jobs(static_cast<std::size_t>(count), job_row('0'));
  for (int i = 0; i < count; ++i) jobs[static_cast<std::size_t>(i)].key = fmt::format("{:064x}", i);
  return jobs;
}

std::int64_t done_jobs(SQLite::Database& database) {
  return read_status(database).at(0).totals["done"];
}

/// A run that has one job done of two.
std::unique_ptr<Store> half_done(const fs::path& workspace, JournalMode journal) {
  auto store = std::make_unique<Store>(workspace, journal);
  store->register_jobs("small", {job_row('a'), job_row('b')});
  const std::int64_t run = store->begin_run(run_info());
  store->record_done(job_row('a'), run, {}, {});
  store->refresh_snapshot(0ms);
  return store;
}

class OpenResults : public testing::TestWithParam<JournalMode> {
 protected:
  const TemporaryFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(WithEachJournal, OpenResults, testing::Values(JournalMode::write_ahead, JournalMode::rollback),
                         [](const testing::TestParamInfo<JournalMode>& mode) {
                           return mode.param == JournalMode::rollback ? "Rollback" : "WriteAhead";
                         });

TEST_P(OpenResults, AReaderFollowsRunsFromBeginningToEndAndDelaysNothing) {
  constexpr int kRuns = 3;
  constexpr int kJobsOfARun = 100;
  const std::vector<JobRow> jobs = many_jobs(kRuns * kJobsOfARun);
  { const Store makes_the_workspace(folder_.path(), GetParam()); }
  ReadingProcess reader(folder_.path());
  double slowest = 0;
  for (int run = 0; run < kRuns; ++run) {
    auto start = Clock::now();
    const auto time = [&] {
      slowest = std::max(slowest, seconds_since(start));
      start = Clock::now();
    };
    auto store = std::make_unique<Store>(folder_.path(), GetParam());
    time();
    store->register_jobs("small", jobs);
    const std::int64_t id = store->begin_run(run_info());
    time();
    for (int job = run * kJobsOfARun; job < (run + 1) * kJobsOfARun; ++job) {
      store->record_done(jobs[static_cast<std::size_t>(job)], id, {}, {});
      store->refresh_snapshot(50ms);
      time();
    }
    store->refresh_snapshot(0ms);
    reader.await_reading();
    start = Clock::now();
    store.reset();
    time();
  }
  const Readings seen = reader.end();
  EXPECT_EQ(seen.error, "");
  EXPECT_EQ(seen.times_less, 0) << "of " << seen.count << " readings";
  EXPECT_EQ(seen.last, kRuns * kJobsOfARun);
  EXPECT_GE(seen.states, kRuns) << "each run was seen before it ended";
  EXPECT_LT(slowest, kLongestWriteSeconds);
  RecordProperty("readings", std::to_string(seen.count));
  RecordProperty("slowest_write_seconds", fmt::format("{:.3f}", slowest));
  RecordProperty("slowest_reading_seconds", fmt::format("{:.3f}", seen.slowest_seconds));
}

TEST_P(OpenResults, ReadsWhileAnotherProcessWrites) {
  const OtherProcess other([&] { return half_done(folder_.path(), GetParam()); });
  SQLite::Database database = open_results(folder_.path());
  const SuiteStatus status = read_status(database).at(0);
  EXPECT_EQ(status.suite, "small");
  EXPECT_EQ(status.total(), 2);
  EXPECT_EQ(status.totals.at("done"), 1);
  EXPECT_EQ(status.run_state, "running");
  EXPECT_EQ(status.run_process_id, other.pid());
}

TEST_P(OpenResults, AReaderOfARunDoesNotKeepItFromWritingOrEnding) {
  auto store = half_done(folder_.path(), GetParam());
  SQLite::Database database = open_results(folder_.path());
  SQLite::Statement reading(database, "SELECT key FROM jobs");
  ASSERT_TRUE(reading.executeStep());
  const auto start = Clock::now();
  store->record_done(job_row('b'), store->begin_run(run_info()), {}, {});
  store.reset();
  EXPECT_LT(seconds_since(start), kLongestWriteSeconds);
  EXPECT_TRUE(reading.executeStep()) << "it reads on";
  EXPECT_EQ(done_jobs(*std::make_unique<SQLite::Database>(open_results(folder_.path()))), 2);
}

TEST_P(OpenResults, AReaderFromBeforeARunDoesNotKeepItFromBeginning) {
  half_done(folder_.path(), GetParam()).reset();
  SQLite::Database database = open_results(folder_.path());
  SQLite::Statement reading(database, "SELECT key FROM jobs");
  ASSERT_TRUE(reading.executeStep());
  const auto start = Clock::now();
  Store store(folder_.path(), GetParam());
  store.begin_run(run_info());
  EXPECT_LT(seconds_since(start), kLongestWriteSeconds);
  EXPECT_TRUE(reading.executeStep()) << "it reads on";
}

TEST_P(OpenResults, WhatAKilledRunCommittedIsThere) {
  {
    const OtherProcess killed([&] {
      auto store = half_done(folder_.path(), GetParam());
      store->record_done(job_row('b'), store->begin_run(run_info()), {}, {});  // no snapshot was made of this
      return store;
    });
  }
  SQLite::Database database = open_results(folder_.path());
  EXPECT_EQ(done_jobs(database), 2);
}

TEST_P(OpenResults, CannotBeWrittenTo) {
  half_done(folder_.path(), GetParam()).reset();
  SQLite::Database database = open_results(folder_.path());
  EXPECT_THROW(database.exec("DELETE FROM jobs"), SQLite::Exception);
}

TEST_P(OpenResults, LeavesAClosedWorkspaceAsItIs) {
  half_done(folder_.path(), GetParam()).reset();
  { SQLite::Database database = open_results(folder_.path()); }
  EXPECT_THAT(files_below(folder_.path()), ElementsAre("lock", "results.db"));
}

TEST_P(OpenResults, MessagesNameTheFileAsAPersonKnowsIt) {
  half_done(folder_ / "100 % sure?", GetParam()).reset();
  SQLite::Database database = open_results(folder_ / "100 % sure?");
  EXPECT_THAT(message_of<InputError>([&] { choose_suite(database, "large"); }),
              HasSubstr(folder_.path().string() + "/100 % sure?/results.db: no suite 'large'"));
}

}  // namespace
}  // namespace neusemslice
