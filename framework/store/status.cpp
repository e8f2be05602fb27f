#include "store/status.hpp"

#include <fmt/format.h>

namespace neusemslice {
namespace {

SuiteStatus status_of(SQLite::Database& database, const std::string& suite) {
  SuiteStatus status{.suite = suite};
  SQLite::Statement counts(database,
                           "SELECT j.kind, j.state, count(*) FROM jobs AS j JOIN suite_jobs AS w ON w.job = j.key "
                           "WHERE w.suite = ? GROUP BY j.kind, j.state");
  counts.bind(1, suite);
  while (counts.executeStep()) {
    const std::int64_t count = counts.getColumn(2).getInt64();
    status.jobs[counts.getColumn(0).getString()][counts.getColumn(1).getString()] += count;
    status.totals[counts.getColumn(1).getString()] += count;
  }
  SQLite::Statement failures(
      database,
      "SELECT j.kind, j.setting, j.seed, j.message FROM jobs AS j JOIN suite_jobs AS w ON w.job = j.key "
      "WHERE w.suite = ? AND j.state = 'failed' ORDER BY j.setting, j.seed, j.kind, j.key");
  failures.bind(1, suite);
  while (failures.executeStep()) {
    status.failures.emplace_back(fmt::format("{} of {}, seed {}", failures.getColumn(0).getString(),
                                             failures.getColumn(1).getString(), failures.getColumn(2).getInt64()),
                                 failures.getColumn(3).getString());
  }
  SQLite::Statement run(database,
                        "SELECT state, started_at, ifnull(finished_at, ''), host, process_id, "
                        "(SELECT count(*) FROM run_ranks WHERE run_id = id), "
                        "(SELECT count(DISTINCT host) FROM run_ranks WHERE run_id = id) "
                        "FROM runs WHERE suite = ? ORDER BY id DESC LIMIT 1");
  run.bind(1, suite);
  if (run.executeStep()) {
    status.run_state = run.getColumn(0).getString();
    status.run_started_at = run.getColumn(1).getString();
    status.run_finished_at = run.getColumn(2).getString();
    status.run_host = run.getColumn(3).getString();
    status.run_process_id = run.getColumn(4).getInt64();
    status.run_ranks = run.getColumn(5).getInt64();
    status.run_hosts = run.getColumn(6).getInt64();
  }
  return status;
}

}  // namespace

std::int64_t SuiteStatus::total() const {
  std::int64_t sum = 0;
  for (const auto& entry : totals) sum += entry.second;
  return sum;
}

std::vector<SuiteStatus> read_status(SQLite::Database& database) {
  std::vector<SuiteStatus> all;
  SQLite::Statement suites(database, "SELECT DISTINCT suite FROM suite_jobs ORDER BY suite");
  while (suites.executeStep()) all.push_back(status_of(database, suites.getColumn(0).getString()));
  return all;
}

}  // namespace neusemslice
