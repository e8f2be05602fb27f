#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "store/records.hpp"
#include "store/workspace_lock.hpp"

namespace neusemslice {

/// The states of these jobs. A done job whose files are not there any more counts as waiting, as does one never seen.
std::map<std::string, JobState> read_job_states(SQLite::Database& database, const std::filesystem::path& workspace,
                                                const std::vector<JobRow>& jobs);

/// Mean seconds of the jobs done here, by kind.
std::map<std::string, double> read_mean_seconds(SQLite::Database& database);

/// A workspace open for writing: the database and the artifact files. One process at a time (WorkspaceLock). A job's
/// files are written and flushed before the one transaction that says it is done, so a row never names a missing file;
/// what a killed process leaves besides is removed when the workspace is opened.
class Store {
 public:
  /// Creates the workspace or migrates its database to the newest schema. Throws InputError for a read-only or full
  /// disk, a database of a newer version, and a workspace in use.
  explicit Store(const std::filesystem::path& workspace);

  /// Leaves the database as one file, without a write-ahead log beside it.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  [[nodiscard]] const std::filesystem::path& workspace() const { return workspace_; }

  std::int64_t begin_run(const RunInfo& info);
  void finish_run(std::int64_t run, const std::string& state);

  /// Adds jobs that are new and makes them the suite's: rows of earlier configurations stay but are no longer the
  /// suite's.
  void register_jobs(const std::string& suite, const std::vector<JobRow>& jobs);

  /// read_job_states of this workspace.
  std::map<std::string, JobState> states(const std::vector<JobRow>& jobs);

  void record_done(const JobRow& job, std::int64_t run, const JobResult& result, double seconds,
                   std::int64_t peak_memory);
  void record_failed(const JobRow& job, std::int64_t run, const std::string& message);
  void record_skipped(const JobRow& job, std::int64_t run, const std::string& message);

  /// Where the file of a done job lies. Throws when its contents are not those that were written.
  [[nodiscard]] std::filesystem::path artifact(const std::string& job, const std::string& name);

 private:
  void migrate();
  void remove_orphans();
  void insert_result(const JobRow& job, const JobResult& result);
  void insert_evaluation(const std::string& job, const EvaluationRow& row);
  void insert_slice(const std::string& job, const SliceRow& slice);
  void end_job(const JobRow& job, std::int64_t run, JobState state, const std::string& message);

  std::filesystem::path workspace_;
  WorkspaceLock lock_;
  SQLite::Database database_;
};

}  // namespace neusemslice
