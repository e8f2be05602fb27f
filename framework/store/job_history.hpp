#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "store/records.hpp"

namespace neusemslice {

/// The states of these jobs. A done job whose files are not there any more counts as waiting, as does one never seen.
std::map<std::string, JobState> read_job_states(SQLite::Database& database, const std::filesystem::path& workspace,
                                                const std::vector<JobRow>& jobs);

/// What the jobs done here cost: means of rank-seconds, which is seconds times the ranks that did the job together.
struct JobCosts {
  std::map<std::pair<std::string, std::string>, double> by_kind_and_setting;
  std::map<std::string, double> by_kind;

  /// Of such jobs, else of the kind in other settings; nothing when the kind was never done.
  [[nodiscard]] std::optional<double> expected(const std::string& kind, const std::string& setting) const;
};

JobCosts read_costs(SQLite::Database& database);

}  // namespace neusemslice
