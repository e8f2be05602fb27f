#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

namespace neusemslice {

/// How far one suite of a workspace is.
struct SuiteStatus {
  std::string suite;
  std::map<std::string, std::map<std::string, std::int64_t>> jobs;  ///< kind, state: count
  std::map<std::string, std::int64_t> totals;                       ///< state: count
  std::vector<std::pair<std::string, std::string>> failures;        ///< job, message
  std::string run_state;                                            ///< of the latest run
  std::string run_started_at;
  std::string run_finished_at;  ///< empty while it runs
  std::string run_host;
  std::int64_t run_process_id = 0;
  std::int64_t run_ranks = 0;  ///< 0 when the run does not list them
  std::int64_t run_hosts = 0;

  [[nodiscard]] std::int64_t total() const;
};

/// Every suite of an open database, by name.
std::vector<SuiteStatus> read_status(SQLite::Database& database);

}  // namespace neusemslice
