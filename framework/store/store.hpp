#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "store/file_system.hpp"
#include "store/job_history.hpp"
#include "store/records.hpp"
#include "store/snapshot.hpp"
#include "store/workspace_lock.hpp"

namespace neusemslice {

/// A workspace's database open for writing. One process at a time (WorkspaceLock). A job's files are written and
/// flushed (write_artifacts) before the one transaction that says it is done, so a row never names a missing file; what
/// a killed process leaves besides is removed when the workspace is opened.
class Store {
 public:
  /// Creates the workspace or migrates its database to the newest schema, with the journal that its file system
  /// allows. Throws InputError for a read-only or full disk, a database of a newer version, and a workspace in use.
  explicit Store(const std::filesystem::path& workspace);
  Store(const std::filesystem::path& workspace, JournalMode journal);

  /// Leaves the database as one file, without a journal or a snapshot beside it.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  [[nodiscard]] const std::filesystem::path& workspace() const { return workspace_; }

  std::int64_t begin_run(const RunInfo& info);
  void record_ranks(std::int64_t run, const std::vector<RankRow>& ranks);
  void finish_run(std::int64_t run, const std::string& state);

  /// Adds jobs that are new and makes them the suite's: rows of earlier configurations stay but are no longer the
  /// suite's.
  void register_jobs(const std::string& suite, const std::vector<JobRow>& jobs);

  /// read_job_states of this workspace.
  std::map<std::string, JobState> states(const std::vector<JobRow>& jobs);

  /// read_costs of this workspace.
  JobCosts costs();

  /// One transaction; the result's files are there already. The job's checkpoint, needed no more, is removed after it.
  void record_done(const JobRow& job, std::int64_t run, const JobResult& result, const Effort& effort);
  void record_failed(const JobRow& job, std::int64_t run, const std::string& message);
  void record_skipped(const JobRow& job, std::int64_t run, const std::string& message);

  /// The files of a done job; checked_artifact says where they lie.
  std::vector<ArtifactRow> artifacts(const std::string& job);

  /// With a rollback journal: lets readers see what changed, unless what they see is younger than `age`. To be called
  /// often. With a write-ahead log they see it anyway.
  void refresh_snapshot(std::chrono::milliseconds age = std::chrono::seconds(30));

 private:
  void end_job(const JobRow& job, std::int64_t run, JobState state, const std::string& message);

  std::filesystem::path workspace_;
  WorkspaceLock lock_;
  JournalMode journal_;
  Snapshot snapshot_;  // outlives the database connection and its lock
  SQLite::Database database_;
};

}  // namespace neusemslice
