#include "store/store.hpp"

#include <system_error>

#include <SQLiteCpp/VariadicBind.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/host.hpp"
#include "store/artifact_files.hpp"
#include "store/job_rows.hpp"
#include "store/orphans.hpp"
#include "store/schema.hpp"

namespace neusemslice {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

std::filesystem::path database_path(const std::filesystem::path& workspace) {
  return workspace / "results.db";
}

/// SQLite's own errors as one line that names the file.
template <typename Body>
auto with_database(const std::filesystem::path& workspace, const Body& body) {
  try {
    return body();
  } catch (const SQLite::Exception& error) {
    throw InputError(fmt::format("{}: {}; check that the folder is writable, the disk not full and the file a database",
                                 database_path(workspace).string(), error.what()));
  } catch (const std::filesystem::filesystem_error& error) {
    throw InputError(
        fmt::format("{}: {}; check the folder's permissions", error.path1().string(), error.code().message()));
  }
}

void set_journal(SQLite::Database& database, JournalMode journal) {
  if (journal == JournalMode::write_ahead) {
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = NORMAL");  // a power cut may undo the last jobs, never half of one
    return;
  }
  // The lock is taken once, not for each transaction, and the journal's file is used again and again: fewer messages to
  // a file server, and nothing for its clients to disagree about.
  database.exec("PRAGMA journal_mode = PERSIST");
  database.exec("PRAGMA synchronous = FULL");
}

SQLite::Database open_for_writing(const std::filesystem::path& workspace, JournalMode journal) {
  return with_database(workspace, [&] {
    const std::filesystem::path path = database_path(workspace);
    SQLite::Database database(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs);
    // Before anything is read: then even a write-ahead log left by a killed run is read without mapped memory.
    if (journal == JournalMode::rollback) database.exec("PRAGMA locking_mode = EXCLUSIVE");
    checked_schema_version(database, path);  // a newer database stays untouched
    set_journal(database, journal);
    database.exec("PRAGMA foreign_keys = ON");
    return database;
  });
}

std::filesystem::path made_folder(const std::filesystem::path& workspace) {
  create_folder(workspace / "artifacts");
  return workspace;
}

}  // namespace

Store::Store(const std::filesystem::path& workspace) : Store(workspace, journal_mode_of(made_folder(workspace))) {}

Store::Store(const std::filesystem::path& workspace, JournalMode journal)
    : workspace_(made_folder(workspace)),
      lock_(workspace_),
      journal_(journal),
      snapshot_(workspace_),
      database_(open_for_writing(workspace_, journal)) {
  with_database(workspace_, [&] {
    migrate(database_, database_path(workspace_));
    // Their process is gone: we hold the lock.
    database_.exec("UPDATE runs SET state = 'stopped' WHERE state = 'running'");
    remove_orphans(database_, workspace_);
  });
  refresh_snapshot();
}

Store::~Store() {
  // Without a journal the database is one file, which also a read-only disk can show. A reader may be in the way; then
  // the journal stays, which is as good for everything else.
  try {
    database_.setBusyTimeout(0);
    database_.exec("PRAGMA locking_mode = NORMAL");
    database_.exec("PRAGMA journal_mode = DELETE");
  } catch (const SQLite::Exception& error) {
    spdlog::debug("{}: the journal stays: {}", database_path(workspace_).string(), error.what());
  }
}

std::int64_t Store::begin_run(const RunInfo& info) {
  return with_database(workspace_, [&] {
    SQLite::Statement insert(
        database_,
        "INSERT INTO runs (suite, state, config, command, started_at, host, process_id, device, threads, "
        "revision, versions) VALUES (?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    insert.bind(1, info.suite);
    insert.bind(2, info.config);
    insert.bind(3, info.command);
    insert.bind(4, utc_now());
    insert.bind(5, host_name());
    insert.bind(6, static_cast<std::int64_t>(::getpid()));
    insert.bind(7, info.device);
    insert.bind(8, info.threads);
    insert.bind(9, info.revision);
    insert.bind(10, info.versions);
    insert.exec();
    const auto run = static_cast<std::int64_t>(database_.getLastInsertRowid());
    refresh_snapshot(std::chrono::milliseconds(0));  // onlookers see at once that it runs
    return run;
  });
}

void Store::record_ranks(std::int64_t run, const std::vector<RankRow>& ranks) {
  with_database(workspace_, [&] {
    SQLite::Transaction transaction(database_);
    SQLite::Statement insert(database_, "INSERT INTO run_ranks VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    for (const RankRow& rank : ranks) {
      SQLite::bind(insert, run, rank.rank, rank.host, rank.process_id, rank.local_rank, rank.device, rank.device_uuid,
                   rank.threads);
      insert.exec();
      insert.reset();
    }
    transaction.commit();
  });
}

void Store::finish_run(std::int64_t run, const std::string& state) {
  with_database(workspace_, [&] {
    SQLite::Statement update(database_, "UPDATE runs SET state = ?, finished_at = ? WHERE id = ?");
    update.bind(1, state);
    update.bind(2, utc_now());
    update.bind(3, run);
    update.exec();
  });
}

void Store::register_jobs(const std::string& suite, const std::vector<JobRow>& jobs) {
  with_database(workspace_, [&] {
    SQLite::Transaction transaction(database_);
    SQLite::Statement forget(database_, "DELETE FROM suite_jobs WHERE suite = ?");
    forget.bind(1, suite);
    forget.exec();
    SQLite::Statement insert_job(database_,
                                 "INSERT OR IGNORE INTO jobs (key, kind, setting, seed, parameters, state) "
                                 "VALUES (?, ?, ?, ?, ?, 'waiting')");
    SQLite::Statement insert_input(database_,
                                   "INSERT OR IGNORE INTO job_inputs (job, position, input) VALUES (?, ?, ?)");
    SQLite::Statement insert_member(database_, "INSERT INTO suite_jobs (suite, job) VALUES (?, ?)");
    for (const JobRow& job : jobs) {
      SQLite::bind(insert_job, job.key, job.kind, job.setting, job.seed, job.parameters);
      insert_job.exec();
      insert_job.reset();
      for (std::size_t i = 0; i < job.inputs.size(); ++i) {
        SQLite::bind(insert_input, job.key, static_cast<std::int64_t>(i), job.inputs[i]);
        insert_input.exec();
        insert_input.reset();
      }
      SQLite::bind(insert_member, suite, job.key);
      insert_member.exec();
      insert_member.reset();
    }
    transaction.commit();
  });
}

std::map<std::string, JobState> Store::states(const std::vector<JobRow>& jobs) {
  return with_database(workspace_, [&] { return read_job_states(database_, workspace_, jobs); });
}

JobCosts Store::costs() {
  return with_database(workspace_, [&] { return read_costs(database_); });
}

void Store::end_job(const JobRow& job, std::int64_t run, JobState state, const std::string& message) {
  SQLite::Statement update(
      database_,
      "UPDATE jobs SET state = ?, message = ?, attempts = attempts + ?, run_id = ?, finished_at = ? "
      "WHERE key = ?");
  SQLite::bind(update, to_string(state), message, state == JobState::skipped ? 0 : 1, run, utc_now(), job.key);
  update.exec();
}

void Store::record_done(const JobRow& job, std::int64_t run, const JobResult& result, const Effort& effort) {
  with_database(workspace_, [&] {
    SQLite::Transaction transaction(database_);
    replace_result(database_, job.key, result);
    end_job(job, run, JobState::done, "");
    SQLite::Statement measure(database_, "UPDATE jobs SET seconds = ?, peak_memory_bytes = ?, ranks = ? WHERE key = ?");
    SQLite::bind(measure, effort.seconds, effort.peak_memory_bytes, effort.ranks, job.key);
    measure.exec();
    transaction.commit();
  });
  std::error_code ignored;  // what stays is removed when the workspace is opened
  std::filesystem::remove(checkpoint_path(workspace_, job.key), ignored);
}

void Store::record_failed(const JobRow& job, std::int64_t run, const std::string& message) {
  with_database(workspace_, [&] { end_job(job, run, JobState::failed, message); });
}

void Store::record_skipped(const JobRow& job, std::int64_t run, const std::string& message) {
  with_database(workspace_, [&] { end_job(job, run, JobState::skipped, message); });
}

std::vector<ArtifactRow> Store::artifacts(const std::string& job) {
  return with_database(workspace_, [&] { return read_artifacts(database_, job); });
}

void Store::refresh_snapshot(std::chrono::milliseconds age) {
  if (journal_ != JournalMode::rollback) return;
  try {
    snapshot_.refresh(database_, age);
  } catch (const Error& error) {  // a courtesy to readers must not end the run
    spdlog::warn("readers see an older state: {}", error.what());
  }
}

}  // namespace neusemslice
