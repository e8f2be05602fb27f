#include "scheduling/job_graph.hpp"

#include "core/error.hpp"
#include "core/hash.hpp"

namespace neusemslice {

std::string JobGraph::add(const std::string& kind, int version, const std::string& setting, std::int64_t seed,
                          nlohmann::json parameters, std::vector<std::string> inputs, nlohmann::json places) {
  for (const std::string& input : inputs)
    require(position_.contains(input), "{}: input {} is not in the graph", kind, input);
  const nlohmann::json identity = {{"kind", kind}, {"version", version},       {"setting", setting},
                                   {"seed", seed}, {"parameters", parameters}, {"inputs", inputs}};
  std::string key = sha256_hex(identity.dump());
  if (position_.emplace(key, jobs_.size()).second) {
    jobs_.push_back({kind, setting, seed, std::move(parameters), std::move(inputs), key, std::move(places)});
  }
  return key;
}

const Job& JobGraph::at(const std::string& key) const {
  const auto found = position_.find(key);
  require(found != position_.end(), "no job {}", key);
  return jobs_[found->second];
}

std::vector<JobRow> JobGraph::rows() const {
  std::vector<JobRow> rows;
  for (const Job& job : jobs_) rows.push_back(row_of(job));
  return rows;
}

JobRow row_of(const Job& job) {
  return {.key = job.key,
          .kind = job.kind,
          .setting = job.setting,
          .seed = job.seed,
          .parameters = job.parameters.dump(),
          .inputs = job.inputs};
}

Readiness readiness(const Job& job, const std::map<std::string, JobState>& states) {
  Readiness result = Readiness::ready;
  for (const std::string& input : job.inputs) {
    const JobState state = states.at(input);
    if (state == JobState::failed || state == JobState::skipped) return Readiness::hopeless;
    if (state == JobState::waiting) result = Readiness::blocked;
  }
  return result;
}

}  // namespace neusemslice
