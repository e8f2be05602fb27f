#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

namespace neusemslice {

/// One start of `neusemslice run`; a suite that was continued has several.
struct RunRecord {
  std::int64_t id = 0;
  std::string state;
  std::string config;
  std::string command;
  std::string started_at;
  std::string finished_at;  ///< empty while it runs, or when it was killed
  std::string host;
  std::string device;
  std::int64_t threads = 0;
  std::string revision;
  std::string versions;
};

/// The jobs of one kind: how many are in each state, what the done ones took.
struct JobKindRecord {
  std::string kind;
  std::int64_t done = 0;
  std::int64_t failed = 0;
  std::int64_t skipped = 0;
  std::int64_t waiting = 0;
  double seconds = 0;
  std::int64_t peak_memory_bytes = 0;
};

struct JobFailure {
  std::string kind;
  std::string setting;
  std::int64_t seed = 0;
  std::string message;
};

/// A seed is done when all its jobs are.
struct SettingProgress {
  std::string setting;
  std::vector<std::int64_t> seeds;
  std::vector<std::int64_t> done_seeds;
};

/// Where a suite's numbers come from and how far it has come.
struct SuiteRecord {
  std::string suite;
  std::vector<RunRecord> runs;       ///< oldest first
  std::vector<JobKindRecord> kinds;  ///< the longest first
  std::vector<JobFailure> failures;
  std::vector<SettingProgress> settings;  ///< by name, also those without any result yet
  std::map<std::string, std::string> titles;
  std::string question;  ///< which of the paper's it asks, as the newest run's config says

  /// "MLP-MNIST" for "mlp-mnist", as the newest run's config says; a setting without a title keeps its name.
  [[nodiscard]] std::string title_of(const std::string& setting) const;
};

/// The settings that a suite plans, by name.
std::vector<std::string> setting_names(SQLite::Database& database, const std::string& suite);

SuiteRecord read_suite_record(SQLite::Database& database, const std::string& suite);

/// What a reader of the results must know first, one sentence each: seeds that are not done, jobs that failed (with
/// their messages, the first few), were skipped or wait. Empty when everything is done.
std::vector<std::string> shortcomings(const SuiteRecord& record);

}  // namespace neusemslice
