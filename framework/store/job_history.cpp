#include "store/job_history.hpp"

#include <system_error>

#include <spdlog/spdlog.h>

namespace neusemslice {
namespace {

bool artifacts_present(SQLite::Database& database, const std::filesystem::path& workspace, const std::string& job) {
  SQLite::Statement query(database, "SELECT path, bytes FROM artifacts WHERE job = ?");
  query.bind(1, job);
  while (query.executeStep()) {
    std::error_code error;
    const auto size = std::filesystem::file_size(workspace / query.getColumn(0).getString(), error);
    if (error || static_cast<std::int64_t>(size) != query.getColumn(1).getInt64()) return false;
  }
  return true;
}

}  // namespace

std::map<std::string, JobState> read_job_states(SQLite::Database& database, const std::filesystem::path& workspace,
                                                const std::vector<JobRow>& jobs) {
  std::map<std::string, JobState> states;
  SQLite::Statement query(database, "SELECT state FROM jobs WHERE key = ?");
  for (const JobRow& job : jobs) {
    query.bind(1, job.key);
    const bool done = query.executeStep() && query.getColumn(0).getString() == "done";
    query.reset();
    const bool intact = done && artifacts_present(database, workspace, job.key);
    if (done && !intact)
      spdlog::warn("{} of {} seed {}: its files are gone, it runs again", job.kind, job.setting, job.seed);
    states[job.key] = intact ? JobState::done : JobState::waiting;
  }
  return states;
}

std::optional<double> JobCosts::expected(const std::string& kind, const std::string& setting) const {
  if (const auto exact = by_kind_and_setting.find({kind, setting}); exact != by_kind_and_setting.end())
    return exact->second;
  if (const auto similar = by_kind.find(kind); similar != by_kind.end()) return similar->second;
  return std::nullopt;
}

JobCosts read_costs(SQLite::Database& database) {
  JobCosts costs;
  // Jobs of before there were ranks have NULL there.
  SQLite::Statement settings(database,
                             "SELECT kind, setting, avg(seconds * ifnull(ranks, 1)) FROM jobs WHERE state = 'done' "
                             "GROUP BY kind, setting");
  while (settings.executeStep())
    costs.by_kind_and_setting[{settings.getColumn(0).getString(), settings.getColumn(1).getString()}] =
        settings.getColumn(2).getDouble();
  SQLite::Statement kinds(database,
                          "SELECT kind, avg(seconds * ifnull(ranks, 1)) FROM jobs WHERE state = 'done' GROUP BY kind");
  while (kinds.executeStep()) costs.by_kind[kinds.getColumn(0).getString()] = kinds.getColumn(1).getDouble();
  return costs;
}

}  // namespace neusemslice
