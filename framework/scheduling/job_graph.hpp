#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <nlohmann/json.hpp>

#include "store/records.hpp"

namespace neusemslice {

/// What is to be done, as a plain value. Its key is the SHA-256 of everything that determines its result: kind and
/// version of the kind's algorithm, setting, seed, parameters and the keys of its inputs.
struct Job {
  std::string kind;
  std::string setting;
  std::int64_t seed = 0;
  nlohmann::json parameters;
  std::vector<std::string> inputs;  ///< keys of earlier jobs
  std::string key;
  nlohmann::json places = {};  ///< where this process finds files that the parameters name by their content
};

/// Jobs in an order in which they can be done: every input stands before the job that needs it. Equal jobs are one job.
class JobGraph {
 public:
  /// Adds a job unless an equal one is there; returns its key. `version` counts changes of what the kind computes.
  std::string add(const std::string& kind, int version, const std::string& setting, std::int64_t seed,
                  nlohmann::json parameters, std::vector<std::string> inputs, nlohmann::json places = {});

  [[nodiscard]] const std::vector<Job>& jobs() const { return jobs_; }
  [[nodiscard]] const Job& at(const std::string& key) const;
  [[nodiscard]] std::vector<JobRow> rows() const;

 private:
  std::vector<Job> jobs_;
  std::unordered_map<std::string, std::size_t> position_;
};

JobRow row_of(const Job& job);

/// What a job can do next, given the states of its inputs.
enum class Readiness { ready, blocked, hopeless };

/// Ready when every input is done, hopeless when one failed or was skipped, else blocked.
Readiness readiness(const Job& job, const std::map<std::string, JobState>& states);

}  // namespace neusemslice
