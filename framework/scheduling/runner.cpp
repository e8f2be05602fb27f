#include "scheduling/runner.hpp"

#include <spdlog/spdlog.h>

#include <chrono>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/progress.hpp"
#include "core/stop.hpp"

namespace neusemslice {
namespace {

using Clock = std::chrono::steady_clock;

/// A failure of the machine or a stop ends the run; anything else is the job's own.
bool ends_the_run(const Error& error) {
  return error.code() == ExitCode::interrupted || error.code() == ExitCode::terminated || error.code() == ExitCode::requeue ||
         error.code() == ExitCode::environment;
}

JobResult do_job(const Job& job, const JobFunctions& functions) {
  const auto function = functions.find(job.kind);
  require(function != functions.end(), "nothing is known to do a job of kind '{}'", job.kind);
  return function->second(job);
}

}  // namespace

std::string job_name(const Job& job) {
  std::string what = job.kind;
  if (job.parameters.contains("strategy")) {
    what += fmt::format(" {} {} {}", job.parameters["strategy"].get<std::string>(),
                        job.parameters["metric"].get<std::string>(), job.parameters["level"].dump());
  }
  return fmt::format("{} of {}, seed {}", what, job.setting, job.seed);
}

RunSummary run_jobs(const JobGraph& graph, Store& store, std::int64_t run, const JobFunctions& functions) {
  std::map<std::string, JobState> states = store.states(graph.rows());
  RunSummary summary{.total = static_cast<std::int64_t>(graph.jobs().size())};
  for (const auto& entry : states) summary.done_before += entry.second == JobState::done ? 1 : 0;
  Progress progress("run", summary.total - summary.done_before, "jobs");
  std::int64_t ended = 0;
  for (const Job& job : graph.jobs()) {
    if (states.at(job.key) == JobState::done) continue;
    throw_if_stopped();
    progress.update(ended, job_name(job));
    if (readiness(job, states) == Readiness::hopeless) {
      store.record_skipped(row_of(job), run, "a job it needs failed");
      states[job.key] = JobState::skipped;
      ++summary.skipped;
    } else {
      const auto start = Clock::now();
      std::string failure;
      JobResult result;
      try {
        result = do_job(job, functions);
      } catch (const Error& error) {
        if (ends_the_run(error)) throw;
        failure = error.what();
      } catch (const std::exception& error) {
        failure = error.what();
      }
      if (failure.empty()) {
        const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
        store.record_done(row_of(job), run, result, seconds, peak_memory_bytes());
        states[job.key] = JobState::done;
        ++summary.done_now;
        spdlog::debug("{}: {}", job_name(job), human_seconds(seconds));
      } else {
        store.record_failed(row_of(job), run, failure);
        states[job.key] = JobState::failed;
        summary.failed.push_back({job_name(job), failure});
        progress.clear();
        spdlog::error("{} failed: {}", job_name(job), failure);
      }
    }
    progress.update(++ended);
  }
  return summary;
}

}  // namespace neusemslice
