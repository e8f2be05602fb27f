#include "scheduling/run_record.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "core/files.hpp"
#include "core/progress.hpp"

namespace neusemslice {

std::string job_name(const Job& job) {
  std::string what = job.kind;
  if (job.parameters.contains("strategy")) {
    what += fmt::format(" {} {} {}", job.parameters["strategy"].get<std::string>(),
                        job.parameters["metric"].get<std::string>(), job.parameters["level"].dump());
  }
  return fmt::format("{} of {}, seed {}", what, job.setting, job.seed);
}

RunRecord::RunRecord(const JobGraph& graph, Store& store, std::int64_t run)
    : store_(store), run_(run), states_(store.states(graph.rows())) {
  summary_.total = static_cast<std::int64_t>(graph.jobs().size());
  summary_.done_before = std::ranges::count(states_, JobState::done, &std::pair<const std::string, JobState>::second);
}

std::int64_t RunRecord::ended() const {
  return summary_.done_now + summary_.skipped + static_cast<std::int64_t>(summary_.failed.size());
}

void RunRecord::done(const Job& job, const JobResult& result, const Effort& effort) {
  store_.record_done(row_of(job), run_, result, effort);
  ++summary_.done_now;
  // A terminal shows the bar instead; a log keeps one line a job.
  const auto level = terminal_style().is_terminal ? spdlog::level::debug : spdlog::level::info;
  const std::string shared = effort.ranks > 1 ? fmt::format(" by {} ranks", effort.ranks) : "";
  spdlog::log(level, "{}: done in {}{}", job_name(job), human_seconds(effort.seconds), shared);
}

void RunRecord::failed(const Job& job, const std::string& message) {
  store_.record_failed(row_of(job), run_, message);
  summary_.failed.push_back({job_name(job), message});
  spdlog::error("{} failed: {}", job_name(job), message);
}

void RunRecord::skipped(const Job& job) {
  store_.record_skipped(row_of(job), run_, "a job it needs failed");
  ++summary_.skipped;
}

}  // namespace neusemslice
